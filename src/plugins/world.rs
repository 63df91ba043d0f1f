//! The world of plugins: what ttop lends them, replaceable in cases and tests.

use super::child::Without;
use super::message::{Machine, Refused};
use super::ops::http::Transport;
use super::ops::opencode::OpenCode;
use super::ops::storage::Storage;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Shared by all plugins of a run.
#[derive(Clone)]
pub struct World {
    /// The program that becomes the child: ttop itself.
    pub program: PathBuf,
    pub home: PathBuf,
    pub env: BTreeMap<String, String>,
    /// The time zone that was asked for, as `TZ` has it; without it the machine's.
    pub zone: Option<String>,
    /// ttop's own folders: closed to every plugin.
    pub own: Vec<PathBuf>,
    pub transport: Arc<dyn Transport>,
    pub storage: Arc<Storage>,
    /// Where logs are kept on disk, if anywhere.
    pub logs: Option<PathBuf>,
    pub opencode: OpenCode,
    pub limits: Limits,
    pub clock: Clock,
    pub without: Without,
    pub refusals: Refusals,
}

/// Permissions that were refused, for cases that look at the texts.
#[derive(Clone, Default)]
pub struct Refusals(Option<Arc<Mutex<Vec<String>>>>);

impl Refusals {
    const MOST: usize = 1000;

    pub fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    pub fn note(&self, plugin: &str, refused: &Refused) {
        let (Some(kept), Refused::Permission { permission, message }) = (&self.0, refused) else {
            return;
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < Self::MOST {
            kept.push(format!(
                "Plugin \"{plugin}\" permission denied: {permission}: {message}"
            ));
        }
    }

    pub fn all(&self) -> Vec<String> {
        let kept = self
            .0
            .as_ref()
            .map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
        kept.map(|kept| kept.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The environment may hold secrets.
        f.debug_struct("World")
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

impl World {
    pub fn machine(&self) -> Machine {
        let platform = match std::env::consts::OS {
            "macos" => "darwin",
            "windows" => "win32",
            other => other,
        };
        let arch = match std::env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            other => other,
        };
        Machine {
            home: self.home.to_string_lossy().into_owned(),
            platform: platform.to_owned(),
            arch: arch.to_owned(),
            temp: std::env::temp_dir().to_string_lossy().into_owned(),
        }
    }
}

/// How long things may take; cases shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub hook: Duration,
    pub discover: Duration,
    pub fetch: Duration,
    pub parse: Duration,
    pub notify: Duration,
    pub cpu: Duration,
    pub load_cpu: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hook: Duration::from_secs(5),
            discover: Duration::from_secs(30),
            fetch: Duration::from_secs(30),
            parse: Duration::from_secs(60),
            notify: Duration::from_secs(10),
            cpu: Duration::from_secs(2),
            load_cpu: Duration::from_millis(200),
        }
    }
}

impl Limits {
    /// The time that a call may take.
    pub fn of(&self, method: &str) -> Duration {
        match method {
            "initialize" | "start" | "stop" | "destroy" | "onConfigChange" => self.hook,
            "auth.discover" | "isInstalled" => self.discover,
            "parseSessions" => self.parse,
            "notify" | "test" | "supports" => self.notify,
            "startActivityWatch" | "stopActivityWatch" => self.hook,
            _ => self.fetch,
        }
    }
}

/// Epoch milliseconds; a case may set it forward.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    pub fn now(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond() + self.0.load(Ordering::Relaxed)
    }

    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}
