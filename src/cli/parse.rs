//! Parses the command line into [`Cli`], and reports misplaced and reserved flags, which clap cannot.

use super::grammar::{READ, TAKEN};
use super::typed::{moved, proposal, works};
use super::{Cli, alias, definition_with, help, refusal};
use crate::core::bad_request::BadRequest;
use crate::render::kinds::RowKind;
use crate::render::{Palette, When, fields, width};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, FromArgMatches};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Flags that nothing else may take; see the contract.
const RESERVED_FLAGS: [&str; 1] = ["--host"];

/// The parsed command line.
pub enum Parsed {
    Run(Box<Cli>),
    /// Help or the version, to be printed on stdout.
    Text(String),
}

/// # Errors
/// When the command line is wrong.
pub fn parse(
    words: &[OsString],
    is_terminal: bool,
    var: impl Fn(&str) -> Option<String>,
) -> Result<Parsed, BadRequest> {
    parse_with(words, is_terminal, var, BTreeMap::new)
}

/// Parses a command line that may use aliases of the configuration, which are asked for when they are needed.
///
/// # Errors
/// When the command line is wrong.
pub fn parse_with(
    words: &[OsString],
    is_terminal: bool,
    var: impl Fn(&str) -> Option<String>,
    aliases: impl FnOnce() -> BTreeMap<String, String>,
) -> Result<Parsed, BadRequest> {
    let mut expanded = None;
    let mut parsed = TAKEN.parse(words);
    let unknown = parsed.as_ref().err().and_then(unknown_command);
    let wants_help = parsed
        .as_ref()
        .is_err_and(|error| error.kind() == ErrorKind::DisplayHelp);
    let own = if unknown.is_some() || wants_help {
        aliases()
    } else {
        BTreeMap::new()
    };
    if let Some(name) = unknown {
        expanded = alias::expand(words, &name, &alias::all(&own))?;
    }
    if let Some(words) = &expanded {
        parsed = TAKEN.parse(words);
    }
    let words = expanded.as_deref().unwrap_or(words);
    let matches = match parsed {
        Ok(matches) => matches,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // What people read leaves some out; a version is the same in both.
            let error = match error.kind() {
                ErrorKind::DisplayHelp => help_for(words, &own, width(is_terminal, &var)).unwrap_or(error),
                _ => error,
            };
            let palette = Palette::choose(color_flag(words), is_terminal, var);
            let text = error.render();
            return Ok(Parsed::Text(if palette.is_on() {
                text.ansi().to_string()
            } else {
                text.to_string()
            }));
        }
        Err(error) => {
            // Of values, people read those that work for the command.
            let read = (error.kind() == ErrorKind::InvalidValue).then(|| READ.parse(words).err());
            return Err(refuse(&read.flatten().unwrap_or(error), words));
        }
    };
    refuse_strays(TAKEN.definition(), &matches, words)?;
    if let Some(row) = asked_for_fields(&matches) {
        return Ok(Parsed::Text(fields::help(&(row.keys)())));
    }
    let cli = Cli::from_arg_matches(&matches).map_err(|error| refuse(&error, words))?;
    if cli.global.quiet && cli.global.verbose > 0 {
        return Err(BadRequest::new("-q and -v cannot be combined"));
    }
    Ok(Parsed::Run(Box::new(cli)))
}

/// The help that the words ask for, as a person with these aliases reads it.
fn help_for(words: &[OsString], own: &BTreeMap<String, String>, width: Option<usize>) -> Option<clap::Error> {
    let words = help::without_help_command(words);
    let is_long = words.iter().any(|word| word == "--help");
    let width = width.unwrap_or(help::WIDEST).min(help::WIDEST);
    let page = help::arrange(definition_with(own), &alias::all(own), is_long, width);
    page.try_get_matches_from(words).err()
}

/// Whether an invalid command line was meant for `bar-status`: decided by its first command.
pub fn is_bar(words: &[OsString]) -> bool {
    const BAR: &str = "bar-status";
    let root = TAKEN.definition();
    let mut words = words.iter().skip(1).map(|word| word.to_string_lossy());
    words.find(|word| *word == BAR || root.find_subcommand(word.as_ref()).is_some()) == Some(BAR.into())
}

/// The row kind of `--fields help`, which needs no data.
fn asked_for_fields(matches: &ArgMatches) -> Option<&'static RowKind> {
    let (command, mut inner) = matches.subcommand().unwrap_or(("cost", matches));
    while let Some((_, deeper)) = inner.subcommand() {
        inner = deeper;
    }
    let mut asked = inner.try_get_many::<String>("fields").ok()??;
    RowKind::find(command).filter(|_| asked.any(|field| field == "help"))
}

/// The value of `--color` in an invalid command line.
fn color_flag(words: &[OsString]) -> When {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let next = |at: usize| words.get(at + 1).map(|word| word.as_ref());
    let value = words.iter().enumerate().find_map(|(at, word)| match word.as_ref() {
        "--color" => next(at),
        _ => word.strip_prefix("--color="),
    });
    match value {
        Some("always") => When::Always,
        Some("never") => When::Never,
        _ => When::Auto,
    }
}

/// The word that is no command, when that is what is wrong.
fn unknown_command(error: &clap::Error) -> Option<String> {
    match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, Some(ContextValue::String(name))) => Some(name.clone()),
        _ => None,
    }
}

/// Clap's message in ttop's form.
fn refuse(error: &clap::Error, words: &[OsString]) -> BadRequest {
    let reserved = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(name))) => {
            Some(name).filter(|name| RESERVED_FLAGS.contains(&name.as_str()))
        }
        _ => None,
    };
    match reserved {
        Some(name) => BadRequest::new(format!("'{name}' is reserved for a later version"))
            .with_hint("run 'ttop --help' for the list of commands"),
        None => refusal::refuse(error, words),
    }
}

/// A flag of `cost` before another command, where it would be lost.
pub(super) fn stray<'c>(root: &'c Command, matches: &ArgMatches) -> Option<&'c Arg> {
    matches.subcommand()?;
    root.get_arguments().find(|arg| {
        let is_given = matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
        is_given && !arg.is_global_set()
    })
}

/// Refuses flags of `cost` before another command.
fn refuse_strays(root: &Command, matches: &ArgMatches, words: &[OsString]) -> Result<(), BadRequest> {
    let (Some(arg), Some(command)) = (stray(root, matches), matches.subcommand_name()) else {
        return Ok(());
    };
    let flag = match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => arg.get_id().to_string(),
    };
    // Flags that rows of the command have no key for are parsed, and refused.
    let takes_it = READ.definition().find_subcommand(command).is_some_and(|inner| {
        let mut flags = inner.get_arguments();
        flags.any(|other| other.get_id() == arg.get_id() && !other.is_hide_set())
    });
    let error = BadRequest::new(match takes_it {
        true => format!("{flag} must come after '{command}'"),
        false => format!("'{command}' has no {flag}"),
    });
    // A value of a flag may be the name of the command, too.
    let places = (1..words.len()).filter(|at| words[*at] == *command);
    let lines = places.flat_map(|at| {
        let flags = ["ttop".into(), "cost".into()]
            .into_iter()
            .chain(words[1..at].iter().cloned());
        [moved(words, at, 1), flags.collect()]
    });
    let mut lines: Vec<Vec<OsString>> = lines.collect();
    // The command that was meant, rather than the one that takes its flags.
    lines.sort_by_key(|line| line[1] != *command);
    Err(match lines.iter().find(|line| works(line)) {
        Some(line) => error.with_hint(proposal(line)),
        None => error.with_hint(format!("run 'ttop {command} --help' for its options")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parsed(line: &str) -> Result<Parsed, BadRequest> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        parse(&words, false, |_| None)
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_flag_before_a_command_is_refused_with_the_right_order() {
        let error = parsed("ttop --since 7d turns").err().expect("refused");
        assert_eq!(error.message, "--since must come after 'turns'");
        assert_eq!(error.hint.as_deref(), Some("write 'ttop turns --since 7d'"));
        let error = parsed("ttop --since 7d creds").err().expect("refused");
        assert_eq!(error.message, "'creds' has no --since");
        assert_eq!(error.hint.as_deref(), Some("write 'ttop cost --since 7d'"));
        assert!(matches!(parsed("ttop --offline creds"), Ok(Parsed::Run(_))));
        assert!(matches!(parsed("ttop --since 7d"), Ok(Parsed::Run(_))));
    }

    #[test]
    fn flags_for_later_are_not_taken() {
        for name in RESERVED_FLAGS {
            let error = parsed(&format!("ttop {name}")).err().expect("refused");
            assert_eq!(error.message, format!("'{name}' is reserved for a later version"));
        }
    }

    #[test]
    fn commands_are_not_matched_by_prefix() {
        assert!(parsed("ttop cred").is_err());
        assert!(parsed("ttop -q creds -v").is_err());
    }

    #[test]
    fn no_flag_takes_a_reserved_name() {
        let root = Cli::command();
        let longs = |command: &Command| {
            command
                .get_arguments()
                .filter_map(|arg| arg.get_long())
                .map(|long| format!("--{long}"))
                .collect::<Vec<_>>()
        };
        for command in root.get_subcommands().chain([&root]) {
            assert!(
                longs(command)
                    .iter()
                    .all(|long| !RESERVED_FLAGS.contains(&long.as_str())),
                "{}",
                command.get_name()
            );
        }
    }
}
