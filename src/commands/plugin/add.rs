//! `ttop plugin add` and `remove`: packages and paths of the configuration.

use super::super::context::Context;
use super::trust::ask;
use crate::exit::Exit;
use crate::plugins::admin::{self, Added};
use crate::plugins::host::State;
use anyhow::Result;

pub(super) fn add(context: &mut Context, what: &str, yes: bool) -> Result<Exit> {
    let Context { engine, out } = context;
    let Added { plugin, list } = admin::add(&engine.system, &engine.config, what)?;
    out.note(&format!("ttop: {} is in plugins.{list}", plugin.source.label));
    if plugin.state == State::Untrusted {
        return ask(context, &plugin, yes);
    }
    for error in &plugin.errors {
        out.note(&format!("ttop: {error}"));
    }
    Ok(Exit::Ok)
}

pub(super) fn remove(context: &mut Context, what: &str, keep_data: bool) -> Result<Exit> {
    let Context { engine, out } = context;
    let label = admin::remove(&engine.system, &engine.config, &out.global.plugins, what, keep_data)?;
    out.note(&format!("ttop: {label} is removed"));
    Ok(Exit::Ok)
}
