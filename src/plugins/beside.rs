//! Plugins beside a long-running command: their activity shortens its waits, and changed settings reach them.

use super::declare::Kind;
use super::plugin::Plugin;
use crate::system::System;
use crate::system::config::Config;
use crate::system::files::Stamp;
use crate::system::notices::Waker;
use serde_json::Map;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the configuration file is checked.
const CONFIG_EVERY: Duration = Duration::from_secs(1);
/// From a start of a watch to the next: a plugin whose process ended watches no more.
const START_EVERY: Duration = Duration::from_secs(60);

/// The plugins of a command that runs on.
pub struct Beside {
    system: System,
    plugins: Vec<Arc<Plugin>>,
    state: RefCell<State>,
}

struct State {
    waker: Option<Waker>,
    config_file: PathBuf,
    config: Option<Stamp>,
    checked: Instant,
    /// When each plugin was last asked to watch.
    started: Vec<Option<Instant>>,
}

impl Beside {
    pub fn new(system: System, plugins: Vec<Arc<Plugin>>) -> Self {
        let config_file = Config::path(&system);
        Self {
            state: RefCell::new(State {
                waker: None,
                config: Stamp::read(&config_file).ok(),
                config_file,
                checked: Instant::now(),
                started: vec![None; plugins.len()],
            }),
            system,
            plugins,
        }
    }

    /// The command runs on: plugins begin to watch, and end its waits by the waker.
    pub fn start(&self, waker: Waker) {
        self.state.borrow_mut().waker = Some(waker);
        self.watch();
    }

    /// Ids of agents that report activity, or read otherwise since their settings changed.
    pub fn look(&self) -> Vec<String> {
        self.watch();
        let changed = self.changed_settings();
        let agents = self.plugins.iter().filter(|plugin| plugin.kind() == Kind::Agent);
        agents
            .filter(|plugin| !plugin.updates().is_empty() || changed.iter().any(|id| id == plugin.id()))
            .map(|plugin| plugin.id().to_owned())
            .collect()
    }

    /// Starts the watches that do not run.
    fn watch(&self) {
        let mut state = self.state.borrow_mut();
        let Some(waker) = state.waker.clone() else {
            return;
        };
        for (plugin, started) in self.plugins.iter().zip(&mut state.started) {
            let is_due = started.is_none_or(|at| at.elapsed() >= START_EVERY);
            if is_due && plugin.declaration.has("startActivityWatch") && !plugin.is_watching() {
                *started = Some(Instant::now());
                plugin.watch(waker.clone());
            }
        }
    }

    /// Hands changed settings to their plugins; returns the ids.
    fn changed_settings(&self) -> Vec<String> {
        let mut state = self.state.borrow_mut();
        if state.checked.elapsed() < CONFIG_EVERY {
            return Vec::new();
        }
        state.checked = Instant::now();
        let stamp = Stamp::read(&state.config_file).ok();
        if stamp == state.config {
            return Vec::new();
        }
        state.config = stamp;
        let config = Config::load(&self.system);
        if config.is_unusable() {
            // Half of it is written: the next look sees all.
            return Vec::new();
        }
        let none = Map::new();
        let has_changed =
            |plugin: &&Arc<Plugin>| plugin.take_settings(config.plugin_config.get(plugin.id()).unwrap_or(&none));
        let changed = self.plugins.iter().filter(has_changed);
        changed.map(|plugin| plugin.id().to_owned()).collect()
    }
}
