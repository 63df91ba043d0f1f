//! The help that a person reads: commands in groups, and only what works for the command at hand.

use crate::args::Global;
use crate::render::{Format, text};
use clap::builder::PossibleValuesParser;
use clap::{Args, Command, ValueEnum};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Commands by what they are for. A command in no group is listed under [`MORE`].
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Usage and cost",
        &["cost", "sessions", "turns", "show", "trends", "insights", "diff"],
    ),
    ("Now", &["top", "ps", "watch"]),
    (
        "Limits and money",
        &["providers", "budgets", "guard", "alert", "prices"],
    ),
    ("This machine", &["setup", "doctor", "config", "plugin", "bar-status"]),
];
const MORE: &str = "More commands";

/// Flags of bare `ttop` that its `-h` shows; `--help` shows all.
const FIRST_FLAGS: [&str; 3] = ["by", "since", "format"];

/// As wide as lines of prose are readable.
pub(super) const WIDEST: usize = 100;

/// What bare `ttop` does.
const BARE: &str = "Without a command, ttop runs: ttop cost --since today --by model";

/// The options of each command: only the formats that it has, and in `-h` without the options of every command.
pub(super) fn tidy(root: Command) -> Command {
    let globals = Global::augment_args(clap::Command::new("ttop"));
    let globals = globals.get_arguments().map(|arg| arg.get_id().to_string());
    let root = globals.fold(root, |root, id| root.mut_arg(id, |arg| arg.hide_short_help(true)));
    let names = names(&root);
    names.iter().fold(root, |root, name| {
        root.mut_subcommand(name, |command| {
            tidy_one(command, name == "cost", &format!("ttop {name}"))
        })
    })
}

fn names(command: &Command) -> Vec<String> {
    command
        .get_subcommands()
        .map(|inner| inner.get_name().to_owned())
        .collect()
}

fn tidy_one(command: Command, has_ccusage: bool, path: &str) -> Command {
    let command = names(&command).iter().fold(command, |command, name| {
        command.mut_subcommand(name, |inner| tidy_one(inner, has_ccusage, &format!("{path} {name}")))
    });
    let note = format!("Run '{path} --help' for examples and for options of every command");
    let command = command.after_help(note);
    let prints_rows = command.get_arguments().any(|arg| arg.get_id() == "format");
    if has_ccusage || !prints_rows {
        return command;
    }
    let formats = Format::value_variants()
        .iter()
        .filter(|format| **format != Format::Ccusage);
    let formats: Vec<_> = formats.filter_map(ValueEnum::to_possible_value).collect();
    command.mut_arg("format", |arg| arg.value_parser(PossibleValuesParser::new(formats)))
}

/// The page of ttop itself, as wide as the terminal: groups in place of a list, and in `-h` only the first flags.
pub(super) fn arrange(root: Command, aliases: &BTreeMap<String, String>, is_long: bool, width: usize) -> Command {
    let about = match is_long {
        true => "{about-with-newline}\n",
        false => "{about-with-newline}",
    };
    // Clap has no groups of commands, and does not wrap a template.
    let template = format!(
        "{about}{{usage-heading}} {{usage}}\n\n{}\n\n{{all-args}}{{after-help}}",
        groups(&root, is_long, width)
    );
    let root = names(&root)
        .iter()
        .fold(root, |root, name| {
            root.mut_subcommand(name, |command| command.hide(true))
        })
        .disable_help_subcommand(true)
        .term_width(width)
        .override_usage("ttop [OPTIONS] [COMMAND]")
        .help_template(template);
    if is_long { root } else { shorten(root, aliases, width) }
}

/// Leaves the first flags, and adds notes.
fn shorten(root: Command, aliases: &BTreeMap<String, String>, width: usize) -> Command {
    let flags: Vec<String> = root.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let root = flags.iter().fold(root, |root, flag| {
        root.mut_arg(flag, |arg| match FIRST_FLAGS.contains(&flag.as_str()) {
            true => arg.help_heading(None::<&str>).hide_possible_values(true),
            false => arg.hide_short_help(true),
        })
    });
    let aliases: Vec<&str> = aliases.keys().map(String::as_str).collect();
    let notes = [
        BARE.to_owned(),
        format!("Aliases: {}", aliases.join(", ")),
        "Run 'ttop COMMAND -h' for the options of a command, 'ttop --demo' for a sample".to_owned(),
    ];
    let notes: Vec<String> = notes.iter().flat_map(|note| text::wrap(note, Some(width))).collect();
    root.after_help(notes.join("\n"))
}

/// The words with `--help` at their end in place of `help` before a command.
pub(super) fn without_help_command(words: &[OsString]) -> Vec<OsString> {
    let mut words = words.to_vec();
    if let Some(at) = words
        .iter()
        .skip(1)
        .position(|word| !word.to_string_lossy().starts_with('-'))
        && words[at + 1] == "help"
    {
        words.remove(at + 1);
        words.push("--help".into());
    }
    words
}

/// Every command with what it does; in `-h` those of no group by their names alone.
fn groups(root: &Command, is_long: bool, width: usize) -> String {
    let header = *root.get_styles().get_header();
    let commands: Vec<&Command> = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .collect();
    let column = commands
        .iter()
        .map(|command| command.get_name().len())
        .max()
        .unwrap_or_default();
    let is_grouped = |name: &str| GROUPS.iter().any(|(_, group)| group.contains(&name));
    let more: Vec<&str> = commands
        .iter()
        .map(|command| command.get_name())
        .filter(|name| !is_grouped(name))
        .collect();
    let mut lines = Vec::new();
    for (title, group) in GROUPS.iter().copied().chain(is_long.then_some((MORE, &more[..]))) {
        if is_long && !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("{header}{title}:{header:#}"));
        for name in group {
            let Some(command) = commands.iter().find(|command| command.get_name() == *name) else {
                continue;
            };
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            lines.extend(entry(command, name, &about, column, width));
        }
    }
    if !is_long {
        let names = text::wrap(&format!("{MORE}: {}", more.join(", ")), Some(width)).join("\n");
        lines.push(names.replacen(&format!("{MORE}:"), &format!("{header}{MORE}:{header:#}"), 1));
    }
    lines.join("\n")
}

/// `  sessions     List sessions, newest first`, with further lines below the text.
fn entry(root: &Command, name: &str, about: &str, column: usize, width: usize) -> Vec<String> {
    const GAP: usize = 2;
    let indent = GAP + column + GAP;
    let literal = *root.get_styles().get_literal();
    let about = text::wrap(about, Some(width.saturating_sub(indent)));
    let mut lines = about.iter().map(|line| line.trim_start());
    let first = lines.next().unwrap_or_default();
    let padding = " ".repeat(column - name.len() + GAP);
    let first = format!("{:GAP$}{literal}{name}{literal:#}{padding}{first}", "");
    std::iter::once(first)
        .chain(lines.map(|line| format!("{:indent$}{line}", "")))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::cli::{Cli, parse};
    use crate::commands;
    use clap::CommandFactory;
    use std::ffi::OsString;

    fn printed(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        match parse::parse(&words, false, |name| (name == "COLUMNS").then(|| "80".to_owned())) {
            Ok(parse::Parsed::Text(text)) => text,
            _ => panic!("{line} prints no help"),
        }
    }

    #[test]
    fn the_short_help_fits_a_screen_and_names_every_command() {
        let help = printed("ttop -h");
        let lines = help.lines().count();
        assert!(lines <= 40, "{lines} lines:\n{help}");
        for page in [help, printed("ttop --help"), printed("ttop help")] {
            let words: Vec<&str> = page.split([' ', ',', '\n']).collect();
            for name in commands::names() {
                assert_eq!(
                    words.iter().filter(|word| **word == name).count().min(1),
                    1,
                    "{name}:\n{page}"
                );
            }
        }
    }

    #[test]
    fn the_first_line_about_a_command_fits_beside_its_name() {
        const MOST: usize = 65;
        for command in Cli::command().get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(
                about.len() <= MOST && !about.is_empty(),
                "{}: {about}",
                command.get_name()
            );
        }
    }

    #[test]
    fn the_help_of_a_command_is_that_of_the_command() {
        let help = printed("ttop prices show -h");
        assert!(help.contains("Usage: ttop prices show [OPTIONS] <MODEL>"), "{help}");
        assert!(
            !help.contains("--cost-from") && help.contains("'ttop prices show --help'"),
            "{help}"
        );
        assert!(printed("ttop prices show --help").contains("--cost-from"));
    }
}
