//! The anonymous shape of records: keys and types of values, without any text, id or path.

use super::vocabulary::is_free_form;
use serde_json::Value;
use std::collections::BTreeMap;

const MOST_PATHS: usize = 600;
const DEEPEST: usize = 6;
/// An object with more keys is a map.
const MOST_KEYS: usize = 60;
const MOST_CHARS: usize = 40;
/// Ids have more digits than names.
const MOST_DIGITS: usize = 2;

/// How often each path occurs with each type.
#[derive(Debug, Default)]
pub(super) struct Shape {
    paths: BTreeMap<String, u64>,
}

impl Shape {
    pub(super) fn add(&mut self, place: &str, record: &Value) {
        let start = if place.is_empty() {
            String::new()
        } else {
            format!("{place}:")
        };
        self.value(&start, record, DEEPEST);
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.paths.clone()
    }

    fn value(&mut self, path: &str, value: &Value, depth: usize) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "real",
            Value::Number(_) => "integer",
            Value::String(_) => "text",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let entry = format!("{path} {kind}");
        if self.paths.len() < MOST_PATHS || self.paths.contains_key(&entry) {
            *self.paths.entry(entry).or_default() += 1;
        }
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match value {
            Value::Object(fields) => {
                let is_map = fields.len() > MOST_KEYS;
                for (name, value) in fields {
                    let key = if is_map { "*".to_owned() } else { word(name) };
                    let below = if path.is_empty() || path.ends_with(':') {
                        format!("{path}{key}")
                    } else {
                        format!("{path}.{key}")
                    };
                    // The keys below a mask or in free form are the user's.
                    let depth = if key == "*" || is_free_form(name) { 0 } else { depth };
                    self.value(&below, value, depth);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.value(&format!("{path}[]"), item, depth);
                }
            }
            _ => {}
        }
    }
}

/// A name as it is, and `*` for anything that may be a text, an id or a path.
pub fn word(name: &str) -> String {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$' | b':');
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '$');
    let is_version = name.starts_with(|first: char| first.is_ascii_digit()) && name.contains('.');
    let is_name = (starts && digits <= MOST_DIGITS) || (is_version && digits <= 12 && !name.contains(':'));
    if is_name && name.len() <= MOST_CHARS && name.bytes().all(is_letter) {
        name.to_owned()
    } else {
        "*".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keeps_keys_and_types_and_drops_everything_else() {
        let mut shape = Shape::default();
        let record = json!({
            "type": "canary", "usage": {"input_tokens": 5, "cost": 0.5, "more": [{"a": null}]},
            "files": {"/home/canary/a.rs": {"canary": 1}, "toolu_01canary234": 2},
            "input": {"canary": {"canary": true}}, "ok": false
        });
        shape.add("", &record);
        shape.add("t.c", &json!({"x": 1}));
        let paths = shape.counts();
        assert!(!format!("{paths:?}").contains("canary"), "{paths:?}");
        for path in [
            "usage.input_tokens integer",
            "usage.cost real",
            "usage.more[].a null",
            "files.* object",
            "input object",
            "ok boolean",
            "t.c:x integer",
        ] {
            assert!(paths.contains_key(path), "{path} in {paths:?}");
        }
    }

    #[test]
    fn ids_are_no_words() {
        for name in [
            "input_tokens",
            "ephemeral_1h_input_tokens",
            "session.usage_record",
            "2.1.332",
            "0.171.0-beta",
        ] {
            assert_eq!(word(name), name);
        }
        for name in [
            "",
            "two words",
            "toolu_01ABC23",
            "a@b.c",
            "/home/dev",
            "1234",
            "20261129",
            "ses_0a1b2c",
        ] {
            assert_eq!(word(name), "*", "{name}");
        }
    }
}
