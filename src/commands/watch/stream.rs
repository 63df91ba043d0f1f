//! The lines of a watch: read, made and waited for one after the other.

use super::WatchArgs;
use super::alarms::{Alarms, Scene};
use super::beats::{Heartbeat, Stall};
use super::begin::{begin, events_before};
use super::groups::{Group, Groups};
use super::trail::Trail;
use crate::agents::agents;
use crate::agents::shared::watcher::Look;
use crate::args::Filters;
use crate::commands::alert::facts::Watched;
use crate::commands::alert::refuse_unusable;
use crate::commands::context::Context;
use crate::commands::usage;
use crate::core::filter::TurnFilter;
use crate::core::price::CostFrom;
use crate::core::problem::Problem;
use crate::core::rows::{EventRow, EventType, StreamRow};
use crate::ledger::commit::Committed;
use crate::ledger::{Ledger, Standing};
use crate::prices::{Freshness, PriceBook, keep_fresh};
use crate::render::{self, is_abandoned};
use crate::reports::Usage;
use crate::reports::activity::Follower;
use crate::system::System;
use crate::system::config::Config;
use crate::system::notices::{Notices, Wake};
use anyhow::{Context as _, Result};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How often the reader, the clock and other processes' commits are looked at.
const TICK: Duration = Duration::from_millis(250);
/// Lines made at a time, so that a long replay holds little.
const CHUNK: usize = 1_000;
/// Changes combined at a time, when the reader was away.
const BATCH: usize = 10_000;
/// Turns of the sessions that grew are held at a time, so that a busy machine costs no more memory than a quiet one.
const MOST_TURNS: usize = 5_000;

/// The lines of a watch: waits for the next one.
pub struct Stream<'a> {
    args: &'a WatchArgs,
    groups: Groups,
    system: System,
    config: Config,
    cost_from: CostFrom,
    is_demo: bool,
    is_quiet: bool,
    ledger: Ledger,
    book: PriceBook,
    /// News of the price list; a demo has none.
    prices: Option<Receiver<Freshness>>,
    follower: Follower,
    alarms: Option<Alarms>,
    heartbeat: Option<Heartbeat>,
    stall: Stall,
    trail: Trail,
    look: Look,
    filter: TurnFilter,
    /// Problems are said when they appear, not at every look.
    told: Vec<Problem>,
    made: VecDeque<StreamRow>,
    began: Instant,
    last_line: Instant,
    is_drained: bool,
    /// Whether the ledger was written once: it can be.
    has_begun: bool,
    ended: &'a Cell<Ended>,
}

/// What is left to say when the lines are over.
#[derive(Clone, Copy, Default)]
pub struct Ended {
    pub skipped: usize,
    pub signal: Option<i32>,
}

impl Iterator for Stream<'_> {
    type Item = Result<StreamRow>;

    fn next(&mut self) -> Option<Self::Item> {
        self.stall.taken();
        loop {
            while let Some(row) = self.made.pop_front() {
                if self.wants(&row) {
                    if !matches!(&row, StreamRow::Event(event) if event.kind == EventType::Heartbeat) {
                        self.last_line = Instant::now();
                    }
                    self.stall.handed();
                    return Some(Ok(row));
                }
            }
            match self.make() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<'a> Stream<'a> {
    /// Reads what is there, and begins after it or where the arguments say.
    ///
    /// # Errors
    /// When there is no such place, or alerts are asked for that cannot be remembered.
    pub fn start(args: &'a WatchArgs, groups: Groups, context: &mut Context, ended: &'a Cell<Ended>) -> Result<Self> {
        let filter = Filters::from(&args.filters).turn_filter(context)?;
        let (book, problems) = PriceBook::open(&context.system, &context.config);
        problems.iter().for_each(|problem| context.warn(problem));
        // Budgets are of everything, whatever lines are shown.
        let is_watched = |id| groups.has_alerts() || filter.agents.matches(Some(id));
        let watched = agents().iter().copied().filter(|agent| is_watched(agent.id()));
        let look = Look::new(Notices::start()?, watched);
        let every = args.heartbeat.unwrap_or(Heartbeat::USUAL);
        let mut stream = Stream {
            args,
            system: context.system.clone(),
            config: context.config.clone(),
            cost_from: context.cost_from(),
            is_demo: context.global.demo,
            is_quiet: context.global.quiet,
            ledger: usage::open(context)?,
            book,
            prices: match context.global.demo {
                true => None,
                false => Some(keep_fresh(&context.system, &context.config)?),
            },
            follower: Follower::new("", 0),
            alarms: None,
            heartbeat: groups.has(Group::Heartbeat).then(|| Heartbeat::new(every)),
            stall: Stall::default(),
            trail: Trail::new(context, groups.has_alerts() || filter.agents.matches_all()),
            groups,
            look,
            filter,
            told: Vec::new(),
            made: VecDeque::new(),
            began: Instant::now(),
            last_line: Instant::now(),
            is_drained: false,
            has_begun: false,
            ended,
        };
        stream.sync()?;
        stream.has_begun = true;
        stream.ledger.most_turns = MOST_TURNS;
        stream.follower = begin(args.since.as_deref(), &stream.ledger, &stream.system)?;
        if stream.groups.has_alerts() {
            stream.alarms = Some(stream.alarms(Watched::new(context)?)?);
        }
        Ok(stream)
    }

    fn alarms(&mut self, watched: Watched) -> Result<Alarms> {
        refuse_unusable(&self.ledger)?;
        self.ledger.prepare_alerts()?;
        // A line never waits: what is due is due at the next look as well.
        self.ledger.patience = Duration::ZERO;
        let has_file = matches!(self.ledger.standing(), Standing::File(_));
        let mut alarms = Alarms::new(&self.groups, watched, &self.system, has_file)?;
        alarms.cursor = events_before(self.args.since.as_deref(), &self.ledger, &self.system)?;
        Ok(alarms)
    }

    /// Makes lines, or waits for some; false when the stream is over.
    fn make(&mut self) -> Result<bool> {
        self.made = self.lines()?.into();
        let events = self.events()?;
        self.made.extend(events.into_iter().map(StreamRow::from));
        if !self.made.is_empty() {
            return Ok(true);
        }
        let is_over = self.args.run_for.is_some_and(|time| self.began.elapsed() >= time)
            || self.args.idle_exit.is_some_and(|time| self.last_line.elapsed() >= time)
            || self.args.once && self.is_drained;
        if is_over || is_abandoned() {
            return Ok(false);
        }
        // Lines go first: nobody waits for this.
        self.trail.leave(&self.ledger, &self.book);
        if let Wake::Signal(signal) = self.look.wait(if self.args.once { Duration::ZERO } else { TICK }) {
            self.ended.set(Ended {
                signal: Some(signal),
                ..self.ended.get()
            });
            return Ok(false);
        }
        self.sync()?;
        self.take_prices();
        self.is_drained = true;
        Ok(true)
    }

    /// Prices lines from now on by a list that came in meanwhile.
    fn take_prices(&mut self) {
        match self.prices.as_ref().and_then(|prices| prices.try_recv().ok()) {
            Some(Freshness::Renewed(book)) => self.book = *book,
            Some(Freshness::Failed(problem)) => self.tell(&problem),
            None => {}
        }
    }

    /// Says a problem once.
    fn tell(&mut self, problem: &Problem) {
        if self.told.contains(problem) {
            return;
        }
        if !self.is_quiet {
            render::warn(problem);
        }
        self.told.push(problem.clone());
        self.ended.set(Ended {
            skipped: self.told.len(),
            ..self.ended.get()
        });
    }

    /// Reads what is due and keeps it. When another process is faster, its commit is what is told.
    fn sync(&mut self) -> Result<()> {
        if self.is_demo {
            return Ok(());
        }
        let Some(read) = usage::read_due(&mut self.ledger, &mut self.look, &self.system)? else {
            return Ok(());
        };
        read.problems.iter().for_each(|problem| self.tell(problem));
        self.trail.note();
        let committed = self.keep()?;
        read.kept(committed, &mut self.ledger, &mut self.look)
    }

    /// Keeps what was read. A home that cannot be written to from the start is followed in memory.
    fn keep(&mut self) -> Result<Committed> {
        if self.ledger.is_new() {
            // On a machine without any agent nothing would be written, and the first reply would be the past.
            self.ledger.set_meta("watched", Vec::new());
        }
        match self.ledger.commit(self.system.moment()) {
            Err(error) if !self.has_begun => {
                self.tell(&usage::not_kept(&error));
                self.ledger = Ledger::in_memory()?;
                self.ledger.keeps_titles = usage::keeps_titles(&self.config);
                Ok(Committed::GivenUp)
            }
            result => result.context("history cannot be kept"),
        }
    }

    /// Lines of replies. To a reader that was away for a while, one line for each says it all.
    fn lines(&mut self) -> Result<Vec<StreamRow>> {
        let usage = Usage::new(&self.ledger, &self.book, &self.config, self.cost_from);
        if !self.stall.is_on() || !self.is_drained {
            self.stall.over();
            let rows = self.follower.next(&usage, CHUNK)?;
            return Ok(rows.into_iter().map(StreamRow::from).collect());
        }
        let before = self.follower.cursor;
        let taken = self.follower.next_combined(&usage, BATCH)?;
        let gap = self.stall.gap(&taken, self.follower.ledger_id(), before);
        if let Some(gap) = gap.as_ref().filter(|_| !self.is_quiet && !self.groups.has(Group::Gap)) {
            // Without its line a reader learns of it here: a step of a combined line alone is not to go on from.
            let id = &gap.event_id;
            render::say(&format!(
                "ttop: the reader was away: {}; all of them follow {id}",
                gap.message
            ));
        }
        let gap = gap.map(|gap| StreamRow::from(gap.at(self.now())));
        if taken.changes < BATCH {
            self.stall.over();
        }
        Ok(gap
            .into_iter()
            .chain(taken.rows.into_iter().map(StreamRow::from))
            .collect())
    }

    /// What happened besides.
    fn events(&mut self) -> Result<Vec<EventRow>> {
        let now = self.now();
        let mut events = Vec::new();
        if let Some(alarms) = &mut self.alarms {
            let (told, problems) = alarms.look(&mut Scene {
                ledger: &mut self.ledger,
                book: &self.book,
                system: &self.system,
                change: self.follower.cursor,
                now,
            })?;
            events = told;
            problems.iter().for_each(|problem| self.tell(problem));
        }
        let follower = &self.follower;
        let beat = self.heartbeat.as_mut().and_then(|heart| heart.beat(follower, now));
        events.extend(beat);
        Ok(events)
    }

    /// Epoch milliseconds; the clock of the sample home stands still.
    fn now(&self) -> i64 {
        if self.is_demo {
            self.system.now
        } else {
            self.system.moment()
        }
    }

    fn wants(&self, row: &StreamRow) -> bool {
        let filter = &self.filter;
        let is_session = |id: Option<&str>| {
            let wanted = &self.args.filters.session;
            wanted.is_empty() || id.is_some_and(|id| wanted.iter().any(|prefix| id.starts_with(prefix.as_str())))
        };
        match row {
            StreamRow::Activity(row) => {
                self.groups.has(Group::Activity)
                    && filter.agents.matches(Some(&row.agent_id))
                    && filter.providers.matches(row.provider_id.as_deref())
                    && filter.models.matches(row.model_id.as_deref())
                    && filter.is_project(row.project_path.as_deref())
                    && is_session(Some(&row.session_id))
            }
            // What is about the stream itself is about every line of it.
            StreamRow::Event(row) if is_of_stream(row.kind) => self.groups.tells(row.kind),
            StreamRow::Event(row) => {
                self.groups.tells(row.kind)
                    && filter.agents.matches(row.agent_id.as_deref())
                    && filter.providers.matches(row.provider_id.as_deref())
                    && filter.is_project(row.project_path.as_deref())
                    && is_session(row.session_id.as_deref())
            }
        }
    }
}

fn is_of_stream(kind: EventType) -> bool {
    use EventType::{AppStarted, AppUpdated, Gap, Heartbeat};
    matches!(kind, Gap | Heartbeat | AppStarted | AppUpdated)
}
