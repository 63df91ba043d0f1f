//! Reading what changed on disk since the last time, and keeping it.

use super::Engine;
use crate::agents::AgentHandle;
use crate::core::filter::Globs;
use crate::core::problem::Problem;
use crate::ledger::commit::Committed;
use crate::ledger::sync::Progress;
use crate::ledger::{Ledger, LedgerState, schema};
use anyhow::{Context as _, Result};

/// The result of a refresh.
#[derive(Debug, Default)]
pub struct Changes {
    /// Whether sources were checked; there may be no changes.
    pub is_read: bool,
    /// Problems of unreadable sources.
    pub problems: Vec<Problem>,
}

impl Engine {
    /// Reads what these agents wrote since the last time. Reports see it at once; [`Engine::keep`] keeps it.
    ///
    /// # Errors
    /// When the ledger itself cannot be read.
    pub fn refresh(&mut self, wanted: &Globs, progress: Progress<'_>) -> Result<Changes> {
        let agents = self.registry.agents.iter();
        let wanted: Vec<AgentHandle> = agents
            .filter(|agent| wanted.matches(Some(agent.id())))
            .cloned()
            .collect();
        let is_first = !std::mem::replace(&mut self.is_refreshed, true);
        if !is_first {
            // Other processes may have written since, and the price list may be another one.
            self.prices.take();
            self.ledger_mut()?.reload()?;
        }
        self.ledger()?;
        let ledger = self.ledger.get_mut().context("the ledger is not open")?;
        let mut problems = ledger.problems().to_vec();
        let synced = ledger.sync(&wanted, &self.system, progress)?;
        problems.extend(synced.problems);
        for (agent, found) in synced.found {
            self.listings.put(&agent, found, false);
        }
        Ok(Changes {
            is_read: true,
            problems,
        })
    }

    /// Commits the refresh and writes the snapshot for bars. If that fails, the printed answer stays correct and the
    /// missing history is a problem.
    pub fn keep(&mut self) {
        let has_news = self.commit();
        // Days of another zone, asked for once, are no bar's.
        let is_usual = self.system.zone_name.is_none();
        let is_first = || self.ledger().is_ok_and(|ledger| ledger.snapshot().is_none());
        if is_usual && (has_news || is_first()) {
            self.leave_snapshot(Self::snapshot);
        }
    }

    /// Commits the refresh; returns whether there was anything to commit.
    pub fn commit(&mut self) -> bool {
        let now = self.system.now;
        let Ok(ledger) = self.ledger_mut() else { return false };
        let known = ledger.problems().len();
        let committed = ledger.commit(now);
        let mut problems = ledger.problems()[known..].to_vec();
        let is_kept = match committed {
            Ok(committed) => committed == Committed::Done,
            Err(error) => {
                problems.push(not_kept(&error));
                false
            }
        };
        self.problems.borrow_mut().extend(problems);
        is_kept
    }

    /// Continues without a damaged ledger, from disk only. Returns false if the error has another cause.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn abandon_damaged(&mut self, error: &anyhow::Error) -> Result<bool> {
        let LedgerState::File(path) = self.ledger()?.standing().clone() else {
            return Ok(false);
        };
        if !Ledger::is_damage(error) {
            return Ok(false);
        }
        let problem = schema::damaged(&path, error);
        self.put_ledger(Ledger::unusable(path, problem)?);
        self.is_refreshed = false;
        Ok(true)
    }

    /// Notes on the history that is missing without the ledger.
    ///
    /// # Errors
    /// When the turns on disk cannot be looked through.
    pub fn missing_history(&self) -> Result<Vec<String>> {
        use crate::core::time::Time;
        let ledger = self.ledger()?;
        if !matches!(ledger.standing(), LedgerState::Unusable(_)) {
            return Ok(Vec::new());
        }
        let oldest = ledger.spans()?.into_values().map(|(first, _)| first).min();
        let zone = self.system.zone()?.clone();
        Ok(vec![match oldest {
            Some(at) => format!(
                "history before {} is missing",
                Time(at).timestamp().to_zoned(zone).strftime("%Y-%m-%d")
            ),
            None => "history missing".to_owned(),
        }])
    }
}

/// The problem of a ledger that could not be written.
pub(super) fn not_kept(error: &anyhow::Error) -> Problem {
    Problem::new("ledger", format!("history is not saved: {error:#}"))
}
