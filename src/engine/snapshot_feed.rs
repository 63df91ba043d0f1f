//! Snapshots as things change, for bars that stay.

use super::Engine;
use super::live_loop::{OnUnwritable, Step, WatchOptions};
use crate::core::snapshot::Snapshot;
use crate::ledger::LedgerState;
use anyhow::Result;
use std::time::{Duration, Instant};

/// How often to scan processes, even without changes.
const LOOK: Duration = Duration::from_secs(2);
/// How often to recompute recent sums, even without changes.
const SUMS_KEPT_MS: i64 = 60_000;

/// What stays between snapshots.
pub struct SnapshotFeed<'e> {
    pub engine: &'e mut Engine,
    last_look: Option<Instant>,
    /// The snapshot that was handed out last.
    last: Option<Snapshot>,
    summed_at: i64,
    is_read: bool,
}

impl<'e> SnapshotFeed<'e> {
    /// # Errors
    /// When the system gives no notices.
    pub fn start(engine: &'e mut Engine, is_abandoned: fn() -> bool) -> Result<Self> {
        engine.prices();
        engine.watch(&WatchOptions {
            is_watched: &|_| true,
            is_abandoned,
            on_unwritable: OnUnwritable::GoOn,
        })?;
        Ok(Self {
            engine,
            last_look: None,
            last: None,
            summed_at: 0,
            is_read: false,
        })
    }

    /// Waits for a change; returns false at the end: a signal, or a closed reader. A home that never changes ends after
    /// its first snapshot.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn wait(&mut self) -> Result<bool> {
        if self.engine.is_sample() {
            return Ok(self.last_look.replace(Instant::now()).is_none());
        }
        loop {
            let rest = self
                .last_look
                .map_or(Duration::ZERO, |last| LOOK.saturating_sub(last.elapsed()));
            let Step::Woke { is_read } = self.engine.step(rest)? else {
                return Ok(false);
            };
            if !is_read {
                // Another process may have brought in more.
                self.engine.ledger_mut()?.reload()?;
            }
            self.is_read |= is_read;
            if self.is_read || self.last_look.is_none_or(|last| last.elapsed() >= LOOK) {
                self.last_look = Some(Instant::now());
                return Ok(true);
            }
        }
    }

    /// Whether there is a ledger to show anything of.
    ///
    /// # Errors
    /// When not even an empty one in memory can be had.
    pub fn has_ledger(&self) -> Result<bool> {
        Ok(!matches!(self.engine.ledger()?.standing(), LedgerState::Unusable(_)))
    }

    /// The current snapshot. Recomputes sums only after changes or at the end of a period; scans processes every time.
    /// Also returns whether sums are new.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn snapshot(&mut self) -> Result<(&Snapshot, bool)> {
        let now = self.engine.system.now;
        let is_new = (0..SUMS_KEPT_MS).contains(&(now - self.summed_at));
        let is_done = |last: &&Snapshot| is_new && now < last.today.end;
        let last = self.last.take();
        let kept = last.as_ref().filter(is_done).filter(|_| !self.is_read).cloned();
        let is_summed = kept.is_none();
        let snapshot = match kept {
            Some(kept) => self.engine.look_again(kept)?,
            None => {
                self.summed_at = now;
                self.engine.live_snapshot()?
            }
        };
        self.is_read = false;
        self.engine.ledger()?.leave_snapshot(&snapshot)?;
        Ok((self.last.insert(snapshot), is_summed))
    }
}
