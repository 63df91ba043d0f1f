//! Edits the configuration file: sets or removes one value, and keeps everything else.

use super::schema::names;
use super::{Config, Flaw, set, unset};
use crate::core::bad_request::BadRequest;
use crate::core::cannot_answer::CannotAnswer;
use crate::system::System;
use crate::system::jsonc::{self, Mistake};
use crate::system::replace::replace;
use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;

/// Sets the value at a path.
///
/// # Errors
/// When the file is not JSON, would have a new mistake, or cannot be written.
pub fn write_value(system: &System, path: &[&str], value: &Value) -> Result<()> {
    let text = read(system)?;
    let changed = set(&text, path, value).map_err(|mistake| unusable(system, &mistake))?;
    write(system, &text, &changed)
}

/// Removes a typed key, if it is set. Returns whether the key is a known one or in the file.
///
/// # Errors
/// When the file is not JSON, would have a new mistake, or cannot be written.
pub fn remove_value(system: &System, key: &str) -> Result<bool> {
    let text = read(system)?;
    let in_file = || jsonc::parse(&text).ok().and_then(|root| find(&root, key));
    let Some(names) = names(key).or_else(in_file) else {
        return Ok(false);
    };
    let path: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(changed) = unset(&text, &path).map_err(|mistake| unusable(system, &mistake))? {
        write(system, &text, &changed)?;
    }
    Ok(true)
}

/// The names of a typed key that is in a value, known or not.
fn find(value: &Value, typed: &str) -> Option<Vec<String>> {
    value.as_object()?.iter().find_map(|(name, value)| {
        let rest = typed.strip_prefix(name.as_str())?;
        let below = match rest.strip_prefix('.') {
            Some(rest) => find(value, rest)?,
            None => rest.is_empty().then(Vec::new)?,
        };
        Some([vec![name.clone()], below].concat())
    })
}

/// The text of the file, or that of an empty one.
fn read(system: &System) -> Result<String> {
    let text = jsonc::read_text(system, &Config::path(system)).map_err(|problem| anyhow!("{problem}"))?;
    Ok(text.unwrap_or_else(|| "{\n}\n".to_owned()))
}

/// Writes a text that has no mistake that was not there before.
fn write(system: &System, text: &str, changed: &str) -> Result<()> {
    let path = Config::path(system);
    let file = system.tilde(&path);
    let before = Config::parse(text, &file);
    let after = Config::parse(changed, &file);
    let is_new = |flaw: &&Flaw| {
        let same = |known: &Flaw| known.path == flaw.path && known.problem.reason == flaw.problem.reason;
        !before.flaws().iter().any(same)
    };
    if let Some(flaw) = after.flaws().iter().find(is_new) {
        return Err(BadRequest::new(flaw.problem.reason.clone()).into());
    }
    replace(&path, changed.as_bytes()).with_context(|| format!("could not write {file}"))
}

/// A mistake that makes a file impossible to edit.
fn unusable(system: &System, mistake: &Mistake) -> CannotAnswer {
    let file = system.tilde(&Config::path(system));
    let Mistake { line, column, reason } = mistake;
    let hint = format!("correct line {line} of {file}, or move the file away and run 'ttop config init'");
    CannotAnswer::new(format!("{file}:{line}:{column}: {reason}"), hint)
}
