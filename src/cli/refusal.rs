//! Turns each kind of mistake that clap finds into an error of ttop: what is wrong, and what to type instead.

use super::grammar::READ;
use super::typed::{Typed, moved, proposal, quoting, works};
use super::{examples, hints};
use crate::core::bad_request::BadRequest;
use crate::render::keys::similar;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};
use std::error::Error;
use std::ffi::OsString;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

/// What clap found wrong with the words.
pub(super) fn refuse(error: &clap::Error, words: &[OsString]) -> BadRequest {
    let typed = Typed::new(words);
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let argument = text(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::UnknownArgument => unknown_argument(&typed, argument),
        ErrorKind::InvalidSubcommand => unknown_command(&typed, text(ContextKind::InvalidSubcommand)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => incomplete(&typed),
        ErrorKind::InvalidValue => {
            let valid = texts(error, ContextKind::ValidValue);
            invalid_value(&typed, argument, text(ContextKind::InvalidValue), &valid)
        }
        ErrorKind::ValueValidation => unsuitable_value(argument, text(ContextKind::InvalidValue), error.source()),
        ErrorKind::ArgumentConflict => {
            let others = texts(error, ContextKind::PriorArg);
            conflict(&typed, argument, text(ContextKind::InvalidSubcommand), &others)
        }
        ErrorKind::MissingRequiredArgument => missing(&typed, &texts(error, ContextKind::InvalidArg)),
        ErrorKind::InvalidUtf8 => BadRequest::new("a word of the command line is not UTF-8"),
        _ => {
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default();
            BadRequest::new(first.strip_prefix("error: ").unwrap_or(first)).with_hint(help_of(&typed))
        }
    }
}

/// One text or several.
fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// `--by` of `--by <DIM>`, `--verbose` of `--verbose...`
fn flag_of(argument: &str) -> &str {
    argument
        .split([' ', '[', '='])
        .next()
        .filter(|flag| !flag.is_empty())
        .unwrap_or(argument)
        .trim_end_matches("...")
}

fn help_of(typed: &Typed<'_>) -> String {
    format!("run '{} --help' for its options", typed.name())
}

fn unknown_argument(typed: &Typed<'_>, argument: &str) -> BadRequest {
    let at = typed.position(argument);
    if let Some(refused) = at.and_then(|at| dashed_value(typed, at)) {
        return refused;
    }
    let error = BadRequest::new(format!("unexpected argument '{argument}'"));
    let other = at.and_then(|at| match argument.starts_with('-') {
        true => hints::of_flag(typed, at),
        false => hints::of_word(typed, at),
    });
    let hint = other
        .or_else(|| near_flag(typed, argument))
        .or_else(|| flag_of_others(typed, argument))
        .unwrap_or_else(|| help_of(typed));
    error.with_hint(hint)
}

/// `-n -1`, `--since -7d`, `--sort -cost`: a value that looks like a flag.
fn dashed_value(typed: &Typed<'_>, at: usize) -> Option<BadRequest> {
    let value = typed.words[at].to_str()?;
    let flag = typed.value_flag(typed.words.get(at.checked_sub(1)?)?)?;
    let name = format!("--{}", flag.get_long()?);
    let bare = value
        .strip_prefix('-')
        .filter(|bare| !bare.starts_with('-') && !bare.is_empty())?;
    let with = |words: &[&str]| {
        let mut line = typed.with(at, words);
        line.remove(at - 1);
        line
    };
    let error = BadRequest::new(format!("{name} needs a value, and '{value}' looks like a flag"));
    let instead = match flag.get_id().as_str() {
        "sort" => Some(format!("{bare}:desc")),
        "since" | "until" | "on" | "history" | "before" => Some(bare.to_owned()),
        _ => None,
    };
    if let Some(instead) = instead {
        let line = with(&[&name, &instead]);
        return Some(error.with_hint(if works(&line) { proposal(&line) } else { help_of(typed) }));
    }
    let joined = with(&[&format!("{name}={value}")]);
    if works(&joined) {
        return Some(error.with_hint(proposal(&joined)));
    }
    Some(match READ.parse(&joined) {
        // Another flag of the line is in the wrong place.
        Ok(_) => error.with_hint(help_of(typed)),
        Err(other) => refuse(&other, &joined),
    })
}

fn near_flag(typed: &Typed<'_>, argument: &str) -> Option<String> {
    let name = argument.strip_prefix("--")?;
    let flags: Vec<&str> = typed.flags().filter_map(Arg::get_long).collect();
    let near = similar(name, flags.into_iter());
    near.first().map(|near| format!("did you mean --{near}?"))
}

/// The commands that have a flag which this one lacks.
fn flag_of_others(typed: &Typed<'_>, argument: &str) -> Option<String> {
    let name = argument.strip_prefix("--")?;
    let commands = typed.commands_with(name);
    let line = |command: &&str| {
        let line = typed.for_command(command, typed.words);
        works(&line).then(|| proposal(&line))
    };
    match &commands[..] {
        [] => None,
        [one] => line(one).or_else(|| Some(format!("--{name} is a flag of 'ttop {one}'"))),
        [first @ .., last] => Some(format!("--{name} is a flag of {} and {last}", first.join(", "))),
    }
}

fn unknown_command(typed: &Typed<'_>, word: &str) -> BadRequest {
    /// Actions that take the word that stands where an action is expected: `ttop prices gpt-5.5`.
    const SHOWING: [&str; 3] = ["show", "info", "get"];
    let command = typed.command;
    let noun = command.get_subcommand_value_name().unwrap_or("command").to_lowercase();
    let owner = match typed.path.is_empty() {
        true => "ttop".to_owned(),
        false => format!("'{}'", typed.name()),
    };
    let error = BadRequest::new(format!("{owner} has no {noun} '{word}'"));
    let names: Vec<&str> = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
        .map(Command::get_name)
        .collect();
    let Some(at) = typed.position(word) else {
        return error.with_hint(help_of(typed));
    };
    let near = |most: usize| {
        let name = closest(word, names.iter().copied(), most)?;
        with_required(typed.with(at, &[name]), command.find_subcommand(name)?)
    };
    let like = || {
        let name = *similar(word, names.iter().copied()).first()?;
        with_required(typed.with(at, &[name]), command.find_subcommand(name)?)
    };
    let shown = || {
        let actions = SHOWING.iter().filter(|action| names.contains(action));
        let mut lines = actions.map(|action| typed.with(at, &[action, word]));
        lines.find(|line| works(line))
    };
    let all = match typed.path.is_empty() {
        true => "run 'ttop --help' for the list of commands".to_owned(),
        false => format!("its {noun}s: {}", names.join(", ")),
    };
    let hint = near(1)
        .map(|line| proposal(&line))
        .or_else(|| hints::of_word(typed, at))
        .or_else(|| near(2).or_else(like).or_else(shown).map(|line| proposal(&line)));
    error.with_hint(hint.unwrap_or(all))
}

/// The line if ttop takes it, else with names in the place of words that the command needs and that are missing.
fn with_required(line: Vec<OsString>, command: &Command) -> Option<Vec<OsString>> {
    let needed = command.get_positionals().filter(|arg| arg.is_required_set());
    let needed = needed.filter_map(|arg| Some(OsString::from(arg.get_value_names()?.first()?.as_str())));
    let complete: Vec<OsString> = line.iter().cloned().chain(needed).collect();
    [line, complete].into_iter().find(|line| works(line))
}

fn incomplete(typed: &Typed<'_>) -> BadRequest {
    let name = typed.name();
    let noun = typed
        .command
        .get_subcommand_value_name()
        .unwrap_or("command")
        .to_lowercase();
    let visible = typed.command.get_subcommands().filter(|inner| !inner.is_hide_set());
    let names: Vec<&str> = visible.map(Command::get_name).collect();
    BadRequest::new(format!("'{name}' is incomplete"))
        .with_hint(format!("run '{name} --help'; its {noun}s are {}", names.join(", ")))
}

fn invalid_value(typed: &Typed<'_>, argument: &str, value: &str, valid: &[String]) -> BadRequest {
    let flag = flag_of(argument);
    if value.is_empty() {
        return match valid {
            [] => BadRequest::new(format!("{flag} needs a value")).with_hint(help_of(typed)),
            valid => BadRequest::new(format!("{flag} needs a value: one of {}", valid.join(", "))),
        };
    }
    let what = match flag.starts_with('-') {
        true => format!("value '{value}' for {flag}"),
        false => {
            let noun = flag.trim_matches(['<', '>', '[', ']', '.']);
            format!("{} '{value}'", noun.to_lowercase())
        }
    };
    let error = BadRequest::new(format!("invalid {what}: expected one of {}", valid.join(", ")));
    match nearest(value, valid) {
        Some(near) => error.with_hint(format!("did you mean {near}?")),
        None => error,
    }
}

/// A value that its flag cannot read, with the reason in ttop's words.
fn unsuitable_value(argument: &str, value: &str, reason: Option<&(dyn Error + 'static)>) -> BadRequest {
    let flag = flag_of(argument);
    let reason = reason.map(reason_of).unwrap_or_default();
    // Some reasons quote the value themselves, and some end with the remedy.
    let (reason, hint) = match reason.split_once("; ") {
        Some((reason, hint)) => (reason.to_owned(), Some(hint.to_owned())),
        None => (reason, None),
    };
    let message = match reason.starts_with(&format!("'{value}'")) {
        true => format!("{flag}: {reason}"),
        false => format!("invalid value '{value}' for {flag}: {reason}"),
    };
    BadRequest { message, hint }
}

fn reason_of(error: &(dyn Error + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<ParseIntError>() {
        return match error.kind() {
            IntErrorKind::PosOverflow => "the number is too large".to_owned(),
            IntErrorKind::NegOverflow => "the number is too small".to_owned(),
            _ => "expected a whole number".to_owned(),
        };
    }
    if error.is::<ParseFloatError>() {
        return "expected a number".to_owned();
    }
    let text = error.to_string();
    let range = text
        .split_once(" is not in ")
        .and_then(|(_, range)| range.split_once("..="));
    match range {
        Some((least, most)) if most.len() > 6 => format!("expected a whole number of at least {least}"),
        Some((least, most)) => format!("expected a whole number from {least} to {most}"),
        None => match text.as_str() {
            "invalid digit found in string" => "expected a whole number".to_owned(),
            _ => text,
        },
    }
}

fn conflict(typed: &Typed<'_>, argument: &str, command: &str, others: &[String]) -> BadRequest {
    let flags: Vec<&str> = others.iter().map(|other| flag_of(other)).collect();
    if !command.is_empty() {
        // The flags of `ttop ledger` before one of its actions.
        let error = BadRequest::new(format!("{} must come after '{command}'", flags.join(", ")));
        let to = typed.path.iter().rev().nth(1).map_or(1, |(at, _)| at + 1);
        let line = typed.path.last().map(|(from, _)| moved(typed.words, *from, to));
        return match line.filter(|line| works(line)) {
            Some(line) => error.with_hint(proposal(&line)),
            None => error.with_hint(help_of(typed)),
        };
    }
    let flag = flag_of(argument);
    BadRequest::new(match flags[..] {
        [] => format!("{flag} cannot be used with the other flags"),
        [same] if same == flag => format!("{flag} can be given only once"),
        _ => format!("{flag} cannot be used with {}", flags.join(", ")),
    })
}

fn missing(typed: &Typed<'_>, needed: &[String]) -> BadRequest {
    if let [flag] = needed
        && flag.starts_with("--")
    {
        let flag = flag_of(flag);
        let line = typed.words.iter().cloned().chain([flag.into()]).collect::<Vec<_>>();
        let error = BadRequest::new(format!("{flag} is missing"));
        return error.with_hint(if works(&line) { proposal(&line) } else { help_of(typed) });
    }
    let needed: Vec<String> = needed.iter().map(|needed| alternatives(needed)).collect();
    let error = BadRequest::new(format!("'{}' needs {}", typed.name(), needed.join(" and ")));
    match examples::first(&typed.name()) {
        Some(line) => error.with_hint(quoting("for example", line)),
        None => error.with_hint(help_of(typed)),
    }
}

/// `<--session <ID>|--project <PATH>>` as `--session <ID> or --project <PATH>`.
fn alternatives(needed: &str) -> String {
    let group = needed.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    match group.filter(|group| group.contains('|')) {
        Some(group) => group.split('|').collect::<Vec<_>>().join(" or "),
        None => needed.to_owned(),
    }
}

/// The name that at most so many edits make of a word, swapped letters counted as one.
fn closest<'n>(word: &str, names: impl Iterator<Item = &'n str>, most: usize) -> Option<&'n str> {
    let word = word.to_lowercase();
    let edits = |name: &&str| strsim::osa_distance(&word, name);
    names
        .min_by_key(edits)
        .filter(|name| edits(name) <= most.min(word.len() / 2))
}

/// The valid value that is nearest; else one that is like it.
fn nearest<'v>(value: &str, valid: &'v [String]) -> Option<&'v str> {
    const MOST_EDITS: usize = 2;
    let names = || valid.iter().map(String::as_str);
    closest(value, names(), MOST_EDITS).or_else(|| similar(value, names()).first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parse::parse;

    #[test]
    fn the_nearest_value_swaps_letters() {
        let valid = ["day", "year", "model", "month"].map(str::to_owned);
        assert_eq!(nearest("dya", &valid), Some("day"));
        assert_eq!(nearest("modle", &valid), Some("model"));
        assert_eq!(nearest("xyz", &valid), None);
    }

    /// Every command and action, with words for what it needs.
    fn paths(command: &Command, path: &[String], found: &mut Vec<Vec<String>>) {
        for inner in command.get_subcommands() {
            let path: Vec<String> = path.iter().cloned().chain([inner.get_name().to_owned()]).collect();
            found.push(path.clone());
            paths(inner, &path, found);
        }
    }

    fn refused(words: &[String]) -> Option<BadRequest> {
        let words: Vec<OsString> = std::iter::once("ttop")
            .chain(words.iter().map(String::as_str))
            .map(OsString::from)
            .collect();
        parse(&words, false, |_| None).err()
    }

    /// The command line of a hint.
    fn line(hint: &str) -> Option<Vec<String>> {
        let line = match hint.split_once(": ttop ") {
            Some((_, rest)) => format!("ttop {rest}"),
            None => hint.split('\'').find(|part| part.starts_with("ttop "))?.to_owned(),
        };
        Some(
            shlex::split(&line)
                .expect("a line of a shell")
                .into_iter()
                .skip(1)
                .collect(),
        )
    }

    #[test]
    fn every_mistake_is_one_line_and_every_hint_is_a_line_that_works() {
        let mut all = vec![Vec::new()];
        paths(READ.definition(), &[], &mut all);
        // Of every command, and all of them of commands of each shape.
        let common = [
            "--nosuchflag",
            "--json",
            "-s 7d",
            "--days 7",
            "--claude",
            "-n -1",
            "today",
            "nosuchword x",
        ];
        let more = [
            "--jsno",
            "-Q",
            "--json id,cost",
            "--csv",
            "--no-color",
            "--mode calculate",
            "-u today",
            "--days=7",
            "--week",
            "--year 2026",
            "--daily",
            "--instances",
            "-b",
            "--active",
            "-p .",
            "-L 5",
            "-z UTC",
            "--debug",
            "-O",
            "--client codex",
            "--by day",
            "--plot",
            "--max 5",
            "-n x",
            "--since -7d",
            "--since",
            "--sort -cost",
            "--grep -x",
            "--by dya",
            "-o xml",
            "--last 0",
            "--days x",
            "--since 7d --on today",
            "--since 7d --since 8d",
            "--at 90",
            "--max soon",
            "--kind moon",
            "day",
            "models",
            "daily",
            "opencode",
            "7d",
            "latest",
            ".",
            "nord",
            "sqlit x",
            "lsit",
            "shwo x",
            "sesions",
            "claude-sonnet-4-6",
            "budgets.daily",
            "-q -v",
            "--events nothing",
            "--heartbeat 10m",
            "",
            "a b c d",
        ];
        let shapes = [
            "", "cost", "sessions", "creds", "export", "prices", "config", "ledger", "watch",
        ];
        let mut hints = 0;
        for path in &all {
            let has_shape = path.len() < 2 && shapes.contains(&path.first().map_or("", String::as_str));
            let mistakes = common.iter().chain(more.iter().filter(|_| has_shape));
            for mistake in mistakes {
                let typed: Vec<String> = mistake.split_whitespace().map(str::to_owned).collect();
                let mut lines = vec![[path, &typed[..]].concat()];
                lines.extend((has_shape && typed.len() == 2).then(|| [&typed[..], path].concat()));
                for words in lines {
                    let Some(error) = refused(&words) else { continue };
                    for raw in ["Usage:", "tip:", "For more information", "subcommand", "\n"] {
                        assert!(!error.message.contains(raw), "{words:?}: {}", error.message);
                    }
                    let Some(hint) = &error.hint else { continue };
                    assert!(!hint.contains('\n'), "{words:?}: {hint}");
                    let Some(line) = line(hint) else { continue };
                    hints += 1;
                    let again = refused(&line);
                    assert!(
                        again.is_none(),
                        "{words:?}: {hint}: {}",
                        again.map(|error| error.message).unwrap_or_default()
                    );
                }
            }
        }
        assert!(hints > 500, "{hints}");
    }
}
