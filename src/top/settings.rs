//! Settings: the keys of the configuration with their values, for the window that changes them.

use super::rows::Setting;
use crate::engine::Engine;
use crate::system::config::schema::keys;
use crate::system::config::shown;
use serde_json::Value;

/// Every key with its value and default, in the order of the settings. Of keys that people name, each one that is set has a
/// line, and `aliases.*` adds one.
pub fn settings(engine: &Engine) -> Vec<Setting> {
    let mut all = Vec::new();
    for key in keys().into_iter().filter(|key| !key.node.has_no_effect()) {
        let parts: Vec<&str> = key.path.split('.').collect();
        let default = key.node.default().map(text).unwrap_or_default();
        let mut add = |names: &[String]| {
            let path: Vec<&str> = names.iter().map(String::as_str).collect();
            all.push(Setting {
                value: text(&shown(&path, &engine.config.effective(&path))),
                default: default.clone(),
                about: key.about,
                key: names.join("."),
            });
        };
        for names in spelled_out(engine, &parts) {
            add(&names);
        }
        if parts.contains(&"*") {
            all.push(Setting {
                key: key.path,
                value: String::new(),
                default,
                about: key.about,
            });
        }
    }
    all
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The paths that fit one with `*`, as far as they are set.
fn spelled_out(engine: &Engine, parts: &[&str]) -> Vec<Vec<String>> {
    let mut paths: Vec<Vec<String>> = vec![Vec::new()];
    for part in parts {
        let longer = paths.into_iter().flat_map(|path| {
            let names = match *part {
                "*" => names_at(engine, &path),
                fixed => vec![fixed.to_owned()],
            };
            let longer = names.into_iter().map(move |name| [&path[..], &[name]].concat());
            longer.collect::<Vec<_>>()
        });
        paths = longer.collect();
    }
    let has_names = parts.contains(&"*");
    paths.retain(|path| {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        !has_names || !engine.config.effective(&path).is_null()
    });
    paths
}

fn names_at(engine: &Engine, path: &[String]) -> Vec<String> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match engine.config.effective(&path) {
        Value::Object(map) => map.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The key and value that were typed: in the line of `aliases.*`, the first word is the name.
pub fn named(key: &str, typed: &str) -> (String, String) {
    let (mut key, mut rest) = (key.to_owned(), typed.trim_start());
    while key.contains('*') {
        let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        key = key.replacen('*', name, 1);
        rest = value.trim_start();
        if name.is_empty() {
            break;
        }
    }
    (key, rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::registry::Registry;
    use crate::system::config::Config;
    use crate::system::{Os, System};

    #[test]
    fn a_name_is_typed_before_its_value() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(named("display.theme", "nord"), pair("display.theme", "nord"));
        assert_eq!(
            named("aliases.*", "td cost --on today"),
            pair("aliases.td", "cost --on today")
        );
        assert_eq!(
            named("pluginConfig.*.*", "acme key 5"),
            pair("pluginConfig.acme.key", "5")
        );
        assert_eq!(named("aliases.*", ""), pair("aliases.", ""));
    }

    #[test]
    fn names_that_are_set_have_a_line_and_others_can_be_added() {
        let config = r#"{"aliases": {"td": "cost --on today"}, "budgets": {"rules": [{"id": "team", "every": "week", "usd": 5}]},
            "plans": {"codex": {"price": 20}}}"#;
        let system = System::new(Os::Linux, "/nowhere", Default::default());
        let engine = Engine::new(system, Config::parse(config, "config.json"), Registry::built_in());
        let all = settings(&engine);
        let value = |key: &str| {
            all.iter()
                .find(|setting| setting.key == key)
                .map(|setting| setting.value.as_str())
        };
        assert_eq!(value("aliases.td"), Some("cost --on today"));
        assert_eq!(value("aliases.*"), Some(""));
        assert_eq!(value("plans.codex.price"), Some("20"));
        assert!(
            value("budgets.rules").is_some_and(|rules| rules.contains("team")),
            "{all:?}"
        );
        assert_eq!(value("display.numberFormat"), Some("compact"));
    }
}
