//! The actor of one plugin: a thread that owns its child, serves it, and keeps its limits.

mod starting;

use super::inbox::{Call, CallError, Called, Inbox, Loaded, MEMORY_MIB, MOST_ROW_BYTES, Order, Shared, memory, millis};
use super::process::Process;
use super::serve::Desk;
use crate::plugins::declare::Declaration;
use crate::plugins::message::{FromChild, Level, Limit, Thrown, ToChild};
use crate::plugins::ops::Answer;
use crate::plugins::ops::http::aborted;
use crate::plugins::ops::log::clean;
use crate::plugins::ops::watch::Change;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

const MOST_UPDATES: usize = 1024;
const MOST_UPDATE: usize = 64 << 10;
const GRACE: Duration = Duration::from_secs(1);
/// Changes of files that come together are told together.
const TOGETHER: Duration = Duration::from_millis(50);
/// How often a silent child is looked at.
const LOOK: Duration = Duration::from_millis(250);
const LOAD_WALL: Duration = Duration::from_secs(5);
/// Timers that a top level may await, all together.
const MOST_LOAD_WAIT_MS: u64 = 1000;

struct Pending {
    method: String,
    limit: Duration,
    deadline: Instant,
    reply: Sender<Result<Called, CallError>>,
    rows: Option<Vec<Box<RawValue>>>,
    row_bytes: usize,
}

pub(super) struct Actor {
    desk: Desk,
    entry: String,
    label: String,
    orders: Receiver<Inbox>,
    /// Orders that came while the child was started again.
    deferred: VecDeque<Order>,
    shared: Arc<Shared>,
    process: Option<Process>,
    pending: BTreeMap<u64, Pending>,
    last_call: u64,
    granted: Option<Box<Declaration>>,
    loading: Option<(Sender<Result<Loaded, String>>, Instant)>,
    /// How long the child has waited for timers since it started.
    load_waited: u64,
    /// When the child's next timer is due.
    wake: Option<Instant>,
    watching: bool,
    changes: BTreeSet<Change>,
    changes_due: Option<Instant>,
    /// A call was given up: the child has until then to end it and to say that it is idle.
    grace: Option<Instant>,
    /// Calls that were given up and have not ended.
    overdue: BTreeSet<u64>,
    /// Since when the child has said nothing, and its CPU time when that was looked at first.
    silent: Option<(Instant, Option<Duration>)>,
    cpu: Duration,
    /// Its top level looks at the environment: with variables to see, it is evaluated again.
    looked_at_env: bool,
}

impl Actor {
    pub(super) fn new(desk: Desk, entry: String, label: String, orders: Receiver<Inbox>, shared: Arc<Shared>) -> Self {
        Self {
            desk,
            entry,
            label,
            orders,
            deferred: VecDeque::new(),
            shared,
            process: None,
            pending: BTreeMap::new(),
            last_call: 0,
            granted: None,
            loading: None,
            load_waited: 0,
            wake: None,
            watching: false,
            changes: BTreeSet::new(),
            changes_due: None,
            grace: None,
            overdue: BTreeSet::new(),
            silent: None,
            cpu: Duration::ZERO,
            looked_at_env: false,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let next = match self.next_look() {
                _ if !self.deferred.is_empty() => {
                    let order = self.deferred.pop_front().map(Inbox::Order);
                    order.ok_or(RecvTimeoutError::Timeout)
                }
                Some(at) => self.orders.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                _ if self.shared.seen().is_over => break,
                Ok(Inbox::Order(Order::Stop)) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Inbox::Order(order)) => self.obey(order),
                Ok(Inbox::Frame(generation, message, body, _weight)) if generation == self.desk.generation => {
                    self.hear(message, body);
                }
                Ok(Inbox::Closed(generation)) if generation == self.desk.generation => self.crashed(CallError::Died),
                Ok(Inbox::Answered(generation, id, answer)) => {
                    self.desk.request_ended(id);
                    if generation == self.desk.generation {
                        self.answer(id, answer);
                    }
                }
                Ok(Inbox::Changed(generation, change)) if generation == self.desk.generation => {
                    self.changes.insert(change);
                    self.changes_due.get_or_insert_with(|| Instant::now() + TOGETHER);
                }
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            }
            self.look();
        }
        self.desk.close_all();
    }

    /// When something has to be looked at even if nothing comes.
    fn next_look(&self) -> Option<Instant> {
        let deadlines = self.pending.values().map(|pending| pending.deadline);
        let loading = self.loading.as_ref().map(|(_, deadline)| *deadline);
        let silent = self
            .silent
            .filter(|_| !self.pending.is_empty())
            .map(|_| Instant::now() + LOOK);
        let others = [loading, self.wake, self.changes_due, self.grace, silent];
        deadlines.chain(others.into_iter().flatten()).min()
    }

    fn look(&mut self) {
        let now = Instant::now();
        if self.wake.is_some_and(|at| at <= now) {
            self.wake = None;
            self.tell(ToChild::Wake);
        }
        if self.changes_due.is_some_and(|at| at <= now) {
            self.changes_due = None;
            for change in std::mem::take(&mut self.changes) {
                if self.desk.is_watching(change.watch) {
                    self.tell(ToChild::Watched {
                        watch: change.watch,
                        event: change.event.to_owned(),
                        name: change.name,
                    });
                }
            }
        }
        if self.loading.as_ref().is_some_and(|(_, deadline)| *deadline <= now) {
            self.loaded(Err(format!("evaluating it took longer than {} s", LOAD_WALL.as_secs())));
            self.end_process();
        }
        let late: Vec<u64> = self
            .pending
            .iter()
            .filter(|(_, call)| call.deadline <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.tell(ToChild::Abort {
                id: Some(id),
                reason: "TimeoutError".to_owned(),
            });
            self.grace = Some(now + GRACE);
            self.overdue.insert(id);
            if let Some(call) = self.pending.remove(&id) {
                // Whoever asked may have gone.
                let _ = call.reply.send(Err(CallError::TimedOut(call.limit)));
            }
        }
        if self.grace.is_some_and(|at| at <= now) {
            self.grace = None;
            if !self.overdue.is_empty() {
                self.end_overdue(now);
            }
        }
        self.look_at_silence();
        for id in std::mem::take(&mut self.desk.late) {
            self.answer(id, Err(aborted()));
        }
    }

    /// A call goes on although it was given up: its engine is thrown away, as soon as no other call needs it.
    fn end_overdue(&mut self, now: Instant) {
        let is_stuck = self.silent.is_some_and(|(since, _)| since.elapsed() >= GRACE);
        match (self.pending.is_empty(), is_stuck) {
            (false, true) => self.crashed(CallError::Died),
            (false, false) => self.grace = Some(now + GRACE),
            (true, _) => {
                self.end_process();
                self.shared.seen().was_thrown_away = true;
            }
        }
    }

    /// A child that computes without a word, and does not stop itself, is stopped.
    fn look_at_silence(&mut self) {
        let (Some((since, before)), Some(process)) = (self.silent, &self.process) else {
            return;
        };
        // Asking the system for each message would cost more than most messages.
        if since.elapsed() < LOOK {
            return;
        }
        let Some(now) = process.cpu_time() else {
            return;
        };
        let before = before.unwrap_or(now);
        self.silent = Some((since, Some(before)));
        if now.saturating_sub(before) > self.cpu * 2 + GRACE {
            self.crashed(CallError::Cpu(self.cpu));
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Load(reply) => {
                self.loading = Some((reply, Instant::now() + LOAD_WALL));
                if let Err(error) = self.start_process() {
                    self.loaded(Err(error));
                }
            }
            Order::Grant(declaration, grants) => {
                self.take_in(declaration, grants);
                let sees_more = !self.desk.grants.visible(&self.desk.world.env).is_empty();
                if self.desk.was_refused || (self.looked_at_env && sees_more) {
                    self.desk.was_refused = false;
                    if let Err(why) = self.restart() {
                        self.log(
                            Level::Error,
                            &format!("the second evaluation, with rights, failed: {why}"),
                        );
                        self.end_process();
                    }
                } else {
                    self.send_grant();
                }
            }
            Order::Adopt(declaration, grants) => self.take_in(declaration, grants),
            Order::Call(call) => self.call(call),
            Order::Abort => self.tell(ToChild::Abort {
                id: None,
                reason: "AbortError".to_owned(),
            }),
            Order::Quiet => {
                self.set_watching(false);
                self.shared.seen().updates.clear();
                self.changes.clear();
                self.desk.close_all();
                self.desk.is_quiet = true;
                self.wake = None;
                self.tell(ToChild::Quiet);
            }
            Order::Stop => {}
        }
    }

    fn call(&mut self, call: Call) {
        if self.process.is_none()
            && let Err(why) = self.restart()
        {
            // Whoever asked may have gone.
            let _ = call.reply.send(Err(CallError::NotStarted(why)));
            return;
        }
        self.desk.is_quiet = false;
        self.last_call += 1;
        let id = self.last_call;
        self.cpu = self.desk.world.limits.cpu;
        if call.method == "startActivityWatch" {
            self.set_watching(true);
        }
        let message = ToChild::Call {
            id,
            method: call.method.clone(),
            args: call.args,
            config: call.config,
            cpu_ms: millis(self.cpu),
        };
        let pending = Pending {
            method: call.method,
            limit: call.limit,
            deadline: Instant::now() + call.limit,
            reply: call.reply,
            rows: None,
            row_bytes: 0,
        };
        self.pending.insert(id, pending);
        self.tell(message);
    }

    fn tell(&mut self, message: ToChild) {
        self.tell_with(message, Vec::new());
    }

    fn tell_with(&mut self, message: ToChild, body: Vec<u8>) {
        let Some(process) = &self.process else {
            return;
        };
        self.silent.get_or_insert_with(|| (Instant::now(), None));
        if !process.send(message, body) {
            self.crashed(CallError::Flooded);
        }
    }

    fn hear(&mut self, message: FromChild, body: Vec<u8>) {
        // A word is progress: CPU time is counted anew.
        self.silent = match (&message, &self.process) {
            (FromChild::Idle { .. }, _) | (_, None) => None,
            (FromChild::Log { .. } | FromChild::Activity { .. }, _) => self.silent,
            _ => Some((Instant::now(), None)),
        };
        match message {
            FromChild::Ready { walls } => self.shared.seen().walls = walls.into_iter().take(8).collect(),
            FromChild::Declared { value, looked_at_env } => {
                self.looked_at_env = looked_at_env;
                let loaded = Loaded {
                    value,
                    hash: self.desk.tree.hash(),
                    modules: self.desk.tree.names(),
                };
                self.loaded(Ok(loaded));
            }
            FromChild::LoadFailed { message } => {
                self.loaded(Err(clean(&message, &[])));
                self.end_process();
            }
            FromChild::Op { id, op } => {
                if let Some(answer) = self.desk.serve(id, &op, body) {
                    self.answer(id, answer);
                }
                if self.desk.takes_request_notice() {
                    self.log(Level::Warn, "too many requests at once: some are refused");
                }
                if self.desk.takes_write_notice() {
                    self.log(
                        Level::Warn,
                        "a database was opened read-only: plugins do not write databases",
                    );
                }
            }
            FromChild::Rows { id, rows } => {
                if let Some(pending) = self
                    .pending
                    .get_mut(&id)
                    .filter(|pending| pending.method == "parseSessions")
                {
                    pending.row_bytes += rows.iter().map(|row| row.get().len()).sum::<usize>();
                    let is_flood = pending.row_bytes > MOST_ROW_BYTES;
                    pending.rows.get_or_insert_default().extend(rows);
                    if is_flood {
                        self.crashed(CallError::Flooded);
                    }
                }
            }
            FromChild::Return { id, value } => {
                self.overdue.remove(&id);
                if let Some(pending) = self.pending.remove(&id) {
                    let is_list = value.get("rows").is_some() && pending.method == "parseSessions";
                    let rows = pending.rows.or_else(|| is_list.then(Vec::new));
                    // Whoever asked may have gone.
                    let _ = pending.reply.send(Ok(Called { value, rows }));
                }
            }
            FromChild::Threw { id, error } => {
                self.overdue.remove(&id);
                if let Some(pending) = self.pending.remove(&id) {
                    let error = match error.message.starts_with("the promise can never settle") {
                        true => CallError::Unsettled(pending.limit),
                        false => CallError::Threw(Thrown {
                            name: clean(&error.name, &[]),
                            message: clean(&error.message, &self.secrets()),
                        }),
                    };
                    let _ = pending.reply.send(Err(error));
                }
            }
            // A hint of one message: anything longer is none.
            FromChild::Activity { value } if self.watching && value.to_string().len() <= MOST_UPDATE => {
                let mut seen = self.shared.seen();
                if seen.updates.len() < MOST_UPDATES {
                    seen.updates.push_back(value);
                    if let Some(waker) = &seen.waker {
                        waker.wake();
                    }
                } else {
                    seen.dropped_updates += 1;
                    let is_first = seen.dropped_updates == 1;
                    drop(seen);
                    if is_first {
                        self.log(
                            Level::Warn,
                            "activity comes faster than it is taken: updates are dropped",
                        );
                    }
                }
            }
            FromChild::Activity { .. } => {}
            FromChild::Log { lines } => {
                let secrets = self.secrets();
                let mut seen = self.shared.seen();
                let now = self.desk.world.clock.now();
                for (level, text) in lines {
                    seen.say(&self.desk.id, level, &text, &secrets, now);
                }
            }
            FromChild::Idle { wake_ms } => {
                self.load_waited = self.load_waited.saturating_add(wake_ms.unwrap_or(0));
                if self.loading.is_some() && self.load_waited > MOST_LOAD_WAIT_MS {
                    let why = format!("its top level waits for timers longer than {MOST_LOAD_WAIT_MS} ms");
                    self.loaded(Err(why));
                    self.end_process();
                    return;
                }
                self.wake = wake_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
                if self.overdue.is_empty() {
                    self.grace = None;
                }
            }
            FromChild::Spent { limit } => {
                let error = match limit {
                    Limit::Cpu => CallError::Cpu(self.cpu),
                    Limit::Memory => {
                        CallError::Memory(self.granted.as_ref().map_or(MEMORY_MIB, |granted| memory(granted.kind)))
                    }
                };
                self.crashed(error);
            }
        }
    }

    fn log(&self, level: Level, text: &str) {
        let now = self.desk.world.clock.now();
        self.shared.seen().say(&self.desk.id, level, text, &[], now);
    }

    /// Values that must not show up in a message.
    fn secrets(&self) -> Vec<String> {
        match self.granted {
            Some(_) => self.desk.grants.visible(&self.desk.world.env).into_values().collect(),
            None => Vec::new(),
        }
    }

    fn answer(&mut self, id: u64, answer: Answer) {
        let (result, body) = match answer {
            Ok((value, body)) => (Ok(value), body),
            Err(refused) => {
                self.desk.world.refusals.note(&self.desk.id, &refused);
                (Err(refused), Vec::new())
            }
        };
        self.tell_with(ToChild::Answer { id, result }, body);
    }

    /// The engine is thrown away; whoever waits is told why.
    fn crashed(&mut self, error: CallError) {
        self.end_process();
        self.loaded(Err(match &error {
            CallError::Died => "its process ended while it was loaded".to_owned(),
            error => error.to_string(),
        }));
        for (_, pending) in std::mem::take(&mut self.pending) {
            let _ = pending.reply.send(Err(error.clone()));
        }
    }
}
