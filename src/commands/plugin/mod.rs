//! `ttop plugin`: what plugins there are, which are trusted, and making, adding and testing them.

mod add;
mod list;
mod tests_of;
mod trust;

pub(crate) use trust::ask_for_trust;

use super::context::Context;
use crate::args::{RowArgs, complete};
use crate::exit::Exit;
use crate::plugins::admin;
use crate::plugins::declare::Kind;
use crate::plugins::host::Found;
use crate::plugins::manifests::Manifests;
use crate::plugins::scaffold;
use crate::plugins::session::Session;
use crate::plugins::settings::check_typed;
use crate::system::System;
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

/// Show plugins, and add, trust, test and remove them
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "ACTION",
    subcommand_help_heading = "Actions"
)]
pub struct PluginArgs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    show: ShowArgs,
}

/// Which plugins, and how they are shown.
#[derive(Args, Debug)]
struct ShowArgs {
    #[command(flatten)]
    rows: RowArgs,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// List plugins with their state and rights
    List(ShowArgs),
    /// Show one plugin: its place, rights, trust and last error
    Info {
        /// Id of the plugin
        #[arg(add = complete::words(ids))]
        id: String,
        #[command(flatten)]
        show: ShowArgs,
    },
    /// Write the files of a new plugin
    New {
        /// Kind of plugin
        #[arg(value_name = "TYPE")]
        kind: Kind,
        /// Id of the plugin: lowercase letters, digits and hyphens
        name: String,
    },
    /// Add a plugin from npm or from a path
    Add {
        /// Package or path, such as `@tokentop/agent-NAME`, `NAME@1.2.3` or `./folder`
        #[arg(value_hint = clap::ValueHint::AnyPath)]
        what: String,
        /// Grant the rights it declares without asking
        #[arg(long)]
        yes: bool,
    },
    /// Remove a plugin with its package, stored data and trust
    Remove {
        /// Id, package or path of the plugin
        #[arg(add = complete::words(ids))]
        what: String,
        /// Keep its stored data
        #[arg(long)]
        keep_data: bool,
    },
    /// Trust a plugin: allow its code to run with the rights it declares
    Trust {
        /// Id or path of the plugin
        #[arg(add = complete::words(ids))]
        what: String,
        /// Trust it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Stop trusting a plugin, so that it no longer runs
    Untrust {
        /// Id of the plugin
        #[arg(add = complete::words(ids))]
        id: String,
    },
    /// Run the test cases of plugins; without cases, load a plugin and call it once
    Test {
        /// Folders with an expected.json, or folders of plugins
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<std::path::PathBuf>,
        /// Switch off these layers of the sandbox, to test the others
        #[arg(long, value_name = "WALL", value_delimiter = ',')]
        without: Vec<Wall>,
    },
    /// Check the sandbox on this machine, and each plugin
    Doctor {
        /// Only check this plugin
        #[arg(add = complete::words(ids))]
        id: Option<String>,
        #[command(flatten)]
        show: ShowArgs,
    },
}

/// Ids of the plugins that were loaded before, for completions: none is run.
fn ids() -> Vec<String> {
    System::from_process()
        .map(|system| Manifests::open(&system).ids())
        .unwrap_or_default()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wall {
    Landlock,
    Seccomp,
}

impl PluginArgs {
    /// # Errors
    /// When the command could not answer.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match &self.action {
            None => list::list(context, &self.show),
            Some(Action::List(show)) => list::list(context, show),
            Some(Action::Info { id, show }) => list::info(context, show, id),
            Some(Action::Doctor { id, show }) => list::doctor(context, show, id.as_deref()),
            Some(Action::New { kind, name }) => new(context, *kind, name),
            Some(Action::Add { what, yes }) => add::add(context, what, *yes),
            Some(Action::Remove { what, keep_data }) => add::remove(context, what, *keep_data),
            Some(Action::Trust { what, yes }) => trust::trust(context, what, *yes),
            Some(Action::Untrust { id }) => trust::untrust(context, id),
            Some(Action::Test { paths, without }) => tests_of::test(context, paths, without),
        }
    }
}

fn new(context: &mut Context, kind: Kind, id: &str) -> Result<Exit> {
    let folder = scaffold::create(&context.engine.system.cwd, kind, id)?;
    let text = format!("{folder}\n  ttop plugin test ./{folder}\n  ttop plugin add ./{folder}\n");
    context.out.text(&text)?;
    Ok(Exit::Ok)
}

/// Every configured plugin, loaded as far as it may be.
fn load(context: &Context) -> Result<Session> {
    let Context { engine, out } = context;
    admin::load(&engine.system, &engine.config, &out.global.plugins)
}

/// Checks a value for `pluginConfig.<id>.<key>` against the plugin's schema; every other value passes unchanged.
///
/// # Errors
/// When the plugin has no such setting, or its value must be another.
pub(crate) fn check_setting(context: &Context, path: &[&str], typed: &str, value: Value) -> Result<Value> {
    let ["pluginConfig", id, key] = path else {
        return Ok(value);
    };
    let session = load(context)?;
    if let Some(declaration) = session.of_id(id).find_map(Found::declaration) {
        return Ok(check_typed(&declaration.value, id, key, typed, value)?);
    }
    context.out.note(&format!(
        "ttop: no plugin {id} is configured: its setting is not checked"
    ));
    Ok(value)
}
