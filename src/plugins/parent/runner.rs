//! The handle of a plugin's actor: what can be asked of it, and what comes back.

use super::actor::Actor;
use super::serve::Desk;
use crate::plugins::declare::{Declaration, Kind};
use crate::plugins::grant::Grants;
use crate::plugins::message::{FromChild, Level, Thrown};
use crate::plugins::ops::Answer;
use crate::plugins::ops::log::Log;
use crate::plugins::ops::logfile::LogFile;
use crate::plugins::ops::watch::Change;
use crate::plugins::tree::Tree;
use crate::plugins::world::World;
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

const INBOX: usize = 1024;
pub(super) const MEMORY_MIB: usize = 64;
const AGENT_MEMORY_MIB: usize = 256;

/// What the actor hears.
pub enum Inbox {
    Frame(u64, FromChild, Vec<u8>),
    Closed(u64),
    Answered(u64, u64, Answer),
    Changed(u64, Change),
    Order(Order),
}

/// What ttop wants of a plugin.
pub enum Order {
    /// Starts the child and evaluates the plugin.
    Load(Sender<Result<Loaded, String>>),
    Grant(Box<Declaration>, Arc<Grants>),
    /// The declaration is known from before: the child starts with the first call.
    Adopt(Box<Declaration>, Arc<Grants>),
    Call(Call),
    Abort,
    Quiet,
    Stop,
}

/// One call.
pub struct Call {
    pub method: String,
    pub args: Value,
    pub config: Value,
    pub limit: Duration,
    pub reply: Sender<Result<Called, CallError>>,
}

/// What evaluating a plugin brought.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub value: Value,
    pub hash: String,
    /// The modules that the hash covers.
    pub modules: Vec<String>,
}

/// What a call returned; rows beside it when they came in parts.
#[derive(Clone, Debug, Default)]
pub struct Called {
    pub value: Value,
    pub rows: Option<Vec<Value>>,
}

impl Called {
    /// The whole as one value.
    pub fn into_value(self) -> Value {
        self.rows.map_or(self.value, Value::Array)
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    Threw(Thrown),
    Unsettled(Duration),
    TimedOut(Duration),
    Cpu(Duration),
    Memory(usize),
    Died,
    NotStarted(String),
    /// Whoever asked waits no longer; the plugin may still answer.
    Late(Duration),
}

impl CallError {
    /// Whether the engine was thrown away.
    pub const fn is_crash(&self) -> bool {
        matches!(self, Self::Cpu(_) | Self::Memory(_) | Self::Died)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threw(Thrown { name, message }) if name.is_empty() => write!(f, "threw {message}"),
            Self::Threw(Thrown { name, message }) => write!(f, "threw {name}: {message}"),
            Self::Unsettled(limit) => write!(
                f,
                "can never settle: no timer, request or watch is pending (the limit is {} ms)",
                limit.as_millis()
            ),
            Self::TimedOut(limit) => write!(f, "took longer than {} ms", limit.as_millis()),
            Self::Cpu(limit) => write!(f, "used more than {} ms of CPU at a stretch", limit.as_millis()),
            Self::Memory(mib) => write!(f, "ran out of memory: the limit is {mib} MiB of memory"),
            Self::Died => f.write_str("ended its process"),
            Self::NotStarted(why) => write!(f, "could not be started: {why}"),
            Self::Late(wait) => write!(f, "has not answered within {} ms", wait.as_millis()),
        }
    }
}

/// What others may look at while the actor works.
#[derive(Debug, Default)]
pub struct Shared {
    state: Mutex<Seen>,
}

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub log: Log,
    pub file: Option<LogFile>,
    pub updates: VecDeque<Value>,
    pub dropped_updates: u64,
    pub walls: Vec<String>,
}

impl Seen {
    pub fn say(&mut self, plugin: &str, level: Level, text: &str, secrets: &[String], now: i64) {
        let line = self.log.push(plugin, level, text, secrets);
        if let (Some(file), Some(line)) = (&mut self.file, line) {
            file.write(line, now);
        }
    }
}

impl Shared {
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn log(&self) -> Log {
        self.seen().log.clone()
    }

    /// Activity that came since the last look.
    pub fn take_updates(&self) -> Vec<Value> {
        self.seen().updates.drain(..).collect()
    }

    /// The walls around the child.
    pub fn walls(&self) -> Vec<String> {
        self.seen().walls.clone()
    }
}

/// The handle of an actor.
#[derive(Debug)]
pub struct Runner {
    inbox: SyncSender<Inbox>,
    pub shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Runner {
    /// # Errors
    /// When no thread can be started.
    pub fn start(world: World, tree: Tree, entry: String, label: String) -> std::io::Result<Self> {
        let (inbox, orders) = sync_channel(INBOX);
        let shared = Arc::new(Shared::default());
        let actor = Actor::new(
            Desk::new(world, tree, label.clone(), inbox.clone()),
            entry,
            label,
            orders,
            Arc::clone(&shared),
        );
        let thread = thread::Builder::new()
            .name("plugin".to_owned())
            .spawn(move || actor.run())?;
        Ok(Self {
            inbox,
            shared,
            thread: Some(thread),
        })
    }

    fn order(&self, order: Order) {
        // An actor that is gone answers nobody; callers see their channel close.
        let _ = self.inbox.send(Inbox::Order(order));
    }

    /// # Errors
    /// What is wrong with the plugin, in words.
    pub fn load(&self) -> Result<Loaded, String> {
        let (reply, answer) = channel();
        self.order(Order::Load(reply));
        answer
            .recv()
            .unwrap_or_else(|_| Err("the plugin's process could not be kept".to_owned()))
    }

    pub fn grant(&self, declaration: Declaration, grants: Grants) {
        self.order(Order::Grant(Box::new(declaration), Arc::new(grants)));
    }

    /// Takes in a plugin without starting it.
    pub fn adopt(&self, declaration: Declaration, grants: Grants) {
        self.order(Order::Adopt(Box::new(declaration), Arc::new(grants)));
    }

    /// Begins a call; the answer comes by the channel.
    pub fn begin(
        &self,
        method: &str,
        args: Value,
        config: Value,
        limit: Duration,
    ) -> Receiver<Result<Called, CallError>> {
        let (reply, answer) = channel();
        self.order(Order::Call(Call {
            method: method.to_owned(),
            args,
            config,
            limit,
            reply,
        }));
        answer
    }

    /// # Errors
    /// When the call threw or met a limit.
    pub fn call(&self, method: &str, args: Value, config: Value, limit: Duration) -> Result<Called, CallError> {
        self.begin(method, args, config, limit)
            .recv()
            .unwrap_or(Err(CallError::Died))
    }

    /// Fires the signals of all calls.
    pub fn abort(&self) {
        self.order(Order::Abort);
    }

    /// Drops timers, watches, requests and callbacks.
    pub fn quiet(&self) {
        self.order(Order::Quiet);
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.order(Order::Stop);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing more to do.
            let _ = thread.join();
        }
    }
}

pub(super) const fn memory(kind: Kind) -> usize {
    match kind {
        Kind::Agent => AGENT_MEMORY_MIB,
        _ => MEMORY_MIB,
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
