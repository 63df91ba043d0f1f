//! The worker: waits for changes and sends the rows that the screen wants. It owns the engine, on the main thread.

use super::feed;
use super::rows::{Data, PlanRows, Request};
use super::settings::{named, settings};
use super::update::Event;
use super::view::View;
use super::wanted::Wanted;
use crate::core::bad_request::BadRequest;
use crate::core::process::DetailLimits;
use crate::core::rows::{ProviderRow, PsRow};
use crate::engine::Engine;
use crate::engine::limits::{LimitsQuery, Listing};
use crate::engine::live_loop::{OnUnwritable, Step, WatchOptions};
use crate::engine::live_probe::{LiveProbe, ProbeOptions};
use crate::engine::panes;
use crate::engine::registry::Registry;
use crate::engine::scan::LiveSession;
use crate::engine::snapshot_writer::SnapshotWriter;
use crate::render::is_abandoned;
use crate::system::notices::Waker;
use anyhow::Result;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE_MS: i64 = 60_000;
/// How much of a plan the live view reads.
const PLAN_ONLY: DetailLimits = DetailLimits {
    messages: 0,
    text_chars: Some(0),
};
/// History of limits that the plans view shows.
const HISTORY_MS: i64 = 14 * 24 * 3600 * 1000;

/// Writes a setting, as `config set` does, and takes it over.
pub(super) type SetSetting = fn(&mut Engine, &str, &str) -> Result<()>;

/// What the screen asks for, from another thread.
#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<(Mutex<Asked>, Condvar)>);

#[derive(Default)]
struct Asked {
    requests: Vec<Request>,
    waker: Option<Waker>,
    /// The screen has ended.
    is_over: bool,
    /// The worker has ended.
    is_done: bool,
}

impl Inbox {
    pub(super) fn ask(&self, request: Request) {
        self.change(|asked| asked.requests.push(request));
    }

    /// Ends the worker.
    pub(super) fn finish(&self) {
        self.change(|asked| asked.is_over = true);
    }

    /// Whether the worker has ended in time.
    pub(super) fn wait_done(&self, patience: Duration) -> bool {
        let (asked, done) = &*self.0;
        let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = done.wait_timeout_while(asked, patience, |asked| !asked.is_done);
        waited.map_or(true, |(asked, _)| asked.is_done)
    }

    pub(super) fn done(&self) {
        self.change(|asked| asked.is_done = true);
        self.0.1.notify_all();
    }

    fn change<T>(&self, change: impl FnOnce(&mut Asked) -> T) -> T {
        // A poisoned lock is fine here: requests are added atomically.
        let mut asked = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut asked);
        if let Some(waker) = &asked.waker {
            waker.wake();
        }
        result
    }

    fn take(&self) -> (Vec<Request>, bool) {
        let mut asked = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut asked.requests), asked.is_over)
    }
}

/// Parts of the screen whose rows may be out of date, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Live,
    /// The rows of the view: what the user waits for.
    View,
    Today,
    Detail,
    Todos,
    Mcp,
}

pub(super) struct Worker<'e> {
    engine: &'e mut Engine,
    inbox: Inbox,
    send: Sender<Event>,
    set: SetSetting,
    wanted: Wanted,
    stale: BTreeSet<Part>,
    scanned: Vec<LiveSession>,
    /// What other machines run, as they answered last.
    remote: Vec<PsRow>,
    helpers: Arc<AtomicBool>,
    /// Answers of providers that are being asked.
    asking: Option<Receiver<Result<Vec<ProviderRow>>>>,
    answered: Vec<ProviderRow>,
    has_asked: bool,
    /// Sums of a long history are not made all the time.
    rest_until: Instant,
    minute: i64,
}

impl<'e> Worker<'e> {
    pub(super) fn new(
        engine: &'e mut Engine,
        wanted: Wanted,
        inbox: Inbox,
        send: Sender<Event>,
        set: SetSetting,
    ) -> Self {
        let helpers = Arc::new(AtomicBool::new(wanted.has_helpers));
        Self {
            engine,
            inbox,
            send,
            set,
            wanted,
            stale: BTreeSet::new(),
            scanned: Vec::new(),
            remote: Vec::new(),
            helpers,
            asking: None,
            answered: Vec::new(),
            has_asked: false,
            rest_until: Instant::now(),
            minute: 0,
        }
    }

    /// Serves the screen until it ends; returns the signal that ended it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) fn serve(mut self) -> Result<Option<i32>> {
        self.engine.prices();
        self.engine.watch(&WatchOptions {
            is_watched: &|_| true,
            is_abandoned,
            on_unwritable: OnUnwritable::GoOn,
        })?;
        let waker = self.engine.waker();
        self.inbox.change(|asked| asked.waker.clone_from(&waker));
        let options = ProbeOptions {
            text: true,
            helpers: Arc::clone(&self.helpers),
            waker: waker.clone(),
        };
        let mut remotes = self.engine.remotes().watch(waker)?;
        let mut probe = LiveProbe::with(self.engine, options);
        let mut snapshots = SnapshotWriter::new(self.engine, true);
        // The first scan sends the live rows.
        self.stale.extend([Part::Today, Part::View, Part::Mcp]);
        let mut is_first = true;
        loop {
            let (requests, is_over) = self.inbox.take();
            if is_over {
                return Ok(None);
            }
            for request in requests {
                self.answer_request(request, &mut probe);
            }
            if let Some(scan) = probe.latest(self.engine) {
                for problem in &scan.problems {
                    self.send(Data::Log(problem.to_string()));
                }
                self.scanned = feed::listed(scan, self.wanted.has_helpers);
                self.stale.insert(Part::Live);
            }
            if remotes.take(self.engine) {
                self.remote.clone_from(&remotes.latest.rows);
                self.stale.insert(Part::Live);
            }
            self.take_answers();
            self.take_minute();
            self.send_stale();
            for problem in self.engine.take_problems() {
                self.send(Data::Log(problem.to_string()));
            }
            snapshots.leave(self.engine);
            let timeout = match is_first {
                // Everything is due at first.
                true => Duration::ZERO,
                false => self.until_next(),
            };
            self.send_if(is_first, Data::Reading(true));
            match self.engine.step(timeout)? {
                Step::Signal(signal) => return Ok(Some(signal)),
                Step::Abandoned => return Ok(None),
                Step::Woke { is_read } => {
                    if is_read {
                        snapshots.note();
                        self.stale
                            .extend([Part::Today, Part::Live, Part::View, Part::Detail, Part::Todos]);
                    }
                    self.send_if(std::mem::take(&mut is_first), Data::Reading(false));
                }
            }
        }
    }

    fn send(&self, data: Data) {
        // Without a receiver the screen has ended, and the next look at the inbox ends this loop.
        let _ = self.send.send(Event::Data(data));
    }

    fn send_if(&self, is_due: bool, data: Data) {
        if is_due {
            self.send(data);
        }
    }

    fn until_next(&self) -> Duration {
        let now = self.engine.system.now;
        let minute = Duration::from_millis((MINUTE_MS - now.rem_euclid(MINUTE_MS)).unsigned_abs());
        match self.stale.is_empty() {
            true => minute,
            false => minute.min(self.rest_until.saturating_duration_since(Instant::now())),
        }
    }

    /// Windows move with the clock.
    fn take_minute(&mut self) {
        let minute = self.engine.system.now.div_euclid(MINUTE_MS);
        if minute != self.minute {
            self.minute = minute;
            self.send(Data::Now(self.engine.system.now));
            self.stale.extend([Part::Today, Part::View, Part::Mcp]);
        }
    }

    fn answer_request(&mut self, request: Request, probe: &mut LiveProbe) {
        match request {
            Request::Want(wanted) => self.want(*wanted, probe),
            Request::Refresh => {
                self.stale
                    .extend([Part::Today, Part::View, Part::Detail, Part::Todos, Part::Mcp]);
                probe.hurry(self.engine);
                if self.wanted.view == View::Plans {
                    self.ask_providers();
                }
            }
            Request::Jump(pid) => {
                let session = self.scanned.iter().find(|session| session.process.pid == pid);
                let result = match session {
                    _ if self.engine.is_sample() => Err(anyhow::anyhow!("demo sessions have no processes to jump to")),
                    Some(session) => panes::select(session),
                    None => Err(anyhow::anyhow!("process {pid} has ended")),
                };
                if let Err(error) = result {
                    self.send(Data::Flash(format!("{error:#}")));
                }
            }
            Request::Settings => self.send(Data::Settings(settings(self.engine))),
            Request::Set { key, value } => {
                let (key, value) = named(&key, &value);
                let result = match self.engine.is_sample() {
                    true => Err(anyhow::anyhow!("the demo has no configuration to write")),
                    false => (self.set)(self.engine, &key, &value),
                };
                match result {
                    Ok(()) => self.send(Data::Flash(format!(
                        "{key} is set; some settings count from the next start on"
                    ))),
                    Err(error) => self.send(Data::Flash(format!("{error:#}"))),
                }
                self.send(Data::Settings(settings(self.engine)));
                self.stale.extend([Part::Today, Part::View]);
            }
        }
    }

    fn want(&mut self, wanted: Wanted, probe: &mut LiveProbe) {
        let before = std::mem::replace(&mut self.wanted, wanted);
        let wanted = &self.wanted;
        if before.detail != wanted.detail {
            self.stale.insert(Part::Detail);
        }
        if before.agent != wanted.agent {
            self.stale.insert(Part::Todos);
        }
        // The user waits for what was asked for.
        self.rest_until = Instant::now();
        if before.has_helpers != wanted.has_helpers {
            self.helpers.store(wanted.has_helpers, Ordering::Relaxed);
            probe.hurry(self.engine);
        }
        let rows = |wanted: &Wanted| Wanted {
            detail: None,
            agent: None,
            ..wanted.clone()
        };
        if rows(&before) != rows(wanted) {
            self.stale.insert(Part::View);
            self.stale.insert(Part::Live);
        }
        if wanted.view == View::Plans && !self.has_asked {
            self.ask_providers();
        }
    }

    /// Asks on another thread: a provider may take seconds. It has an engine of its own, like another run of ttop, with the
    /// same providers.
    fn ask_providers(&mut self) {
        self.has_asked = true;
        if self.asking.is_some() || self.engine.is_sample() {
            self.stale.insert(Part::View);
            return;
        }
        let (send, receive) = channel();
        let (system, config) = (self.engine.system.clone(), self.engine.config.clone());
        let (waker, shared) = (self.engine.waker(), self.engine.registry.shared());
        let list = if self.wanted.has_unconfigured {
            Listing::All
        } else {
            Listing::Configured
        };
        std::thread::spawn(move || {
            let mut engine = Engine::new(system, config, Registry::from(shared));
            let rows = engine.limits(&LimitsQuery {
                list,
                ..LimitsQuery::default()
            });
            // Without a receiver the screen has ended.
            let _ = send.send(rows);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        self.asking = Some(receive);
        self.stale.insert(Part::View);
    }

    fn take_answers(&mut self) {
        let Some(answer) = self.asking.as_ref().and_then(|asking| asking.try_recv().ok()) else {
            return;
        };
        self.asking = None;
        match answer {
            Ok(rows) => self.answered = rows,
            Err(error) => self.send(Data::Flash(format!("{error:#}"))),
        }
        self.stale.insert(Part::View);
    }

    /// Makes and sends the rows that are out of date.
    fn send_stale(&mut self) {
        let is_resting = Instant::now() < self.rest_until;
        let began = Instant::now();
        let filtered = match self.wanted.view {
            View::Live => Part::Live,
            _ => Part::View,
        };
        for part in std::mem::take(&mut self.stale) {
            if is_resting && part != Part::Live {
                self.stale.insert(part);
                continue;
            }
            let mut result = self.send_part(part);
            if let Err(error) = &result
                && self.engine.abandon_damaged(error).unwrap_or(false)
            {
                result = self.send_part(part);
            }
            match result {
                Ok(()) if part == filtered => self.send(Data::BadFilter(None)),
                Ok(()) => {}
                Err(error) if error.is::<BadRequest>() => self.send(Data::BadFilter(Some(format!("{error:#}")))),
                Err(error) => self.send(Data::Log(format!("{error:#}"))),
            }
        }
        if !is_resting {
            // At most a fifth of the time is spent on sums.
            self.rest_until = Instant::now() + began.elapsed() * 4;
        }
    }

    fn send_part(&mut self, part: Part) -> Result<()> {
        match part {
            Part::Today => self.send(Data::Today(Box::new(feed::today(self.engine)?))),
            Part::Live => {
                let rows = feed::live(self.engine, &self.scanned, &self.remote, &self.live_filter())?;
                self.send(Data::Live(rows));
            }
            Part::Mcp => self.send(Data::Mcp(self.engine.mcp_servers())),
            Part::Todos => self.send_todos()?,
            Part::Detail => self.send_detail()?,
            Part::View => self.send_view()?,
        }
        Ok(())
    }

    /// On other views the live rows are those of all agents: their filter may have no key here.
    fn live_filter(&self) -> crate::core::filter_text::FilterText {
        match self.wanted.view {
            View::Live => self.wanted.filter.clone(),
            _ => Default::default(),
        }
    }

    fn send_view(&mut self) -> Result<()> {
        let wanted = &self.wanted;
        match wanted.view {
            View::Live => {}
            View::Cost => {
                let rows = feed::cost(self.engine, wanted)?;
                self.send(Data::Cost(Box::new(rows)));
                // The strip of plans has no filter of its own.
                let unfiltered = Wanted::default();
                let plans = self.plan_rows(&unfiltered)?;
                self.send(Data::Plans(plans));
            }
            View::Plans => {
                let plans = self.plan_rows(&wanted.clone())?;
                self.send(Data::Plans(plans));
            }
            View::Trends => self.send(Data::Trends(Box::new(feed::trends(self.engine, wanted)?))),
            View::Projects => self.send(Data::Projects(feed::projects(self.engine, wanted)?)),
        }
        Ok(())
    }

    fn plan_rows(&mut self, wanted: &Wanted) -> Result<PlanRows> {
        let mut providers = feed::recalled(self.engine, wanted)?;
        // What was just answered also says why an attempt failed.
        for row in &mut providers {
            if let Some(answered) = self
                .answered
                .iter()
                .find(|answered| answered.provider_id == row.provider_id)
            {
                row.clone_from(answered);
            }
        }
        Ok(PlanRows {
            providers,
            history: self.engine.limit_history(self.engine.system.now - HISTORY_MS)?,
            is_asking: self.asking.is_some(),
        })
    }

    fn send_todos(&self) -> Result<()> {
        let Some((agent, id)) = &self.wanted.agent else {
            return Ok(());
        };
        let detail = self.engine.session_detail(agent, id, &PLAN_ONLY)?;
        self.send(Data::Todos {
            session_id: id.to_string(),
            todos: detail.todos,
        });
        Ok(())
    }

    fn send_detail(&self) -> Result<()> {
        let Some(wanted) = &self.wanted.detail else {
            return Ok(());
        };
        let mut rows = feed::detail(self.engine, wanted)?;
        if let Some(pane) = wanted.pane.as_ref().filter(|_| !self.engine.is_sample()) {
            rows.pane = match panes::capture(pane, &self.scanned) {
                Ok(lines) => Some(lines),
                Err(error) => Some(vec![format!("{error:#}")]),
            };
        }
        self.send(Data::Detail(Box::new(rows)));
        Ok(())
    }
}
