//! `ttop config`: shows the path and the effective values, and changes single values.

use super::context::Context;
use crate::args::complete;
use crate::core::bad_request::BadRequest;
use crate::core::cannot_answer::CannotAnswer;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::render::keys::similar;
use crate::render::{eprint_line, print_text};
use crate::system::System;
use crate::system::config::schema::schema;
use crate::system::config::schema::{Node, keys, names};
use crate::system::config::{Config, Flaw, TEMPLATE, annotated, set, shown, unset};
use crate::system::jsonc::{self, Mistake};
use crate::system::replace::replace;
use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::io::{BufRead, IsTerminal, Write};

/// The schema that `config init` writes beside the configuration for editors; the template names it.
const SCHEMA_FILE: &str = "config.schema.json";

/// Show or change the configuration
#[derive(Args, Debug)]
#[command(subcommand_value_name = "ACTION", subcommand_help_heading = "Actions")]
pub struct ConfigArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Print the path of the configuration file
    Path,
    /// Print the effective configuration as JSON, with URLs reduced to scheme and host
    Show,
    /// Write a commented configuration file, and ask for consent where a provider's terms require it
    Init,
    /// Print the value of a key
    Get {
        /// Key, such as `budgets.daily` or `billing.claude-code`
        #[arg(add = complete::config_keys())]
        key: String,
    },
    /// Change one value in the configuration file and keep its comments
    Set {
        /// Key, such as `budgets.daily` or `prices.overrides.acme/coder-1`
        #[arg(add = complete::config_keys())]
        key: String,
        /// Value, as JSON, or plain text for a key that holds text
        #[arg(allow_hyphen_values = true, add = complete::config_values())]
        value: String,
    },
    /// Remove a key from the configuration file
    Unset {
        /// Key, such as `budgets.daily`
        #[arg(add = complete::config_keys())]
        key: String,
    },
}

impl ConfigArgs {
    /// # Errors
    /// When the config is wrong or cannot be written, or the key is unknown.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match self.action.as_ref().unwrap_or(&Action::Show) {
            Action::Path => print(context, &Config::path(&context.engine.system).display().to_string())?,
            Action::Show => {
                let value = shown(&[], &context.engine.config.effective(&[]));
                if std::io::stdout().is_terminal() {
                    print(context, annotated(&value).trim_end())?;
                } else {
                    print(context, &serde_json::to_string_pretty(&value)?)?;
                    note_keys_without_effect(context);
                }
            }
            Action::Init => init(context)?,
            Action::Get { key } => {
                let names = known(key)?;
                let path: Vec<&str> = names.iter().map(String::as_str).collect();
                match shown(&path, &context.engine.config.effective(&path)) {
                    Value::String(text) => print(context, &text)?,
                    value => print(context, &value.to_string())?,
                }
            }
            Action::Set { key, value } => {
                let names = known(key)?;
                let path: Vec<&str> = names.iter().map(String::as_str).collect();
                if let ["aliases", name] = path[..]
                    && (name == "help" || super::names().iter().any(|command| command.as_str() == name))
                {
                    let error = BadRequest::new(format!("'{name}' is a command, which an alias cannot replace"));
                    return Err(error.with_hint("choose another name").into());
                }
                let typed = value;
                let value = parse_value(key, &path, typed)?;
                #[cfg(feature = "plugins")]
                let value = super::plugin::setting::check(context, &path, typed, value)?;
                set_value(&context.engine.system, &path, &value)?;
            }
            Action::Unset { key } => {
                let system = &context.engine.system;
                edit(system, |text| {
                    let names = known_or_set(key, text)?;
                    let path: Vec<&str> = names.iter().map(String::as_str).collect();
                    Ok(unset(text, &path).map_err(|mistake| unusable(system, &mistake))?)
                })?;
            }
        }
        Ok(context.out.outcome())
    }
}

/// Programs that read the configuration need plain JSON, so the marks go to stderr.
fn note_keys_without_effect(context: &Context) {
    let keys = context.engine.config.keys_without_effect();
    if !keys.is_empty() {
        context
            .out
            .note(&format!("ttop: no effect in ttop: {}", keys.join(", ")));
    }
}

fn print(context: &Context, text: &str) -> Result<()> {
    if !context.out.global.quiet {
        print_text(&format!("{text}\n"))?;
    }
    Ok(())
}

/// Splits a typed key into names.
fn known(key: &str) -> Result<Vec<String>, BadRequest> {
    names(key).ok_or_else(|| {
        let keys = keys();
        let near = similar(key, keys.iter().map(|key| &*key.path));
        let hint = match near[..] {
            [] => "run 'ttop config show' for the list of keys".to_owned(),
            _ => format!("did you mean {}?", near.join(", ")),
        };
        BadRequest::new(format!("unknown key '{key}'")).with_hint(hint)
    })
}

/// Splits a typed key into names: those of a known key, or of one that is in the file.
fn known_or_set(key: &str, text: &str) -> Result<Vec<String>, BadRequest> {
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
    let set = || jsonc::parse(text).ok().and_then(|root| find(&root, key));
    names(key).or_else(set).map_or_else(|| known(key), Ok)
}

/// Parses a typed value: JSON, or plain text for a key that holds text.
fn parse_value(key: &str, path: &[&str], typed: &str) -> Result<Value, BadRequest> {
    let json = jsonc::parse(typed).ok().filter(|_| !typed.trim().is_empty());
    let text = || Value::String(typed.to_owned());
    let value = match Node::at(path) {
        Some(node) if node.is_text() => json.filter(Value::is_string).unwrap_or_else(text),
        Some(node) if node.is_list() => json.unwrap_or_else(|| Value::Array(vec![text()])),
        _ => json.unwrap_or_else(text),
    };
    match Node::at(path).map(|node| node.check(&value)) {
        Some(Err(reason)) => Err(BadRequest::new(format!("{key} {reason}"))),
        _ => Ok(value),
    }
}

/// Edits the configuration file, if the result differs and has no mistake that was not there before.
fn edit(system: &System, change: impl FnOnce(&str) -> Result<Option<String>>) -> Result<()> {
    let path = Config::path(system);
    let file = system.tilde(&path);
    let text = jsonc::read_text(system, &path).map_err(|problem| anyhow!("{problem}"))?;
    let text = text.unwrap_or_else(|| "{\n}\n".to_owned());
    let Some(changed) = change(&text)? else {
        return Ok(());
    };
    let before = Config::parse(&text, &file);
    let after = Config::parse(&changed, &file);
    let is_new = |flaw: &&Flaw| {
        let same = |known: &Flaw| known.path == flaw.path && known.problem.reason == flaw.problem.reason;
        !before.flaws().iter().any(same)
    };
    if let Some(flaw) = after.flaws().iter().find(is_new) {
        return Err(BadRequest::new(flaw.problem.reason.clone()).into());
    }
    replace(&path, changed.as_bytes()).with_context(|| format!("could not write {file}"))
}

fn set_value(system: &System, path: &[&str], value: &Value) -> Result<()> {
    edit(system, |text| {
        let changed = set(text, path, value).map_err(|mistake| unusable(system, &mistake))?;
        Ok(Some(changed))
    })
}

/// Changes one value as `config set` does, and uses it from now on.
///
/// # Errors
/// When the key is unknown, the value is none of its kind, or the file cannot be written.
pub(crate) fn set_setting(engine: &mut Engine, key: &str, typed: &str) -> Result<()> {
    let names = known(key)?;
    let path: Vec<&str> = names.iter().map(String::as_str).collect();
    let value = parse_value(key, &path, typed)?;
    set_value(&engine.system, &path, &value)?;
    engine.config = Config::load(&engine.system);
    Ok(())
}

/// A mistake that makes a file impossible to edit.
fn unusable(system: &System, mistake: &Mistake) -> CannotAnswer {
    let file = system.tilde(&Config::path(system));
    let Mistake { line, column, reason } = mistake;
    let hint = format!("correct line {line} of {file}, or move the file away and run 'ttop config init'");
    CannotAnswer::new(format!("{file}:{line}:{column}: {reason}"), hint)
}

fn init(context: &Context) -> Result<()> {
    let path = Config::path(&context.engine.system);
    let file = context.engine.system.tilde(&path);
    if path.exists() {
        bail!("{file} already exists");
    }
    let mut text = TEMPLATE.to_owned();
    let may_ask = std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !context.out.global.quiet;
    if may_ask {
        for provider in context
            .engine
            .registry
            .providers
            .iter()
            .map(|provider| provider.about())
        {
            if provider.needs_consent && has_consent(&provider.name)? {
                let path = ["providers", &provider.id, "login"];
                text = set(&text, &path, &Value::Bool(true)).map_err(|mistake| anyhow!("{mistake}"))?;
            }
        }
    }
    // Relative, so that editors find it wherever the folder is.
    let schema_path = path.with_file_name(SCHEMA_FILE);
    let schema_text = serde_json::to_string_pretty(schema())? + "\n";
    let place = context.engine.system.tilde(&schema_path);
    replace(&schema_path, schema_text.as_bytes()).with_context(|| format!("could not write {place}"))?;
    replace(&path, text.as_bytes()).with_context(|| format!("could not write {file}"))?;
    print(context, &path.display().to_string())
}

/// Asks on the terminal; any answer other than yes means no.
fn has_consent(provider: &str) -> Result<bool> {
    eprint_line(&format!(
        "{provider} restricts the use of its login to its own tools. With your consent, ttop reads that login and asks \
         {provider} how much of your plan is used, and nothing else."
    ));
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "Allow this? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
