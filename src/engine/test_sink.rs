//! Tests a sink: sends it an event, regardless of its filters, even if it is disabled.

use super::Engine;
use crate::core::bad_request::BadRequest;
use crate::core::event_id::tagged_id;
use crate::core::rows::{EventRow, EventType, Severity};
use crate::sinks::{Outside, Sink};
use anyhow::{Result, bail};

impl Engine {
    /// Sends a test event to the sink of a name. Returns the event.
    ///
    /// # Errors
    /// When there is no such sink, or it fails.
    pub(crate) fn test_sink(&self, name: &str, sinks: &[Sink]) -> Result<EventRow> {
        let Some(sink) = sinks.iter().find(|sink| sink.name == name) else {
            let names: Vec<&str> = sinks.iter().map(|sink| sink.name.as_str()).collect();
            let hint = match names[..] {
                [] => "the configuration has no alerts.sinks".to_owned(),
                _ => format!("configured sinks: {}", names.join(", ")),
            };
            return Err(BadRequest::new(format!("sink '{name}' not found"))
                .with_hint(hint)
                .into());
        };
        let event = EventRow::new(
            EventType::Heartbeat,
            Severity::Info,
            "ttop",
            format!("a test of sink '{name}'"),
        );
        let mut event = event.at(self.system.now);
        event.event_id = tagged_id("00000000", 0, "test");
        match sink.send(&event, &Outside::new(&self.system)) {
            Ok(()) => Ok(event),
            Err(failed) => bail!("sink {name}: {failed}"),
        }
    }
}
