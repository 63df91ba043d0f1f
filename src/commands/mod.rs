//! What the user types: one file per subcommand, each its arguments and its `run`.

pub mod context;

use crate::exit::Exit;
use anyhow::Result;
use clap::Subcommand;
use context::Context;

#[derive(Subcommand, Debug)]
pub enum Command {}

impl Command {
    /// # Errors
    /// When the command could not answer.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let _ = context;
        match *self {}
    }
}
