//! `ttop config`: shows the path and the effective values, and changes single values.

use super::context::{Context, is_attended};
use super::dialog::has_agreed;
use crate::args::complete;
use crate::core::bad_request::BadRequest;
use crate::engine::settings::{find_key, parse_value};
use crate::exit::Exit;
use crate::render::eprint_line;
use crate::system::config::{Config, annotated, shown, write_value};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::io::IsTerminal;

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
                let names = find_key(key)?;
                let path: Vec<&str> = names.iter().map(String::as_str).collect();
                match shown(&path, &context.engine.config.effective(&path)) {
                    Value::String(text) => print(context, &text)?,
                    value => print(context, &value.to_string())?,
                }
            }
            Action::Set { key, value } => {
                let names = find_key(key)?;
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
                let value = super::plugin::check_setting(context, &path, typed, value)?;
                write_value(&context.engine.system, &path, &value)?;
            }
            Action::Unset { key } => context.engine.remove_setting(key)?,
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
    context.out.text(&format!("{text}\n"))
}

fn init(context: &Context) -> Result<()> {
    let path = Config::path(&context.engine.system);
    if path.exists() {
        bail!("{} already exists", context.engine.system.tilde(&path));
    }
    let mut consents = Vec::new();
    if is_attended() && !context.out.global.quiet {
        for provider in &context.engine.registry.providers {
            let about = provider.about();
            if about.needs_consent && has_consent(&about.name)? {
                consents.push(about.id.to_string());
            }
        }
    }
    let path = context.engine.create_config(&consents)?;
    print(context, &path.display().to_string())
}

/// Asks for the consent that a provider's terms require.
fn has_consent(provider: &str) -> Result<bool> {
    eprint_line(&format!(
        "{provider} restricts the use of its login to its own tools. With your consent, ttop reads that login and asks \
         {provider} how much of your plan is used, and nothing else."
    ));
    has_agreed("Allow this?")
}
