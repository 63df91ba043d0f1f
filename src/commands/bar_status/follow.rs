//! `--follow`: one process that stays and prints a line when something changes.

use super::Plan;
use crate::agents::agents;
use crate::agents::look::Look;
use crate::commands::context::Context;
use crate::commands::ps::look::Eyes;
use crate::commands::{snapshot, usage};
use crate::core::problem::Problem;
use crate::ledger::commit::Committed;
use crate::ledger::{Ledger, Standing};
use crate::prices::PriceBook;
use crate::render::{is_abandoned, print_text};
use crate::system::notices::{Notices, Wake};
use anyhow::Result;
use std::time::{Duration, Instant};

/// How often what runs is looked at, whether anything was written or not.
const LOOK: Duration = Duration::from_secs(2);

/// What stays between lines.
pub struct Following<'c> {
    pub context: &'c mut Context,
    pub ledger: Ledger,
    pub book: PriceBook,
    pub eyes: Eyes,
    look: Look,
    last_look: Option<Instant>,
    told: Vec<Problem>,
}

impl<'c> Following<'c> {
    /// # Errors
    /// When the system gives no notices, or there is no ledger.
    pub fn start(context: &'c mut Context) -> Result<Self> {
        let (book, problems) = PriceBook::open(&context.system, &context.config);
        problems.iter().for_each(|problem| context.warn(problem));
        let ledger = usage::open(context)?;
        Ok(Self {
            ledger,
            book,
            eyes: Eyes::default(),
            look: Look::new(Notices::start()?, agents().iter().copied()),
            last_look: None,
            told: Vec::new(),
            context,
        })
    }

    /// Waits for something to show; false when it is over: a signal, or nobody reads any more.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next(&mut self) -> Result<bool> {
        loop {
            if is_abandoned() {
                return Ok(false);
            }
            let rest = self
                .last_look
                .map_or(Duration::ZERO, |last| LOOK.saturating_sub(last.elapsed()));
            if let Wake::Signal(_) = self.look.wait(rest) {
                return Ok(false);
            }
            self.context.system.now = self.context.system.moment();
            let has_read = self.sync()?;
            if has_read || self.last_look.is_none_or(|last| last.elapsed() >= LOOK) {
                self.last_look = Some(Instant::now());
                return Ok(true);
            }
        }
    }

    /// Reads what is due and keeps it.
    fn sync(&mut self) -> Result<bool> {
        let due = self.look.take_due();
        if due.is_empty() {
            // Another process may have brought in more.
            self.ledger.reload()?;
            return Ok(false);
        }
        let synced = self.ledger.sync(&due, &self.context.system, &|_, _| {})?;
        for (agent, found) in &synced.found {
            self.look.learn(agent, found);
        }
        for problem in synced.problems.iter().chain(self.ledger.problems()) {
            if !self.told.contains(problem) {
                self.context.warn(problem);
                self.told.push(problem.clone());
            }
        }
        match self.ledger.commit(self.context.system.now) {
            Ok(Committed::GivenUp) => self.ledger.reload()?,
            Ok(Committed::Done | Committed::Nothing) => {}
            // Numbers are right without it, only history is not kept.
            Err(error) => {
                let problem = Problem::new("ledger", format_args!("history is not kept: {error:#}"));
                if !self.told.contains(&problem) {
                    self.context.warn(&problem);
                    self.told.push(problem);
                }
            }
        }
        Ok(true)
    }
}

/// Prints a line, and another whenever it is a different one.
///
/// # Errors
/// When stdout cannot be written, or the ledger cannot be read.
pub fn run(plan: &Plan, context: &mut Context) -> Result<()> {
    if context.global.demo {
        let snapshot = snapshot::demo(context)?;
        return context.text(plan.draw(&snapshot, None, None, context.system.now).as_bytes());
    }
    let mut following = Following::start(context)?;
    let mut last = String::new();
    while following.next()? {
        let Following {
            context,
            ledger,
            book,
            eyes,
            ..
        } = &mut following;
        let now = context.system.now;
        let line = if let Standing::Unusable(_) = ledger.standing() {
            plan.draw(&super::nothing(), Some("ledger?"), None, now)
        } else {
            let snapshot = snapshot::make(context, ledger, book, Some(eyes))?;
            ledger.leave_snapshot(&snapshot)?;
            plan.draw(&snapshot, None, None, now)
        };
        if line != last {
            let between = if last.is_empty() { "" } else { plan.style.between() };
            print_text(format!("{between}{line}").as_bytes())?;
            last = line;
        }
    }
    Ok(())
}
