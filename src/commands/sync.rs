//! `ttop sync`: reads what changed now, and prints nothing: for cron and for bars.

use super::context::Context;
use super::ps::look::Eyes;
use super::{snapshot, usage};
use crate::core::filter::TurnFilter;
use crate::core::problem::Problem;
use crate::exit::Exit;
use crate::ledger::commit::Committed;
use crate::prices::{PriceBook, Refresh, refresh_if_due};
use crate::system::cache::{Cache, Lock};
use crate::system::http::loopback_url;
use crate::system::programs;
use anyhow::Result;
use clap::Args;
use std::time::{Duration, Instant};

/// A bar that looks whether somebody syncs holds the lock for a moment.
const PATIENCE: Duration = Duration::from_millis(30);

/// Read what changed now
#[derive(Args, Debug)]
pub struct SyncArgs {
    /// As a bar starts it: alone, behind everything else, and on when the bar ends
    #[arg(long, hide = true)]
    pub background: bool,
}

impl SyncArgs {
    /// # Errors
    /// When the ledger could not be read or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        loopback_url(&context.system, "TTOP_PRICES_URL")?;
        let lock = if context.global.demo { None } else { self.lock(context) };
        if self.background {
            if lock.is_none() {
                return Ok(Exit::Ok);
            }
            programs::step_back();
        }
        let (book, problems) = PriceBook::open(&context.system, &context.config);
        problems.iter().for_each(|problem| context.warn(problem));
        let mut ledger = usage::open(context)?;
        usage::bring_up_to_date(context, &mut ledger, &TurnFilter::default())?;
        if !context.global.demo {
            let committed = ledger.commit(context.system.now)?;
            if committed == Committed::GivenUp {
                if context.global.verbose > 0 {
                    context.note("ttop: another process is writing the ledger; nothing is lost");
                }
                ledger.reload()?;
            }
            snapshot::leave(context, &ledger, &book, Some(&mut Eyes::default()));
            if let Refresh::Failed(problem) = refresh_if_due(&context.system, &context.config)? {
                context.warn(&problem);
            }
        }
        Ok(context.outcome())
    }

    /// Held while it works, so that bars start no second one. A sync that somebody asked for waits for no lock.
    fn lock(&self, context: &mut Context) -> Option<Lock> {
        match Cache::new(&context.system, "sync").lock("sync", Instant::now() + PATIENCE) {
            Ok(lock) => lock,
            Err(error) => {
                context.warn(&Problem::new("sync", format_args!("cannot be told to bars: {error}")));
                None
            }
        }
    }
}
