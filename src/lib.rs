//! ttop: what AI coding agents use, as a suite of small subcommands over one core.

pub mod agents;
pub mod cli;
pub mod commands;
pub mod core;
pub mod credentials;
pub mod exit;
pub mod ledger;
pub mod prices;
pub mod processes;
pub mod providers;
pub mod render;
pub mod system;

use anyhow::Result;
use exit::Exit;

/// Parses the command line and runs the command.
///
/// # Errors
/// When the command could not answer.
pub fn run() -> Result<Exit> {
    use clap::Parser;
    let cli = cli::Cli::parse();
    let system = system::System::from_process()?;
    let mut context = commands::context::Context::new(system, system::config::Config::default(), cli.global);
    match cli.command {
        Some(command) => command.run(&mut context),
        None => Ok(Exit::Usage),
    }
}
