//! The last snapshot as a bar shows it: at once, with its age, and a sync in the background if it is old.

use super::Engine;
use crate::core::currency::{Currency, DOLLAR};
use crate::core::problem::Problem;
use crate::core::snapshot::Snapshot;
use crate::ledger::LedgerState;
use crate::ledger::snapshot::{Peeked, peek};
use crate::system::cache::{Cache, Lock};
use crate::system::children;
use crate::system::clock::Clock;
use anyhow::Result;
use std::process::Command;
use std::time::{Duration, Instant};

/// The place and the name of the lock that a sync holds.
const CACHE: &str = "sync";
const LOCK: &str = "sync";
/// A bar that checks for a running sync holds the lock briefly.
const PATIENCE: Duration = Duration::from_millis(30);
/// Nothing newer is needed, and no sync is started sooner than this after the last.
const EVERY_MS: i64 = 2_000;
/// Older numbers are marked, even if a sync is running.
const OLD_MS: i64 = 5 * 60 * 1000;
/// Without a sync on its way, this long.
const KEPT_MS: i64 = 60 * 1000;

/// What a bar shows of the last snapshot.
pub struct Glance {
    pub snapshot: Snapshot,
    /// Shown in place of the snapshot.
    pub trouble: Option<&'static str>,
    /// Set when the numbers are old and nothing makes them new: milliseconds.
    pub age: Option<i64>,
    pub problems: Vec<Problem>,
}

/// The reaction to an old snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refresh {
    /// It is new enough, or a sync is on its way.
    Coming,
    /// The last sync changed nothing of it; the next one is on its way, with little hope.
    Failed,
    /// Nothing is.
    None,
}

impl Engine {
    /// The snapshot that the last sync left. Starts a sync for the next one if `syncs` and it is old: at most one quiet
    /// sync in the background, in `zone`, none within 2 s of the last. Never waits.
    pub fn glance(&self, syncs: bool, zone: Option<&str>) -> Glance {
        let (now, mut problems, mut trouble) = (self.system.now, Vec::new(), None);
        let snapshot = match peek(&self.system) {
            Peeked::Snapshot(snapshot) if snapshot.is_of(now, self.system.asked_zone()) => {
                Some(snapshot.for_currency(self.shown_currency()))
            }
            Peeked::Snapshot(_) | Peeked::Nothing => None,
            Peeked::Unusable(problem) => {
                problems.push(problem);
                trouble = Some("ledger?");
                None
            }
        };
        let age = snapshot.as_ref().map(|snapshot| snapshot.age(now));
        let refresh = match trouble {
            None if syncs => self.sync_if_old(age, zone).unwrap_or_else(|error| {
                let reason = format_args!("could not start a sync: {error}");
                problems.push(Problem::new("bar-status", reason));
                Refresh::None
            }),
            _ => Refresh::None,
        };
        let bound = match refresh {
            Refresh::Coming => OLD_MS,
            Refresh::None => KEPT_MS,
            Refresh::Failed => 0,
        };
        Glance {
            snapshot: snapshot.unwrap_or_else(Snapshot::unknown),
            trouble,
            age: age.filter(|age| *age > bound),
            problems,
        }
    }

    /// The code of the currency that amounts are shown in; none for dollars.
    pub fn shown_currency(&self) -> Option<&'static str> {
        let currency = Currency::find(self.config.display.currency.name());
        currency
            .filter(|currency| *currency != DOLLAR)
            .map(|currency| currency.code)
    }

    /// Keeps bars from starting a second sync while the lock is held. `None` while another process holds it; bars show
    /// nothing of a ledger in memory.
    ///
    /// # Errors
    /// When not even an empty ledger in memory can be had.
    pub fn lock_sync(&self) -> Result<Option<Lock>> {
        if matches!(self.ledger()?.standing(), LedgerState::Memory) {
            return Ok(None);
        }
        let locked = Cache::new(&self.system, CACHE).lock(LOCK, Instant::now() + PATIENCE);
        Ok(locked.unwrap_or_else(|error| {
            let reason = format_args!("cannot be sent to status bars: {error}");
            self.note_problem(Problem::new("sync", reason));
            None
        }))
    }

    /// Starts a sync unless the snapshot is fresh or another process is syncing.
    fn sync_if_old(&self, age: Option<i64>, zone: Option<&str>) -> std::io::Result<Refresh> {
        if age.is_some_and(|age| age <= EVERY_MS) {
            return Ok(Refresh::Coming);
        }
        let cache = Cache::new(&self.system, CACHE);
        let Some(mut claim) = cache.lock("claim", Instant::now())? else {
            return Ok(Refresh::Coming);
        };
        let now = self.system.ticking_moment();
        let last = claim.note();
        if last.is_some_and(|last| (0..EVERY_MS).contains(&(now - last))) || is_syncing(&cache)? {
            return Ok(Refresh::Coming);
        }
        // It ended, but the snapshot is from before it started.
        let has_failed = last.zip(age).is_some_and(|(last, age)| now - age < last);
        claim.leave(now)?;
        let mut sync = Command::new(std::env::current_exe()?);
        sync.args(["sync", "--background"]);
        if let Some(zone) = zone {
            sync.args(["--tz", zone]);
        }
        if let Clock::Ticking { .. } = self.system.clock {
            // Its clock goes on where this one is.
            sync.env("TTOP_NOW", format!("@{now}"));
        }
        if self.system.offline {
            sync.arg("--offline");
        }
        children::start(&mut sync)?;
        Ok(if has_failed { Refresh::Failed } else { Refresh::Coming })
    }
}

/// Whether a sync in the background is still at work.
fn is_syncing(cache: &Cache) -> std::io::Result<bool> {
    Ok(cache.lock(LOCK, Instant::now())?.is_none())
}
