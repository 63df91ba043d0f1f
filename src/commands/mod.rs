//! Subcommands: one file each, with its arguments and its `run`.

pub(crate) mod alert;
pub(crate) mod bar_status;
pub(crate) mod budgets;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod cost;
pub(crate) mod creds;
mod dialog;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod guard;
pub(crate) mod insights;
pub(crate) mod ledger;
pub(crate) mod man;
pub(crate) mod mcp;
pub(crate) mod merge;
mod plot;
#[cfg(feature = "plugins")]
pub(crate) mod plugin;
pub(crate) mod prices;
pub(crate) mod providers;
pub(crate) mod ps;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod show;
pub(crate) mod sync;
pub(crate) mod theme;
pub(crate) mod top;
pub(crate) mod trends;
pub(crate) mod turns;
pub(crate) mod watch;

use crate::exit::Exit;
use anyhow::Result;
use clap::Subcommand;
use context::Context;

#[derive(Subcommand, Debug)]
pub enum Command {
    Sessions(sessions::SessionsArgs),
    Turns(turns::TurnsArgs),
    Show(show::ShowArgs),
    Cost(cost::CostArgs),
    Trends(trends::TrendsArgs),
    Insights(insights::InsightsArgs),
    Diff(diff::DiffArgs),
    Ps(ps::PsArgs),
    Mcp(mcp::McpArgs),
    Alert(alert::AlertArgs),
    Providers(providers::ProvidersArgs),
    Watch(watch::WatchArgs),
    Top(top::TopArgs),
    Theme(theme::ThemeArgs),
    Creds(creds::CredsArgs),
    #[command(name = "bar-status")]
    BarStatus(bar_status::BarStatusArgs),
    Budgets(budgets::BudgetsArgs),
    #[cfg(feature = "plugins")]
    Plugin(plugin::PluginArgs),
    Guard(guard::GuardArgs),
    Prices(prices::PricesArgs),
    Serve(serve::ServeArgs),
    Sync(sync::SyncArgs),
    Ledger(ledger::LedgerArgs),
    Export(export::ExportArgs),
    Merge(merge::MergeArgs),
    Schema(schema::SchemaArgs),
    Doctor(doctor::DoctorArgs),
    Setup(setup::SetupArgs),
    Config(config::ConfigArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// The names of all commands.
pub(crate) fn names() -> Vec<String> {
    let root = Command::augment_subcommands(clap::Command::new("ttop"));
    root.get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect()
}

impl Command {
    /// Whether a mistake in the configuration changes nothing about its answer, or is its answer.
    pub fn needs_no_config(&self) -> bool {
        matches!(
            self,
            Self::Schema(_) | Self::Completions(_) | Self::Man(_) | Self::Doctor(_)
        )
    }

    /// Whether plugins add to what it shows. Bars read what other commands left, and `plugin` looks for itself.
    #[cfg(feature = "plugins")]
    pub fn uses_plugins(&self) -> bool {
        !matches!(
            self,
            Self::BarStatus(_)
                | Self::Config(_)
                | Self::Schema(_)
                | Self::Completions(_)
                | Self::Man(_)
                | Self::Mcp(_)
                | Self::Plugin(_)
                | Self::Ps(_)
                | Self::Setup(_)
        )
    }

    /// # Errors
    /// When the command could not answer.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match self {
            Self::Sessions(args) => args.run(context),
            Self::Turns(args) => args.run(context),
            Self::Show(args) => args.run(context),
            Self::Cost(args) => args.run(context),
            Self::Trends(args) => args.run(context),
            Self::Insights(args) => args.run(context),
            Self::Diff(args) => args.run(context),
            Self::Ps(args) => args.run(context),
            Self::Mcp(args) => args.run(context),
            Self::Alert(args) => args.run(context),
            Self::Providers(args) => args.run(context),
            Self::Creds(args) => args.run(context),
            Self::BarStatus(args) => args.run(context),
            Self::Budgets(args) => args.run(context),
            #[cfg(feature = "plugins")]
            Self::Plugin(args) => args.run(context),
            Self::Guard(args) => args.run(context),
            Self::Prices(args) => args.run(context),
            Self::Watch(args) => args.run(context),
            Self::Serve(args) => args.run(context),
            Self::Top(args) => args.run(context),
            Self::Theme(args) => args.run(context),
            Self::Sync(args) => args.run(context),
            Self::Ledger(args) => args.run(context),
            Self::Export(args) => args.run(context),
            Self::Merge(args) => args.run(context),
            Self::Schema(args) => args.run(context),
            Self::Doctor(args) => args.run(context),
            Self::Setup(args) => args.run(context),
            Self::Config(args) => args.run(context),
            Self::Completions(args) => args.run(context),
            Self::Man(args) => args.run(context),
        }
    }
}
