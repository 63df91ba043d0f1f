//! Hints for words that people bring from other tools, and for values that are almost right.

use crate::args::is_agent_id;
use crate::core::bad_request::BadRequest;
use crate::core::period::{Edge, parse_time};
use crate::render::keys::similar;
use crate::reports::by::By;
use clap::ValueEnum;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use jiff::tz::TimeZone;
use std::ffi::OsString;

/// Flags of ccusage, gh and others, and what they are here.
const OTHER_FLAGS: [(&str, &str); 10] = [
    ("--json", "-o json"),
    ("--csv", "-o csv"),
    ("-s", "--since TIME"),
    ("-u", "--until TIME"),
    ("--limit-rows", "-n N"),
    ("-p", "--project PATH"),
    ("-i", "--project PATH"),
    ("--days", "--since 7d"),
    ("--timezone", "--tz ZONE"),
    ("-z", "--tz ZONE"),
];

/// The error with a hint that is a right command line; `None` where clap's own text is better.
pub(super) fn of(error: &clap::Error, words: &[OsString]) -> Option<BadRequest> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let argument = context(ContextKind::InvalidArg)?;
            let hint = flag_hint(argument).or_else(|| word_hint(argument, command_of(words)))?;
            Some(BadRequest::new(format!("unexpected argument '{argument}'")).with_hint(hint))
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let mut typed = words.iter().skip(1).filter_map(|word| word.to_str());
            let command = typed.find(|word| super::is_command(word))?;
            let error = BadRequest::new(format!("'ttop {command}' is incomplete"));
            Some(error.with_hint(format!("run 'ttop {command} --help' for what follows it")))
        }
        // A similar command is the better hint.
        ErrorKind::InvalidSubcommand if error.get(ContextKind::SuggestedSubcommand).is_none() => {
            let word = context(ContextKind::InvalidSubcommand)?;
            let hint = word_hint(word, None)?;
            Some(BadRequest::new(format!("'{word}' is no command")).with_hint(hint))
        }
        ErrorKind::InvalidValue => {
            let value = context(ContextKind::InvalidValue)?;
            let flag = context(ContextKind::InvalidArg)?;
            let Some(ContextValue::Strings(valid)) = error.get(ContextKind::ValidValue) else {
                return None;
            };
            let near = nearest(value, valid)?;
            let flag = flag.split(' ').next().unwrap_or(flag);
            let message = format!(
                "invalid value '{value}' for {flag}: expected one of {}",
                valid.join(", ")
            );
            Some(BadRequest::new(message).with_hint(format!("did you mean {near}?")))
        }
        _ => None,
    }
}

fn flag_hint(argument: &str) -> Option<String> {
    let (_, here) = OTHER_FLAGS.iter().find(|(flag, _)| *flag == argument)?;
    Some(format!("write {here}"))
}

/// `ttop cost today`, `ttop sessions opencode`: a word in the place of a flag's value.
fn word_hint(word: &str, command: Option<&str>) -> Option<String> {
    let command = command.unwrap_or("cost");
    let singular = word.strip_suffix('s').unwrap_or(word);
    if command == "cost"
        && By::from_str(word, true)
            .or_else(|_| By::from_str(singular, true))
            .is_ok()
        && word != "sessions"
    {
        return Some(format!("write 'ttop cost --by {}'", singular.to_lowercase()));
    }
    let period = match word {
        "daily" => Some("day"),
        "weekly" => Some("week"),
        "monthly" => Some("month"),
        _ => None,
    };
    if let Some(period) = period {
        return Some(format!("write 'ttop cost --by {period}'"));
    }
    if !["cost", "sessions", "turns"].contains(&command) {
        return None;
    }
    if !word.starts_with('-') && parse_time(word, 0, &TimeZone::UTC, Edge::Since).is_ok() {
        return Some(format!("write 'ttop {command} --since {word}'"));
    }
    is_agent_id(word).then(|| format!("write 'ttop {command} --agent {word}'"))
}

/// The first command on the line.
fn command_of(words: &[OsString]) -> Option<&str> {
    let word = words
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .find(|word| !word.starts_with('-'))?;
    ["cost", "sessions", "turns"]
        .contains(&word)
        .then_some(word)
        .or(Some("other").filter(|_| super::is_command(word)))
}

/// The valid value that needs the fewest edits, swapped letters counted as one; else one that is like it.
fn nearest<'v>(value: &str, valid: &'v [String]) -> Option<&'v str> {
    const MOST_EDITS: usize = 2;
    let value = value.to_lowercase();
    let edits = |other: &&String| strsim::osa_distance(&value, other);
    let closest = valid
        .iter()
        .min_by_key(edits)
        .filter(|other| edits(other) <= MOST_EDITS.min(value.len() / 2));
    let like = || similar(&value, valid.iter().map(String::as_str)).first().copied();
    closest.map(String::as_str).or_else(like)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_value_swaps_letters() {
        let valid = ["day", "year", "model", "month"].map(str::to_owned);
        assert_eq!(nearest("dya", &valid), Some("day"));
        assert_eq!(nearest("modle", &valid), Some("model"));
        assert_eq!(nearest("xyz", &valid), None);
    }
}
