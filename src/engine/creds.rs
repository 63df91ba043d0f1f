//! Credentials: their place and state, never their values.

use super::registry::Finding;
use super::{Engine, sample};
use crate::core::credential::{Content, Credential, CredentialSpec, Kind, ProviderCredentials, READABLE, State};
use crate::core::rows::CredRow;
use crate::credentials::{self, Keychain, Search, keychain};
use crate::system::Os;
use crate::system::fingerprint::Fingerprints;
use anyhow::Result;
use std::time::Duration;

/// How long providers that look for credentials themselves have, all together.
const LOOK_WITHIN: Duration = Duration::from_secs(4);
/// And to ask whether what they found works.
const CHECK_WITHIN: Duration = Duration::from_secs(15);

/// Which credentials to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct CredsQuery {
    /// Missing ones too.
    pub all: bool,
    /// Only what fails.
    pub failing: bool,
    /// With account ids and addresses.
    pub accounts: bool,
    /// Whether the keychain may be asked, which may raise a dialog.
    pub asks_keychain: bool,
}

impl Engine {
    /// # Errors
    /// When fingerprints cannot be made.
    pub fn credentials(&self, query: CredsQuery) -> Result<Vec<CredRow>> {
        let now = self.system.now;
        let provider_credentials = self.find_credentials(
            query.asks_keychain,
            Finding {
                lists_others: true,
                checks: query.failing,
            },
        );
        let fingerprints = self.fingerprints()?;
        let wanted = self.registry.wanted_credentials();
        let mut rows = Vec::new();
        for holding in &provider_credentials {
            for (at, credential) in holding.credentials.iter().enumerate() {
                let is_shown = match (query.failing, &credential.content) {
                    (true, _) => holding.is_failing(at, now),
                    (false, Content::Missing) => query.all,
                    (false, _) => true,
                };
                if is_shown {
                    rows.push(self.cred_row(holding, at, &fingerprints, query.accounts));
                }
            }
        }
        if query.all && !query.failing {
            let is_missing = |one: &&CredentialSpec| {
                provider_credentials
                    .iter()
                    .all(|holding| holding.provider_id != one.provider_id)
            };
            rows.extend(wanted.iter().filter(is_missing).map(|one| self.missing_row(one)));
            rows.sort_by(|a, b| a.provider_id.cmp(&b.provider_id));
        }
        Ok(rows)
    }

    /// The row of one credential.
    fn cred_row(
        &self,
        holding: &ProviderCredentials,
        at: usize,
        fingerprints: &Fingerprints,
        with_accounts: bool,
    ) -> CredRow {
        let credential = &holding.credentials[at];
        let used = holding.used == Some(at);
        let chosen = holding.chosen().filter(|_| !used);
        CredRow {
            provider_id: credential.provider_id.clone(),
            biller_id: self.registry.biller_of(&credential.provider_id).to_owned(),
            kind: credential.kind,
            source: credential.source.to_owned(),
            origin: credential.origin.clone(),
            entry: credential.entry.clone(),
            state: credential.state(self.system.now),
            expires_at: credential.expires_at,
            account: credential.account.clone().filter(|_| with_accounts),
            scopes: credential.scopes.clone(),
            used,
            shadowed_by: chosen.map(|chosen| chosen.source.to_owned()),
            fingerprint: credential.secret().map(|secret| fingerprints.of(secret)),
            file_mode: credential.file_mode.map(|mode| format!("{mode:04o}")),
            note: note_of(credential),
        }
    }

    /// The row of one that is not there.
    fn missing_row(&self, wanted: &CredentialSpec) -> CredRow {
        CredRow {
            provider_id: wanted.provider_id.clone(),
            biller_id: self.registry.biller_of(&wanted.provider_id).to_owned(),
            kind: wanted.accepts.first().copied().unwrap_or(Kind::Unknown),
            source: wanted.usual.0.clone(),
            origin: wanted.usual.1.clone(),
            entry: None,
            state: State::Missing,
            expires_at: None,
            account: None,
            scopes: Vec::new(),
            used: false,
            shadowed_by: None,
            fingerprint: None,
            file_mode: None,
            note: Some(wanted.hint.clone()),
        }
    }

    /// The credentials of every provider.
    pub(super) fn find_credentials(&self, asks_keychain: bool, finding: Finding) -> Vec<ProviderCredentials> {
        if self.is_sample {
            return sample::accounts::credentials(&self.registry.wanted_credentials(), self.system.now);
        }
        let search = Search {
            system: &self.system,
            wanted: &self.registry.wanted_credentials(),
            keychain: (self.system.os == Os::MacOs && asks_keychain).then_some(&keychain::read_item as Keychain),
        };
        let within = if finding.checks { CHECK_WITHIN } else { LOOK_WITHIN };
        credentials::find_with(&search, self.registry.find_credentials(within, finding))
    }

    pub(super) fn fingerprints(&self) -> Result<Fingerprints> {
        if self.is_sample {
            return Ok(Fingerprints::sample());
        }
        let (fingerprints, problem) = Fingerprints::open(&self.system)?;
        problem.into_iter().for_each(|problem| self.note_problem(problem));
        Ok(fingerprints)
    }
}

/// The reason first, then the variable or file that is named, then who else can read it.
fn note_of(credential: &Credential) -> Option<String> {
    let fault = match &credential.content {
        Content::Malformed(fault) => Some(fault.name()),
        _ => None,
    };
    let exposed = credential.is_exposed().then_some(READABLE);
    let parts: Vec<&str> = [fault, credential.note.as_deref(), exposed]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
