//! `ttop plugin list`, `info` and `doctor`.

use super::super::context::Context;
use super::ShowArgs;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::problem::Problem;
use crate::core::rows::PluginRow;
use crate::exit::Exit;
use crate::plugins::host::{Found, Source};
use crate::plugins::overview::{providers, row};
use crate::plugins::parent::walls;
use crate::plugins::session::{Look, Session};
use crate::render::keys::similar;
use anyhow::Result;

/// Every plugin that is configured, loaded as far as it may be.
pub(super) fn load(context: &Context, is_fresh: bool) -> Result<Session> {
    let look = Look {
        flags: context.out.global.plugins.clone(),
        is_fresh,
        is_strict: is_fresh && context.out.global.strict,
        ..Look::default()
    };
    Session::load(&context.engine.system, &context.engine.config, &look)
}

/// The plugin of one path, whether or not it is configured.
pub(super) fn load_one(context: &Context, source: Source) -> Result<Session> {
    let look = Look {
        only: Some(vec![source]),
        ..Look::default()
    };
    Session::load(&context.engine.system, &context.engine.config, &look)
}

pub(super) fn list(context: &mut Context, show: &ShowArgs, only: Option<&str>) -> Result<Exit> {
    let session = load(context, false)?;
    let found = &session.found;
    let fits = |found: &&Found| only.is_none_or(|id| found.checked.id.as_deref() == Some(id));
    let shown: Vec<&Found> = found.iter().filter(fits).collect();
    let rows: Vec<PluginRow> = shown
        .iter()
        .map(|found| row(found, &context.engine.system.home))
        .collect();
    for error in shown.iter().flat_map(|found| &found.errors) {
        context.out.warn(&Problem::new("plugin", error));
    }
    context.rows(&show.rows, rows)
}

pub(super) fn info(context: &mut Context, show: &ShowArgs, id: &str) -> Result<Exit> {
    let session = load(context, false)?;
    let home = context.engine.system.home.clone();
    let rows: Vec<PluginRow> = of(&session.found, id)
        .map(|found| PluginRow {
            providers: found.plugin.as_ref().and_then(providers),
            ..row(found, &home)
        })
        .collect();
    session.end();
    if rows.is_empty() {
        return Err(not_found(id, &session.found).into());
    }
    context.rows(&show.rows, rows)
}

/// Everything that is wrong, as warnings, and the walls.
pub(super) fn doctor(context: &mut Context, show: &ShowArgs, id: Option<&str>) -> Result<Exit> {
    let session = load(context, true)?;
    let home = context.engine.system.home.clone();
    let shown: Vec<&Found> = session
        .found
        .iter()
        .filter(|found| id.is_none_or(|id| found.checked.id.as_deref() == Some(id)))
        .collect();
    for text in shown
        .iter()
        .flat_map(|found| found.errors.iter().chain(&found.warnings))
    {
        context.out.warn(&Problem::new("plugin", text));
    }
    tell_walls(context);
    let proxies = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    if proxies.iter().any(|name| context.engine.system.var(name).is_some()) {
        context
            .out
            .note("ttop: plugins use no proxy: they connect to addresses that ttop has checked");
    }
    let rows = shown.iter().map(|found| row(found, &home)).collect();
    context.rows(&show.rows, rows)
}

/// The error for a word that is neither the id nor the path of a plugin.
pub(super) fn not_found(what: &str, found: &[Found]) -> CannotAnswer {
    let ids: Vec<&str> = found.iter().filter_map(|found| found.checked.id.as_deref()).collect();
    let hint = match similar(what, ids.into_iter()).first() {
        Some(near) => format!("did you mean '{near}'? ttop plugin list lists the plugins"),
        None => "ttop plugin list lists the plugins".to_owned(),
    };
    CannotAnswer::new(format!("no plugin '{what}' is known"), hint)
}

/// Which walls stand around plugins here, and which do not.
fn tell_walls(context: &mut Context) {
    const LOCKS: [&str; 3] = ["landlock", "rlimits", "seccomp"];
    let program = std::env::current_exe();
    let walls = match program.and_then(|program| walls(&program)) {
        Ok(walls) => walls,
        Err(error) => {
            let reason = format_args!("could not start a plugin's process to look at its walls: {error}");
            return context.out.warn(&Problem::new("plugin", reason));
        }
    };
    let told = format!(
        "ttop: walls around each plugin: capabilities, memory, {}",
        walls.join(", ")
    );
    context.out.note(&told);
    let missing: Vec<&str> = LOCKS
        .into_iter()
        .filter(|lock| !walls.iter().any(|wall| wall == lock))
        .collect();
    if !missing.is_empty() {
        context.out.note(&format!(
            "ttop: this system lacks {}: 'plugins.requireSandbox' refuses plugins here",
            missing.join(", ")
        ));
    }
}

/// Plugins of an id, of any type.
pub(super) fn of<'a>(found: &'a [Found], id: &'a str) -> impl Iterator<Item = &'a Found> {
    found
        .iter()
        .filter(move |found| found.checked.id.as_deref() == Some(id))
}
