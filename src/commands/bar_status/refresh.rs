//! Keeping the snapshot new: at most one quiet sync of the user's in the background, none within 2 s of the last.

use crate::commands::context::Context;
use crate::core::problem::Problem;
use crate::system::cache::Cache;
use crate::system::children;
use crate::system::clock::Clock;
use std::process::Command;
use std::time::Instant;

/// Nothing newer is needed, and none is started sooner than this after the last.
const EVERY_MS: i64 = 2_000;

/// The reaction to an old snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    /// It is new enough, or a sync is on its way.
    Coming,
    /// The last sync changed nothing of it; the next one is on its way, with little hope.
    Failed,
    /// Nothing is.
    None,
}

/// Starts a sync unless the snapshot is fresh or another process is syncing. Never waits.
pub(super) fn refresh(context: &mut Context, age: Option<i64>) -> Refresh {
    if age.is_some_and(|age| age <= EVERY_MS) {
        return Refresh::Coming;
    }
    match start(context, age) {
        Ok(refresh) => refresh,
        Err(error) => {
            context.out.warn(&Problem::new(
                "bar-status",
                format_args!("could not start a sync: {error}"),
            ));
            Refresh::None
        }
    }
}

fn start(context: &Context, age: Option<i64>) -> std::io::Result<Refresh> {
    let cache = Cache::new(&context.engine.system, "sync");
    let Some(mut claim) = cache.lock("claim", Instant::now())? else {
        return Ok(Refresh::Coming);
    };
    let now = context.engine.system.ticking_moment();
    let last = claim.note();
    if last.is_some_and(|last| (0..EVERY_MS).contains(&(now - last))) || is_syncing(&cache)? {
        return Ok(Refresh::Coming);
    }
    // It ended, but the snapshot is from before it started.
    let has_failed = last.zip(age).is_some_and(|(last, age)| now - age < last);
    claim.leave(now)?;
    let mut sync = Command::new(std::env::current_exe()?);
    sync.args(["sync", "--background"]);
    if let Some(zone) = &context.out.global.tz {
        sync.args(["--tz", zone]);
    }
    if let Clock::Ticking { .. } = context.engine.system.clock {
        // Its clock goes on where this one is.
        sync.env("TTOP_NOW", format!("@{now}"));
    }
    if context.engine.system.offline {
        sync.arg("--offline");
    }
    children::start(&mut sync)?;
    Ok(if has_failed { Refresh::Failed } else { Refresh::Coming })
}

/// Whether a sync in the background is still at work.
fn is_syncing(cache: &Cache) -> std::io::Result<bool> {
    Ok(cache.lock("sync", Instant::now())?.is_none())
}
