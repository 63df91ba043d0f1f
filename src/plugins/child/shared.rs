//! What the parts of the child share: the pipe, the timers, the budget, and what is known of the plugin's modules.

use super::budget::Budget;
use super::pipe::Pipe;
use super::rejections::Rejections;
use super::timers::Timers;
use crate::plugins::message::{FromChild, Level, Limit, Machine, Refused};
use rquickjs::{Ctx, Error, Exception, Object, Persistent, Result};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;

/// Lines that are sent together.
const LOG_BATCH: usize = 64;

/// Variables that the plugin sees.
pub(super) type Env = BTreeMap<String, String>;

/// What is known of the plugin's modules.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Source by name, to say where an import stands.
    pub sources: HashMap<String, String>,
    /// ttop's own modules that were imported while the plugin was loaded.
    pub own: HashSet<String>,
    /// Loading is over: nothing new is imported.
    pub is_closed: bool,
}

/// What the host's functions share.
pub(super) struct Shared {
    pub pipe: RefCell<Pipe>,
    pub timers: RefCell<Timers>,
    pub budget: Budget,
    pub known: RefCell<Known>,
    pub machine: RefCell<Machine>,
    pub logs: RefCell<Vec<(Level, String)>>,
    pub calls: RefCell<BTreeSet<u64>>,
    /// Operations and watches whose answer is still to come.
    pub awaited: Cell<usize>,
    pub looked_at_env: Cell<bool>,
    pub rejections: RefCell<Rejections>,
    pub core: RefCell<Option<Persistent<Object<'static>>>>,
    /// The pipe broke or a limit was met: nothing more is run.
    pub ended: Cell<bool>,
}

impl Shared {
    /// Asks ttop and waits.
    pub(super) fn ask(
        &self,
        op: &str,
        body: &[u8],
    ) -> io::Result<(std::result::Result<serde_json::Value, Refused>, Vec<u8>)> {
        self.flush_logs()?;
        let answer = {
            let mut pipe = self.pipe.borrow_mut();
            let id = pipe.ask(op, body)?;
            pipe.answer(id)
        };
        self.budget.begin_run();
        answer
    }

    /// The exception for a broken pipe. The engine ends right after.
    pub(super) fn broken(&self, ctx: &Ctx<'_>, error: &io::Error) -> Error {
        self.ended.set(true);
        Exception::throw_internal(ctx, &format!("ttop does not answer: {error}"))
    }

    pub(super) fn core<'js>(&self, ctx: &Ctx<'js>) -> Result<Object<'js>> {
        let core = self.core.borrow().clone();
        core.ok_or(Error::Unknown)?.restore(ctx)
    }

    pub(super) fn log(&self, level: Level, text: String) {
        self.logs.borrow_mut().push((level, text));
        if self.logs.borrow().len() >= LOG_BATCH {
            self.quietly(self.flush_logs());
        }
    }

    fn flush_logs(&self) -> io::Result<()> {
        let lines = std::mem::take(&mut *self.logs.borrow_mut());
        if lines.is_empty() {
            return Ok(());
        }
        self.pipe.borrow_mut().send(&FromChild::Log { lines })
    }

    pub(super) fn send(&self, message: &FromChild) {
        let sent = self.flush_logs().and_then(|()| self.pipe.borrow_mut().send(message));
        self.quietly(sent);
    }

    /// Sends what the plugin made; `false` when that is longer than a frame, of which nothing is sent.
    pub(super) fn send_bounded(&self, message: &FromChild) -> bool {
        let sent = self.flush_logs().and_then(|()| self.pipe.borrow_mut().send(message));
        let is_too_long = sent
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::InvalidData);
        if !is_too_long {
            self.quietly(sent);
        }
        !is_too_long
    }

    pub(super) fn settle(&self, id: u64) -> bool {
        self.calls.borrow_mut().remove(&id)
    }

    /// Out of memory: said by name, and the end.
    pub(super) fn spend(&self, limit: Limit) {
        if !self.ended.get() {
            self.send(&FromChild::Spent { limit });
            self.ended.set(true);
        }
    }

    /// A pipe that broke ends the engine; there is nobody to tell.
    fn quietly(&self, result: io::Result<()>) {
        if result.is_err() {
            self.ended.set(true);
        }
    }
}
