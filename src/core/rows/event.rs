//! `EventRow`: something that happened, as `ttop alert`, `ttop watch --events` and a sink's stdin have it.

use super::Text;
use crate::core::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "event")]
pub struct EventRow {
    #[serde(rename = "type")]
    pub kind: EventType,
    pub severity: Severity,
    pub title: String,
    pub message: String,
    /// Permanent id of this event: `<8 hex of the ledger>.<last change before it>.<number>`.
    pub event_id: String,
    /// When ttop noticed it: epoch milliseconds UTC.
    pub timestamp: i64,
    /// `timestamp` as RFC 3339 UTC.
    pub time: Time,
    pub agent_id: Option<Text>,
    pub provider_id: Option<Text>,
    pub session_id: Option<Text>,
    /// The repository root or first working directory of the session, as recorded.
    pub project_path: Option<Text>,
    /// Further details; the keys depend on the type.
    pub data: Map<String, Value>,
}

impl EventRow {
    /// An event without a subject; it has no id yet.
    pub fn new(kind: EventType, severity: Severity, title: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            severity,
            title: title.into(),
            message: message.into(),
            event_id: String::new(),
            timestamp: 0,
            time: Time(0),
            agent_id: None,
            provider_id: None,
            session_id: None,
            project_path: None,
            data: Map::new(),
        }
    }

    #[must_use]
    pub fn at(self, timestamp: i64) -> Self {
        Self {
            timestamp,
            time: Time(timestamp),
            ..self
        }
    }

    /// With more keys in its data; they stay in order.
    #[must_use]
    pub fn with(mut self, data: &[(&str, Value)]) -> Self {
        self.data
            .extend(data.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        self
    }
}

macro_rules! event_types {
    ($($name:ident = $text:literal,)*) => {
        /// Type of the event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum EventType {
            $(#[serde(rename = $text)] $name,)*
        }

        impl EventType {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

event_types! {
    BudgetThresholdCrossed = "budget.thresholdCrossed",
    BudgetLimitReached = "budget.limitReached",
    ProviderFetchFailed = "provider.fetchFailed",
    ProviderLimitReached = "provider.limitReached",
    ProviderRecovered = "provider.recovered",
    PluginCrashed = "plugin.crashed",
    PluginDisabled = "plugin.disabled",
    AppStarted = "app.started",
    AppUpdated = "app.updated",
    SessionStarted = "session.started",
    SessionFinished = "session.finished",
    SessionWaiting = "session.waiting",
    SessionIdle = "session.idle",
    ProviderLimitWarning = "provider.limitWarning",
    Gap = "gap",
    Heartbeat = "heartbeat",
}

/// Severity of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_every_key_in_order_and_comes_back() {
        let event = EventRow {
            session_id: Some("ses_1".into()),
            ..EventRow::new(EventType::SessionWaiting, Severity::Warning, "t", "m\n\"名\"")
        };
        let event = event
            .at(1_795_197_600_000)
            .with(&[("status", "waiting_permission".into())]);
        let text = serde_json::to_string(&event).expect("rows serialize");
        assert_eq!(
            text,
            concat!(
                r#"{"type":"session.waiting","severity":"warning","title":"t","message":"m\n\"名\"","eventId":"","#,
                r#""timestamp":1795197600000,"time":"2026-11-20T18:00:00.000Z","agentId":null,"providerId":null,"#,
                r#""sessionId":"ses_1","projectPath":null,"data":{"status":"waiting_permission"}}"#
            )
        );
        assert_eq!(serde_json::from_str::<EventRow>(&text).expect("reads"), event);
    }

    #[test]
    fn types_are_written_as_they_are_named() {
        for kind in EventType::ALL {
            assert_eq!(serde_json::to_value(kind).expect("serializes"), kind.name());
        }
    }
}
