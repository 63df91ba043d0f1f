//! Plugins of one run of ttop: the world it lends them, and everything its config and flags name.

use super::child::Without;
use super::declare::Kind;
use super::discover::{data, sources, texts};
use super::host::{Asking, Found, Host, Source, Wishes};
use super::net::Net;
use super::ops::opencode::OpenCode;
use super::ops::storage::Storage;
use super::plugin::Events;
use super::trust::Trust;
use super::world::{Clock, Limits, World};
use crate::system::System;
use crate::system::config::Config;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// Where consents are kept.
pub fn trust_file(system: &System) -> PathBuf {
    data(system).join("trust.json")
}

/// The world of this machine.
///
/// # Errors
/// When ttop does not know its own program, or storage cannot be opened.
pub fn world(system: &System) -> Result<World> {
    let home = data(system);
    crate::system::replace::create_private_folder(&home)
        .with_context(|| format!("could not make {}", home.display()))?;
    let file = home.join("storage.db");
    let storage = Storage::open(&file).with_context(|| format!("could not open {}", file.display()))?;
    let own = [
        system.config_dir(),
        system.data_dir(),
        system.state_dir(),
        system.cache_dir(),
    ];
    Ok(World {
        program: std::env::current_exe().context("ttop does not know its own program")?,
        home: system.home.clone(),
        env: system.env.clone(),
        own: own.iter().map(|dir| dir.join("tokentop")).collect(),
        transport: Arc::new(Net::new(system.offline)),
        storage: Arc::new(storage),
        opencode: OpenCode {
            auth: system.data_dir().join("opencode/auth.json"),
            configs: vec![
                system.config_dir().join("opencode/opencode.json"),
                system.config_dir().join("opencode/config.json"),
            ],
        },
        limits: Limits::default(),
        clock: Clock::default(),
        without: Without::default(),
    })
}

/// What the config wishes.
pub fn wishes(config: &Config) -> Wishes {
    let settings = config.value(&["pluginConfig"]).and_then(Value::as_object);
    Wishes {
        disabled: texts(config, "disabled"),
        replace: texts(config, "replace"),
        settings: settings.cloned().unwrap_or_default(),
        requires_sandbox: config.flag(&["plugins", "requireSandbox"]) == Some(true),
        is_strict: false,
    }
}

/// Loads everything that is configured, or only the sources that are given.
///
/// # Errors
/// When the world cannot be made or the consents cannot be read.
pub fn load(
    system: &System,
    config: &Config,
    flags: &[String],
    only: Option<Vec<Source>>,
    is_built_in: &dyn Fn(Kind, &str) -> bool,
) -> Result<(World, Vec<Found>)> {
    let world = world(system)?;
    let trust = Trust::open(&trust_file(system))?;
    let host = Host {
        world: world.clone(),
        wishes: wishes(config),
        asking: Asking::Store(&trust),
        is_built_in,
        events: Events::default(),
    };
    let all = only.unwrap_or_else(|| sources(system, config, flags));
    let found = host.load(all);
    Ok((world, found))
}
