//! `ttop completions`: the scripts that teach a shell to complete ttop's command line.

use super::context::Context;
use crate::exit::Exit;
use anyhow::Result;
use clap::{Args, ValueEnum};

/// Print the completion script of a shell
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// Shell to print completions for
    shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "PowerShell is the name of a shell")]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    #[value(name = "powershell")]
    PowerShell,
    /// A module with typed commands; load it with `use ttop.nu *`
    Nushell,
}

impl Shell {
    /// The committed script.
    pub(crate) const fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("../../completions/ttop.bash"),
            Self::Zsh => include_str!("../../completions/_ttop"),
            Self::Fish => include_str!("../../completions/ttop.fish"),
            Self::Elvish => include_str!("../../completions/ttop.elv"),
            Self::PowerShell => include_str!("../../completions/ttop.ps1"),
            Self::Nushell => include_str!("../../completions/ttop.nu"),
        }
    }
}

impl CompletionsArgs {
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        context.out.text(self.shell.script())?;
        Ok(context.out.outcome())
    }
}
