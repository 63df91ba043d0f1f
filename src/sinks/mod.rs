//! Sinks: where events are told besides stdout.

mod address;
mod bell;
mod command;
mod desktop;
mod webhook;

use crate::core::filter::Globs;
use crate::core::rows::{EventRow, Severity};
use crate::system::System;
use crate::system::config::Config;
use crate::system::http::Http;
use anyhow::{Result, bail};
use serde_json::Value;
use std::fmt;

/// A sink of the config.
#[derive(Debug)]
pub struct Sink {
    pub name: String,
    pub is_enabled: bool,
    events: Globs,
    min_severity: Severity,
    way: Way,
}

/// How a sink is told.
#[derive(Debug)]
enum Way {
    Desktop,
    Bell,
    /// A program and its arguments.
    Command(Vec<String>),
    Webhook(webhook::Webhook),
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

/// Why a sink does not have an event. Says nothing of URLs, answers or arguments: those may be secret.
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
            Self::Offline => f.write_str("offline: the network is switched off"),
            Self::Failed(reason) | Self::Down(reason) | Self::Later { reason, .. } => f.write_str(reason),
        }
    }
}

/// The sinks of the config, in its order.
///
/// # Errors
/// When a sink lacks what its type needs; the check of the config file names the place.
pub fn configured(config: &Config) -> Result<Vec<Sink>> {
    let sinks = config.value(&["alerts", "sinks"]).and_then(Value::as_object);
    let made = sinks.into_iter().flatten().map(|(name, value)| sink(name, value));
    made.collect()
}

/// The names of the sinks that want an event.
pub fn wanting(sinks: &[Sink], event: &EventRow) -> Vec<String> {
    let wanting = sinks.iter().filter(|sink| sink.wants(event));
    wanting.map(|sink| sink.name.clone()).collect()
}

fn sink(name: &str, value: &Value) -> Result<Sink> {
    let texts = |key: &str| -> Vec<String> {
        let list = value[key].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let way = match value["type"].as_str() {
        Some("desktop") => Way::Desktop,
        Some("bell") => Way::Bell,
        Some("command") if !texts("command").is_empty() => Way::Command(texts("command")),
        Some("webhook") => Way::Webhook(webhook::Webhook::new(
            value["url"].as_str().unwrap_or_default(),
            value["format"].as_str(),
        )),
        _ => bail!("alerts.sinks.{name}: a sink has a type, and a command or url as it needs"),
    };
    let min_severity = value["minSeverity"].as_str();
    let named = |severity: &Severity| Some(severity.name()) == min_severity;
    Ok(Sink {
        name: name.to_owned(),
        is_enabled: value["enabled"] != false,
        events: Globs::new(&crate::system::config::event_globs(&texts("events"))),
        min_severity: Severity::ALL.into_iter().find(named).unwrap_or(Severity::Warning),
        way,
    })
}

impl Sink {
    pub fn wants(&self, event: &EventRow) -> bool {
        self.is_enabled && event.severity >= self.min_severity && self.events.matches(Some(event.kind.name()))
    }

    /// # Errors
    /// Why it does not have the event.
    pub fn send(&self, event: &EventRow, outside: &Outside) -> Result<(), Undelivered> {
        match &self.way {
            Way::Desktop => desktop::send(event, &outside.system),
            Way::Bell => bell::send(event),
            Way::Command(words) => command::send(words, event, &outside.system),
            Way::Webhook(webhook) => webhook.send(event, outside),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::EventType;
    use serde_json::json;

    fn sinks(value: Value) -> Vec<Sink> {
        configured(&Config::from_value(json!({"alerts": {"sinks": value}}))).expect("sinks")
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
            ["all", "usual", "asked"]
        );
        assert_eq!(
            wanting(EventType::BudgetLimitReached, Severity::Critical),
            ["all", "usual", "money"]
        );
    }

    #[test]
    fn nothing_secret_is_in_its_debug() {
        let sinks = sinks(json!({"w": {"type": "webhook", "url": "https://hooks.example/hunter2"}}));
        assert!(!format!("{sinks:?}").contains("hunter2"));
    }
}
