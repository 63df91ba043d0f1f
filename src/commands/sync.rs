//! `ttop sync`: reads what changed now, and prints nothing: for cron and for bars.

use super::context::Context;
use crate::core::filter::TurnFilter;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::ledger::commit::Committed;
use crate::prices::{Refresh, refresh_if_due};
use crate::system::http::loopback_url;
use crate::system::programs;
use anyhow::Result;
use clap::Args;

/// Update the ledger from the agents' files
#[derive(Args, Debug)]
pub struct SyncArgs {
    /// Run as a detached, low-priority background process
    #[arg(long, hide = true)]
    pub background: bool,
}

impl SyncArgs {
    /// # Errors
    /// When the ledger could not be read or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        loopback_url(&context.engine.system, "TTOP_PRICES_URL")?;
        // A sync that the user started does not wait for another one.
        let lock = context.engine.lock_sync()?;
        context.warn_all();
        if self.background {
            if lock.is_none() {
                return Ok(Exit::Ok);
            }
            programs::step_back();
        }
        context.engine.prices();
        context.refresh(&TurnFilter::default())?;
        let now = context.engine.system.now;
        let ledger = context.engine.ledger_mut()?;
        if ledger.commit(now)? == Committed::GivenUp {
            ledger.reload()?;
            if context.out.global.verbose > 0 {
                context
                    .out
                    .note("ttop: another process is updating the ledger; skipped this sync");
            }
        }
        context.engine.leave_snapshot(Engine::live_snapshot);
        context.warn_all();
        if let Refresh::Failed(problem) = refresh_if_due(&context.engine.system, &context.engine.config)? {
            context.out.warn(&problem);
        }
        Ok(context.out.outcome())
    }
}
