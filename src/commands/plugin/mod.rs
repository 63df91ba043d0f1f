//! `ttop plugin`: what plugins there are, which are trusted, and making, adding and testing them.

mod add;
mod list;
mod scaffold;
pub mod setting;
mod tests_of;
mod trust;

use super::context::Context;
use crate::args::RowArgs;
use crate::exit::Exit;
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};

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
    /// Show all that is known of one plugin
    Info {
        /// Its id
        id: String,
        #[command(flatten)]
        show: ShowArgs,
    },
    /// Write the files of a new plugin
    New {
        /// What it adds
        #[arg(value_name = "TYPE")]
        kind: NewKind,
        /// Its id: lowercase letters, digits and hyphens
        name: String,
    },
    /// Add a package from npm, or a path
    Add {
        /// `@tokentop/agent-NAME`, `NAME@1.2.3`, or a path
        what: String,
        /// Consent to its rights without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Take a plugin out of the config, with its package, storage and consent
    Remove {
        /// Its id, package or path
        what: String,
        /// Keep what it stored
        #[arg(long)]
        keep_data: bool,
    },
    /// Consent to a plugin's code and rights
    Trust {
        /// Its id, or a path
        what: String,
        /// Without being asked: for scripts
        #[arg(long)]
        yes: bool,
    },
    /// Take consent back
    Untrust {
        /// Its id
        id: String,
    },
    /// Run cases of plugins; without a case, load the plugin and call it once
    Test {
        /// Folders with an expected.json, or plugins
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<std::path::PathBuf>,
        /// Leave out walls of the sandbox, to test those that are left
        #[arg(long, value_name = "WALL", value_delimiter = ',')]
        without: Vec<Wall>,
    },
    /// Show which walls stand, and what is wrong with plugins
    Doctor {
        /// One plugin
        id: Option<String>,
        #[command(flatten)]
        show: ShowArgs,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum NewKind {
    Agent,
    Notification,
    Provider,
    Theme,
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
            None => list::list(context, &self.show, None),
            Some(Action::List(show)) => list::list(context, show, None),
            Some(Action::Info { id, show }) => list::info(context, show, id),
            Some(Action::Doctor { id, show }) => list::doctor(context, show, id.as_deref()),
            Some(Action::New { kind, name }) => scaffold::new(context, *kind, name),
            Some(Action::Add { what, yes }) => add::add(context, what, *yes),
            Some(Action::Remove { what, keep_data }) => add::remove(context, what, *keep_data),
            Some(Action::Trust { what, yes }) => trust::trust(context, what, *yes),
            Some(Action::Untrust { id }) => trust::untrust(context, id),
            Some(Action::Test { paths, without }) => tests_of::test(context, paths, without),
        }
    }
}
