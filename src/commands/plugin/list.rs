//! `ttop plugin list`, `info` and `doctor`.

use super::super::context::Context;
use super::{ShowArgs, load};
use crate::core::problem::Problem;
use crate::core::rows::PluginRow;
use crate::exit::Exit;
use crate::plugins::host::Found;
use crate::plugins::overview::{providers, row, sandbox};
use crate::plugins::session::{Look, Session};
use anyhow::Result;

pub(super) fn list(context: &mut Context, show: &ShowArgs) -> Result<Exit> {
    let session = load(context)?;
    let home = &context.engine.system.home;
    let rows: Vec<PluginRow> = session.found.iter().map(|found| row(found, home)).collect();
    for error in session.found.iter().flat_map(|found| &found.errors) {
        context.out.warn(&Problem::new("plugin", error));
    }
    context.rows(&show.rows, rows)
}

pub(super) fn info(context: &mut Context, show: &ShowArgs, id: &str) -> Result<Exit> {
    let session = load(context)?;
    let home = context.engine.system.home.clone();
    let rows: Vec<PluginRow> = session
        .of_id(id)
        .map(|found| PluginRow {
            providers: found.plugin.as_ref().and_then(providers),
            ..row(found, &home)
        })
        .collect();
    session.end();
    if rows.is_empty() {
        return Err(session.not_found(id).into());
    }
    context.rows(&show.rows, rows)
}

/// Everything that is wrong, as warnings, and the walls.
pub(super) fn doctor(context: &mut Context, show: &ShowArgs, id: Option<&str>) -> Result<Exit> {
    let look = Look {
        flags: context.out.global.plugins.clone(),
        is_fresh: true,
        is_strict: context.out.global.strict,
        ..Look::default()
    };
    let session = Session::load(&context.engine.system, &context.engine.config, &look)?;
    let home = context.engine.system.home.clone();
    let is_shown = |found: &&Found| id.is_none_or(|id| found.checked.id.as_deref() == Some(id));
    let shown: Vec<&Found> = session.found.iter().filter(is_shown).collect();
    for text in shown
        .iter()
        .flat_map(|found| found.errors.iter().chain(&found.warnings))
    {
        context.out.warn(&Problem::new("plugin", text));
    }
    note_walls(context);
    let proxies = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    if proxies.iter().any(|name| context.engine.system.var(name).is_some()) {
        context
            .out
            .note("ttop: plugins use no proxy: they connect to addresses that ttop has checked");
    }
    let rows = shown.iter().map(|found| row(found, &home)).collect();
    context.rows(&show.rows, rows)
}

/// Notes the walls around plugins here, and those that are missing.
fn note_walls(context: &mut Context) {
    let sandbox = match sandbox() {
        Ok(sandbox) => sandbox,
        Err(error) => {
            let reason = format_args!("could not start a plugin's process to look at its walls: {error}");
            return context.out.warn(&Problem::new("plugin", reason));
        }
    };
    context.out.note(&format!(
        "ttop: walls around each plugin: capabilities, memory, {}",
        sandbox.walls.join(", ")
    ));
    if !sandbox.missing.is_empty() {
        context.out.note(&format!(
            "ttop: this system lacks {}: 'plugins.requireSandbox' refuses plugins here",
            sandbox.missing.join(", ")
        ));
    }
}
