//! Plugins as sinks: each event of the SDK reaches the plugins that support it.

use super::plugin::Plugin;
use crate::core::rows::{EventRow, EventType, Severity};
use crate::sinks::{Channel, Outside, SinkKind, Undelivered};
use crate::system::config::settings::Sink;
use crate::system::config::values::SinkType;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a plugin may take for an event, its start included.
const WAIT: Duration = Duration::from_secs(15);

/// The events that plugins know.
const OF_SDK: [EventType; 9] = [
    EventType::BudgetThresholdCrossed,
    EventType::BudgetLimitReached,
    EventType::ProviderFetchFailed,
    EventType::ProviderLimitReached,
    EventType::ProviderRecovered,
    EventType::PluginCrashed,
    EventType::PluginDisabled,
    EventType::AppStarted,
    EventType::AppUpdated,
];

/// `type: plugin` of `alerts.sinks`, and one sink for each plugin that no entry names.
pub struct PluginSinks {
    pub plugins: Vec<Arc<Plugin>>,
}

impl SinkKind for PluginSinks {
    fn name(&self) -> &str {
        "plugin"
    }

    fn open(&self, settings: &Sink) -> Option<Box<dyn Channel>> {
        let id = settings.plugin.as_deref()?;
        let plugin = self.plugins.iter().find(|plugin| plugin.id() == id);
        Some(Box::new(ToPlugin {
            id: id.to_owned(),
            plugin: plugin.cloned(),
        }))
    }

    fn by_itself(&self, entries: &[&Sink]) -> Vec<(String, Sink)> {
        let is_plugin = |entry: &&&Sink| entry.r#type == Some(SinkType::Plugin);
        let named = entries
            .iter()
            .filter(is_plugin)
            .filter_map(|entry| entry.plugin.as_deref());
        let named: Vec<&str> = named.collect();
        let own = self.plugins.iter().filter(|plugin| !named.contains(&plugin.id()));
        own.map(|plugin| {
            let settings = Sink {
                r#type: Some(SinkType::Plugin),
                plugin: Some(plugin.id().to_owned()),
                min_severity: Severity::Info,
                ..Sink::default()
            };
            (format!("plugin:{}", plugin.id()), settings)
        })
        .collect()
    }
}

struct ToPlugin {
    id: String,
    plugin: Option<Arc<Plugin>>,
}

impl fmt::Debug for ToPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin {}", self.id)
    }
}

impl Channel for ToPlugin {
    fn send(&self, event: &EventRow, _: &Outside) -> Result<(), Undelivered> {
        let Some(plugin) = &self.plugin else {
            let hint = "is not loaded: ttop plugin list shows why";
            return Err(Undelivered::Down(format!("plugin {} {hint}", self.id)));
        };
        let is_test = event.kind == EventType::Heartbeat;
        if !is_test && !OF_SDK.contains(&event.kind) {
            return Ok(());
        }
        let call = |method, args| {
            let called = plugin.ask_within(method, args, WAIT);
            called.map_err(|failure| match failure.rests_until {
                Some(until) => Undelivered::Later {
                    reason: failure.to_string(),
                    after_s: u64::try_from((until - plugin.now()) / 1000).unwrap_or_default(),
                },
                None => Undelivered::Failed(failure.to_string()),
            })
        };
        if is_test && plugin.declaration.has("test") {
            return match call("test", json!({}))?.value {
                Value::Bool(false) => Err(Undelivered::Failed(format!("plugin {}: its test failed", self.id))),
                _ => Ok(()),
            };
        }
        let event = of_sdk(event);
        if !is_test && plugin.declaration.has("supports") {
            let supported = call("supports", json!({"event": event}))?;
            if supported.value != true {
                return Ok(());
            }
        }
        call("notify", json!({"event": event})).map(|_| ())
    }
}

/// The six keys of the SDK; a test is one of ttop itself.
fn of_sdk(event: &EventRow) -> Value {
    let kind = match event.kind {
        EventType::Heartbeat => EventType::AppStarted,
        kind => kind,
    };
    json!({
        "type": kind.name(), "severity": event.severity.name(), "title": event.title, "message": event.message,
        "timestamp": event.timestamp, "data": event.data,
    })
}
