//! One plugin: its state, its settings, its calls, and the breaker that rests it.

use super::breaker::Breaker;
use super::declare::{Declaration, Kind};
use super::grant::Grants;
use super::mask::Mask;
use super::notes::Notes;
use super::ops::log::Line;
use super::parent::{CallError, Called, Runner};
use super::settings::{Settings, merge};
use super::world::World;
use crate::core::rows::{EventRow, EventType, Severity};
use crate::system::notices::Waker;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How far a plugin's life has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Loaded,
    Initialized,
    Started,
    Stopped,
    Destroyed,
    Failed,
}

impl Stage {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Initialized => "initialized",
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::Destroyed => "destroyed",
            Self::Failed => "failed",
        }
    }
}

/// Something that sinks want to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `plugin.crashed`, `plugin.disabled`.
    pub kind: &'static str,
    pub plugin: String,
    pub message: String,
}

impl Event {
    fn row(&self) -> EventRow {
        let (kind, what) = match self.kind {
            "plugin.disabled" => (EventType::PluginDisabled, "is suspended"),
            _ => (EventType::PluginCrashed, "crashed"),
        };
        let title = format!("Plugin {} {what}", self.plugin);
        EventRow::new(kind, Severity::Warning, title, self.message.clone())
            .with(&[("pluginId", self.plugin.as_str().into())])
    }
}

/// Events of all plugins of a run.
#[derive(Clone, Debug, Default)]
pub struct Events(Arc<Mutex<(Vec<Event>, usize)>>);

impl Events {
    fn add(&self, kind: &'static str, plugin: &str, message: String) {
        let event = Event {
            kind,
            plugin: plugin.to_owned(),
            message,
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.0.push(event);
    }

    pub fn all(&self) -> Vec<Event> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.0.clone()
    }

    /// Events that were not taken before, as rows.
    pub fn take(&self) -> Vec<EventRow> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, to) = (all.1, all.0.len());
        all.1 = to;
        all.0[from..].iter().map(Event::row).collect()
    }
}

/// Why a plugin did not answer, named with plugin and call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub plugin: String,
    pub method: String,
    pub error: Option<CallError>,
    /// Epoch milliseconds until which it rests.
    pub rests_until: Option<i64>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, method, .. } = self;
        match (&self.error, self.rests_until) {
            (_, Some(until)) => {
                let until = crate::core::time::Time(until);
                write!(
                    f,
                    "plugin {plugin} is suspended after 5 failures in a row, until {until}"
                )
            }
            (Some(error), None) => write!(f, "plugin {plugin}: {method} {error}"),
            (None, None) => write!(f, "plugin {plugin}: {method} is not called: the plugin has failed"),
        }
    }
}

impl std::error::Error for Failure {}

/// A plugin that was loaded and trusted.
#[derive(Debug)]
pub struct Plugin {
    pub declaration: Declaration,
    pub hash: String,
    pub notes: Notes,
    runner: Runner,
    world: World,
    events: Events,
    inner: Mutex<Inner>,
    /// Held while the plugin is made ready: once at a time.
    starting: Mutex<()>,
}

#[derive(Debug, Default)]
struct Inner {
    settings: Settings,
    stage: Stage,
    breaker: Breaker,
    /// The engine was thrown away, and no call has gone well since.
    is_down: bool,
    /// `initialize` and `start` went well in the engine that is alive.
    is_up: bool,
}

impl Plugin {
    pub fn new(
        declaration: Declaration,
        hash: String,
        runner: Runner,
        world: World,
        events: Events,
        user: Option<&Map<String, Value>>,
    ) -> Self {
        let settings = merge(&declaration.id, &declaration.value, user);
        Self {
            notes: Notes::of(world.logs.as_deref(), &declaration.id),
            declaration,
            hash,
            runner,
            world,
            events,
            inner: Mutex::new(Inner {
                settings,
                ..Inner::default()
            }),
            starting: Mutex::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn id(&self) -> &str {
        &self.declaration.id
    }

    /// Epoch milliseconds by the clock of its world.
    pub fn now(&self) -> i64 {
        self.world.clock.now()
    }

    pub fn kind(&self) -> Kind {
        self.declaration.kind
    }

    /// Hides the variables that it was granted.
    pub fn mask(&self) -> Mask {
        Mask::new(self.variables().into_values().collect())
    }

    /// The variables that it was granted.
    fn variables(&self) -> BTreeMap<String, String> {
        Grants::of(&self.declaration, &self.world.home, &[]).visible(&self.world.env)
    }

    /// The first of its variables that has this value.
    pub fn variable_with(&self, value: &str) -> Option<String> {
        let mut all = self.variables().into_iter();
        all.find(|(_, own)| own.trim() == value).map(|(name, _)| name)
    }

    pub fn stage(&self) -> Stage {
        self.inner().stage
    }

    pub fn settings(&self) -> Settings {
        self.inner().settings.clone()
    }

    /// New values of the user; the plugin is told.
    ///
    /// # Errors
    /// As [`Plugin::hook`].
    pub fn change_settings(&self, user: &Map<String, Value>) -> Result<(), Failure> {
        let settings = merge(self.id(), &self.declaration.value, Some(user));
        self.inner().settings = settings;
        self.hook("onConfigChange")
    }

    /// Takes over new values of the user; a plugin that runs is told, without being waited for. Whether they differ.
    pub fn take_settings(self: &Arc<Self>, user: &Map<String, Value>) -> bool {
        let settings = merge(self.id(), &self.declaration.value, Some(user));
        let mut inner = self.inner();
        if inner.settings.values == settings.values {
            return false;
        }
        inner.settings = settings;
        if inner.is_up {
            let plugin = Arc::clone(self);
            // A hook that fails ends the plugin, and its event tells.
            std::thread::spawn(move || drop(plugin.hook("onConfigChange")));
        }
        true
    }

    /// Begins to watch; each sign of activity ends a wait. Its failure counts like that of any call.
    pub fn watch(self: &Arc<Self>, waker: Waker) {
        self.runner.shared.wake_by(waker);
        drop(self.ask("startActivityWatch", json!({})));
    }

    pub fn is_watching(&self) -> bool {
        self.runner.shared.is_watching()
    }

    /// Runs a hook of the plugin's life; one that is not there is none. A hook that fails ends the plugin.
    ///
    /// # Errors
    /// When the hook threw or took too long.
    pub fn hook(&self, name: &str) -> Result<(), Failure> {
        if self.stage() == Stage::Failed {
            return Err(self.failure(name, None));
        }
        if self.declaration.has(name) {
            let called = self.begin(name, json!({})).recv().unwrap_or(Err(CallError::Died));
            if let Err(error) = called {
                let failure = self.failure(name, Some(error));
                self.notes.set_failure(self.now(), failure.to_string());
                self.inner().stage = Stage::Failed;
                self.events.add("plugin.crashed", self.id(), failure.to_string());
                return Err(failure);
            }
        }
        if matches!(name, "stop" | "destroy") {
            self.runner.quiet();
        }
        let mut inner = self.inner();
        inner.stage = match name {
            "initialize" => Stage::Initialized,
            "start" => Stage::Started,
            "stop" => Stage::Stopped,
            "destroy" => Stage::Destroyed,
            _ => inner.stage,
        };
        Ok(())
    }

    /// Calls a function of the plugin, if it does not rest.
    ///
    /// # Errors
    /// When it rests, has failed, threw, or met a limit.
    pub fn call(&self, method: &str, args: Value) -> Result<Called, Failure> {
        self.heed_thrown_away();
        let now = self.world.clock.now();
        {
            let inner = self.inner();
            if inner.stage == Stage::Failed {
                return Err(self.failure(method, None));
            }
            if let Some(until) = inner.breaker.rests_until(now) {
                return Err(Failure {
                    rests_until: Some(until),
                    ..self.failure(method, None)
                });
            }
        }
        let called = self.begin(method, args).recv().unwrap_or(Err(CallError::Died));
        self.judge(method, called)
    }

    /// An engine that was thrown away between calls takes with it what `initialize` and `start` did.
    pub fn heed_thrown_away(&self) {
        if !self.runner.shared.takes_thrown_away() {
            return;
        }
        let is_news = {
            let mut inner = self.inner();
            inner.is_up = false;
            !std::mem::replace(&mut inner.is_down, true)
        };
        if is_news {
            let message = format!(
                "plugin {}: a call that was given up did not end within 1 s: its engine was thrown away",
                self.id()
            );
            self.events.add("plugin.crashed", self.id(), message);
        }
    }

    fn judge(&self, method: &str, called: Result<Called, CallError>) -> Result<Called, Failure> {
        let error = match called {
            Ok(called) => {
                let mut inner = self.inner();
                inner.breaker.succeeded();
                inner.is_down = false;
                return Ok(called);
            }
            Err(error) => error,
        };
        let now = self.world.clock.now();
        let failure = self.failure(method, Some(error.clone()));
        self.notes.set_failure(now, failure.to_string());
        let (opens, is_news) = {
            let mut inner = self.inner();
            let is_news = error.is_crash() && !inner.is_down;
            inner.is_down |= error.is_crash();
            inner.is_up &= !error.is_crash();
            (inner.breaker.failed(now), is_news)
        };
        if is_news {
            self.events.add("plugin.crashed", self.id(), failure.to_string());
        }
        if opens {
            self.events.add("plugin.disabled", self.id(), failure.to_string());
        }
        Err(failure)
    }

    /// Runs `initialize` and `start`, unless the engine that is alive has seen them.
    ///
    /// # Errors
    /// When a hook fails: the plugin is then never called again.
    pub fn ready(&self) -> Result<(), Failure> {
        let _one = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        self.heed_thrown_away();
        if self.inner().is_up {
            return Ok(());
        }
        self.hook("initialize")?;
        self.hook("start")?;
        self.inner().is_up = true;
        Ok(())
    }

    /// Begins a call of a plugin that is made ready first; the answer comes by the channel, however long it takes.
    pub fn ask(self: &Arc<Self>, method: &'static str, args: Value) -> Receiver<Result<Called, Failure>> {
        self.ask_by(move |plugin| plugin.call(method, args))
    }

    /// Makes the plugin ready and then does this with it, beside the caller.
    pub fn ask_by(
        self: &Arc<Self>,
        job: impl FnOnce(&Self) -> Result<Called, Failure> + Send + 'static,
    ) -> Receiver<Result<Called, Failure>> {
        let (reply, answer) = channel();
        let plugin = Arc::clone(self);
        std::thread::spawn(move || {
            let called = plugin.ready().and_then(|()| job(&plugin));
            // Whoever asked may have gone.
            let _ = reply.send(called);
        });
        answer
    }

    /// Calls a plugin that is made ready first, and waits no longer than this.
    ///
    /// # Errors
    /// As [`Plugin::call`], and when it has not answered by then.
    pub fn ask_within(self: &Arc<Self>, method: &'static str, args: Value, wait: Duration) -> Result<Called, Failure> {
        let answer = self.ask(method, args).recv_timeout(wait);
        answer.unwrap_or_else(|_| Err(self.failure(method, Some(CallError::Late(wait)))))
    }

    /// Ends its life: signals fire, then `stop` and `destroy`, by this moment at the latest.
    pub fn end(&self, by: Instant) {
        if !std::mem::take(&mut self.inner().is_up) {
            return;
        }
        let is_watching = self.is_watching();
        self.abort();
        for name in ["stopActivityWatch", "stop", "destroy"]
            .into_iter()
            .filter(|name| self.declaration.has(name) && (is_watching || *name != "stopActivityWatch"))
        {
            // A plugin that does not end in time is ended with its process.
            let _ = self
                .begin(name, json!({}))
                .recv_timeout(by.saturating_duration_since(Instant::now()));
        }
        self.quiet();
    }

    /// Drops timers, watches, requests and callbacks.
    pub fn quiet(&self) {
        self.runner.quiet();
    }

    /// Begins a call without waiting; neither counted nor bounded by the breaker.
    pub fn begin(&self, method: &str, args: Value) -> Receiver<Result<Called, CallError>> {
        let settings = Value::Object(self.inner().settings.values.clone());
        self.runner.begin(method, args, settings, self.world.limits.of(method))
    }

    /// Stops watching: the plugin is told, and whatever it leaves behind is dropped.
    ///
    /// # Errors
    /// When the plugin threw.
    pub fn stop_watch(&self) -> Result<(), Failure> {
        let stopped = match self.declaration.has("stopActivityWatch") {
            true => self.call("stopActivityWatch", json!({})).map(|_| ()),
            false => Ok(()),
        };
        self.runner.quiet();
        stopped
    }

    /// Fires the signals of all calls.
    pub fn abort(&self) {
        self.runner.abort();
    }

    pub fn updates(&self) -> Vec<Value> {
        self.runner.shared.take_updates()
    }

    /// Lines that the plugin logged, with its prefix.
    pub fn log(&self) -> Vec<Line> {
        self.runner.shared.log().lines().cloned().collect()
    }

    pub fn walls(&self) -> Vec<String> {
        self.runner.shared.walls()
    }

    /// The most memory that a process of it had, in MiB, where the system tells.
    pub fn peak_mib(&self) -> Option<u64> {
        self.runner.shared.peak_mib()
    }

    pub fn failure(&self, method: &str, error: Option<CallError>) -> Failure {
        Failure {
            plugin: self.id().to_owned(),
            method: method.to_owned(),
            error,
            rests_until: None,
        }
    }
}
