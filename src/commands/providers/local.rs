//! What happens beside asking: the ledger is read for limits that agents' files told, and the price list is kept fresh.

use crate::agents::{Agent, agents};
use crate::commands::context::Context;
use crate::commands::usage;
use crate::core::problem::Problem;
use crate::core::quota::LimitSeen;
use crate::ledger::Ledger;
use crate::ledger::commit::Committed;
use crate::prices;
use crate::providers::memory::TOLD_MS;
use crate::system::System;
use crate::system::config::Config;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Agents whose files tell of plan limits.
const TELLING: [&str; 2] = ["claude-code", "codex"];
/// What is not there by then is left out: the answers of providers do not wait for it.
const LEDGER_WITHIN: Duration = Duration::from_secs(9);
const PRICES_WITHIN: Duration = Duration::from_secs(3);

/// The ledger, being read.
pub struct Local {
    started: Instant,
    reading: Receiver<anyhow::Result<Ledger>>,
    refreshing: Receiver<()>,
    ledger: Option<Ledger>,
}

impl Local {
    /// Starts; nothing waits yet.
    pub fn start(context: &Context) -> Self {
        let (system, config) = (context.system.clone(), context.config.clone());
        let (read, reading) = channel();
        let ledger = usage::open(context);
        let reading_system = system.clone();
        // When the run is over first, nobody is left to be told.
        std::thread::spawn(move || {
            let _ = read.send(ledger.and_then(|ledger| bring_up(ledger, &reading_system)));
        });
        let (refreshed, refreshing) = channel();
        std::thread::spawn(move || {
            refresh_prices(&system, &config);
            let _ = refreshed.send(());
        });
        Self {
            started: Instant::now(),
            reading,
            refreshing,
            ledger: None,
        }
    }

    /// The limits that agents' files told, as far as they could be read in time.
    pub fn seen(&mut self, context: &mut Context) -> Vec<LimitSeen> {
        let read = self
            .reading
            .recv_timeout(LEDGER_WITHIN.saturating_sub(self.started.elapsed()));
        let ledger = match read {
            Ok(Ok(ledger)) => ledger,
            Ok(Err(error)) => {
                context.warn(&Problem::new("ledger", format!("{error:#}")));
                return Vec::new();
            }
            Err(_) => return Vec::new(),
        };
        ledger.problems().iter().for_each(|problem| context.warn(problem));
        let seen = ledger
            .limits_since(context.system.now - TOLD_MS)
            .unwrap_or_else(|error| {
                context.warn(&Problem::new("ledger", format!("{error:#}")));
                Vec::new()
            });
        self.ledger = Some(ledger);
        seen
    }

    /// Keeps answers for the history, and gives the price list its moment.
    pub fn keep(&mut self, answers: Vec<LimitSeen>, context: &mut Context) {
        if let Some(mut ledger) = self.ledger.take() {
            ledger.remember_limits(answers.clone());
            if let Err(error) = commit(&mut ledger, answers, context.system.now) {
                context.warn(&Problem::new("ledger", format!("history is not kept: {error:#}")));
            }
        }
        // Whether it is done or not: it is asked for again another day.
        let _ = self
            .refreshing
            .recv_timeout(PRICES_WITHIN.saturating_sub(self.started.elapsed()));
    }
}

/// Reads what changed in the files that may tell of limits.
fn bring_up(mut ledger: Ledger, system: &System) -> anyhow::Result<Ledger> {
    let telling: Vec<&dyn Agent> = agents()
        .iter()
        .copied()
        .filter(|agent| TELLING.contains(&agent.id()))
        .collect();
    // Records that are damaged are told by the commands that report them.
    ledger.sync(&telling, system, &|_, _| {})?;
    Ok(ledger)
}

/// Another process may write at the same moment: then the answers alone are tried once more.
fn commit(ledger: &mut Ledger, answers: Vec<LimitSeen>, now: i64) -> anyhow::Result<()> {
    if ledger.commit(now)? == Committed::GivenUp {
        ledger.reload()?;
        ledger.remember_limits(answers);
        ledger.commit(now)?;
    }
    Ok(())
}

fn refresh_prices(system: &System, config: &Config) {
    // Where providers are replaced, the price list's own host is not to be asked either.
    let is_replaced = system.var("TTOP_PROVIDERS_BASE_URL").is_some() && system.var("TTOP_PRICES_URL").is_none();
    if is_replaced {
        return;
    }
    // `prices update` says what is wrong; nobody asked for the list here.
    let _ = prices::refresh_if_due(system, config);
}
