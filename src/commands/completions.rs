//! `ttop completions`: the scripts that teach a shell to complete ttop's command line.

use super::context::Context;
use crate::engine::setup::Shell;
use crate::exit::Exit;
use anyhow::Result;
use clap::Args;

/// Print the completion script of a shell
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// Shell to print completions for
    shell: Shell,
}

impl CompletionsArgs {
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        context.out.text(self.shell.script())?;
        Ok(context.out.outcome())
    }
}
