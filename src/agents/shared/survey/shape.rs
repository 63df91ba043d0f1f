//! The anonymous shape of records: keys and types of values, without any text, id, path or name.

use super::vocabulary::{Vocabulary, is_free_form};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

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
    pub(super) fn add(&mut self, known: &Vocabulary, place: &str, record: &Value) {
        let start = if place.is_empty() {
            String::new()
        } else {
            format!("{place}:")
        };
        self.value(known, &start, "", record, DEEPEST);
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.paths.clone()
    }

    /// Adds the value of a key with this name; elements of arrays have none.
    fn value(&mut self, known: &Vocabulary, path: &str, name: &str, value: &Value, depth: usize) {
        let entry = format!("{path} {}", kind(value));
        if self.paths.len() < MOST_PATHS || self.paths.contains_key(&entry) {
            *self.paths.entry(entry).or_default() += 1;
        }
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match value {
            Value::Object(fields) => {
                let is_map = is_map(name, fields);
                for (name, value) in fields {
                    let is_key = known.has_count(name) || (!is_map && is_plain(name));
                    let key = if is_key { name } else { "*" };
                    let below = if path.is_empty() || path.ends_with(':') {
                        format!("{path}{key}")
                    } else {
                        format!("{path}.{key}")
                    };
                    // The keys below a mask or in free form are the user's.
                    let depth = if !is_key || is_free_form(name) { 0 } else { depth };
                    self.value(known, &below, name, value, depth);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.value(known, &format!("{path}[]"), "", item, depth);
                }
            }
            _ => {}
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "real",
        Value::Number(_) => "integer",
        Value::String(_) => "text",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether the keys of an object are names of files, models, tools or the like instead of fields. Its values are then of
/// one kind, and it is a map by its own name, by a key that no program would give a field, or by records that are equal
/// in their fields: `"modelUsage":{"acme":{…}}`, `{"Makefile":{…},"a.rs":{…}}`, `{"ann":{"n":1},"bob":{"n":2}}`.
fn is_map(name: &str, fields: &Map<String, Value>) -> bool {
    let mut kinds = fields
        .values()
        .filter(|value| !value.is_null())
        .map(|value| match kind(value) {
            "real" => "integer",
            kind => kind,
        });
    let first = kinds.next();
    let is_uniform = kinds.all(|kind| Some(kind) == first);
    let has_map_form = || is_map_name(name) || !fields.keys().all(|key| is_plain(key)) || has_equal_records(fields);
    fields.len() > MOST_KEYS || (is_uniform && has_map_form())
}

/// Whether all of several values are objects with the same fields.
fn has_equal_records(fields: &Map<String, Value>) -> bool {
    let keys = |value: &Value| -> Option<BTreeSet<String>> { Some(value.as_object()?.keys().cloned().collect()) };
    let mut all = fields.values().map(keys);
    let Some(Some(first)) = all.next() else {
        return false;
    };
    fields.len() > 1 && !first.is_empty() && all.all(|keys| keys.as_ref() == Some(&first))
}

/// Whether a field has the name of a map: `toolCounts`, `usage_by_model`, `modelMetrics`.
fn is_map_name(name: &str) -> bool {
    const MANY: [&str; 17] = [
        "agents",
        "backups",
        "counts",
        "extensions",
        "files",
        "folders",
        "hooks",
        "models",
        "plugins",
        "projects",
        "servers",
        "sessions",
        "skills",
        "states",
        "subagents",
        "watermarks",
        "workspaces",
    ];
    const SUMS: [&str; 6] = ["cost", "costs", "metrics", "stats", "tokens", "usage"];
    const OF: [&str; 9] = [
        "agent", "file", "model", "project", "provider", "server", "session", "skill", "tool",
    ];
    let mut words = Vec::new();
    for part in name.split(['_', '-', '.']) {
        let mut start = 0;
        for (at, letter) in part.char_indices().filter(|(at, _)| *at > 0) {
            if letter.is_ascii_uppercase() && !part[..at].ends_with(|before: char| before.is_ascii_uppercase()) {
                words.push(part[start..at].to_ascii_lowercase());
                start = at;
            }
        }
        words.push(part[start..].to_ascii_lowercase());
    }
    let (last, before) = words.split_last().expect("at least one part");
    MANY.contains(&&**last)
        || words.iter().any(|word| word == "by" || word == "per")
        || (SUMS.contains(&&**last) && before.iter().any(|word| OF.contains(&&**word)))
}

/// Whether a key may be that of a field. Names of files, models and tools of servers have other characters in them.
fn is_plain(key: &str) -> bool {
    !key.contains(['.', '-', ':']) && word(key) == key
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
        shape.add(&Vocabulary::EMPTY, "", &record);
        shape.add(&Vocabulary::EMPTY, "t.c", &json!({"x": 1}));
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
    fn keys_of_maps_are_no_fields() {
        const KNOWN: Vocabulary = Vocabulary {
            counts: &["input_tokens"],
            ..Vocabulary::EMPTY
        };
        for record in [
            json!({"trackedFileBackups": {"canary": {"version": 1}}}),
            json!({"modelUsage": {"canary": {"input_tokens": 1}}}),
            json!({"modelMetrics": {"canary": {"a": 1}, "other": {"b": 1}}}),
            json!({"toolCounts": {"canary": 3}}),
            json!({"tools_stats": {"x": {"byName": {"canary": {"count": 1}}}}}),
            json!({"usage_by_model": {"canary": 0.5, "other": 1}}),
            json!({"mcpServers": {"canary": {"command": "x"}, "other": null}}),
            json!({"x": {"canary": {"n": 1}, "other": {"n": 2}}}),
            json!({"x": {"canary": {"n": 1}, "a.rs": {}}}),
            json!({"x": {"canary": "a", "claude-opus-5-5": "b"}}),
            json!({"x": {"canary.md": 1, "b": "c"}}),
            json!({"x": {"acme:canary": 1, "b": "c"}}),
        ] {
            let mut shape = Shape::default();
            shape.add(&KNOWN, "", &record);
            assert!(!format!("{shape:?}").contains("canary"), "{record}: {shape:?}");
        }
        let mut shape = Shape::default();
        let record = json!({"usage": {"new": 1, "b": 2}, "toolUsage": {"new": 1, "model": "x"}, "modelUsage": {"input_tokens": 1}});
        shape.add(&KNOWN, "", &record);
        for path in [
            "usage.new integer",
            "toolUsage.new integer",
            "modelUsage.input_tokens integer",
        ] {
            assert!(shape.counts().contains_key(path), "{path} in {shape:?}");
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
