//! The user's configuration: one file, JSON with comments, read as [`Settings`].

mod check;
mod edit;
mod file;
pub mod flaw;
mod page;
mod repair;
mod rules;
pub mod schema;
pub mod settings;
mod show;
mod sinks;
pub mod values;

pub use edit::{set, unset};
pub use file::{remove_value, write_value};
pub use flaw::Flaw;
pub use page::page;
pub use show::{annotated, shown};
pub use sinks::event_globs;

use super::{Os, System, jsonc};
use crate::core::cannot_answer::CannotAnswer;
use crate::core::problem::Problem;
use anyhow::Result;
use check::{Checked, check};
use schema::{Node, without_fraction};
use serde::Deserialize;
use serde_json::{Map, Value};
use settings::{Provider, Settings};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// What `config init` writes.
pub const TEMPLATE: &str = include_str!("template.jsonc");

/// The configuration in force: the settings of the file where they are right, and defaults.
#[derive(Clone, Debug, Default)]
pub struct Config {
    settings: Settings,
    /// What the file sets, without wrong values.
    root: Map<String, Value>,
    flaws: Vec<Flaw>,
}

impl Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Config {
    /// Reads the configuration file, if there is one. A file that cannot be read or parsed counts as empty, but keeps
    /// ttop off the network: it may have forbidden it.
    pub fn load(system: &System) -> Self {
        let path = Self::path(system);
        if path == Path::new("/dev/null") {
            return Self::default();
        }
        let file = system.tilde(&path);
        match jsonc::read_text(system, &path) {
            Ok(Some(text)) => Self::parse(&text, &file),
            Ok(None) if system.var("TTOP_CONFIG").is_some() => Self {
                flaws: vec![Flaw {
                    path: Vec::new(),
                    problem: Problem::new(file, "set by TTOP_CONFIG, does not exist"),
                    consequence: String::new(),
                    repair: "ttop config init".to_owned(),
                    meant: Some(Vec::new()),
                }],
                ..Self::default()
            },
            Ok(None) => Self::default(),
            Err(problem) => Self::unusable(problem, &file),
        }
    }

    /// The configuration of a text; `file` names it in problems.
    pub fn parse(text: &str, file: &str) -> Self {
        let checked = match check(text, file) {
            Ok(checked) => checked,
            Err(jsonc::Mistake { line, column, reason }) => {
                return Self::unusable(Problem::new(format_args!("{file}:{line}:{column}"), reason), file);
            }
        };
        let Checked { root, flaws } = checked;
        match Settings::deserialize(&root) {
            Ok(settings) => Self { settings, root, flaws },
            // Its words would repeat a value.
            Err(_) => Self::unusable(Problem::new(file, "could not be understood"), file),
        }
    }

    /// Whether the file could not be read or parsed, so that nothing of it is in force.
    pub fn is_unusable(&self) -> bool {
        self.flaws.iter().any(|flaw| flaw.path.is_empty())
    }

    fn unusable(problem: Problem, file: &str) -> Self {
        let mut config = Self::default();
        config.settings.offline = true;
        config.flaws.push(Flaw {
            path: Vec::new(),
            problem,
            consequence: "ttop uses defaults and stays offline".to_owned(),
            repair: format!("${{EDITOR:-vi}} {file}"),
            meant: None,
        });
        config
    }

    /// The configuration that a value describes.
    pub fn from_value(root: &Value) -> Self {
        Self::parse(&root.to_string(), "configuration")
    }

    /// Where the configuration is, or would be: `TTOP_CONFIG`, else ttop's folder of this system.
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

    /// The mistakes in the file, in its order.
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// Whether the value of a key, or of one below it, may be missing because of a mistake.
    pub fn is_flawed(&self, key: &str) -> bool {
        self.flaws.iter().any(|flaw| flaw.concerns(key))
    }

    /// Refuses a check whose answer depends on keys with a mistake: without their values it could pass wrongly.
    ///
    /// # Errors
    /// When there is such a mistake.
    pub fn require(&self, check: &str, keys: &[&str]) -> Result<()> {
        let concerns = |flaw: &&Flaw| keys.iter().any(|key| flaw.concerns(key));
        match self.flaws.iter().find(concerns) {
            Some(flaw) => {
                let message = format!("{check} needs a correct configuration: {}", flaw.problem);
                Err(CannotAnswer::new(message, format!("run '{}'", flaw.repair)).into())
            }
            None => Ok(()),
        }
    }

    /// `agents.<id>.roots`, by agent.
    pub fn agent_roots(&self) -> BTreeMap<String, Vec<String>> {
        let agents = self.agents.iter().filter(|(_, agent)| !agent.roots.is_empty());
        agents.map(|(id, agent)| (id.clone(), agent.roots.clone())).collect()
    }

    /// The settings of a provider.
    pub fn provider(&self, id: &str) -> &Provider {
        static USUAL: LazyLock<Provider> = LazyLock::new(Provider::default);
        self.providers.by_id.get(id).unwrap_or(&USUAL)
    }

    /// Keys that are set and have no effect, as dotted paths.
    pub fn keys_without_effect(&self) -> Vec<String> {
        fn visit(node: Node, path: &str, value: &Value, found: &mut Vec<String>) {
            for (name, value) in value.as_object().into_iter().flatten() {
                let Some(child) = node.child(name) else { continue };
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                if child.has_no_effect() {
                    found.push(path);
                } else if child.is_group() {
                    visit(child, &path, value, found);
                }
            }
        }
        let mut found = Vec::new();
        let root = Value::Object(self.root.clone());
        visit(Node::root(), "", &root, &mut found);
        found
    }

    /// Whether the file has a value at a path.
    pub fn is_set(&self, path: &[&str]) -> bool {
        let Some((first, rest)) = path.split_first() else {
            return true;
        };
        let first = self.root.get(*first);
        first.is_some_and(|first| rest.iter().try_fold(first, |value, name| value.get(name)).is_some())
    }

    /// The effective value at a path: the configured one, else the default, else null.
    pub fn effective(&self, path: &[&str]) -> Value {
        let mut all = serde_json::to_value(&self.settings).unwrap_or_default();
        whole_numbers(&mut all);
        overlay(&mut all, &Value::Object(self.root.clone()));
        let set = path.iter().try_fold(&all, |value, name| value.get(name));
        let default = || Node::at(path)?.default().cloned();
        set.filter(|value| !value.is_null())
            .cloned()
            .or_else(default)
            .unwrap_or_default()
    }
}

fn whole_numbers(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(whole_numbers),
        Value::Array(list) => list.iter_mut().for_each(whole_numbers),
        number => without_fraction(number),
    }
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
    fn tokentops_configuration_is_understood() {
        let config = Config::parse(TOKENTOP, "config.json");
        assert_eq!(config.flaws(), []);
        assert_eq!(config.budgets.weekly, Some(50.0));
        assert_eq!(config.display.theme.as_deref(), Some("tokyo-night"));
        assert_eq!(config.plugins.local, ["~/p"]);
        assert_eq!(config.effective(&["theme"]), Value::Null);
    }

    #[test]
    fn flat_keys_count_where_the_real_ones_are_not_set() {
        let config = Config::from_value(
            &json!({"theme": "dracula", "refreshInterval": 30000, "display": {"theme": "nord", "sidebarCollapsed": true}}),
        );
        assert_eq!(config.display.theme.as_deref(), Some("nord"));
        assert_eq!(config.refresh.interval_ms, 30_000.0);
        let idle = config.keys_without_effect();
        assert!(idle.contains(&"display.sidebarCollapsed".to_owned()), "{idle:?}");
        assert!(idle.contains(&"refresh.intervalMs".to_owned()), "{idle:?}");
    }

    #[test]
    fn the_effective_configuration_is_the_file_over_the_defaults() {
        let config = Config::from_value(&json!({"alerts": {"warningPercent": 70}, "billing": {"codex": "plan"}}));
        let alerts = json!({"warningPercent": 70, "criticalPercent": 95, "idleMinutes": 15});
        assert_eq!(config.effective(&["alerts"]), alerts);
        assert_eq!(config.effective(&["billing"]), json!({"codex": "plan"}));
        assert_eq!(config.effective(&["providers", "anthropic", "login"]), json!(false));
        assert_eq!(config.effective(&["projects", "acme"]), Value::Null);
        assert_eq!(Config::default().effective(&[])["prices"], json!({"autoUpdate": true}));
        assert_eq!(Config::default().effective(&[])["budgets"]["daily"], Value::Null);
    }

    #[test]
    fn a_file_that_cannot_be_parsed_means_defaults_without_network() {
        for text in ["{", "[]", "{\"offline\": false,,}", "5"] {
            let config = Config::parse(text, "config.json");
            assert!(config.offline && config.flaws().len() == 1, "{text}");
            assert!(config.require("a check", &["budgets"]).is_err(), "{text}");
        }
    }

    #[test]
    fn whatever_a_file_holds_its_right_values_are_understood() {
        use proptest::prelude::*;
        let keys = schema::keys();
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z/]{0,9}|webhook|day|metered|https://x/".prop_map(Value::from),
        ];
        let value = leaf.prop_recursive(3, 12, 4, |inner| {
            let name = "[a-z]{1,3}|type|every|usd|input|output|tokens|id|a/b|login";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..4).prop_map(|list| Value::Object(list.into_iter().collect())),
            ]
        });
        let places = prop::collection::vec((0..keys.len(), value), 0..5);
        proptest!(ProptestConfig::with_cases(512), |(places in places)| {
            let mut root = json!({});
            for (at, value) in places {
                let names: Vec<String> = keys[at].path.replace('*', "x/y").split('.').map(str::to_owned).collect();
                let place = names.iter().fold(&mut root, |value, name| &mut value[name.as_str()]);
                *place = value;
            }
            let config = Config::from_value(&root);
            prop_assert!(config.flaws().iter().all(|flaw| !flaw.path.is_empty()), "{:?}", config.flaws());
        });
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
    fn the_template_is_a_configuration_with_and_without_its_comments() {
        let template = Config::parse(TEMPLATE, "template");
        assert_eq!((template.root, template.flaws), (Map::new(), vec![]));
        let lines = TEMPLATE.lines().map(|line| {
            line.strip_prefix("  // \"")
                .map_or(line.to_owned(), |rest| format!("  \"{rest}"))
        });
        let text: Vec<String> = lines.collect();
        let template = Config::parse(&text.join("\n"), "template");
        assert_eq!(template.flaws, []);
        assert!(template.root.len() > 5);
    }
}
