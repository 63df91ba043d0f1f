//! What the user types: one file per subcommand, each its arguments and its `run`.

pub mod context;
pub mod cost;
pub mod creds;
pub mod filters;
pub mod progress;
pub mod sessions;
pub mod turns;
pub mod usage;

use crate::exit::Exit;
use anyhow::Result;
use clap::Subcommand;
use context::Context;

#[derive(Subcommand, Debug)]
pub enum Command {
    Creds(creds::CredsArgs),
    Sessions(sessions::SessionsArgs),
    Turns(turns::TurnsArgs),
    Cost(cost::CostArgs),
}

impl Command {
    /// # Errors
    /// When the command could not answer.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match self {
            Self::Creds(args) => args.run(context),
            Self::Sessions(args) => args.run(context),
            Self::Turns(args) => args.run(context),
            Self::Cost(args) => args.run(context),
        }
    }
}
