//! The outside world, replaceable in tests: home, folders, environment, now and time zone.

pub mod cache;
pub mod children;
pub mod clock;
pub mod config;
pub mod database;
pub mod files;
pub mod fingerprint;
pub mod http;
pub mod jsonc;
pub mod notices;
pub mod open;
pub mod piped_input;
pub mod programs;
pub mod replace;
pub mod swiftbar;

use self::open::Most;
use anyhow::{Result, anyhow, bail};
use clock::Clock;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Which system's folder rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    Linux,
    MacOs,
    Windows,
}

impl Os {
    /// The system this binary was built for; every other Unix follows Linux.
    pub const fn current() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }
}

/// From now on a file that may not grow further (`ulimit -f`) is an error of its write, and not the end of the process.
pub fn ignore_sigxfsz() {
    #[cfg(unix)]
    {
        // Installing a handler is enough: SIGXFSZ must not kill ttop, and the flag is never read. If it fails, the
        // default stays in place.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
    }
}

/// The environment of a run. All other code reads this instead of the process.
#[derive(Clone, Debug)]
pub struct System {
    pub os: Os,
    pub home: PathBuf,
    /// The current directory.
    pub cwd: PathBuf,
    /// The environment; values that are not UTF-8 are replaced lossily.
    pub env: BTreeMap<String, String>,
    /// Epoch milliseconds UTC when the run began; `TTOP_NOW` sets it.
    pub now: i64,
    pub clock: Clock,
    /// Where the configuration adds or leaves out records, by agent: `agents.<id>.roots`.
    pub agent_roots: BTreeMap<String, Vec<String>>,
    /// What every variable of an agent names, where its rules are tried on a folder of the configuration.
    pub moved: Option<PathBuf>,
    /// No network at all: `--offline`, `TTOP_OFFLINE=1` or the config.
    pub offline: bool,
    /// `--tz`; else `TZ`, else the system's.
    pub zone_name: Option<String>,
    zone: OnceLock<TimeZone>,
}

impl System {
    /// From the process.
    ///
    /// # Errors
    /// When there is no home folder, or `TTOP_NOW` is not a time.
    pub fn from_process() -> Result<Self> {
        let env: BTreeMap<String, String> = std::env::vars_os()
            .map(|(key, value)| (key.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect();
        let home = match env.get("HOME").filter(|home| !home.is_empty() && !cfg!(windows)) {
            Some(home) => PathBuf::from(home),
            None => directories::BaseDirs::new()
                .map(|dirs| dirs.home_dir().to_path_buf())
                .ok_or_else(|| anyhow!("no home folder: set HOME"))?,
        };
        let mut system = Self::new(Os::current(), home, env);
        // A current directory that was removed is nowhere in particular.
        system.cwd = std::env::current_dir().unwrap_or_else(|_| system.home.clone());
        system.clock = Clock::from_setting(system.var("TTOP_NOW"))?;
        system.now = system.clock.now();
        Ok(system)
    }

    /// A system made of values only; `now` is 0 until set, and the current directory is the home.
    pub fn new(os: Os, home: impl Into<PathBuf>, env: BTreeMap<String, String>) -> Self {
        let offline = env
            .get("TTOP_OFFLINE")
            .is_some_and(|value| !value.is_empty() && value != "0");
        let home = home.into();
        Self {
            os,
            cwd: home.clone(),
            home,
            env,
            now: 0,
            clock: Clock::Wall,
            agent_roots: BTreeMap::new(),
            moved: None,
            offline,
            zone_name: None,
            zone: OnceLock::new(),
        }
    }

    /// The current time in epoch milliseconds, for long-running commands.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Like [`System::now`], for intervals between processes: uses the system's clock if this one is fixed.
    pub fn ticking_moment(&self) -> i64 {
        self.clock.ticking_now()
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A variable that holds an absolute path. Ignores relative paths, as XDG requires, and expands `~/`.
    pub fn path_var(&self, name: &str) -> Option<PathBuf> {
        // Folders of the system are not an agent's own.
        let is_shared = name.starts_with("XDG_") || name.ends_with("APPDATA");
        if let Some(moved) = self.moved.as_ref().filter(|_| !is_shared) {
            return Some(moved.clone());
        }
        self.var(name)
            .map(|value| self.expand(value))
            .filter(|path| path.is_absolute())
    }

    /// Expands a leading `~/`.
    pub fn expand(&self, path: &str) -> PathBuf {
        match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with(['/', '\\']) => self.home.join(&rest[1..]),
            _ => PathBuf::from(path),
        }
    }

    /// `$XDG_DATA_HOME` or `~/.local/share`: on every system, as OpenCode does.
    pub fn data_dir(&self) -> PathBuf {
        self.path_var("XDG_DATA_HOME")
            .unwrap_or_else(|| self.home.join(".local/share"))
    }

    /// `$XDG_CONFIG_HOME` or `~/.config`.
    pub fn config_dir(&self) -> PathBuf {
        self.path_var("XDG_CONFIG_HOME")
            .unwrap_or_else(|| self.home.join(".config"))
    }

    /// `$XDG_STATE_HOME` or `~/.local/state`.
    pub fn state_dir(&self) -> PathBuf {
        self.path_var("XDG_STATE_HOME")
            .unwrap_or_else(|| self.home.join(".local/state"))
    }

    /// `$XDG_CACHE_HOME` or `~/.cache`.
    pub fn cache_dir(&self) -> PathBuf {
        self.path_var("XDG_CACHE_HOME")
            .unwrap_or_else(|| self.home.join(".cache"))
    }

    /// Where desktop programs keep their data: `~/.config`, `~/Library/Application Support` or `%APPDATA%`.
    pub fn app_dir(&self) -> PathBuf {
        match self.os {
            Os::Linux => self.config_dir(),
            Os::MacOs => self.home.join("Library/Application Support"),
            Os::Windows => self
                .path_var("APPDATA")
                .unwrap_or_else(|| self.home.join("AppData/Roaming")),
        }
    }

    /// `%LOCALAPPDATA%` on Windows, else [`System::app_dir`] (macOS) or [`System::data_dir`] (Linux).
    pub fn local_app_dir(&self) -> PathBuf {
        match self.os {
            Os::Linux => self.data_dir(),
            Os::MacOs => self.app_dir(),
            Os::Windows => self
                .path_var("LOCALAPPDATA")
                .unwrap_or_else(|| self.home.join("AppData/Local")),
        }
    }

    /// ttop's data folder: the ledger and other data that must not be lost.
    pub fn own_data_dir(&self) -> PathBuf {
        match self.os {
            Os::Windows => self.local_app_dir().join("tokentop"),
            _ => self.data_dir().join("tokentop"),
        }
    }

    /// The name of this machine; empty if it has none.
    pub fn host_name() -> String {
        gethostname::gethostname().to_string_lossy().into_owned()
    }

    /// The zone that was asked for by name; the system's own has none.
    pub fn asked_zone(&self) -> Option<&str> {
        self.zone_name.as_deref().or_else(|| self.var("TZ"))
    }

    /// The time zone of periods.
    ///
    /// # Errors
    /// When `--tz` or `TZ` names no zone that is known here.
    pub fn zone(&self) -> Result<&TimeZone> {
        if let Some(zone) = self.zone.get() {
            return Ok(zone);
        }
        let zone = match self.asked_zone() {
            Some("UTC" | "Etc/UTC" | ":UTC") => TimeZone::UTC,
            Some(name) => find_zone(name)?,
            None => system_zone().unwrap_or(TimeZone::UTC),
        };
        Ok(self.zone.get_or_init(|| zone))
    }

    /// A path as shown to people and in rows that name places: the home folder as `~`.
    pub fn tilde(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Ok(rest) => format!("~/{}", rest.display()),
            Err(_) => path.display().to_string(),
        }
    }
}

/// A zone by IANA name, or as POSIX `TZ` writes it (`:name`, `CET-1CEST,M3.5.0,M10.5.0/3`).
fn find_zone(name: &str) -> Result<TimeZone> {
    let plain = name.strip_prefix(':').unwrap_or(name);
    if let Some(zone) = read_zone(plain) {
        return Ok(zone);
    }
    if let Ok(zone) = TimeZone::get(plain) {
        return Ok(zone);
    }
    if let Ok(zone) = TimeZone::posix(plain) {
        return Ok(zone);
    }
    if let Some(zone) = Some(Path::new(plain))
        .filter(|_| plain.starts_with('/'))
        .and_then(|path| open::read(path, Most::NOTE).ok())
        .and_then(|data| TimeZone::tzif("TZ", &data).ok())
    {
        return Ok(zone);
    }
    bail!("unknown time zone '{name}'")
}

/// What `/etc/localtime` points to; elsewhere as the system has it.
fn system_zone() -> Option<TimeZone> {
    let linked = std::fs::read_link("/etc/localtime").ok();
    let named = linked
        .as_deref()
        .and_then(Path::to_str)
        .and_then(|path| path.split_once("zoneinfo/"));
    let read = named.and_then(|(_, name)| read_zone(name));
    read.or_else(|| TimeZone::try_system().ok())
}

/// A zone from the system's own file of that name: to look for names in all of them takes a millisecond.
fn read_zone(name: &str) -> Option<TimeZone> {
    let is_name = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic()) && !part.contains("..");
    if !name.split('/').all(is_name) {
        return None;
    }
    let data = open::read(&Path::new("/usr/share/zoneinfo").join(name), Most::NOTE).ok()?;
    TimeZone::tzif(name, &data).ok()
}

/// RFC 3339, or epoch milliseconds (12 digits or more).
pub fn parse_instant(text: &str) -> Option<i64> {
    if text.len() >= 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    text.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(env: &[(&str, &str)]) -> System {
        let env = env
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        System::new(Os::Linux, "/home/dev", env)
    }

    #[test]
    fn relative_xdg_folders_are_ignored() {
        assert_eq!(
            system(&[("XDG_DATA_HOME", "data")]).data_dir(),
            Path::new("/home/dev/.local/share")
        );
        assert_eq!(system(&[("XDG_DATA_HOME", "/data")]).data_dir(), Path::new("/data"));
    }

    #[test]
    fn expands_a_leading_tilde_only() {
        let system = system(&[]);
        assert_eq!(system.expand("~/x"), Path::new("/home/dev/x"));
        assert_eq!(system.expand("~other/x"), Path::new("~other/x"));
        assert_eq!(system.tilde(Path::new("/home/dev/x/y")), "~/x/y");
    }

    #[test]
    fn reads_instants_in_both_spellings() {
        assert_eq!(parse_instant("2026-11-20T18:00:00Z"), Some(1_795_197_600_000));
        assert_eq!(parse_instant("1795197600000"), Some(1_795_197_600_000));
        assert_eq!(parse_instant("yesterday"), None);
    }

    #[test]
    fn an_unknown_zone_is_an_error() {
        assert!(system(&[("TZ", "Mars/Olympus")]).zone().is_err());
        assert!(system(&[("TZ", "Europe/Berlin")]).zone().is_ok());
    }
}
