//! The user's config: JSON with comments.

pub(crate) mod check;
mod edit;
pub mod keys;
mod remotes;
mod rules;
mod show;
mod sinks;

pub use check::check;
pub use edit::{set, unset};
pub use show::shown;
pub use sinks::event_globs;

use super::{Os, System, jsonc};
use crate::core::problem::Problem;
use anyhow::{Result, anyhow};
use keys::{FLAT, KEYS, Place, place};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What `config init` writes.
pub const TEMPLATE: &str = include_str!("template.jsonc");

/// The config as read; keys are asked for by their dotted path.
#[derive(Clone, Debug)]
pub struct Config {
    root: Value,
}

impl Default for Config {
    fn default() -> Self {
        Self::from_value(Value::Object(Map::new()))
    }
}

impl Config {
    pub fn from_value(root: Value) -> Self {
        let mut config = Self { root };
        config.unfold();
        config
    }

    /// Reads the config file, if there is one, and names its unknown keys.
    ///
    /// # Errors
    /// When it cannot be read, is no JSON, or has a value that its key cannot have: with line and column.
    pub fn load(system: &System) -> Result<(Self, Vec<Problem>)> {
        let path = Self::path(system);
        if path == Path::new("/dev/null") {
            return Ok((Self::default(), Vec::new()));
        }
        let file = system.tilde(&path);
        let Some(text) = jsonc::read_text(system, &path).map_err(|problem| anyhow!("{problem}"))? else {
            let named = system
                .var("TTOP_CONFIG")
                .map(|_| Problem::new(file, "set by TTOP_CONFIG, does not exist"));
            return Ok((Self::default(), named.into_iter().collect()));
        };
        let (root, unknown) = check(&text, &file)
            .map_err(|jsonc::Mistake { line, column, reason }| anyhow!("{file}:{line}:{column}: {reason}"))?;
        Ok((Self::from_value(root), unknown))
    }

    /// Where the config is, or would be: `TTOP_CONFIG`, else ttop's folder of this system.
    pub fn path(system: &System) -> PathBuf {
        match system.var("TTOP_CONFIG") {
            Some(path) => system.expand(path),
            None => match system.os {
                Os::Windows => system.app_dir(),
                Os::Linux | Os::MacOs => system.config_dir(),
            }
            .join("tokentop")
            .join("config.json"),
        }
    }

    /// The value at a path such as `["providers", "anthropic", "login"]`.
    pub fn value(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.root, |value, key| value.get(key))
    }

    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.value(path)?.as_str()
    }

    pub fn number(&self, path: &[&str]) -> Option<f64> {
        self.value(path)?.as_f64()
    }

    pub fn flag(&self, path: &[&str]) -> Option<bool> {
        self.value(path)?.as_bool()
    }

    /// `agents.<id>.roots`, by agent.
    pub fn agent_roots(&self) -> BTreeMap<String, Vec<String>> {
        let agents = self.value(&["agents"]).and_then(Value::as_object);
        let roots = agents.into_iter().flatten().filter_map(|(id, keys)| {
            let list = keys.get("roots")?.as_array()?;
            let roots = list.iter().filter_map(Value::as_str).map(str::to_owned);
            Some((id.clone(), roots.collect()))
        });
        roots.collect()
    }

    /// Keys that are set and that ttop does nothing with, as dotted paths.
    pub fn idle_keys(&self) -> Vec<String> {
        let mut idle = Vec::new();
        visit(&self.root, &mut Vec::new(), &mut |path, _| {
            if matches!(place(path), Place::Key(key) if key.is_idle) {
                idle.push(path.join("."));
            }
        });
        idle
    }

    /// The effective value at a path: the configured one, else the default, else null.
    pub fn effective(&self, path: &[&str]) -> Value {
        let mut value = Value::Null;
        let default = |text: &str| serde_json::from_str(text).expect("defaults are JSON");
        for key in KEYS
            .iter()
            .filter(|key| !key.default.is_empty() && !key.path.contains('*'))
        {
            let names: Vec<&str> = key.path.split('.').collect();
            if let Some(below) = names.strip_prefix(path) {
                put(&mut value, below, default(key.default));
            }
        }
        if let Place::Key(key) = place(path)
            && value.is_null()
            && !key.default.is_empty()
        {
            value = default(key.default);
        }
        if let Some(set) = self.value(path) {
            overlay(&mut value, set);
        }
        value
    }

    /// Flat keys of TokenTop's documents become the ones they mean, unless those are set too.
    fn unfold(&mut self) {
        for (flat, path) in FLAT {
            let Some(value) = self.root.as_object_mut().and_then(|root| root.remove(flat)) else {
                continue;
            };
            let path: Vec<&str> = path.split('.').collect();
            if self.value(&path).is_none() {
                put(&mut self.root, &path, value);
            }
        }
    }
}

/// Calls back for everything in an object that is no object with known keys below it.
fn visit<'v>(value: &'v Value, path: &mut Vec<&'v str>, found: &mut impl FnMut(&[&str], &Value)) {
    for (name, value) in value.as_object().into_iter().flatten() {
        path.push(name);
        match (place(path), value) {
            (Place::Group, Value::Object(_)) => visit(value, path, found),
            _ => found(path, value),
        }
        path.pop();
    }
}

/// Sets the value at a path and creates missing objects.
fn put(root: &mut Value, path: &[&str], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *root = value;
        return;
    };
    if !root.is_object() {
        *root = Value::Object(Map::new());
    }
    put(&mut root[*name], rest, value);
}

/// Lays one value over another; objects are laid over key by key.
fn overlay(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                overlay(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// All keys that TokenTop writes or documents.
    const TOKENTOP: &str = r#"{
        "configVersion": 1,
        "refresh": {"intervalMs": 60000, "pauseAutoRefresh": false, "staleThresholdMs": 300000},
        "display": {"defaultTimeWindow": "1h", "sidebarCollapsed": false, "timeFormat": "24h", "numberFormat": "compact",
            "sparkline": {"style": "braille", "orientation": "up", "showBaseline": true},
            "theme": "tokyo-night", "colorScheme": "auto"},
        "notifications": {"toastsEnabled": true, "soundEnabled": false},
        "budgets": {"daily": null, "weekly": 50, "monthly": null, "currency": "USD"},
        "alerts": {"warningPercent": 80, "criticalPercent": 95},
        "providers": {"hideUnconfigured": false},
        "plugins": {"local": ["~/p"], "npm": [], "disabled": ["x"]},
        "pluginConfig": {"slack": {"webhookUrl": "https://hooks.example/x", "retries": 3}},
        "theme": "dracula", "colorScheme": "dark", "refreshInterval": 30000
    }"#;

    #[test]
    fn tokentops_config_is_taken_whole() {
        let (root, unknown) = check(TOKENTOP, "config.json").expect("a config");
        assert_eq!(unknown, []);
        let config = Config::from_value(root);
        assert_eq!(config.number(&["budgets", "weekly"]), Some(50.0));
        assert_eq!(config.text(&["display", "theme"]), Some("tokyo-night"));
        assert_eq!(config.value(&["theme"]), None);
    }

    #[test]
    fn flat_keys_count_where_the_real_ones_are_not_set() {
        let config =
            Config::from_value(json!({"theme": "dracula", "refreshInterval": 30000, "display": {"theme": "nord"}}));
        assert_eq!(config.text(&["display", "theme"]), Some("nord"));
        assert_eq!(config.number(&["refresh", "intervalMs"]), Some(30000.0));
        assert_eq!(config.idle_keys(), ["refresh.intervalMs"]);
    }

    #[test]
    fn what_is_in_force_is_what_is_set_over_the_defaults() {
        let config = Config::from_value(json!({"alerts": {"warningPercent": 70}, "billing": {"codex": "plan"}}));
        let alerts = json!({"warningPercent": 70, "criticalPercent": 95, "idleMinutes": 15});
        assert_eq!(config.effective(&["alerts"]), alerts);
        assert_eq!(config.effective(&["billing"]), json!({"codex": "plan"}));
        assert_eq!(config.effective(&["providers", "anthropic", "login"]), json!(false));
        assert_eq!(config.effective(&["projects", "acme"]), Value::Null);
        assert_eq!(Config::default().effective(&[])["prices"], json!({"autoUpdate": true}));
    }

    #[test]
    fn the_file_is_where_this_system_has_it() {
        let path = |os, env: &[(&str, &str)]| {
            let env = env
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect();
            Config::path(&System::new(os, "/home/dev", env))
        };
        let default = Path::new("/home/dev/.config/tokentop/config.json");
        assert_eq!(path(Os::Linux, &[]), default);
        assert_eq!(path(Os::MacOs, &[]), default);
        assert_eq!(
            path(Os::Linux, &[("XDG_CONFIG_HOME", "/x")]),
            Path::new("/x/tokentop/config.json")
        );
        assert_eq!(
            path(Os::Windows, &[("APPDATA", "/a")]),
            Path::new("/a/tokentop/config.json")
        );
        assert_eq!(
            path(Os::Linux, &[("TTOP_CONFIG", "~/own.json")]),
            Path::new("/home/dev/own.json")
        );
    }

    #[test]
    fn the_template_is_a_config_with_and_without_its_comments() {
        let (root, unknown) = check(TEMPLATE, "template").expect("a config");
        assert_eq!((root, unknown), (json!({}), vec![]));
        let lines = TEMPLATE.lines().map(|line| {
            line.strip_prefix("  // \"")
                .map_or(line.to_owned(), |rest| format!("  \"{rest}"))
        });
        let text: Vec<String> = lines.collect();
        let (root, unknown) = check(&text.join("\n"), "template").expect("a config");
        assert_eq!(unknown, []);
        assert!(root.as_object().is_some_and(|root| root.len() > 5));
    }
}
