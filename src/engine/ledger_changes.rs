//! Changes to the ledger besides reading: erases history, and takes in or erases imports.

use super::Engine;
use crate::core::bad_request::BadRequest;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::problem::Problem;
use crate::core::short_id::meant;
use crate::ledger::forget::Erase;
use crate::ledger::query::Selection;
use crate::ledger::{Ledger, LedgerState};
use crate::reports::Sessions;
use anyhow::{Result, bail};
use std::io::BufRead;

/// What an import changed.
pub struct Import {
    /// Turns that it holds.
    pub read: usize,
    pub before: Counted,
    pub after: Counted,
    pub problems: Vec<Problem>,
}

/// What counts in a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub turns: u64,
    pub tokens: u64,
}

impl Engine {
    /// Refuses to change the sample's ledger.
    ///
    /// # Errors
    /// When this is the sample.
    pub fn refuse_sample_change(&self) -> Result<(), BadRequest> {
        match self.is_sample() {
            true => Err(BadRequest::new("the --demo ledger cannot be changed")),
            false => Ok(()),
        }
    }

    /// Refuses to change a ledger that cannot be written to.
    ///
    /// # Errors
    /// When this is such a ledger.
    pub fn require_changeable(&self) -> Result<()> {
        self.refuse_sample_change()?;
        let ledger = self.ledger()?;
        match (ledger.standing(), ledger.problems().first()) {
            (LedgerState::Unusable(_), Some(problem)) => bail!("{problem}"),
            _ => Ok(()),
        }
    }

    /// Commits what a refresh read, so that a change applies to all of it.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn settle(&mut self) -> Result<()> {
        let now = self.system.now;
        let ledger = self.ledger_mut()?;
        ledger.commit(now)?;
        ledger.reload()
    }

    /// Erases history; a later sync does not bring it back. Returns how many turns.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn erase(&mut self, erase: &Erase) -> Result<usize> {
        let now = self.system.now;
        let ledger = self.ledger_mut()?;
        let erased = ledger.forget(erase)?;
        ledger.commit(now)?;
        Ok(erased)
    }

    /// Erases an import, which can be imported again. Returns how many turns.
    ///
    /// # Errors
    /// When there is no such import, or the ledger cannot be written.
    pub fn erase_import(&mut self, name: &str) -> Result<usize> {
        let now = self.system.now;
        let ledger = self.ledger_mut()?;
        let Some(erased) = ledger.forget_import(name)? else {
            let hint = match &ledger.imports()?[..] {
                [] => "the ledger holds no import".to_owned(),
                names => format!("the ledger holds {}", names.join(", ")),
            };
            return Err(BadRequest::new(format!("no import '{name}'")).with_hint(hint).into());
        };
        ledger.commit(now)?;
        Ok(erased)
    }

    /// The one session of an id or a part of one, to be erased.
    ///
    /// # Errors
    /// When it names no session, or several.
    pub fn session_to_erase(&self, id: &str) -> Result<Erase> {
        let ledger = self.ledger()?;
        let sessions = Sessions::load(ledger)?;
        let ids = meant(id, sessions.all().map(|session| &*session.id));
        let found: Vec<_> = sessions.all().filter(|session| ids.contains(&&*session.id)).collect();
        match &found[..] {
            [session] => Ok(Erase::Session {
                agent_id: ledger.names().agent(session.agent).unwrap_or_default().to_owned(),
                session_id: session.id.to_string(),
            }),
            [] => {
                let message = format!("session '{id}' not found");
                Err(CannotAnswer::new(message, "ttop sessions lists the sessions").into())
            }
            several => {
                let message = format!("session id '{id}' is ambiguous ({} matches)", several.len());
                Err(BadRequest::new(message).into())
            }
        }
    }

    /// Takes in an export under a name, or only finds what it would change.
    ///
    /// # Errors
    /// When the lines are no export, or the ledger cannot be written.
    pub fn import(&mut self, name: &str, lines: Box<dyn BufRead>, is_dry: bool) -> Result<Import> {
        let now = self.system.now;
        let ledger = self.ledger_mut()?;
        let before = counted(ledger)?;
        let imported = ledger.import(name, lines)?;
        let after = counted(ledger)?;
        match is_dry {
            true => ledger.reload()?,
            false => drop(ledger.commit(now)?),
        }
        Ok(Import {
            read: imported.read,
            before,
            after,
            problems: imported.problems,
        })
    }
}

fn counted(ledger: &Ledger) -> Result<Counted> {
    let mut counted = Counted::default();
    ledger.visit(&Selection::ALL, |_, columns| {
        for at in (0..columns.len()).filter(|&at| columns.is_counted(at)) {
            counted.turns += 1;
            let tokens = columns.turn(at).numbers.tokens;
            counted.tokens = counted.tokens.saturating_add(tokens.known_total());
        }
        Ok(())
    })?;
    Ok(counted)
}
