//! Settings in the configuration: budgets, desktop alerts, and consents to downloads and to other tools' logins.

use super::change::{Change, Files, Offer};
use crate::engine::Engine;
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
    /// Offered to those who do not want it.
    pub otherwise: Option<Box<Setting>>,
}

/// The budgets that setup asks for.
pub const BUDGETS: [&str; 3] = ["daily", "weekly", "monthly"];

fn setting(purpose: impl Into<String>, path: &[&str], value: Value) -> Setting {
    Setting {
        purpose: purpose.into(),
        path: path.iter().map(|&name| name.to_owned()).collect(),
        value,
        otherwise: None,
    }
}

impl Engine {
    /// Whether no such budget is set.
    pub fn lacks_budget(&self, name: &str) -> bool {
        self.config.effective(&["budgets", name]).is_null()
    }

    /// Every setting to offer: what is set already is not among them.
    ///
    /// # Errors
    /// When credentials cannot be listed.
    pub fn settings_to_offer(&self, budgets: &[(&str, f64)]) -> Result<Vec<Setting>> {
        let mut wanted = budget_settings(&self.config, budgets);
        wanted.extend(desktop_alerts(self));
        wanted.extend(price_download(&self.config));
        wanted.extend(consents(self)?);
        Ok(wanted)
    }
}

fn budget_settings(config: &Config, budgets: &[(&str, f64)]) -> Vec<Setting> {
    let mut wanted = Vec::new();
    for (name, dollars) in budgets {
        let value = match dollars.fract() == 0.0 {
            true => json!(*dollars as i64),
            false => json!(dollars),
        };
        if config.effective(&["budgets", name]).as_f64() != Some(*dollars) {
            let purpose = format!("a {name} budget in US dollars");
            wanted.push(setting(purpose, &["budgets", name], value));
        }
    }
    wanted
}

fn desktop_alerts(engine: &Engine) -> Option<Setting> {
    let has_sink = engine
        .config
        .effective(&["alerts", "sinks"])
        .as_object()
        .is_some_and(|sinks| !sinks.is_empty());
    let purpose = "desktop notifications when a budget or limit is near, or a session waits ('ttop alert' sends them)";
    (!has_sink && has_desktop(&engine.system))
        .then(|| setting(purpose, &["alerts", "sinks", "desktop"], json!({"type": "desktop"})))
}

fn price_download(config: &Config) -> Option<Setting> {
    let download = ["prices", "autoUpdate"];
    let on = "consent to download the price list of models.dev, at most once a day and without any data of yours";
    let off = "no download of prices: costs come from the list in this build, until you run 'ttop prices update'";
    (!config.is_set(&download)).then(|| Setting {
        otherwise: Some(Box::new(setting(off, &download, json!(false)))),
        ..setting(on, &download, json!(true))
    })
}

/// Consents to use logins that are on this machine.
fn consents(engine: &Engine) -> Result<Vec<Setting>> {
    let mut wanted = Vec::new();
    let found = engine.credentials(CredsQuery::default())?;
    for provider in engine.registry.providers.iter().map(|provider| provider.about()) {
        let path = ["providers", &*provider.id, "login"];
        let is_found = found.iter().any(|row| *row.provider_id == *provider.id);
        if provider.needs_consent && is_found && engine.config.effective(&path).as_bool() != Some(true) {
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

/// Whether notifications have a desktop to appear on.
fn has_desktop(system: &System) -> bool {
    let is_there = |name: &str| system.var(name).is_some_and(|value| !value.is_empty());
    system.os == Os::MacOs || is_there("DISPLAY") || is_there("WAYLAND_DISPLAY")
}

impl Setting {
    /// The configuration with the setting.
    ///
    /// # Errors
    /// When the configuration cannot be read, or is not JSON.
    pub fn offer(&self, system: &System, files: &Files) -> Result<Offer> {
        let path = Config::path(system);
        let before = files.read(system, &path)?;
        let text = before.clone().unwrap_or_else(|| "{\n}\n".to_owned());
        let names: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let after = set(&text, &names, &self.value).map_err(|mistake| anyhow!("{}: {mistake}", system.tilde(&path)))?;
        Ok(Offer::Change(Change {
            purpose: self.purpose.clone(),
            path,
            before,
            after,
            then: "",
        }))
    }
}
