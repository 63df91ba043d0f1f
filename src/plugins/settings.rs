//! Settings of a plugin: its defaults, then the user's values, each checked against its schema.

use crate::core::bad_request::BadRequest;
use serde_json::{Map, Value};

/// Keys that objects have by themselves.
const RESERVED: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// What a plugin is called with, and what was wrong with what the user set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub values: Map<String, Value>,
    pub warnings: Vec<String>,
}

/// `default`, then `defaultConfig`, then the user's.
pub fn merge(id: &str, declared: &Value, user: Option<&Map<String, Value>>) -> Settings {
    let mut settings = Settings::default();
    let nothing = Map::new();
    let schema = declared["configSchema"].as_object().unwrap_or(&nothing);
    let defaults = declared["defaultConfig"].as_object().unwrap_or(&nothing);
    let own = schema
        .iter()
        .filter_map(|(key, field)| Some((key, field.get("default")?)));
    for (key, value) in own.chain(defaults) {
        if !RESERVED.contains(&key.as_str()) && !value.is_null() {
            settings.values.insert(key.clone(), value.clone());
        }
    }
    for (key, value) in user.unwrap_or(&nothing) {
        if RESERVED.contains(&key.as_str()) {
            settings
                .warnings
                .push(format!("pluginConfig.{id}.{key}: this name is not passed on"));
            continue;
        }
        match schema.get(key).map(|field| check(field, value)) {
            Some(Err(wanted)) => settings
                .warnings
                .push(format!("pluginConfig.{id}.{key}: must be {wanted}")),
            Some(Ok(())) => {
                settings.values.insert(key.clone(), value.clone());
            }
            None => {
                settings
                    .warnings
                    .push(format!("pluginConfig.{id}.{key}: the plugin has no such setting"));
                settings.values.insert(key.clone(), value.clone());
            }
        }
    }
    for (key, field) in schema {
        if field["required"] == true && !settings.values.contains_key(key) {
            settings.warnings.push(format!(
                "pluginConfig.{id}.{key}: required, and not set: ttop config set pluginConfig.{id}.{key} …"
            ));
        }
    }
    settings
}

/// Checks a value that was typed for `pluginConfig.<id>.<key>` against the plugin's schema, if it has one.
///
/// # Errors
/// When the plugin has no such setting, or its value must be another.
pub fn check_typed(declared: &Value, id: &str, key: &str, typed: &str, value: Value) -> Result<Value, BadRequest> {
    let Some(schema) = declared["configSchema"].as_object() else {
        return Ok(value);
    };
    let Some(field) = schema.get(key) else {
        let known: Vec<&str> = schema.keys().map(String::as_str).collect();
        let error = BadRequest::new(format!("pluginConfig.{id}.{key}: the plugin has no such setting"));
        return Err(error.with_hint(format!("its settings: {}", known.join(", "))));
    };
    // A key such as 12345 is a text where the plugin wants one.
    let is_text = check(field, &value).is_err() && !value.is_string();
    let value = if is_text { Value::from(typed) } else { value };
    match check(field, &value) {
        Ok(()) => Ok(value),
        Err(wanted) => Err(BadRequest::new(format!("pluginConfig.{id}.{key} must be {wanted}"))),
    }
}

/// Checks one value against its field.
///
/// # Errors
/// What it must be.
pub fn check(field: &Value, value: &Value) -> Result<(), String> {
    match field["type"].as_str() {
        Some("string") if value.is_string() => Ok(()),
        Some("string") => Err("a text (string)".to_owned()),
        Some("boolean") if value.is_boolean() => Ok(()),
        Some("boolean") => Err("true or false (boolean)".to_owned()),
        Some("number") => {
            let bound = |key: &str| field[key].as_f64();
            let (min, max) = (bound("min"), bound("max"));
            let is_within = |number: f64| min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
            if value.as_f64().is_some_and(is_within) {
                return Ok(());
            }
            Err(match (&field["min"], &field["max"]) {
                (Value::Null, Value::Null) => "a number".to_owned(),
                (min, Value::Null) => format!("a number from {min}"),
                (Value::Null, max) => format!("a number up to {max}"),
                (min, max) => format!("a number from {min} to {max}"),
            })
        }
        _ => {
            let options = field["options"].as_array().map(Vec::as_slice).unwrap_or_default();
            if options.iter().any(|option| option["value"] == *value) {
                return Ok(());
            }
            let names = options.iter().map(|option| match &option["value"] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            Err(format!("one of {}", names.collect::<Vec<_>>().join(", ")))
        }
    }
}
