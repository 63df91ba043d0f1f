//! The JSON Schema of the configuration, and questions to it: which keys there are, and which values one may hold.

use super::settings::Settings;
use super::sinks;
use crate::system::http::reach_of;
use crate::system::parse_instant;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::sync::LazyLock;

/// Keys that TokenTop documents but does not implement, with their meaning.
pub const FLAT: [(&str, &str); 3] = [
    ("theme", "display.theme"),
    ("colorScheme", "display.colorScheme"),
    ("refreshInterval", "refresh.intervalMs"),
];

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Settings>().to_value();
    schema["title"] = "Configuration of ttop".into();
    schema["properties"]["$schema"] = serde_json::json!({"type": "string"});
    tidy(&mut schema);
    schema
});

/// The JSON Schema of the configuration file: draft 2020-12.
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// Drops defaults of whole groups, which their keys repeat, and names of Rust's types; whole numbers lose their fraction.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.contains_key("properties") || map.get("default").is_some_and(Value::is_object) {
                map.remove("default");
            }
            map.retain(|key, value| !(key == "format" && ["double", "uint64"].iter().any(|name| value == name)));
            map.values_mut().for_each(tidy);
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        number => without_fraction(number),
    }
}

/// Writes a whole number as one: `80` instead of `80.0`.
pub fn without_fraction(value: &mut Value) {
    if let Some(number) = value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0)
        && number.abs() < 1e15
    {
        *value = (number as i64).into();
    }
}

/// A key that holds a value.
pub struct Key {
    /// Dotted path; `*` matches a name: an agent, a provider, a project.
    pub path: String,
    pub node: Node,
    /// What it is for.
    pub about: &'static str,
}

/// Every key that holds a value, in the order of the settings.
pub fn keys() -> Vec<Key> {
    fn visit(node: Node, path: &str, about: &'static str, keys: &mut Vec<Key>) {
        let below = |name: &str| match path {
            "" => name.to_owned(),
            _ => format!("{path}.{name}"),
        };
        if !node.is_group() {
            let path = path.to_owned();
            return keys.push(Key { path, node, about });
        }
        node.children()
            .for_each(|(name, child)| visit(child, &below(name), child.about(), keys));
        if let Some(child) = node.other() {
            visit(child, &below("*"), about, keys);
        }
    }
    let mut keys = Vec::new();
    visit(Node::root(), "", "", &mut keys);
    keys
}

/// The names of a dotted key as typed: `prices.overrides.openai/gpt-5.5` has three, the last with a dot in it.
pub fn names(typed: &str) -> Option<Vec<String>> {
    let flat = FLAT.iter().find(|(flat, _)| *flat == typed);
    Node::root().names(flat.map_or(typed, |(_, path)| path))
}

/// A place in the schema: a group of keys, or a key that holds a value.
#[derive(Clone, Copy, Debug)]
pub struct Node(&'static Value);

impl Node {
    pub fn root() -> Self {
        Self(schema())
    }

    /// The node at a path of names.
    pub fn at(path: &[&str]) -> Option<Self> {
        path.iter().try_fold(Self::root(), |node, name| node.child(name))
    }

    /// The node of a key below this one.
    pub fn child(self, name: &str) -> Option<Self> {
        let named = || {
            self.children()
                .find(|(known, child)| *known == name || child.0["x-alias"] == name)
        };
        match named() {
            Some((_, child)) => Some(child),
            None => self.other().filter(|_| !name.is_empty()),
        }
    }

    /// The keys below this one that have fixed names.
    pub fn children(self) -> impl Iterator<Item = (&'static str, Self)> {
        let properties = self.0["properties"].as_object().into_iter().flatten();
        let visible = properties.filter(|(name, _)| *name != "$schema");
        visible.map(|(name, node)| (name.as_str(), Self(node)))
    }

    /// The node of keys that people name.
    pub fn other(self) -> Option<Self> {
        let other = self.0.get("additionalProperties")?;
        (*other != false).then_some(Self(other))
    }

    /// Whether it only holds other keys.
    pub fn is_group(self) -> bool {
        self.0["type"] == "object"
    }

    fn names(self, typed: &str) -> Option<Vec<String>> {
        let is_open = |child: Self| child.is_group();
        for (name, child) in self.children() {
            if typed == name {
                return Some(vec![name.to_owned()]);
            }
            let rest = typed.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            if let Some(below) = rest.filter(|_| is_open(child)).and_then(|rest| child.names(rest)) {
                return Some([vec![name.to_owned()], below].concat());
            }
        }
        let other = self.other().filter(|_| !typed.is_empty())?;
        if !is_open(other) {
            return Some(vec![typed.to_owned()]);
        }
        let split = |(at, _): (usize, &str)| {
            let below = other.names(&typed[at + 1..]).filter(|_| at > 0)?;
            Some([vec![typed[..at].to_owned()], below].concat())
        };
        let plain = || (!typed.contains('.')).then(|| vec![typed.to_owned()]);
        typed.match_indices('.').find_map(split).or_else(plain)
    }

    fn text(self, key: &str) -> Option<&'static str> {
        self.0.get(key)?.as_str()
    }

    fn flag(self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| *value == true)
    }

    /// What the key is for.
    pub fn about(self) -> &'static str {
        self.text("description").unwrap_or_default()
    }

    pub fn default(self) -> Option<&'static Value> {
        self.0.get("default")
    }

    /// The value to assume while the configured one is wrong, instead of the default.
    pub fn fallback(self) -> Option<&'static Value> {
        self.0.get("x-fallback")
    }

    /// Whether ttop accepts the key and ignores it.
    pub fn has_no_effect(self) -> bool {
        self.flag("x-no-effect")
    }

    /// Whether the value may be secret.
    pub fn is_secret(self) -> bool {
        self.flag("x-secret")
    }

    /// Whether one mistake in the object makes all of it useless.
    pub fn is_all_or_nothing(self) -> bool {
        self.flag("x-all-or-nothing")
    }

    /// Whether unknown keys in the object are mistakes.
    pub fn is_closed(self) -> bool {
        self.0.get("additionalProperties").is_some_and(|other| *other == false)
    }

    /// Keys that the object must have.
    pub fn required(self) -> impl Iterator<Item = &'static str> {
        let list = self.0["required"].as_array().into_iter().flatten();
        list.filter_map(Value::as_str)
    }

    /// The node of a list's elements.
    pub fn item(self) -> Option<Self> {
        self.0.get("items").map(Self)
    }

    /// The node for values of this type, where there are several.
    pub fn for_value(self, kind: &str) -> Self {
        let any = self.0["anyOf"].as_array().into_iter().flatten();
        any.map(Self).find(|node| node.allows(kind)).unwrap_or(self)
    }

    fn kinds(self) -> impl Iterator<Item = &'static str> {
        let (one, several) = (self.text("type"), self.0["type"].as_array());
        one.into_iter()
            .chain(several.into_iter().flatten().filter_map(Value::as_str))
    }

    fn allows(self, kind: &str) -> bool {
        let is_it = |known: &str| known == kind || known == "integer" && kind == "number";
        self.kinds().any(is_it) || self.kinds().next().is_none() && self.0.get("anyOf").is_none()
    }

    /// The words that it may be.
    pub fn words(self) -> Vec<&'static str> {
        let listed = |schema: &'static Value| schema["enum"].as_array().into_iter().flatten();
        // Words with a description have a schema each.
        let described = self.0["oneOf"].as_array().into_iter().flatten();
        let described = described.flat_map(|one| listed(one).chain(one.get("const")));
        listed(self.0).chain(described).filter_map(Value::as_str).collect()
    }

    /// Whether people may type the value without quotes.
    pub fn is_text(self) -> bool {
        self.allows("string") && !self.allows("object") || !self.words().is_empty()
    }

    pub fn is_list(self) -> bool {
        self.kinds().any(|kind| kind == "array")
    }

    pub fn is_flag(self) -> bool {
        self.kinds().any(|kind| kind == "boolean")
    }

    /// Checks a value apart from what is in it.
    ///
    /// # Errors
    /// What it must be instead.
    pub fn check(self, value: &Value) -> Result<(), String> {
        let node = self.for_value(kind_of(value));
        if node.holds(value) {
            Ok(())
        } else {
            Err(format!("must be {}", self.meaning()))
        }
    }

    fn holds(self, value: &Value) -> bool {
        let words = self.words();
        if !words.is_empty() {
            return value.as_str().is_some_and(|word| words.contains(&word)) || value.is_null() && self.allows("null");
        }
        if !self.allows(kind_of(value)) {
            return false;
        }
        let least = |key: &str| self.0.get(key).and_then(Value::as_f64);
        match value {
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let is_whole = number.fract() == 0.0 || !self.is_whole();
                number.is_finite()
                    && is_whole
                    && least("minimum").is_none_or(|least| number >= least)
                    && least("maximum").is_none_or(|most| number <= most)
            }
            Value::String(text) => {
                least("minLength").is_none_or(|least| text.chars().count() as f64 >= least)
                    && self.text("format").is_none_or(|format| is_of_format(text, format))
            }
            Value::Array(list) => least("minItems").is_none_or(|least| list.len() as f64 >= least),
            _ => true,
        }
    }

    fn is_whole(self) -> bool {
        self.0.get("multipleOf").is_some() || self.kinds().any(|kind| kind == "integer")
    }

    /// Checks the name of a key that people name.
    ///
    /// # Errors
    /// What it must be instead.
    pub fn check_name(self, name: &str) -> Result<(), String> {
        match self.0["propertyNames"]["format"].as_str() {
            Some("provider-model")
                if !name
                    .split_once('/')
                    .is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()) =>
            {
                Err("must be named provider/model".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// What the value must be, in words.
    pub fn meaning(self) -> String {
        let or_none = if self.allows("null") && self.default().is_some() {
            ", or null for none"
        } else {
            ""
        };
        let words = self.words();
        if let Some(text) = self.text("x-meaning") {
            return text.to_owned();
        }
        if let [one] = words[..] {
            let reason = self.text("x-reason").map(|reason| format!("; {reason}"));
            return format!("{one}{}", reason.unwrap_or_default());
        }
        if !words.is_empty() {
            return format!("one of {}", words.join(", "));
        }
        let any = self.0["anyOf"].as_array().into_iter().flatten();
        let several: Vec<String> = any.map(|node| Self(node).meaning()).collect();
        if !several.is_empty() {
            return several.join(" or ");
        }
        let number = |key: &str| self.0.get(key).and_then(Value::as_f64);
        match self.kinds().find(|kind| *kind != "null") {
            Some("boolean") => "true or false".to_owned(),
            Some("string") => match self.text("format") {
                Some("uri") => "a URL".to_owned(),
                Some("webhook") => "an https URL, which may contain {env:NAME} and {file:PATH}".to_owned(),
                Some("remote") => "https, or http to this machine, without a user name or a query".to_owned(),
                Some("day-or-time") => "a day or an RFC 3339 time".to_owned(),
                _ => "text".to_owned(),
            },
            Some("number" | "integer") => {
                let whole = if self.is_whole() { "whole " } else { "" };
                match (number("minimum"), number("maximum")) {
                    (Some(least), Some(most)) => format!("a {whole}number from {least} to {most}{or_none}"),
                    (Some(least), None) => format!("a {whole}number of at least {least}{or_none}"),
                    _ => format!("a {whole}number{or_none}"),
                }
            }
            Some("array") => match self.item() {
                Some(item) if item.is_group() => "a list of objects".to_owned(),
                _ => "a list of strings".to_owned(),
            },
            Some("object") => "an object".to_owned(),
            _ => "anything".to_owned(),
        }
    }
}

/// The type of a value, as JSON Schema names it.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_of_format(text: &str, format: &str) -> bool {
    match format {
        "uri" => text.starts_with("https://") || text.starts_with("http://"),
        "webhook" => sinks::is_hook(text),
        "remote" => reach_of(text).is_some() && !text.contains(['?', '#']),
        "day-or-time" => parse_instant(text).is_some() || text.parse::<jiff::civil::Date>().is_ok(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_and_fallback_is_a_value_of_its_key() {
        for Key { path, node, about } in keys() {
            for value in [node.default(), node.fallback()].into_iter().flatten() {
                assert_eq!(node.check(value), Ok(()), "{path}");
            }
            assert!(!about.is_empty(), "{path} has no purpose");
        }
    }

    #[test]
    fn typed_keys_are_taken_apart_by_the_schema() {
        for (typed, expected) in [
            ("budgets.daily", Some(&["budgets", "daily"][..])),
            ("budgets", Some(&["budgets"])),
            (
                "prices.overrides.openai/gpt-5.5",
                Some(&["prices", "overrides", "openai/gpt-5.5"]),
            ),
            ("providers.wafer.ai.login", Some(&["providers", "wafer.ai", "login"])),
            ("providers.hideUnconfigured", Some(&["providers", "hideUnconfigured"])),
            (
                "pluginConfig.slack.webhook.url",
                Some(&["pluginConfig", "slack", "webhook.url"]),
            ),
            ("alerts.sinks.team.url", Some(&["alerts", "sinks", "team", "url"])),
            ("theme", Some(&["display", "theme"])),
            ("budgets.dayly", None),
            ("budgets.daily.more", None),
            ("providers.x.nothing", None),
            ("billing.", None),
            ("$schema", None),
            ("", None),
        ] {
            let names = names(typed);
            let names = names
                .as_ref()
                .map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(names.as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn flat_keys_mean_known_ones() {
        for (_, path) in FLAT {
            assert!(keys().iter().any(|key| key.path == path), "{path}");
        }
    }
}
