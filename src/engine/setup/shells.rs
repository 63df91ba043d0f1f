//! Shells: the completion script of each, and where it belongs.

use super::change::{Change, Files, Offer, with_paragraph};
use crate::system::System;
use anyhow::Result;
use std::path::Path;

/// zsh knows `compdef` after `compinit` alone.
const ZSH: &str = "# Completions of ttop\n(( $+functions[compdef] )) && source <(ttop completions zsh)\n";

/// A shell with a completion script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
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
    pub const fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("../../../completions/ttop.bash"),
            Self::Zsh => include_str!("../../../completions/_ttop"),
            Self::Fish => include_str!("../../../completions/ttop.fish"),
            Self::Elvish => include_str!("../../../completions/ttop.elv"),
            Self::PowerShell => include_str!("../../../completions/ttop.ps1"),
            Self::Nushell => include_str!("../../../completions/ttop.nu"),
        }
    }
}

/// Completions for the shell of the user.
///
/// # Errors
/// When a file of the shell cannot be read.
pub fn completions(system: &System, files: &Files) -> Result<Vec<Offer>> {
    let shell = system.var("SHELL").map(Path::new).and_then(Path::file_name);
    let shell = shell.and_then(|name| name.to_str()).unwrap_or_default();
    let by_hand = |line: &str| Ok(vec![Offer::Note(format!("for completions in {shell}, run: {line}"))]);
    match shell {
        "bash" => {
            let path = system.data_dir().join("bash-completion/completions/ttop");
            script(system, files, shell, &path, Shell::Bash)
        }
        "fish" => {
            let path = system.config_dir().join("fish/completions/ttop.fish");
            script(system, files, shell, &path, Shell::Fish)
        }
        "zsh" => {
            let folder = system.path_var("ZDOTDIR").unwrap_or_else(|| system.home.clone());
            let path = folder.join(".zshrc");
            let before = files.read(system, &path)?;
            let text = before.as_deref().unwrap_or_default();
            Ok(match text.contains("ttop completions zsh") {
                true => Vec::new(),
                false => vec![Offer::Change(Change {
                    purpose: "completions for zsh".to_owned(),
                    after: with_paragraph(text, ZSH),
                    before,
                    path,
                    then: "; they work in new shells",
                })],
            })
        }
        "elvish" => by_hand("echo 'eval (ttop completions elvish | slurp)' >> ~/.config/elvish/rc.elv"),
        "nu" => by_hand("ttop completions nushell | save -f ($nu.data-dir | path join vendor autoload ttop.nu)"),
        "pwsh" => by_hand("ttop completions powershell >> $PROFILE"),
        _ => Ok(Vec::new()),
    }
}

/// The script as a file that the shell looks for.
fn script(system: &System, files: &Files, name: &str, path: &Path, shell: Shell) -> Result<Vec<Offer>> {
    let before = files.read(system, path)?;
    if before.as_deref() == Some(shell.script()) {
        return Ok(Vec::new());
    }
    Ok(vec![Offer::Change(Change {
        purpose: format!("completions for {name}"),
        path: path.to_owned(),
        before,
        after: shell.script().to_owned(),
        then: "; they work in new shells",
    })])
}
