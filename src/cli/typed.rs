//! A command line as it was typed: the command that it is for, and whether another line would be right.

use super::grammar::READ;
use super::parse;
use crate::core::shell;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;

/// A command line that was refused.
pub(super) struct Typed<'w> {
    pub words: &'w [OsString],
    /// The names of the command and its action, each with its place among the words.
    pub path: Vec<(usize, String)>,
    /// The command as people read it.
    pub command: &'static Command,
}

impl<'w> Typed<'w> {
    pub(super) fn new(words: &'w [OsString]) -> Self {
        let mut command = READ.definition();
        let mut path = Vec::new();
        for (at, word) in words.iter().enumerate().skip(1) {
            let inner = word.to_str().and_then(|name| command.find_subcommand(name));
            if let Some(inner) = inner {
                path.push((at, inner.get_name().to_owned()));
                command = inner;
            }
        }
        Self { words, path, command }
    }

    /// `ttop export sqlite`
    pub(super) fn name(&self) -> String {
        let names = self.path.iter().map(|(_, name)| name.as_str());
        std::iter::once("ttop").chain(names).collect::<Vec<_>>().join(" ")
    }

    /// The first word that is this argument, alone or with its value: `--by`, `--by=day`, `-n5`.
    pub(super) fn position(&self, argument: &str) -> Option<usize> {
        let is_short = !argument.starts_with("--") && argument.starts_with('-');
        let is_it = |word: &OsString| {
            let word = word.to_string_lossy();
            let rest = word.strip_prefix(argument);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('=') || is_short)
        };
        self.words.iter().skip(1).position(is_it).map(|at| at + 1)
    }

    /// The flags that the command takes, as people read them.
    pub(super) fn flags(&self) -> impl Iterator<Item = &Arg> {
        let everywhere = READ.definition().get_arguments().filter(|arg| arg.is_global_set());
        let own = self.command.get_arguments();
        own.chain(everywhere)
            .filter(|arg| !arg.is_hide_set() && !arg.is_positional())
    }

    /// The flag that a word is, if it is one that takes a value and has none.
    pub(super) fn value_flag(&self, word: &OsString) -> Option<&Arg> {
        let word = word.to_str()?;
        let is_it = |arg: &&Arg| {
            let long = arg.get_long().map(|long| format!("--{long}"));
            let short = arg.get_short().map(|short| format!("-{short}"));
            long.as_deref() == Some(word) || short.as_deref() == Some(word)
        };
        self.flags().find(is_it).filter(|arg| arg.get_action().takes_values())
    }

    /// Commands that have a flag of this name.
    pub(super) fn commands_with(&self, long: &str) -> Vec<&str> {
        let has_it = |command: &&Command| {
            let mut flags = command.get_arguments();
            flags.any(|arg| !arg.is_hide_set() && arg.get_long() == Some(long))
        };
        READ.definition()
            .get_subcommands()
            .filter(has_it)
            .map(Command::get_name)
            .collect()
    }

    /// The line with other words in the place of one.
    pub(super) fn with(&self, at: usize, instead: &[&str]) -> Vec<OsString> {
        let (before, after) = (&self.words[..at], &self.words[at + 1..]);
        let instead = instead.iter().map(OsString::from);
        before
            .iter()
            .cloned()
            .chain(instead)
            .chain(after.iter().cloned())
            .collect()
    }

    /// The line for another command, without the words of this one's path.
    pub(super) fn for_command(&self, command: &str, words: &[OsString]) -> Vec<OsString> {
        let path: Vec<usize> = self.path.iter().map(|(at, _)| *at).collect();
        let rest = words.iter().enumerate().skip(1).filter(|(at, _)| !path.contains(at));
        ["ttop".into(), command.into()]
            .into_iter()
            .chain(rest.map(|(_, word)| word.clone()))
            .collect()
    }
}

/// The line with a word at another place: its command before the flags that were typed ahead of it.
pub(super) fn moved(words: &[OsString], from: usize, to: usize) -> Vec<OsString> {
    let mut words = words.to_vec();
    let word = words.remove(from);
    words.insert(to, word);
    words
}

/// Whether ttop takes a line, and each of its flags means something.
pub(super) fn works(words: &[OsString]) -> bool {
    let root = READ.definition();
    let Ok(matches) = READ.parse(words) else {
        return false;
    };
    parse::stray(root, &matches).is_none() && !uses_hidden(root, &matches)
}

/// Whether a flag is on the line that help leaves out, such as a filter for which rows have no key.
fn uses_hidden(root: &Command, matches: &ArgMatches) -> bool {
    let (mut command, mut matches) = (root, matches);
    while let Some((name, inner)) = matches.subcommand() {
        let Some(found) = command.find_subcommand(name) else {
            return false;
        };
        (command, matches) = (found, inner);
    }
    let is_given = |arg: &Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    command.get_arguments().any(|arg| arg.is_hide_set() && is_given(arg))
}

/// The hint to write a line: `write 'ttop cost --by day'`.
pub(super) fn proposal(words: &[OsString]) -> String {
    quoting("write", &line(words))
}

/// A command after a verb, in quotes where it has none itself.
pub(super) fn quoting(verb: &str, line: &str) -> String {
    match line.contains('\'') {
        true => format!("{verb}: {line}"),
        false => format!("{verb} '{line}'"),
    }
}

/// The words as a shell takes them.
fn line(words: &[OsString]) -> String {
    let rest = words.iter().skip(1).map(|word| shell::quoted(&word.to_string_lossy()));
    std::iter::once("ttop".to_owned())
        .chain(rest)
        .collect::<Vec<_>>()
        .join(" ")
}
