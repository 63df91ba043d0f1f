//! Finds credentials in OpenCode's files, variables and the tools' own files; reads them and never writes.

mod antigravity;
mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod env;
pub(crate) mod file;
mod gemini_cli;
mod jwt;
pub mod keychain;
mod kimi;
mod opencode;
mod opencode_config;
mod opencode_database;
mod opencode_known;

pub use opencode_known::{Known, known_to_opencode};

use crate::core::credential::{Credential, CredentialSpec, ProviderCredentials, provider_credentials};
use crate::system::System;

/// Reads an item of the system's keychain by its service name.
pub type Keychain<'a> = &'a dyn Fn(&str) -> KeychainItem;

/// What asking the keychain gave.
pub enum KeychainItem {
    Found(Vec<u8>),
    Absent,
    /// Locked, or the user denied access.
    Refused,
}

/// The parameters of a search.
pub struct Search<'a> {
    pub system: &'a System,
    pub wanted: &'a [CredentialSpec],
    /// `None` if a dialog could go unanswered.
    pub keychain: Option<Keychain<'a>>,
}

impl Search<'_> {
    /// The provider that an entry of OpenCode's files belongs to; its own id when none claims it.
    fn owner<'a>(&self, id: &'a str, kind: crate::core::credential::Kind) -> &'a str
    where
        Self: 'a,
    {
        let claims = |one: &&CredentialSpec| {
            one.entries
                .iter()
                .any(|entry| entry.id == id && entry.kinds.contains(&kind))
        };
        self.wanted.iter().find(claims).map_or(id, |one| &one.provider_id)
    }
}

/// Searches one place and adds its credentials, in order of precedence within their class.
type Place = fn(&Search<'_>, &mut Vec<Credential>);

const PLACES: &[Place] = &[
    env::find_overrides,
    opencode::find,
    opencode_database::find,
    opencode_config::find,
    env::find,
    claude_code::find,
    codex::find,
    gemini_cli::find,
    copilot::find,
    antigravity::find,
    kimi::find,
    cursor::find,
];

/// Finds all credentials, by provider, with the one in use. Never fails: an unreadable one is a malformed credential.
pub fn find(search: &Search<'_>) -> Vec<ProviderCredentials> {
    find_with(search, Vec::new())
}

/// As [`find`], with what providers found themselves.
pub fn find_with(search: &Search<'_>, mut found: Vec<Credential>) -> Vec<ProviderCredentials> {
    for place in PLACES {
        place(search, &mut found);
    }
    provider_credentials(found, search.wanted, search.system.now)
}
