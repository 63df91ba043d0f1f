//! The lines of a stream: read, made and waited for one after the other.

use super::Engine;
use super::alert_stream::AlertStream;
use super::heartbeat::{Heartbeat, Stall};
use super::live_loop::{OnUnwritable, Step, WatchOptions};
use super::remotes::RemoteLines;
use super::snapshot_writer::SnapshotWriter;
use super::stream_start::{begin, events_before};
use crate::core::event_group::{Group, Groups};
use crate::core::filter::TurnFilter;
use crate::core::period::{Edge, parse_time};
use crate::core::problem::Problem;
use crate::core::rows::{ActivityRow, EventRow, EventType, StreamRow};
use crate::core::short_id::meant;
use crate::ledger::LedgerState;
use crate::prices::{Freshness, keep_fresh, model_name};
use crate::reports::activity::Follower;
use anyhow::Result;
use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How often to check the clock and commits of other processes.
const TICK: Duration = Duration::from_millis(250);
/// Lines made at a time, so that a long replay holds little.
const CHUNK: usize = 1_000;
/// Changes combined at a time, when the reader was away.
const BATCH: usize = 10_000;
/// Turns of the sessions that grew are held at a time, so that a busy machine costs no more memory than a quiet one.
const MOST_TURNS: usize = 5_000;

/// The options of a stream.
#[derive(Clone, Debug)]
pub struct StreamOptions {
    pub groups: Groups,
    /// An event or time to begin after; else everything that is there is the past.
    pub since: Option<String>,
    pub filter: TurnFilter,
    /// Prefixes of sessions' ids; none at all = every session.
    pub sessions: Vec<String>,
    /// Ends when there is nothing more.
    pub once: bool,
    pub run_for: Option<Duration>,
    pub idle_exit: Option<Duration>,
    pub heartbeat: Option<Duration>,
    pub is_abandoned: fn() -> bool,
}

/// Messages besides the lines.
#[derive(Clone, Debug)]
pub enum Aside {
    /// Once, when it appears.
    Problem(Problem),
    Note(String),
    /// The stream ends with this signal.
    Signal(i32),
}

/// The lines of a stream: waits for the next one.
pub struct EventStream<'a> {
    engine: &'a mut Engine,
    options: StreamOptions,
    tell: &'a mut dyn FnMut(Aside),
    /// News of the price list; without a network there are none.
    prices: Receiver<Freshness>,
    follower: Follower,
    remotes: RemoteLines,
    alerts: Option<AlertStream>,
    heartbeat: Option<Heartbeat>,
    stall: Stall,
    snapshots: SnapshotWriter,
    made: VecDeque<StreamRow>,
    began: Instant,
    last_line: Instant,
    is_drained: bool,
}

impl Iterator for EventStream<'_> {
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

impl<'a> EventStream<'a> {
    /// Reads the existing sources, and starts after them or where the options say.
    ///
    /// # Errors
    ///
    /// When there is no such place, or alerts are requested without a ledger.
    pub fn start(engine: &'a mut Engine, options: StreamOptions, tell: &'a mut dyn FnMut(Aside)) -> Result<Self> {
        engine.prices();
        let groups = &options.groups;
        // Budgets cover all agents, regardless of the filter.
        let is_watched = |id: &str| groups.has_alerts() || options.filter.agents.matches(Some(id));
        engine.watch(&WatchOptions {
            is_watched: &is_watched,
            is_abandoned: options.is_abandoned,
            on_unwritable: OnUnwritable::Fail,
        })?;
        let every = options.heartbeat.unwrap_or(Heartbeat::USUAL);
        let is_of_all = groups.has_alerts() || options.filter.agents.matches_all();
        let mut stream = Self {
            prices: keep_fresh(&engine.system, &engine.config)?,
            follower: Follower::new("", 0),
            remotes: RemoteLines::default(),
            alerts: None,
            heartbeat: groups.has(Group::Heartbeat).then(|| Heartbeat::new(every)),
            stall: Stall::default(),
            snapshots: SnapshotWriter::new(engine, is_of_all),
            made: VecDeque::new(),
            began: Instant::now(),
            last_line: Instant::now(),
            is_drained: false,
            engine,
            options,
            tell,
        };
        if stream.engine.read_due()? {
            stream.snapshots.note();
        }
        stream.tell_problems();
        let since = stream.options.since.as_deref();
        stream.engine.ledger_mut()?.most_turns = MOST_TURNS;
        stream.follower = begin(since, stream.engine.ledger()?, &stream.engine.system)?;
        if stream.engine.is_sample() {
            // Nothing happens in the sample home: its stream is the day until now.
            stream.options.once = true;
            let zone = stream.engine.system.zone()?;
            let today = parse_time("today", stream.engine.system.now, zone, Edge::Since)?;
            let rows = stream.follower.replay(&stream.engine.usage()?, today)?;
            stream.made = rows.into_iter().map(StreamRow::from).collect();
        }
        let models = std::mem::take(&mut stream.options.filter.models);
        let known = stream.engine.ledger()?.models().map(|(_, model)| model);
        stream.options.filter.models = models.or_words(known);
        if !stream.options.sessions.is_empty() {
            let ids = stream.engine.ledger()?.session_ids()?;
            for wanted in &mut stream.options.sessions {
                // A short id of a known session names it; anything else is the beginning of ids to come.
                if let [id] = meant(wanted, ids.iter().map(String::as_str))[..] {
                    id.clone_into(wanted);
                }
            }
        }
        if stream.options.groups.has_alerts() {
            stream.alerts = Some(stream.start_alerts()?);
        }
        if stream.options.groups.has(Group::Activity) && !stream.options.once {
            stream.remotes = RemoteLines::start(stream.engine)?;
        }
        Ok(stream)
    }

    fn start_alerts(&mut self) -> Result<AlertStream> {
        self.engine.require_alert_memory()?;
        let ledger = self.engine.ledger_mut()?;
        ledger.prepare_alerts()?;
        // Lines never wait: due alerts stay due until the next check.
        ledger.patience = Duration::ZERO;
        let has_file = matches!(ledger.standing(), LedgerState::File(_));
        let mut alerts = AlertStream::start(&self.options.groups, self.engine, has_file)?;
        let since = self.options.since.as_deref();
        alerts.cursor = events_before(since, self.engine.ledger()?, &self.engine.system)?;
        Ok(alerts)
    }

    /// Makes lines, or waits for some; false when the stream is over.
    fn make(&mut self) -> Result<bool> {
        self.made = self.lines()?.into();
        self.made
            .retain(|row| !matches!(row, StreamRow::Activity(row) if !self.remotes.is_own(row)));
        let remote = self.remotes.next(self.engine)?;
        self.made.extend(remote.into_iter().map(StreamRow::from));
        let events = self.events()?;
        self.made.extend(events.into_iter().map(StreamRow::from));
        self.tell_problems();
        if !self.made.is_empty() {
            return Ok(true);
        }
        let is_over = self.options.run_for.is_some_and(|time| self.began.elapsed() >= time)
            || self
                .options
                .idle_exit
                .is_some_and(|time| self.last_line.elapsed() >= time)
            || self.options.once && self.is_drained;
        if is_over {
            return Ok(false);
        }
        // Lines take precedence over the snapshot.
        self.snapshots.leave(self.engine);
        let step = self
            .engine
            .step(if self.options.once { Duration::ZERO } else { TICK })?;
        self.tell_problems();
        match step {
            Step::Signal(signal) => {
                (self.tell)(Aside::Signal(signal));
                return Ok(false);
            }
            Step::Abandoned => return Ok(false),
            Step::Woke { is_read: true } => self.snapshots.note(),
            Step::Woke { is_read: false } => {}
        }
        self.take_prices();
        self.is_drained = true;
        Ok(true)
    }

    /// Prices lines from now on by a list that came in meanwhile.
    fn take_prices(&mut self) {
        match self.prices.try_recv() {
            Ok(Freshness::Renewed(book)) => self.engine.set_prices(*book),
            Ok(Freshness::Failed(problem)) => self.engine.note_once(problem),
            Err(_) => {}
        }
    }

    fn tell_problems(&mut self) {
        for problem in self.engine.take_problems() {
            (self.tell)(Aside::Problem(problem));
        }
    }

    /// Activity lines. For a reader that fell behind, one combined line per turn.
    fn lines(&mut self) -> Result<Vec<StreamRow>> {
        let usage = self.engine.usage()?;
        if !self.stall.is_on() || !self.is_drained {
            self.stall.over();
            let rows = self.follower.next(&usage, CHUNK)?;
            return Ok(rows.into_iter().map(StreamRow::from).collect());
        }
        let before = self.follower.cursor;
        let taken = self.follower.next_combined(&usage, BATCH)?;
        let gap = self.stall.gap(&taken, self.follower.ledger_id(), before);
        if let Some(gap) = gap.as_ref().filter(|_| !self.options.groups.has(Group::Gap)) {
            // Without its line a reader learns of it here: a step of a combined line alone is not to go on from.
            let id = &gap.event_id;
            (self.tell)(Aside::Note(format!(
                "the reader fell behind: {}; all lines after {id} are complete",
                gap.message
            )));
        }
        let gap = gap.map(|gap| StreamRow::from(gap.at(self.engine.system.now)));
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
        let mut events = match &mut self.alerts {
            Some(alerts) => alerts.next(self.engine, self.follower.cursor)?,
            None => Vec::new(),
        };
        let (follower, now) = (&self.follower, self.engine.system.now);
        let beat = self.heartbeat.as_mut().and_then(|heart| heart.beat(follower, now));
        events.extend(beat);
        Ok(events)
    }

    fn wants(&self, row: &StreamRow) -> bool {
        is_wanted(row, &self.options.groups, &self.options.filter, &self.options.sessions)
    }
}

/// Whether a reader wants a line; `sessions` are prefixes of ids, none at all = every session.
pub fn is_wanted(row: &StreamRow, groups: &Groups, filter: &TurnFilter, sessions: &[String]) -> bool {
    let is_session = |id: Option<&str>| {
        sessions.is_empty() || id.is_some_and(|id| sessions.iter().any(|prefix| id.starts_with(prefix.as_str())))
    };
    match row {
        StreamRow::Activity(row) => {
            groups.has(Group::Activity)
                && filter.agents.matches(Some(&row.agent_id))
                && filter.providers.matches(row.provider_id.as_deref())
                && is_model(filter, row)
                && filter.is_project(row.project_path.as_deref())
                && is_session(Some(&row.session_id))
        }
        // Events about the stream itself concern every line.
        StreamRow::Event(row) if is_of_stream(row.kind) => groups.tells(row.kind),
        StreamRow::Event(row) => {
            groups.tells(row.kind)
                && filter.agents.matches(row.agent_id.as_deref())
                && filter.providers.matches(row.provider_id.as_deref())
                && filter.is_project(row.project_path.as_deref())
                && is_session(row.session_id.as_deref())
        }
    }
}

/// Whether a line is about a model asked for, by its id or its name.
fn is_model(filter: &TurnFilter, row: &ActivityRow) -> bool {
    let (provider, model) = (row.provider_id.as_deref(), row.model_id.as_deref());
    let name = || model_name(provider.unwrap_or_default(), model.unwrap_or_default());
    filter.models.matches(model) || filter.models.matches_name(name)
}

fn is_of_stream(kind: EventType) -> bool {
    use EventType::{AppStarted, AppUpdated, Gap, Heartbeat};
    matches!(kind, Gap | Heartbeat | AppStarted | AppUpdated)
}
