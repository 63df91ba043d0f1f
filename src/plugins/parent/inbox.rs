//! What a plugin's actor hears and answers, and what others see of it meanwhile.

use super::process::peak_mib;
use super::weight::Weight;
use crate::plugins::declare::{Declaration, Kind};
use crate::plugins::grant::Grants;
use crate::plugins::message::{FromChild, Level, Thrown};
use crate::plugins::ops::Answer;
use crate::plugins::ops::log::Log;
use crate::plugins::ops::logfile::LogFile;
use crate::plugins::ops::watch::Change;
use crate::system::notices::Waker;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::fmt;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(super) const MEMORY_MIB: usize = 64;
const AGENT_MEMORY_MIB: usize = 256;
/// All rows of one answer as text: a million of usual length.
pub(super) const MOST_ROW_BYTES: usize = 256 << 20;

/// What the actor hears.
pub(super) enum Inbox {
    Frame(u64, FromChild, Vec<u8>, Weight),
    Closed(u64),
    Answered(u64, u64, Answer),
    Changed(u64, Change),
    Order(Order),
}

/// What ttop wants of a plugin.
pub(super) enum Order {
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
pub(super) struct Call {
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
    pub rows: Option<Vec<Box<RawValue>>>,
}

impl Called {
    /// The whole as one value.
    pub fn into_value(self) -> Value {
        match self.rows {
            Some(rows) => rows.iter().map(|row| row_value(row)).collect(),
            None => self.value,
        }
    }
}

/// A row as a value; it was JSON when it came.
pub fn row_value(row: &RawValue) -> Value {
    serde_json::from_str(row.get()).unwrap_or_default()
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
    /// It sent more than any answer has, or took in nothing of what it asked for.
    Flooded,
    NotStarted(String),
    /// Whoever asked waits no longer; the plugin may still answer.
    Late(Duration),
}

impl CallError {
    /// Whether the engine was thrown away.
    pub const fn is_crash(&self) -> bool {
        matches!(self, Self::Cpu(_) | Self::Memory(_) | Self::Died | Self::Flooded)
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
            Self::Flooded => write!(
                f,
                "sent more than {} MiB of rows, or asked without end",
                MOST_ROW_BYTES >> 20
            ),
            Self::NotStarted(why) => write!(f, "could not be started: {why}"),
            Self::Late(wait) => write!(f, "has not answered within {} ms", wait.as_millis()),
        }
    }
}

/// What others may look at while the actor works.
#[derive(Default)]
pub struct Shared {
    state: Mutex<Seen>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("walls", &self.walls())
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
pub(super) struct Seen {
    pub log: Log,
    pub file: Option<LogFile>,
    pub updates: VecDeque<Value>,
    pub dropped_updates: u64,
    pub walls: Vec<String>,
    /// Its watch was started in the child that is alive.
    pub is_watching: bool,
    /// Ends the waits of whoever takes the updates.
    pub waker: Option<Waker>,
    /// Its engine was thrown away, for a call that did not end; told once.
    pub was_thrown_away: bool,
    /// The plugin is needed no more.
    pub is_over: bool,
    /// The process that is alive.
    pub child: Option<u32>,
    /// The most memory that a process of the plugin had, in MiB.
    pub peak_mib: Option<u64>,
}

impl Seen {
    pub(super) fn say(&mut self, plugin: &str, level: Level, text: &str, secrets: &[String], now: i64) {
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

    /// Whom each sign of activity wakes.
    pub fn wake_by(&self, waker: Waker) {
        self.seen().waker = Some(waker);
    }

    pub fn is_watching(&self) -> bool {
        self.seen().is_watching
    }

    /// Whether the engine was thrown away since this was asked last.
    pub fn takes_thrown_away(&self) -> bool {
        std::mem::take(&mut self.seen().was_thrown_away)
    }

    /// Notes how much memory the child had.
    pub(super) fn note_peak(&self) {
        let mut seen = self.seen();
        let now = seen.child.and_then(peak_mib);
        seen.peak_mib = seen.peak_mib.max(now);
    }

    /// The most memory that a process of the plugin had, in MiB, where the system tells.
    pub fn peak_mib(&self) -> Option<u64> {
        self.note_peak();
        self.seen().peak_mib
    }

    /// The walls around the child.
    pub fn walls(&self) -> Vec<String> {
        self.seen().walls.clone()
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
