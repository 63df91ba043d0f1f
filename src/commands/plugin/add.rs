//! `ttop plugin add` and `remove`: packages and paths of the config.

use super::super::context::Context;
use super::list::{load, load_one, not_found, of};
use super::trust::ask;
use crate::exit::Exit;
use crate::plugins::declare::Kind;
use crate::plugins::fetch::fetch;
use crate::plugins::host::{Source, State, Way};
use crate::plugins::notes::Notes;
use crate::plugins::npm;
use crate::plugins::ops::storage::Owner;
use crate::plugins::trust::Trust;
use crate::plugins::{discover, session};
use crate::system::config::{Config, set};
use crate::system::jsonc;
use crate::system::replace::replace;
use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use std::fs;

pub(super) fn add(context: &mut Context, what: &str, yes: bool) -> Result<Exit> {
    let path = context.engine.system.cwd.join(context.engine.system.expand(what));
    let source = if path.exists() && !npm::is_plugin_name(what) {
        let label = fs::canonicalize(&path)?.to_string_lossy().into_owned();
        discover::at(&context.engine.system, &context.engine.system.cwd, label, Way::Local)
    } else {
        let package = npm::parse(what).map_err(|error| anyhow!(error))?;
        fetch(&context.engine.system, &package)?
    };
    let session = load_one(context, source.clone())?;
    let found = &session.found;
    let Some(found) = found.first().filter(|found| found.state != State::Refused) else {
        let errors: Vec<String> = found.iter().flat_map(|found| found.errors.clone()).collect();
        bail!("{}", errors.join("\n"));
    };
    let key = if source.way == Way::Npm { "npm" } else { "local" };
    let mut list = listed(context, source.way)?;
    if !list.contains(&source.label) {
        list.push(source.label.clone());
        write_list(context, key, &list)?;
    }
    context.out.note(&format!("ttop: {} is in plugins.{key}", source.label));
    match found.state {
        State::Untrusted => ask(context, found, yes),
        _ => {
            found
                .errors
                .iter()
                .for_each(|error| context.out.note(&format!("ttop: {error}")));
            Ok(Exit::Ok)
        }
    }
}

pub(super) fn remove(context: &mut Context, what: &str, keep_data: bool) -> Result<Exit> {
    let session = load(context, false)?;
    let found = &session.found;
    let sources: Vec<&Source> = of(found, what)
        .map(|found| &found.source)
        .chain(
            found
                .iter()
                .map(|found| &found.source)
                .filter(|source| source.label == what),
        )
        .collect();
    let Some(source) = sources
        .into_iter()
        .find(|source| matches!(source.way, Way::Npm | Way::Local))
    else {
        if of(found, what).next().is_none() {
            return Err(not_found(what, found).into());
        }
        bail!("{what} is in neither plugins.npm nor plugins.local; remove it from the plugins folder");
    };
    let key = if source.way == Way::Npm { "npm" } else { "local" };
    let mut list = listed(context, source.way)?;
    list.retain(|label| *label != source.label);
    write_list(context, key, &list)?;
    if source.way == Way::Npm
        && source
            .path
            .starts_with(discover::data(&context.engine.system).join("npm"))
    {
        fs::remove_dir_all(&source.path).with_context(|| format!("could not remove {}", source.path.display()))?;
    }
    let removed = found.iter().find(|found| found.source == *source);
    if let Some((id, kind)) = removed.and_then(|found| Some((found.checked.id.clone()?, found.checked.kind?))) {
        Trust::open(&session::trust_file(&context.engine.system))?.take_back(&id)?;
        if !keep_data {
            forget(context, kind, &id)?;
        }
    }
    context.out.note(&format!("ttop: {} is removed", source.label));
    Ok(Exit::Ok)
}

fn forget(context: &Context, kind: Kind, id: &str) -> Result<()> {
    let world = session::world(&context.engine.system)?;
    world.storage.forget(Owner { kind: kind.name(), id })?;
    Notes::of(world.logs.as_deref(), id).forget();
    Ok(())
}

/// The configured packages or paths.
fn listed(context: &Context, way: Way) -> Result<Vec<String>> {
    let config = &context.engine.config;
    config.require("ttop plugin", &["plugins"])?;
    let list = if way == Way::Npm {
        &config.plugins.npm
    } else {
        &config.plugins.local
    };
    Ok(list.clone())
}

/// Changes one list of the config file; comments stay.
fn write_list(context: &Context, key: &str, list: &[String]) -> Result<()> {
    let path = Config::path(&context.engine.system);
    let file = context.engine.system.tilde(&path);
    let text = jsonc::read_text(&context.engine.system, &path).map_err(|problem| anyhow!("{problem}"))?;
    let text = text.unwrap_or_else(|| "{\n}\n".to_owned());
    let value = Value::from(list.to_vec());
    let changed = set(&text, &["plugins", key], &value)
        .map_err(|mistake| anyhow!("{file}:{}:{}: {}", mistake.line, mistake.column, mistake.reason))?;
    replace(&path, changed.as_bytes()).with_context(|| format!("could not write {file}"))
}
