//! What the user types: one file per subcommand, each its arguments and its `run`.

pub mod context;
pub mod creds;
pub mod filters;

use crate::exit::Exit;
use anyhow::Result;
use clap::Subcommand;
use context::Context;

#[derive(Subcommand, Debug)]
pub enum Command {
    Creds(creds::CredsArgs),
}

impl Command {
    /// # Errors
    /// When the command could not answer.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match self {
            Self::Creds(args) => args.run(context),
        }
    }
}
