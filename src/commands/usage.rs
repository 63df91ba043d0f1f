//! What the commands that report usage share: the ledger brought up to date, answered from, and kept afterwards.

use super::context::Context;
use crate::agents::shared::watcher::Look;
use crate::agents::{Agent, agents};
use crate::core::filter::TurnFilter;
use crate::core::problem::Problem;
use crate::core::time::Time;
use crate::ledger::commit::Committed;
use crate::ledger::{Ledger, Standing, schema};
use crate::prices::PriceBook;
use crate::render::{Footer, MakeFooter};
use crate::reports::Usage;
use crate::system::System;
use crate::system::config::Config;
use anyhow::{Result, bail};

/// Opens the ledger, reads what changed on disk, lets `answer` report and print, and keeps what was read: the answer
/// never waits for that.
///
/// # Errors
/// When the report could not be made. What could not be read or kept is a warning.
pub fn report<T>(
    context: &mut Context,
    filter: &TurnFilter,
    mut answer: impl FnMut(&mut Context, &Usage<'_>) -> Result<T>,
) -> Result<T> {
    let (book, problems) = PriceBook::open(&context.system, &context.config);
    problems.iter().for_each(|problem| context.warn(problem));
    let config = context.config.clone();
    let from = context.cost_from();
    let mut ledger = open(context)?;
    let mut attempt = |context: &mut Context, ledger: &mut Ledger| {
        bring_up_to_date(context, ledger, filter)?;
        answer(context, &Usage::new(ledger, &book, &config, from))
    };
    let result = match attempt(context, &mut ledger) {
        Err(error) if Ledger::is_damage(&error) => {
            let Standing::File(path) = ledger.standing().clone() else {
                bail!(error)
            };
            ledger = Ledger::unusable(path.clone(), schema::damaged(&path, error))?;
            attempt(context, &mut ledger)
        }
        other => other,
    };
    // Days of another zone, asked for once, are no bar's.
    let is_usual = context.global.tz.is_none();
    if (keep(context, &mut ledger) || is_first(&ledger)) && is_usual {
        super::snapshot::leave(context, &ledger, &book, None);
    }
    result
}

/// Whether no snapshot was ever left for bars.
fn is_first(ledger: &Ledger) -> bool {
    ledger.snapshot().is_none()
}

/// The ledger of this run.
///
/// # Errors
/// When not even one in memory can be had.
pub fn open(context: &Context) -> Result<Ledger> {
    if context.global.demo {
        return crate::demo::ledger();
    }
    let mut ledger = Ledger::open(&context.system)?;
    ledger.keeps_titles = keeps_titles(&context.config);
    Ok(ledger)
}

/// Whether titles of sessions may be kept.
pub fn keeps_titles(config: &Config) -> bool {
    config.flag(&["ledger", "titles"]) != Some(false)
}

/// What stands below a table when the ledger could not be used: what only it knows is missing.
///
/// # Errors
/// When the turns on disk cannot be looked through.
pub fn missing(context: &Context, usage: &Usage<'_>) -> Result<Vec<String>> {
    if !matches!(usage.ledger.standing(), Standing::Unusable(_)) {
        return Ok(Vec::new());
    }
    let oldest = usage.ledger.spans()?.into_values().map(|(first, _)| first).min();
    let zone = context.system.zone()?.clone();
    Ok(vec![match oldest {
        Some(at) => format!(
            "history before {} missing",
            Time(at).timestamp().to_zoned(zone).strftime("%Y-%m-%d")
        ),
        None => "history missing".to_owned(),
    }])
}

/// A footer of lines alone, where there are any.
pub fn footer<R: 'static>(notes: Vec<String>) -> Option<MakeFooter<R>> {
    (!notes.is_empty()).then(|| -> MakeFooter<R> { Box::new(|_| Footer::new(None, notes)) })
}

/// The problem of a ledger that could not be written.
pub fn not_kept(error: &anyhow::Error) -> Problem {
    Problem::new("ledger", format!("history is not kept: {error:#}"))
}

/// Reads what changed on disk since the last time; says what could not be read.
///
/// # Errors
/// When the ledger itself cannot be read.
pub fn bring_up_to_date(context: &mut Context, ledger: &mut Ledger, filter: &TurnFilter) -> Result<()> {
    for problem in ledger.problems() {
        context.warn(problem);
    }
    if context.global.demo {
        return Ok(());
    }
    let wanted: Vec<&dyn Agent> = agents()
        .iter()
        .copied()
        .filter(|agent| filter.agents.matches(Some(agent.id())))
        .collect();
    let progress = super::progress::Bar::new(context);
    let synced = ledger.sync(&wanted, &context.system, &|done, total| progress.show(done, total))?;
    progress.finish();
    for problem in &synced.problems {
        context.warn(problem);
    }
    Ok(())
}

/// Keeps what was read, and says whether there was anything. An answer that was given stays true when that fails:
/// history is what is missing then.
pub fn keep(context: &mut Context, ledger: &mut Ledger) -> bool {
    if context.global.demo {
        return false;
    }
    let said = ledger.problems().len();
    let is_kept = match ledger.commit(context.system.now) {
        Ok(committed) => committed == Committed::Done,
        Err(error) => {
            context.warn(&not_kept(&error));
            false
        }
    };
    ledger.problems()[said..]
        .iter()
        .for_each(|problem| context.warn(problem));
    is_kept
}

/// What commands that stay have read, before it is kept.
pub struct Read {
    due: Vec<&'static dyn Agent>,
    pub problems: Vec<Problem>,
}

/// For commands that stay: reads what is due, and notes what to look at from now on. `None` when nothing was due.
///
/// # Errors
/// When the ledger cannot be read.
pub fn read_due(ledger: &mut Ledger, look: &mut Look, system: &System) -> Result<Option<Read>> {
    let due = look.take_due();
    if due.is_empty() {
        return Ok(None);
    }
    let synced = ledger.sync(&due, system, &|_, _| {})?;
    for (agent, found) in &synced.found {
        look.learn(agent, found);
    }
    for agent in due.iter().filter(|agent| ledger.has_failed(agent.id())) {
        look.try_again(agent.id());
    }
    let problems = synced.problems.iter().chain(ledger.problems()).cloned().collect();
    Ok(Some(Read { due, problems }))
}

impl Read {
    /// When another process was faster with its commit, that is what there is from now on.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn kept(self, committed: Committed, ledger: &mut Ledger, look: &mut Look) -> Result<()> {
        if committed == Committed::GivenUp {
            // The other process need not have seen what this one saw.
            look.give_back(&self.due);
            ledger.reload()?;
        }
        Ok(())
    }
}
