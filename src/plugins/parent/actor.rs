//! The actor of one plugin: a thread that owns its child, serves it, and keeps its limits.

use super::process::Process;
use super::runner::{Call, CallError, Called, Inbox, Loaded, MEMORY_MIB, Order, Shared, memory, millis};
use super::serve::Desk;
use crate::plugins::declare::Declaration;
use crate::plugins::message::{FromChild, Level, Limit, Thrown, ToChild};
use crate::plugins::ops::Answer;
use crate::plugins::ops::http::aborted;
use crate::plugins::ops::log::clean;
use crate::plugins::ops::watch::Change;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

const MOST_UPDATES: usize = 1024;
const GRACE: Duration = Duration::from_secs(1);
/// Changes of files that come together are told together.
const TOGETHER: Duration = Duration::from_millis(50);
/// How often a silent child is looked at.
const LOOK: Duration = Duration::from_millis(250);
const LOAD_WALL: Duration = Duration::from_secs(5);

struct Pending {
    method: String,
    limit: Duration,
    deadline: Instant,
    reply: Sender<Result<Called, CallError>>,
    rows: Option<Vec<Value>>,
}

pub(super) struct Actor {
    desk: Desk,
    entry: String,
    label: String,
    orders: Receiver<Inbox>,
    shared: Arc<Shared>,
    process: Option<Process>,
    pending: BTreeMap<u64, Pending>,
    last_call: u64,
    granted: Option<Box<Declaration>>,
    loading: Option<(Sender<Result<Loaded, String>>, Instant)>,
    /// When the child's next timer is due.
    wake: Option<Instant>,
    watching: bool,
    changes: BTreeSet<Change>,
    changes_due: Option<Instant>,
    /// A call was given up: the child has until then to say that it is idle.
    grace: Option<Instant>,
    /// Since when the child has said nothing, and its CPU time then.
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
            shared,
            process: None,
            pending: BTreeMap::new(),
            last_call: 0,
            granted: None,
            loading: None,
            wake: None,
            watching: false,
            changes: BTreeSet::new(),
            changes_due: None,
            grace: None,
            silent: None,
            cpu: Duration::ZERO,
            looked_at_env: false,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let next = match self.next_look() {
                Some(at) => self.orders.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(Inbox::Order(Order::Stop)) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Inbox::Order(order)) => self.obey(order),
                Ok(Inbox::Frame(generation, message, body)) if generation == self.desk.generation => {
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
            if let Some(call) = self.pending.remove(&id) {
                // Whoever asked may have gone.
                let _ = call.reply.send(Err(CallError::TimedOut(call.limit)));
            }
        }
        if self.grace.is_some_and(|at| at <= now) {
            self.grace = None;
            if self.silent.is_some() {
                self.crashed(CallError::Died);
            }
        }
        self.look_at_silence();
        for id in std::mem::take(&mut self.desk.late) {
            self.answer(id, Err(aborted()));
        }
    }

    /// A child that computes without a word, and does not stop itself, is stopped.
    fn look_at_silence(&mut self) {
        let (Some((_, Some(before))), Some(process)) = (self.silent, &self.process) else {
            return;
        };
        let used = process.cpu_time().map(|now| now.saturating_sub(before));
        if used.is_some_and(|used| used > self.cpu * 2 + GRACE) {
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
                self.desk.tree.close();
                self.desk.kind = declaration.kind.name();
                self.desk.id.clone_from(&declaration.id);
                self.desk.grants = grants;
                self.granted = Some(declaration);
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
            Order::Call(call) => self.call(call),
            Order::Abort => self.tell(ToChild::Abort {
                id: None,
                reason: "AbortError".to_owned(),
            }),
            Order::Quiet => {
                self.watching = false;
                self.shared.seen().updates.clear();
                self.changes.clear();
                self.desk.close_all();
                self.wake = None;
                self.tell(ToChild::Quiet);
            }
            Order::Stop => {}
        }
    }

    fn start_process(&mut self) -> Result<(), String> {
        self.end_process();
        self.desk.generation += 1;
        let world = &self.desk.world;
        let process = Process::start(&world.program, world.without, self.desk.generation, &self.desk.inbox)
            .map_err(|error| format!("its process could not be started: {error}"))?;
        self.process = Some(process);
        let env = match self.granted {
            Some(_) => self.desk.grants.visible(&world.env),
            None => BTreeMap::new(),
        };
        let entry = match self.desk.tree.resolve("", &self.entry) {
            Ok(entry) => entry,
            Err(refused) => return Err(format!("{} {}", self.entry, refused.message())),
        };
        let load = ToChild::Load {
            label: self.label.clone(),
            entry: format!("./{entry}"),
            machine: self.desk.world.machine(),
            env,
            cpu_ms: millis(self.desk.world.limits.load_cpu),
        };
        self.cpu = self.desk.world.limits.load_cpu;
        self.tell(load);
        Ok(())
    }

    fn end_process(&mut self) {
        self.process = None;
        self.desk.close_all();
        self.desk.late.clear();
        self.wake = None;
        self.silent = None;
        self.grace = None;
        self.watching = false;
    }

    fn send_grant(&mut self) {
        let Some(granted) = &self.granted else {
            return;
        };
        let grant = ToChild::Grant {
            plugin: granted.id.clone(),
            kind: granted.kind.name().to_owned(),
            env: self.desk.grants.visible(&self.desk.world.env),
            memory_mib: memory(granted.kind),
        };
        self.tell(grant);
    }

    fn call(&mut self, call: Call) {
        if self.process.is_none()
            && let Err(why) = self.restart()
        {
            // Whoever asked may have gone.
            let _ = call.reply.send(Err(CallError::NotStarted(why)));
            return;
        }
        self.last_call += 1;
        let id = self.last_call;
        self.cpu = self.desk.world.limits.cpu;
        self.watching |= call.method == "startActivityWatch";
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
        };
        self.pending.insert(id, pending);
        self.tell(message);
    }

    /// A new child for a plugin that was loaded before: it must declare what it declared then.
    fn restart(&mut self) -> Result<(), String> {
        let granted = self.granted.clone().ok_or("it was not loaded")?;
        let (reply, answer) = channel();
        self.loading = Some((reply, Instant::now() + LOAD_WALL));
        self.start_process()?;
        let loaded = loop {
            if let Ok(loaded) = answer.try_recv() {
                break loaded?;
            }
            match self.orders.recv_timeout(LOAD_WALL) {
                Ok(Inbox::Frame(generation, message, body)) if generation == self.desk.generation => {
                    self.hear(message, body)
                }
                Ok(Inbox::Closed(generation)) if generation == self.desk.generation => {
                    return Err("its process ended while it was loaded".to_owned());
                }
                Ok(Inbox::Order(Order::Stop)) | Err(_) => return Err("it was not loaded in time".to_owned()),
                // What else comes belongs to the child that is gone, or is asked again.
                Ok(_) => {}
            }
        };
        if loaded.value != granted.value {
            return Err("it declares something else than before".to_owned());
        }
        self.send_grant();
        Ok(())
    }

    fn tell(&mut self, message: ToChild) {
        self.tell_with(message, Vec::new());
    }

    fn tell_with(&mut self, message: ToChild, body: Vec<u8>) {
        if let Some(process) = &self.process {
            self.silent.get_or_insert_with(|| (Instant::now(), process.cpu_time()));
            process.send(message, body);
        }
    }

    fn hear(&mut self, message: FromChild, body: Vec<u8>) {
        // A word is progress: CPU time is counted anew.
        self.silent = match (&message, &self.process) {
            (FromChild::Idle { .. }, _) | (_, None) => None,
            (FromChild::Log { .. } | FromChild::Activity { .. }, _) => self.silent,
            (_, Some(process)) => Some((Instant::now(), process.cpu_time())),
        };
        match message {
            FromChild::Ready { walls } => self.shared.seen().walls = walls.into_iter().take(8).collect(),
            FromChild::Declared { value, looked_at_env } => {
                self.looked_at_env = looked_at_env;
                let loaded = Loaded {
                    value,
                    hash: self.desk.tree.hash(),
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
                    pending.rows.get_or_insert_default().extend(rows);
                }
            }
            FromChild::Return { id, value } => {
                if let Some(pending) = self.pending.remove(&id) {
                    let is_list = value.get("rows").is_some() && pending.method == "parseSessions";
                    let rows = pending.rows.or_else(|| is_list.then(Vec::new));
                    // Whoever asked may have gone.
                    let _ = pending.reply.send(Ok(Called { value, rows }));
                }
            }
            FromChild::Threw { id, error } => {
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
            FromChild::Activity { value } if self.watching => {
                let mut seen = self.shared.seen();
                if seen.updates.len() < MOST_UPDATES {
                    seen.updates.push_back(value);
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
                for (level, text) in lines {
                    seen.log.push(&self.desk.id, level, &text, &secrets);
                }
            }
            FromChild::Idle { wake_ms } => {
                self.wake = wake_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
                self.grace = None;
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
        self.shared.seen().log.push(&self.desk.id, level, text, &[]);
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
            Err(refused) => (Err(refused), Vec::new()),
        };
        self.tell_with(ToChild::Answer { id, result }, body);
    }

    fn loaded(&mut self, loaded: Result<Loaded, String>) {
        if let Some((reply, _)) = self.loading.take() {
            // Whoever asked may have gone.
            let _ = reply.send(loaded);
        }
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
