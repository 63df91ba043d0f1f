//! `ttop creds`: where credentials are and in what state, never what they are.

use super::context::Context;
use crate::args::{Filters, RowArgs};
use crate::core::credential::{Content, Credential, Holding, Kind, State, Wanted};
use crate::core::rows::CredRow;
use crate::credentials::{self, Keychain, Search, keychain};
use crate::demo_accounts;
use crate::exit::Exit;
use crate::providers;
use crate::render::Layout;
use crate::system::Os;
use crate::system::fingerprint::Fingerprints;
use anyhow::Result;
use clap::Args;
use std::io::IsTerminal;

/// Show where credentials are and in what state, never what they are
#[derive(Args, Debug)]
pub struct CredsArgs {
    /// List missing ones too, with how to get them
    #[arg(long)]
    pub all: bool,
    /// Print only what fails, and exit 3 if anything does
    #[arg(long)]
    pub check: bool,
    /// Show account ids and addresses
    #[arg(long)]
    pub accounts: bool,
    /// Ask the macOS keychain even when nobody may be there to answer its dialog
    #[arg(long)]
    pub keychain: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl CredsArgs {
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        context.request(&self.rows)?.check::<CredRow>(false)?;
        let wanted = providers::wanted();
        let (holdings, fingerprints) = if context.global.demo {
            (demo_accounts::credentials(context.system.now), Fingerprints::sample())
        } else {
            self.find(&wanted, context)?
        };
        let rows = self.list(&holdings, &wanted, &fingerprints, context.system.now);
        let rows = self.filters.choose(context, rows)?;
        let has_failed = self.check && !rows.is_empty();
        let layout = Layout {
            grep: self.filters.grep(),
            ..Layout::default()
        };
        let exit = context.print(&self.rows, layout, rows.into_iter().map(Ok))?;
        Ok(if has_failed { Exit::Check } else { exit })
    }

    fn find(&self, wanted: &[Wanted], context: &mut Context) -> Result<(Vec<Holding>, Fingerprints)> {
        let may_ask = self.keychain || std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let holdings = credentials::find(&Search {
            system: &context.system,
            wanted,
            keychain: (context.system.os == Os::MacOs && may_ask).then_some(&keychain::read_item as Keychain),
        });
        let (fingerprints, problem) = Fingerprints::open(&context.system)?;
        if let Some(problem) = problem {
            context.warn(&problem);
        }
        Ok((holdings, fingerprints))
    }

    fn list(&self, holdings: &[Holding], wanted: &[Wanted], fingerprints: &Fingerprints, now: i64) -> Vec<CredRow> {
        let mut rows = Vec::new();
        for holding in holdings {
            for (at, credential) in holding.credentials.iter().enumerate() {
                let is_shown = match (self.check, &credential.content) {
                    (true, _) => holding.is_failing(at, now),
                    (false, Content::Missing) => self.all,
                    (false, _) => true,
                };
                if is_shown {
                    rows.push(row_of(holding, at, fingerprints, self.accounts, now));
                }
            }
        }
        if self.all && !self.check {
            let is_missing = |one: &&Wanted| holdings.iter().all(|holding| holding.provider_id != one.provider_id);
            rows.extend(wanted.iter().filter(is_missing).map(missing));
            rows.sort_by(|a, b| a.provider_id.cmp(&b.provider_id));
        }
        rows
    }
}

/// The row of one credential.
fn row_of(holding: &Holding, at: usize, fingerprints: &Fingerprints, with_accounts: bool, now: i64) -> CredRow {
    let credential = &holding.credentials[at];
    let used = holding.used == Some(at);
    let chosen = holding.chosen().filter(|_| !used);
    CredRow {
        provider_id: credential.provider_id.clone(),
        biller_id: providers::biller_of(&credential.provider_id).to_owned(),
        kind: credential.kind,
        source: credential.source.to_owned(),
        origin: credential.origin.clone(),
        entry: credential.entry.clone(),
        state: credential.state(now),
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
fn missing(wanted: &Wanted) -> CredRow {
    CredRow {
        provider_id: wanted.provider_id.to_owned(),
        biller_id: providers::biller_of(wanted.provider_id).to_owned(),
        kind: wanted.accepts.first().copied().unwrap_or(Kind::Unknown),
        source: wanted.usual.0.to_owned(),
        origin: wanted.usual.1.to_owned(),
        entry: None,
        state: State::Missing,
        expires_at: None,
        account: None,
        scopes: Vec::new(),
        used: false,
        shadowed_by: None,
        fingerprint: None,
        file_mode: None,
        note: Some(wanted.hint.to_owned()),
    }
}

/// The reason first, then the variable or file that is named, then who else can read it.
fn note_of(credential: &Credential) -> Option<String> {
    let fault = match &credential.content {
        Content::Malformed(fault) => Some(fault.name()),
        _ => None,
    };
    let exposed = credential.is_exposed().then_some("readable by group or others");
    let parts: Vec<&str> = [fault, credential.note.as_deref(), exposed]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
