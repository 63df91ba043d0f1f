//! The loop of long-running commands: wait, advance the clock, read due sources, commit.

use super::Engine;
use super::refresh::not_kept;
use crate::agents::shared::watcher::SourceWatcher;
use crate::core::problem::Problem;
use crate::ledger::Ledger;
use crate::ledger::commit::Committed;
use crate::system::notices::{Notices, Wake, Waker};
use anyhow::{Context as _, Result, bail};
use std::time::{Duration, Instant};

/// How often the loop looks whether its reader is still there.
const READER_EVERY: Duration = Duration::from_millis(500);

/// The parameters of the loop.
pub struct WatchOptions<'a> {
    /// Agents to read, by their id.
    pub is_watched: &'a dyn Fn(&str) -> bool,
    /// Whether the reader of the output is gone.
    pub is_abandoned: fn() -> bool,
    pub on_unwritable: OnUnwritable,
}

/// How the loop treats a ledger that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnwritable {
    /// Numbers are right without it: only history is not kept.
    GoOn,
    /// Lines are made from history. A home that is not writable from the start is followed in memory; later it is an
    /// error.
    Fail,
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This signal asks the process to end.
    Signal(i32),
    /// The reader of the output is gone.
    Abandoned,
    /// The time is up, or something changed; `is_read` = records of agents were read.
    Woke { is_read: bool },
}

/// The state of the loop.
pub(super) struct LiveLoop {
    watcher: SourceWatcher,
    is_abandoned: fn() -> bool,
    on_unwritable: OnUnwritable,
    /// Whether anything was kept yet, so that the ledger can be written.
    has_kept: bool,
    /// Problems are noted when they appear, not at every step.
    noted: Vec<Problem>,
}

impl Engine {
    /// Begins to watch: from now on signals wake [`Engine::step`] instead of ending the process.
    ///
    /// # Errors
    /// When signals cannot be taken over.
    pub fn watch(&mut self, options: &WatchOptions<'_>) -> Result<()> {
        let watched = self.registry.agents.iter().cloned();
        let watched = watched.filter(|agent| (options.is_watched)(agent.id()));
        let watcher = SourceWatcher::new(Notices::start()?, self.listings.clone(), watched);
        if let Some(beside) = &self.registry.beside {
            (beside.start)(watcher.waker());
        }
        self.live = Some(LiveLoop {
            watcher,
            is_abandoned: options.is_abandoned,
            on_unwritable: options.on_unwritable,
            has_kept: false,
            noted: Vec::new(),
        });
        Ok(())
    }

    /// Waits for a change, at most for this long; then reads due sources and commits.
    ///
    /// # Errors
    /// When nothing is watched, or the ledger cannot be read.
    pub fn step(&mut self, timeout: Duration) -> Result<Step> {
        let end = Instant::now() + timeout;
        loop {
            let Some(live) = &mut self.live else {
                bail!("nothing is watched");
            };
            if (live.is_abandoned)() {
                return Ok(Step::Abandoned);
            }
            let left = end.saturating_duration_since(Instant::now());
            let wake = live.watcher.wait(left.min(READER_EVERY));
            if let Wake::Signal(signal) = wake {
                return Ok(Step::Signal(signal));
            }
            if let Some(beside) = &self.registry.beside {
                (beside.look)().iter().for_each(|id| live.watcher.ask_for(id));
            }
            self.system.now = self.system.now();
            let is_read = self.read_due()?;
            if is_read || wake == Wake::Asked || Instant::now() >= end {
                return Ok(Step::Woke { is_read });
            }
        }
    }

    /// Ends [`Engine::step`] from another thread; `None` before [`Engine::watch`].
    pub fn waker(&self) -> Option<Waker> {
        self.live.as_ref().map(|live| live.watcher.waker())
    }

    /// Reads due sources and commits. If another process commits first, its commit stands.
    ///
    /// # Errors
    /// When the ledger cannot be read, or has to be written and cannot.
    pub fn read_due(&mut self) -> Result<bool> {
        self.ledger()?;
        let (Some(live), Some(ledger)) = (&mut self.live, self.ledger.get_mut()) else {
            return Ok(false);
        };
        let due = live.watcher.take_due();
        if due.is_empty() {
            return Ok(false);
        }
        let synced = ledger.sync_due(&due, &self.system, &|_, _| {})?;
        for (agent, found) in &synced.found {
            live.watcher.learn(agent, found);
        }
        for due in due.iter().filter(|due| ledger.has_failed(due.agent.id())) {
            live.watcher.try_again(due.agent.id());
        }
        if synced.is_partial {
            live.watcher.give_back(&due);
        }
        let mut problems = synced.problems;
        problems.extend(ledger.problems().iter().cloned());
        if live.on_unwritable == OnUnwritable::Fail && ledger.is_new() {
            // On a machine without any agent nothing would be written, and the first reply would be the past.
            ledger.set_meta("watched", Vec::new());
        }
        let committed = match (ledger.commit(self.system.now), live.on_unwritable) {
            (Err(error), OnUnwritable::GoOn) => {
                problems.push(not_kept(&error));
                Committed::Nothing
            }
            (Err(error), OnUnwritable::Fail) if !live.has_kept => {
                problems.push(not_kept(&error));
                let keeps_titles = ledger.keeps_titles;
                *ledger = Ledger::in_memory()?;
                ledger.keeps_titles = keeps_titles;
                // What exists now is the past, and is read before the problem is reported: everything that is written
                // after that is news.
                ledger.sync_due(&due, &self.system, &|_, _| {})?;
                ledger.set_meta("watched", Vec::new());
                ledger.commit(self.system.now)?
            }
            (result, _) => result.context("history cannot be saved")?,
        };
        live.has_kept = true;
        if committed == Committed::GivenUp {
            // The other process may not have seen these changes.
            live.watcher.give_back(&due);
            ledger.reload()?;
        }
        problems.into_iter().for_each(|problem| self.note_once(problem));
        Ok(true)
    }

    /// Notes a problem unless the loop noted it before.
    pub fn note_once(&mut self, problem: Problem) {
        if let Some(live) = &mut self.live {
            if live.noted.contains(&problem) {
                return;
            }
            live.noted.push(problem.clone());
        }
        self.note_problem(problem);
    }
}
