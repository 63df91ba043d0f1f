//! Settings in the configuration: a budget, desktop alerts, and consents to use other tools' logins.

use super::super::context::Context;
use super::change::{Change, Files, Offer};
use crate::engine::creds::CredsQuery;
use crate::system::config::{Config, set};
use crate::system::{Os, System};
use anyhow::{Result, anyhow};
use serde_json::{Value, json};

/// One key and its value.
pub struct Setting {
    purpose: String,
    path: Vec<String>,
    value: Value,
}

fn setting(purpose: impl Into<String>, path: &[&str], value: Value) -> Setting {
    Setting {
        purpose: purpose.into(),
        path: path.iter().map(|&name| name.to_owned()).collect(),
        value,
    }
}

/// Whether no daily budget is set.
pub fn lacks_budget(context: &Context) -> bool {
    context.engine.config.effective(&["budgets", "daily"]).is_null()
}

/// Every setting to offer: what is set already is not among them.
///
/// # Errors
/// When credentials cannot be listed.
pub fn wanted(context: &Context, daily: Option<f64>) -> Result<Vec<Setting>> {
    let (engine, config) = (&context.engine, &context.engine.config);
    let mut wanted = Vec::new();
    if let Some(dollars) = daily {
        let value = match dollars.fract() == 0.0 {
            true => json!(dollars as i64),
            false => json!(dollars),
        };
        if config.effective(&["budgets", "daily"]).as_f64() != Some(dollars) {
            wanted.push(setting("a daily budget in US dollars", &["budgets", "daily"], value));
        }
    }
    let has_sink = config
        .effective(&["alerts", "sinks"])
        .as_object()
        .is_some_and(|sinks| !sinks.is_empty());
    if !has_sink && has_desktop(&engine.system) {
        let purpose =
            "desktop notifications when a budget or limit is near, or a session waits ('ttop alert' sends them)";
        wanted.push(setting(
            purpose,
            &["alerts", "sinks", "desktop"],
            json!({"type": "desktop"}),
        ));
    }
    let found = engine.credentials(CredsQuery::default())?;
    for provider in engine.registry.providers.iter().map(|provider| provider.about()) {
        let path = ["providers", &*provider.id, "login"];
        let is_found = found.iter().any(|row| *row.provider_id == *provider.id);
        if provider.needs_consent && is_found && !is_set(config, &path) {
            let purpose = format!(
                "consent to ask {0} with the login of its own tool how much of your plan is used ({0} restricts the use \
                 of that login)",
                provider.name
            );
            wanted.push(setting(purpose, &path, json!(true)));
        }
    }
    Ok(wanted)
}

fn is_set(config: &Config, path: &[&str]) -> bool {
    config.effective(path).as_bool() == Some(true)
}

/// Whether notifications have a desktop to appear on.
fn has_desktop(system: &System) -> bool {
    let is_there = |name: &str| system.var(name).is_some_and(|value| !value.is_empty());
    system.os == Os::MacOs || is_there("DISPLAY") || is_there("WAYLAND_DISPLAY")
}

/// The configuration with a setting.
///
/// # Errors
/// When the configuration cannot be read, or is not JSON.
pub fn offer(setting: &Setting, system: &System, files: &Files) -> Result<Offer> {
    let path = Config::path(system);
    let before = files.read(system, &path)?;
    let text = before.clone().unwrap_or_else(|| "{\n}\n".to_owned());
    let names: Vec<&str> = setting.path.iter().map(String::as_str).collect();
    let after = set(&text, &names, &setting.value).map_err(|mistake| anyhow!("{}: {mistake}", system.tilde(&path)))?;
    Ok(Offer::Change(Change {
        purpose: setting.purpose.clone(),
        path,
        before,
        after,
        then: "",
    }))
}
