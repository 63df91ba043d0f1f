//! `--follow`: one process that stays and prints a line when something changes.

use super::Plan;
use crate::agents::agents;
use crate::agents::shared::watcher::Look;
use crate::commands::context::Context;
use crate::commands::ps::look::Eyes;
use crate::commands::{snapshot, usage};
use crate::core::problem::Problem;
use crate::core::snapshot::Snapshot;
use crate::ledger::commit::Committed;
use crate::ledger::{Ledger, Standing};
use crate::prices::PriceBook;
use crate::render::{is_abandoned, print_encoded};
use crate::system::notices::{Notices, Wake};
use anyhow::Result;
use std::time::{Duration, Instant};

/// How often what runs is looked at, whether anything was written or not.
const LOOK: Duration = Duration::from_secs(2);
/// What the last minutes used is summed up anew this often, though nothing was written.
const SUMS_KEPT_MS: i64 = 60_000;

/// What stays between lines.
pub struct Following<'c> {
    pub context: &'c mut Context,
    pub ledger: Ledger,
    pub book: PriceBook,
    eyes: Eyes,
    look: Look,
    last_look: Option<Instant>,
    told: Vec<Problem>,
    /// What was drawn last.
    snapshot: Option<Snapshot>,
    summed_at: i64,
    is_read: bool,
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
            snapshot: None,
            summed_at: 0,
            is_read: false,
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
            self.is_read |= self.sync()?;
            if self.is_read || self.last_look.is_none_or(|last| last.elapsed() >= LOOK) {
                self.last_look = Some(Instant::now());
                return Ok(true);
            }
        }
    }

    /// What there is to show. Nothing is summed up again while nothing was read and no period ended; who runs is looked
    /// at each time. Says whether sums are new.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn snapshot(&mut self) -> Result<(&Snapshot, bool)> {
        let now = self.context.system.now;
        let is_new = (0..SUMS_KEPT_MS).contains(&(now - self.summed_at));
        let is_done = |last: &&Snapshot| is_new && now < last.today.end;
        let last = self.snapshot.take();
        let kept = last.as_ref().filter(is_done).filter(|_| !self.is_read).cloned();
        let is_summed = kept.is_none();
        let snapshot = match kept {
            Some(kept) => snapshot::look_again(kept, self.context, &self.ledger, &self.book, &mut self.eyes)?,
            None => {
                self.summed_at = now;
                snapshot::make(self.context, &self.ledger, &self.book, Some(&mut self.eyes))?
            }
        };
        self.is_read = false;
        self.ledger.leave_snapshot(&snapshot)?;
        Ok((self.snapshot.insert(snapshot), is_summed))
    }

    /// Reads what is due and keeps it.
    fn sync(&mut self) -> Result<bool> {
        let Some(read) = usage::read_due(&mut self.ledger, &mut self.look, &self.context.system)? else {
            // Another process may have brought in more.
            self.ledger.reload()?;
            return Ok(false);
        };
        read.problems.iter().for_each(|problem| self.tell(problem));
        let committed = self.ledger.commit(self.context.system.now).unwrap_or_else(|error| {
            // Numbers are right without it, only history is not kept.
            self.tell(&usage::not_kept(&error));
            Committed::Nothing
        });
        read.kept(committed, &mut self.ledger, &mut self.look)?;
        Ok(true)
    }

    /// Says a problem once.
    fn tell(&mut self, problem: &Problem) {
        if !self.told.contains(problem) {
            self.context.warn(problem);
            self.told.push(problem.clone());
        }
    }
}

/// Prints a line, and another whenever it is a different one.
///
/// # Errors
/// When stdout cannot be written, or the ledger cannot be read.
pub fn run(plan: &Plan, context: &mut Context) -> Result<()> {
    if context.global.demo {
        let snapshot = snapshot::demo(context)?;
        return super::show(&plan.draw(&snapshot, None, None, context.system.now));
    }
    let mut following = Following::start(context)?;
    let mut last = String::new();
    while following.next()? {
        let now = following.context.system.now;
        let line = if let Standing::Unusable(_) = following.ledger.standing() {
            plan.draw(&super::nothing(), Some("ledger?"), None, now)
        } else {
            plan.draw(following.snapshot()?.0, None, None, now)
        };
        if line != last {
            let between = if last.is_empty() { "" } else { plan.style.between() };
            print_encoded(format!("{between}{line}").as_bytes())?;
            last = line;
        }
    }
    Ok(())
}
