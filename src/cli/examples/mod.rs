//! The examples at the end of each command's `--help` and manual page.

mod commands;
mod nested;

use crate::top::keys;
use clap::Command;
use commands::COMMANDS;
use nested::NESTED;

/// Command lines of one command, each with its purpose.
struct Examples {
    /// `ledger forget`; empty for ttop itself.
    command: &'static str,
    lines: &'static [(&'static str, &'static str)],
}

const fn of(command: &'static str, lines: &'static [(&'static str, &'static str)]) -> Examples {
    Examples { command, lines }
}

/// Adds to each command its examples.
pub(super) fn add(root: Command) -> Command {
    COMMANDS.iter().chain(NESTED).fold(root, |mut root, examples| {
        let command = examples
            .command
            .split_whitespace()
            .try_fold(&mut root, |command, name| command.find_subcommand_mut(name));
        if let Some(command) = command {
            *command = command.clone().after_long_help(text(examples));
        }
        root
    })
}

/// The first example of a command, such as `ttop show`, that begins with it.
pub(super) fn first(name: &str) -> Option<&'static str> {
    let command = name.strip_prefix("ttop").unwrap_or(name).trim_start();
    let mut all = COMMANDS.iter().chain(NESTED);
    let examples = all.find(|examples| examples.command == command)?;
    let mut lines = examples.lines.iter().map(|(_, line)| *line);
    lines.find(|line| line.starts_with(name))
}

fn text(examples: &Examples) -> String {
    let lines = examples.lines.iter();
    let lines: Vec<String> = lines
        .map(|(purpose, line)| format!("  # {purpose}\n  {line}"))
        .collect();
    let text = format!("Examples:\n{}", lines.join("\n"));
    match examples.command {
        "top" => format!("{text}\n\n{}", keys::manual()),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::definition;
    use clap::Command;

    fn check(command: &Command, name: &str) {
        let help = command.get_after_long_help().map(ToString::to_string);
        assert!(help.is_some_and(|help| help.starts_with("Examples:")), "{name}");
        for inner in command.get_subcommands() {
            check(inner, &format!("{name} {}", inner.get_name()));
        }
    }

    #[test]
    fn every_command_and_action_has_examples() {
        check(&definition(), "ttop");
    }
}
