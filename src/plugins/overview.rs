//! One plugin as its users see it: where it is, what it may do, what went wrong last.

use super::consent;
use super::host::{Found, State};
use super::parent::walls;
use super::plugin::Plugin;
use crate::core::rows::{PluginProviderRow, PluginRow};
use crate::core::time::Time;
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a plugin's own answer may take.
const ASK_WITHIN: Duration = Duration::from_secs(5);
const MOST_PROVIDERS: usize = 100;

/// The providers that an agent plugin names; `None` for any other, and where it does not answer.
#[must_use]
pub fn providers(plugin: &Arc<Plugin>) -> Option<Vec<PluginProviderRow>> {
    if !plugin.declaration.has("getProviders") {
        return None;
    }
    let called = plugin.ask_within("getProviders", json!({}), ASK_WITHIN).ok()?;
    called.value.is_array().then(|| provider_rows(&called.value))
}

/// `getProviders` of the SDK: a provider is enabled unless the agent says otherwise.
pub fn provider_rows(listed: &Value) -> Vec<PluginProviderRow> {
    let listed = listed.as_array().into_iter().flatten().take(MOST_PROVIDERS);
    let rows = listed.filter_map(|one| {
        Some(PluginProviderRow {
            id: one["id"].as_str()?.to_owned(),
            name: one["name"].as_str().map(str::to_owned),
            configured: one["configured"].as_bool(),
            enabled: one["enabled"]
                .as_bool()
                .or_else(|| one["enabled"].is_null().then_some(true)),
        })
    });
    rows.collect()
}

/// The walls around plugins on this system.
pub struct Sandbox {
    pub walls: Vec<String>,
    pub missing: Vec<&'static str>,
}

/// # Errors
/// When a plugin's process cannot be started.
pub fn sandbox() -> io::Result<Sandbox> {
    const LOCKS: [&str; 3] = ["landlock", "rlimits", "seccomp"];
    let walls = walls(&std::env::current_exe()?)?;
    let is_missing = |lock: &&str| !walls.iter().any(|wall| wall == lock);
    let missing = LOCKS.into_iter().filter(is_missing).collect();
    Ok(Sandbox { walls, missing })
}

/// State, rights and last failure of a plugin.
#[must_use]
pub fn row(found: &Found, home: &Path) -> PluginRow {
    let checked = &found.checked;
    let plugin = found.plugin.as_ref();
    let failure = plugin.and_then(|plugin| plugin.notes.last_failure());
    PluginRow {
        plugin_id: checked.id.clone(),
        kind: checked.kind.map(|kind| kind.name().to_owned()),
        name: checked.name.clone(),
        version: checked.version.clone(),
        state: found.state_name().to_owned(),
        source: found.source.way.name().to_owned(),
        path: found.source.label.clone(),
        entry: found.entry.clone(),
        hash: found.hash.clone(),
        declared: found
            .declaration()
            .and_then(|declaration| declaration.value["permissions"].as_object().cloned()),
        rights: found
            .declaration()
            .map(|declaration| consent::lines(declaration, home))
            .unwrap_or_default(),
        granted: found.state == State::Loaded,
        settings: plugin.map(|plugin| plugin.settings().values),
        walls: plugin.map(|plugin| plugin.walls()).unwrap_or_default(),
        last_failure: failure.as_ref().map(|failure| failure.message.clone()),
        last_failure_at: failure.map(|failure| Time(failure.at)),
        providers: None,
        errors: found.errors.clone(),
        warnings: found.warnings.clone(),
    }
}
