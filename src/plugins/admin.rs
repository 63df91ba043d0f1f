//! Administers plugins: adds them to the configuration, finds them by id or path, trusts and removes them.

use super::declare::Kind;
use super::fetch::fetch;
use super::host::{Found, Source, State, Way};
use super::notes::Notes;
use super::ops::storage::Owner;
use super::session::{Look, Session, trust_file, world};
use super::trust::Trust;
use super::{discover, npm};
use crate::core::cannot_answer::CannotAnswer;
use crate::system::System;
use crate::system::config::{Config, write_value};
use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use std::fs;

/// A plugin that was added.
pub struct Added {
    pub plugin: Found,
    /// The list of the configuration that names it: `npm` or `local`.
    pub list: &'static str,
}

/// Every configured plugin and those of flags, loaded as far as it may be.
///
/// # Errors
/// When the consents cannot be read.
pub fn load(system: &System, config: &Config, flags: &[String]) -> Result<Session> {
    let look = Look {
        flags: flags.to_vec(),
        ..Look::default()
    };
    Session::load(system, config, &look)
}

/// Adds a package or a path to the configuration; a package is fetched.
///
/// # Errors
/// When it is no plugin, cannot be fetched, or the configuration cannot be written.
pub fn add(system: &System, config: &Config, what: &str) -> Result<Added> {
    let path = system.cwd.join(system.expand(what));
    let source = if path.exists() && !npm::is_plugin_name(what) {
        let label = fs::canonicalize(&path)?.to_string_lossy().into_owned();
        discover::at(system, &system.cwd, label, Way::Local)
    } else {
        let package = npm::parse(what).map_err(|error| anyhow!(error))?;
        fetch(system, &package)?
    };
    let mut found = Session::load_one(system, config, source)?.found;
    let plugin = match found.pop() {
        Some(plugin) if plugin.state != State::Refused => plugin,
        refused => bail!("{}", refused.map(|plugin| plugin.errors.join("\n")).unwrap_or_default()),
    };
    let (list, mut labels) = listed(config, plugin.source.way)?;
    if !labels.contains(&plugin.source.label) {
        labels.push(plugin.source.label.clone());
        write_value(system, &["plugins", list], &Value::from(labels))?;
    }
    Ok(Added { plugin, list })
}

/// Removes a plugin from the configuration with its package, its trust and, unless they are kept, the values it stored.
/// Returns its package or path.
///
/// # Errors
/// When no such plugin is configured, or something of it cannot be removed.
pub fn remove(system: &System, config: &Config, flags: &[String], what: &str, keeps_data: bool) -> Result<String> {
    let session = load(system, config, flags)?;
    let named = session.named(what);
    let is_listed = |found: &&&Found| matches!(found.source.way, Way::Npm | Way::Local);
    let Some(removed) = named.iter().find(is_listed) else {
        if session.of_id(what).next().is_none() {
            return Err(session.not_found(what).into());
        }
        bail!("{what} is in neither plugins.npm nor plugins.local; remove it from the plugins folder");
    };
    let Source { path, label, way } = &removed.source;
    let (list, mut labels) = listed(config, *way)?;
    labels.retain(|listed| listed != label);
    write_value(system, &["plugins", list], &Value::from(labels))?;
    if *way == Way::Npm && path.starts_with(discover::data(system).join("npm")) {
        fs::remove_dir_all(path).with_context(|| format!("could not remove {}", path.display()))?;
    }
    if let (Some(id), Some(kind)) = (&removed.checked.id, removed.checked.kind) {
        Trust::open(&trust_file(system))?.take_back(id)?;
        if !keeps_data {
            forget(system, kind, id)?;
        }
    }
    Ok(label.clone())
}

/// The plugins of a run with those that a word names. A path need not be configured.
///
/// # Errors
/// When the word names none.
pub fn find(system: &System, config: &Config, flags: &[String], what: &str) -> Result<Session> {
    let session = load(system, config, flags)?;
    if !session.named(what).is_empty() {
        return Ok(session);
    }
    if !system.cwd.join(system.expand(what)).exists() {
        return Err(session.not_found(what).into());
    }
    let source = discover::at(system, &system.cwd, what.to_owned(), Way::Flag);
    Session::load_one(system, config, source)
}

/// Trusts the code and the rights of a plugin.
///
/// # Errors
/// When it has none, or consents cannot be written.
pub fn trust(system: &System, found: &Found) -> Result<()> {
    let (Some(declaration), Some(hash)) = (found.declaration(), &found.hash) else {
        bail!("{}", found.errors.join("\n"));
    };
    Trust::open(&trust_file(system))?.give(hash, declaration, &found.source.label, system.now)
}

/// Takes back the trust in the plugins of an id.
///
/// # Errors
/// When none is trusted, or consents cannot be written.
pub fn untrust(system: &System, id: &str) -> Result<()> {
    match Trust::open(&trust_file(system))?.take_back(id)? {
        0 => {
            let hint = "ttop plugin list lists the plugins and which are trusted";
            Err(CannotAnswer::new(format!("plugin '{id}' is not trusted"), hint).into())
        }
        _ => Ok(()),
    }
}

/// The list of the configuration for a way, with its packages or paths.
fn listed(config: &Config, way: Way) -> Result<(&'static str, Vec<String>)> {
    config.require("ttop plugin", &["plugins"])?;
    Ok(match way {
        Way::Npm => ("npm", config.plugins.npm.clone()),
        _ => ("local", config.plugins.local.clone()),
    })
}

/// Erases the stored values of a plugin and the notes on its runs.
fn forget(system: &System, kind: Kind, id: &str) -> Result<()> {
    let world = world(system)?;
    world.storage.forget(Owner { kind: kind.name(), id })?;
    Notes::of(world.logs.as_deref(), id).forget();
    Ok(())
}
