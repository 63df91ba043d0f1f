//! Sinks: where events are delivered besides stdout.

mod address;
mod bell;
mod command;
mod desktop;
mod webhook;

use crate::core::filter::Globs;
use crate::core::rows::{EventRow, Severity};
use crate::system::System;
use crate::system::config::{Config, event_globs, settings};
use crate::system::http::Http;
use anyhow::{Result, bail};
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

/// A kind of sink: the `type` of an entry in `alerts.sinks`.
pub trait SinkKind {
    fn name(&self) -> &str;

    /// The channel that the settings of an entry describe; `None` where they lack what it needs.
    fn open(&self, settings: &settings::Sink) -> Option<Box<dyn Channel>>;

    /// Sinks that need no entry, by name, beside these entries of the config.
    fn by_itself(&self, _entries: &[&settings::Sink]) -> Vec<(String, settings::Sink)> {
        Vec::new()
    }
}

/// Where the events of one sink go. Its `Debug` shows no secret.
pub trait Channel: fmt::Debug {
    /// # Errors
    /// Why it does not have the event.
    fn send(&self, event: &EventRow, outside: &Outside) -> Result<(), Undelivered>;
}

/// A kind of sink as a registry holds it.
#[derive(Clone)]
pub enum SinkHandle {
    /// Part of the program: any thread may use it.
    Shared(&'static (dyn SinkKind + Sync)),
    /// Tied to the thread that made it, as a plugin is.
    Local(Rc<dyn SinkKind>),
}

impl SinkHandle {
    /// The kind for other threads.
    pub fn shared(&self) -> Option<&'static (dyn SinkKind + Sync)> {
        match self {
            Self::Shared(kind) => Some(*kind),
            Self::Local(_) => None,
        }
    }
}

impl Deref for SinkHandle {
    type Target = dyn SinkKind;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Shared(kind) => *kind,
            Self::Local(kind) => &**kind,
        }
    }
}

/// The kinds that are part of the program.
pub(crate) fn built_in() -> Vec<SinkHandle> {
    let kinds: [&'static (dyn SinkKind + Sync); 4] =
        [&desktop::Desktop, &bell::Bell, &command::Commands, &webhook::Webhooks];
    kinds.map(SinkHandle::Shared).into()
}

/// A sink of the config.
#[derive(Debug)]
pub struct Sink {
    pub name: String,
    pub is_enabled: bool,
    events: Globs,
    min_severity: Severity,
    channel: Box<dyn Channel>,
}

/// What sinks reach the outside with.
pub struct Outside {
    pub system: System,
    http: Http,
}

impl Outside {
    pub fn new(system: &System) -> Self {
        Self {
            system: system.clone(),
            http: Http::new(system),
        }
    }
}

/// Why a delivery failed. Leaves out URLs, responses and arguments, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// The network is switched off: it waits, and that is no failure.
    Offline,
    /// This event was not taken; another one may be.
    Failed(String),
    /// Nothing reaches the sink at present.
    Down(String),
    /// It wants to be left alone for so many seconds.
    Later { reason: String, after_s: u64 },
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline => f.write_str("offline: the network is disabled"),
            Self::Failed(reason) | Self::Down(reason) | Self::Later { reason, .. } => f.write_str(reason),
        }
    }
}

/// The configured sinks, in order.
///
/// # Errors
///
/// When a sink lacks a key that its type needs; the check of the configuration file names the place.
pub(crate) fn configured(config: &Config, kinds: &[SinkHandle]) -> Result<Vec<Sink>> {
    let kinds: Vec<&dyn SinkKind> = kinds.iter().map(|kind| &**kind).collect();
    let made = config.alerts.sinks.iter();
    let made = made.map(|(name, settings)| match sink(name, settings, &kinds) {
        Some(sink) => Ok(sink),
        None => bail!("alerts.sinks.{name}: expected a type, and what that type requires"),
    });
    let mut made: Vec<Sink> = made.collect::<Result<_>>()?;
    made.extend(by_themselves(config, &kinds));
    Ok(made)
}

/// The sinks of the config that are of one of these kinds.
pub(crate) fn of_kinds(config: &Config, kinds: &[&dyn SinkKind]) -> Vec<Sink> {
    let named = config.alerts.sinks.iter();
    let named = named.filter_map(|(name, settings)| sink(name, settings, kinds));
    named.chain(by_themselves(config, kinds)).collect()
}

fn by_themselves(config: &Config, kinds: &[&dyn SinkKind]) -> Vec<Sink> {
    let entries: Vec<&settings::Sink> = config.alerts.sinks.values().collect();
    let own = kinds.iter().flat_map(|kind| kind.by_itself(&entries));
    own.filter_map(|(name, settings)| sink(&name, &settings, kinds))
        .collect()
}

/// The names of the sinks that want an event.
pub(crate) fn wanting(sinks: &[Sink], event: &EventRow) -> Vec<String> {
    let wanting = sinks.iter().filter(|sink| sink.wants(event));
    wanting.map(|sink| sink.name.clone()).collect()
}

fn sink(name: &str, settings: &settings::Sink, kinds: &[&dyn SinkKind]) -> Option<Sink> {
    let kind = settings.r#type?.name();
    let kind = kinds.iter().find(|known| known.name() == kind)?;
    Some(Sink {
        name: name.to_owned(),
        is_enabled: settings.enabled,
        events: Globs::new(&event_globs(&settings.events)),
        min_severity: settings.min_severity,
        channel: kind.open(settings)?,
    })
}

impl Sink {
    pub fn wants(&self, event: &EventRow) -> bool {
        self.is_enabled && event.severity >= self.min_severity && self.events.matches(Some(event.kind.name()))
    }

    /// # Errors
    /// Why it does not have the event.
    pub fn send(&self, event: &EventRow, outside: &Outside) -> Result<(), Undelivered> {
        self.channel.send(event, outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::EventType;
    use serde_json::{Value, json};

    fn sinks(value: Value) -> Vec<Sink> {
        configured(&Config::from_value(&json!({"alerts": {"sinks": value}})), &built_in()).expect("sinks")
    }

    #[test]
    fn a_sink_gets_what_it_asked_for() {
        let sinks = sinks(json!({
            "all": {"type": "desktop", "minSeverity": "info"},
            "usual": {"type": "bell"},
            "money": {"type": "command", "command": ["x"], "events": ["budget"]},
            "asked": {"type": "bell", "events": ["session.wait*"]},
            "off": {"type": "bell", "enabled": false, "minSeverity": "info"},
        }));
        let event = |kind, severity| EventRow::new(kind, severity, "t", "m");
        let wanting = |kind, severity| wanting(&sinks, &event(kind, severity));
        assert_eq!(wanting(EventType::SessionStarted, Severity::Info), ["all"]);
        assert_eq!(
            wanting(EventType::SessionWaiting, Severity::Warning),
            ["all", "asked", "usual"]
        );
        assert_eq!(
            wanting(EventType::BudgetLimitReached, Severity::Critical),
            ["all", "money", "usual"]
        );
    }

    #[test]
    fn nothing_secret_is_in_its_debug() {
        let sinks = sinks(json!({"w": {"type": "webhook", "url": "https://hooks.example/hunter2"}}));
        assert!(!format!("{sinks:?}").contains("hunter2"));
    }
}
