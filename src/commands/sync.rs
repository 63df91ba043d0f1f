//! `ttop sync`: reads what changed now, and prints nothing: for cron and for bars.

use super::context::Context;
use super::usage;
use crate::core::filter::TurnFilter;
use crate::exit::Exit;
use crate::ledger::commit::Committed;
use crate::prices::{Refresh, refresh_if_due};
use crate::system::http::loopback_url;
use anyhow::Result;
use clap::Args;

/// Read what changed now
#[derive(Args, Debug)]
pub struct SyncArgs {}

impl SyncArgs {
    /// # Errors
    /// When the ledger could not be read or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        loopback_url(&context.system, "TTOP_PRICES_URL")?;
        let mut ledger = usage::open(context)?;
        usage::bring_up_to_date(context, &mut ledger, &TurnFilter::default())?;
        if !context.global.demo {
            let committed = ledger.commit(context.system.now)?;
            if context.global.verbose > 0 && committed == Committed::GivenUp {
                context.note("ttop: another process is writing the ledger; nothing is lost");
            }
            if let Refresh::Failed(problem) = refresh_if_due(&context.system, &context.config)? {
                context.warn(&problem);
            }
        }
        Ok(context.outcome())
    }
}
