//! `StreamRow`: a line of `ttop watch --events`, which is either of two rows.

use super::{ActivityRow, EventRow};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A step of a turn or an event, by `type`.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum StreamRow {
    Activity(Box<ActivityRow>),
    Event(Box<EventRow>),
}

impl From<ActivityRow> for StreamRow {
    fn from(row: ActivityRow) -> Self {
        Self::Activity(Box::new(row))
    }
}

impl From<EventRow> for StreamRow {
    fn from(row: EventRow) -> Self {
        Self::Event(Box::new(row))
    }
}

/// The keys of both rows; those that both have are always there.
impl JsonSchema for StreamRow {
    fn schema_name() -> Cow<'static, str> {
        "StreamRow".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let keys = |schema: Schema| -> Map<String, Value> {
            let properties = schema.get("properties").and_then(Value::as_object);
            properties.cloned().unwrap_or_default()
        };
        let (activity, event) = (
            keys(ActivityRow::json_schema(generator)),
            keys(EventRow::json_schema(generator)),
        );
        let shared: Vec<&String> = activity.keys().filter(|key| event.contains_key(*key)).collect();
        let mut properties = activity.clone();
        for (key, schema) in &event {
            properties.entry(key).or_insert_with(|| schema.clone());
        }
        properties.insert(
            "type".to_owned(),
            json!({"type": "string", "description": "`activity`, or the type of an event."}),
        );
        schemars::json_schema!({
            "description": "A step of a turn (an activity row) or an event (an event row).",
            "type": "object",
            "properties": properties,
            "required": shared,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::{EventType, Severity};

    #[test]
    fn a_line_is_the_row_itself() {
        let event = EventRow::new(EventType::Gap, Severity::Info, "t", "m");
        let line = serde_json::to_string(&StreamRow::from(event.clone())).expect("serializes");
        assert_eq!(line, serde_json::to_string(&event).expect("serializes"));
    }
}
