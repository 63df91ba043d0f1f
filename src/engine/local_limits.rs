//! Runs next to requests: reads limits from agents' files through the ledger, and refreshes the price list.

use super::Engine;
use super::refresh::not_kept;
use crate::agents::{Agent, AgentHandle};
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

/// Agents whose files contain plan limits.
const TELLING: [&str; 2] = ["claude-code", "codex"];
/// Time limit: the answers of providers do not wait longer.
const LEDGER_WITHIN: Duration = Duration::from_secs(9);
const PRICES_WITHIN: Duration = Duration::from_secs(3);

/// The ledger, being read.
pub(super) struct LocalLimits {
    started: Instant,
    reading: Receiver<anyhow::Result<Ledger>>,
    refreshing: Receiver<()>,
    has_ledger: bool,
}

impl LocalLimits {
    /// Starts; nothing waits yet.
    ///
    /// # Errors
    /// When not even an empty ledger in memory can be had.
    pub(super) fn start(engine: &mut Engine) -> anyhow::Result<Self> {
        let (system, config) = (engine.system.clone(), engine.config.clone());
        let (read, reading) = channel();
        let ledger = engine.take_ledger()?;
        let telling = engine.registry.agents.iter().filter_map(AgentHandle::shared);
        let telling: Vec<_> = telling.filter(|agent| TELLING.contains(&agent.id())).collect();
        let reading_system = system.clone();
        // The run may end first; then the result is not needed.
        std::thread::spawn(move || {
            let _ = read.send(bring_up(ledger, &telling, &reading_system));
        });
        let (refreshed, refreshing) = channel();
        std::thread::spawn(move || {
            refresh_prices(&system, &config);
            let _ = refreshed.send(());
        });
        Ok(Self {
            started: Instant::now(),
            reading,
            refreshing,
            has_ledger: false,
        })
    }

    /// The limits from agents' files, as far as they could be read in time.
    pub(super) fn seen(&mut self, engine: &mut Engine) -> Vec<LimitSeen> {
        let read = self
            .reading
            .recv_timeout(LEDGER_WITHIN.saturating_sub(self.started.elapsed()));
        let ledger = match read {
            Ok(Ok(ledger)) => ledger,
            Ok(Err(error)) => {
                engine.note_problem(Problem::new("ledger", format!("{error:#}")));
                return Vec::new();
            }
            Err(_) => return Vec::new(),
        };
        let problems = ledger.problems().iter().cloned();
        problems.for_each(|problem| engine.note_problem(problem));
        let seen = ledger
            .limits_since(engine.system.now - TOLD_MS)
            .unwrap_or_else(|error| {
                engine.note_problem(Problem::new("ledger", format!("{error:#}")));
                Vec::new()
            });
        engine.put_ledger(ledger);
        self.has_ledger = true;
        seen
    }

    /// Keeps answers for the history, and gives the price list its moment.
    pub(super) fn keep(&mut self, answers: Vec<LimitSeen>, engine: &mut Engine) {
        let now = engine.system.now;
        if let Some(ledger) = engine.ledger.get_mut().filter(|_| self.has_ledger) {
            ledger.remember_limits(answers.clone());
            if let Err(error) = commit(ledger, answers, now) {
                engine.note_problem(not_kept(&error));
            }
        }
        // Whether it is done or not: it is asked for again another day.
        let _ = self
            .refreshing
            .recv_timeout(PRICES_WITHIN.saturating_sub(self.started.elapsed()));
    }
}

/// Reads changed files that may contain limits.
fn bring_up(mut ledger: Ledger, telling: &[&'static (dyn Agent + Sync)], system: &System) -> anyhow::Result<Ledger> {
    let telling: Vec<AgentHandle> = telling.iter().map(|agent| AgentHandle::Shared(*agent)).collect();
    // Other commands report damaged records.
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
    // `prices update` reports errors; here the update is a side effect.
    let _ = prices::refresh_if_due(system, config);
}
