//! Keys: the fields of a row, derived from its JSON Schema.

use super::Row;
use crate::core::bad_request::BadRequest;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// A key of a row, or of an object in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `tokens.input`
    pub path: String,
    pub kind: Kind,
}

/// The type of a value; any value may be null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// RFC 3339
    Time,
    Integer,
    Number,
    Flag,
    List(Box<Kind>),
    Object(Vec<Key>),
    /// Anything, such as an event's `data`.
    Any,
}

/// The JSON Schema of a row as it is written: draft 2020-12.
pub fn schema<R: Row>() -> Value {
    let root = settings().into_generator().into_root_schema_for::<R>().to_value();
    let mut schema = Map::new();
    for key in ["$schema", "title", "description"] {
        schema.insert(key.to_owned(), root.get(key).cloned().unwrap_or_default());
    }
    schema.insert("title".to_owned(), R::NAME.into());
    for (key, value) in root.as_object().into_iter().flatten() {
        schema.entry(key).or_insert_with(|| value.clone());
    }
    Value::Object(schema)
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| settings.inline_subschemas = true)
}

/// The top-level keys of a row, in order.
pub fn keys<R: Row>() -> Vec<Key> {
    match kind_of(&schema::<R>(), "") {
        Kind::Object(keys) => keys,
        _ => Vec::new(),
    }
}

/// Keys with a single value each: replaces objects by their members.
pub fn leaves(keys: &[Key]) -> Vec<Key> {
    let mut leaves = Vec::new();
    for key in keys {
        match &key.kind {
            Kind::Object(inner) => leaves.extend(self::leaves(inner)),
            _ => leaves.push(key.clone()),
        }
    }
    leaves
}

/// The key with this path, an object or a leaf.
///
/// # Errors
///
/// When there is none: a wrong command line, with suggestions.
pub fn find<'k>(keys: &'k [Key], path: &str) -> Result<&'k Key, BadRequest> {
    fn search<'k>(keys: &'k [Key], path: &str) -> Option<&'k Key> {
        keys.iter().find_map(|key| match &key.kind {
            _ if key.path == path => Some(key),
            Kind::Object(inner) => search(inner, path),
            _ => None,
        })
    }
    search(keys, path).ok_or_else(|| {
        let known = leaves(keys);
        let hint = match similar(path, known.iter().map(|key| key.path.as_str())) {
            near if near.is_empty() => "run with --fields help for the list".to_owned(),
            near => format!("did you mean {}? run with --fields help for the list", near.join(", ")),
        };
        BadRequest::new(format!("unknown field '{path}'")).with_hint(hint)
    })
}

/// The key that a word means: a key, else the title of a column (`updated`, `Cache R`), else the last part of a key
/// (`output`) or a common word for one (`title`).
pub fn meant<R: Row>(keys: &[Key], word: &str) -> Option<String> {
    if find(keys, word).is_ok() {
        return Some(word.to_owned());
    }
    titled::<R>(keys, word).or_else(|| {
        let plain = |text: &str| text.replace([' ', '_', '-'], "").to_lowercase();
        let word = plain(word);
        let known = leaves(keys);
        let last = |key: &&Key| key.path.split_once('.').is_some_and(|(_, last)| plain(last) == word);
        let other = || {
            let (_, key) = OTHER_WORDS.iter().find(|(other, _)| *other == word)?;
            known.iter().find(|known| known.path == *key)
        };
        known.iter().find(last).or_else(other).map(|key| key.path.clone())
    })
}

/// The key of a column by its title.
pub fn titled<R: Row>(keys: &[Key], word: &str) -> Option<String> {
    let plain = |text: &str| text.replace([' ', '_', '-'], "").to_lowercase();
    let mut titled = R::COLUMNS.iter().filter(|column| plain(column.title) == plain(word));
    titled
        .find(|column| find(keys, column.key).is_ok())
        .map(|column| column.key.to_owned())
}

/// Words that people and other tools use for keys.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("title", "sessionName"),
    ("name", "sessionName"),
    ("id", "sessionId"),
    ("updated", "sessionUpdatedAt"),
    ("started", "startedAt"),
    ("created", "startedAt"),
    ("folder", "projectPath"),
    ("date", "period"),
];

/// The names that are like a mistyped one, best first: at most three.
pub fn similar<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    const LEAST: f64 = 0.8;
    let plain = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let typed = plain(typed);
    let mut near: Vec<(f64, &str)> = names
        .map(|name| {
            let full = strsim::jaro_winkler(&typed, &plain(name));
            // `input` for `tokens.input`
            let last = name
                .rsplit('.')
                .next()
                .map_or(0.0, |last| strsim::jaro_winkler(&typed, &plain(last)));
            (full.max(last), name)
        })
        .filter(|(likeness, _)| *likeness >= LEAST)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// The name that a mistyped one probably is: the one that the fewest edits make of it, else one that is like it.
pub fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    const MOST_EDITS: usize = 2;
    let lower = typed.to_lowercase();
    let edits = |name: &&str| strsim::osa_distance(&lower, &name.to_lowercase());
    let closest = names.clone().min_by_key(edits);
    let closest = closest.filter(|name| edits(name) <= MOST_EDITS.min(typed.len() / 4));
    closest.or_else(|| similar(typed, names).first().copied())
}

/// The value at a path such as `tokens.input`.
pub fn value_at<'v>(row: &'v Value, path: &str) -> &'v Value {
    path.split('.')
        .fold(row, |value, key| value.get(key).unwrap_or(&Value::Null))
}

fn kind_of(schema: &Value, path: &str) -> Kind {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        return Kind::Object(keys_of(properties, path));
    }
    if let Some(options) = schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))
        .and_then(Value::as_array)
    {
        let option = options
            .iter()
            .find(|option| option.get("type").and_then(Value::as_str) != Some("null"));
        return option.map_or(Kind::Any, |option| kind_of(option, path));
    }
    let name = match schema.get("type") {
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    };
    match name {
        Some("string") if schema.get("format").and_then(Value::as_str) == Some("date-time") => Kind::Time,
        Some("string") => Kind::Text,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Flag,
        Some("array") => Kind::List(Box::new(
            schema.get("items").map_or(Kind::Any, |items| kind_of(items, "")),
        )),
        None if schema.get("enum").is_some() || schema.get("const").is_some_and(Value::is_string) => Kind::Text,
        _ => Kind::Any,
    }
}

fn keys_of(properties: &Map<String, Value>, path: &str) -> Vec<Key> {
    let key = |(name, schema): (&String, &Value)| {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        Key {
            kind: kind_of(schema, &path),
            path,
        }
    };
    properties.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::{SessionRow, TurnRow};

    #[test]
    fn keys_come_with_their_kind_and_in_order() {
        let keys = keys::<TurnRow>();
        let kind = |path| find(&keys, path).map(|key| key.kind.clone()).expect("a key");
        assert_eq!(kind("sessionName"), Kind::Text);
        assert_eq!(kind("costStatus"), Kind::Text);
        assert_eq!(kind("time"), Kind::Time);
        assert_eq!(kind("cost"), Kind::Number);
        assert_eq!(kind("requests"), Kind::Integer);
        assert_eq!(kind("tokens.cacheRead"), Kind::Integer);
        assert!(matches!(kind("tokens"), Kind::Object(inner) if inner.len() == 5));
        let paths: Vec<_> = leaves(&keys).into_iter().map(|key| key.path).collect();
        assert_eq!(paths[..2], ["turnId", "sessionId"]);
        assert_eq!(paths.len(), 26 + 5);
    }

    #[test]
    fn nullable_lists_and_enumerations_keep_their_kind() {
        let keys = keys::<SessionRow>();
        let kind = |path| find(&keys, path).map(|key| key.kind.clone()).expect("a key");
        assert_eq!(kind("models"), Kind::List(Box::new(Kind::Text)));
        assert_eq!(kind("costStatus"), Kind::Text);
        assert_eq!(kind("interactive"), Kind::Flag);
        assert_eq!(kind("time"), Kind::Time);
    }

    #[test]
    fn an_unknown_field_says_what_was_probably_meant() {
        let keys = keys::<TurnRow>();
        let hint = |path| find(&keys, path).expect_err("unknown").hint.expect("a hint");
        assert_eq!(
            hint("modelID2"),
            "did you mean modelId, model? run with --fields help for the list".replace(", model", "")
        );
        assert!(hint("cache_read").starts_with("did you mean tokens.cacheRead"));
        assert_eq!(hint("zzz"), "run with --fields help for the list");
    }
}
