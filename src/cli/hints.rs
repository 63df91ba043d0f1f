//! Hints for words that people bring from ccusage, tokscale, gh and others. Each is a command line that ttop takes.

use super::typed::{Typed, proposal, works};
use crate::args::agent_of;
use crate::core::period::{Edge, parse_time};
use crate::reports::by::By;
use clap::ValueEnum;
use jiff::tz::TimeZone;
use std::ffi::OsString;

/// Flags of other tools, some with their value, and what is written here instead. Of several, the first that works.
const OTHER_FLAGS: &[(&[&str], &[&[&str]])] = &[
    (&["--json"], &[&["-o", "json"], &["-o", "json", "--fields"]]),
    (&["-j"], &[&["-o", "json"]]),
    (&["--ndjson"], &[&["-o", "ndjson"]]),
    (&["--jsonl"], &[&["-o", "ndjson"]]),
    (&["--csv"], &[&["-o", "csv"]]),
    (&["--tsv"], &[&["-o", "tsv"]]),
    (&["--md"], &[&["-o", "md"]]),
    (&["--markdown"], &[&["-o", "md"]]),
    (&["--table"], &[&["-t"]]),
    (&["--output"], &[&["-o"]]),
    (&["--no-color"], &[&["--color", "never"]]),
    (&["--colour"], &[&["--color"]]),
    (&["--mode", "calculate"], &[&["--cost-from", "list"]]),
    (&["--mode", "display"], &[&["--cost-from", "agent"]]),
    (&["--mode", "auto"], &[&["--cost-from", "auto"]]),
    (&["-s"], &[&["--since"]]),
    (&["--from"], &[&["--since"]]),
    (&["--start"], &[&["--since"]]),
    (&["-u"], &[&["--until"]]),
    (&["--to"], &[&["--until"]]),
    (&["--end"], &[&["--until"]]),
    (&["--today"], &[&["--since", "today"]]),
    (&["--yesterday"], &[&["--on", "yesterday"]]),
    (&["--week"], &[&["--since", "week"]]),
    (&["--month"], &[&["--since", "month"]]),
    (&["--year"], &[&["--on"], &["--since", "year"]]),
    (&["--daily"], &[&["--by", "day"]]),
    (&["--weekly"], &[&["--by", "week"]]),
    (&["--monthly"], &[&["--by", "month"]]),
    (&["--group-by"], &[&["--by"]]),
    (&["--instances"], &[&["--by", "day,project"]]),
    (&["-i"], &[&["--by", "day,project"]]),
    (&["-b"], &[&["--breakdown"]]),
    (&["--active"], &[&["--last", "1"]]),
    (&["-a"], &[&["--all"], &["--last", "1"]]),
    (&["-p"], &[&["--project"]]),
    (&["--limit-rows"], &[&["-n"]]),
    (&["--top"], &[&["-n"]]),
    (&["-L"], &[&["-n"]]),
    (&["--search"], &[&["--grep"]]),
    (&["--timezone"], &[&["--tz"]]),
    (&["-z"], &[&["--tz"]]),
    (&["--debug"], &[&["-v"]]),
    (&["-d"], &[&["-v"]]),
    (&["-O"], &[&["--offline"]]),
    (&["--client"], &[&["--agent"]]),
    (&["--tool"], &[&["--agent"]]),
];

/// The line to write instead of one with a flag of another tool.
pub(super) fn of_flag(typed: &Typed<'_>, at: usize) -> Option<String> {
    let words = split(typed.words, at);
    let flag = words[at].to_str()?;
    let next = words.get(at + 1).and_then(|word| word.to_str());
    let line = |length: usize, instead: &[&str]| {
        let with = instead.iter().map(OsString::from);
        let rest = words.get(at + length..)?.iter().cloned();
        let line: Vec<OsString> = words[..at].iter().cloned().chain(with).chain(rest).collect();
        // Bare ttop is about today.
        let line = match typed.path.is_empty() && instead.contains(&"--by") {
            true => typed.for_command("cost", &line),
            false => line,
        };
        works(&line).then_some(line)
    };
    let is_it = |known: &&(&[&str], &[&[&str]])| match *known.0 {
        [name] => name == flag,
        [name, value] => name == flag && next == Some(value),
        _ => false,
    };
    let known = OTHER_FLAGS.iter().find(is_it);
    let known = known.and_then(|(key, all)| all.iter().find_map(|instead| line(key.len(), instead)));
    let days = || {
        let days: u32 = next.filter(|_| flag == "--days")?.parse().ok()?;
        line(2, &["--since", &format!("{days}d")])
    };
    let agent = || line(1, &["--agent", agent_of(flag.strip_prefix("--")?)?]);
    known.or_else(days).or_else(agent).map(|line| proposal(&line))
}

/// The words with `--flag=value` at a place as two of them.
fn split(words: &[OsString], at: usize) -> Vec<OsString> {
    let mut words = words.to_vec();
    let pair = words[at].to_str().and_then(|word| word.split_once('='));
    if let Some((flag, value)) = pair.map(|(flag, value)| (OsString::from(flag), OsString::from(value))) {
        words.splice(at..=at, [flag, value]);
    }
    words
}

/// The line to write instead of one with a word in the place of a flag's value: `ttop cost today`.
pub(super) fn of_word(typed: &Typed<'_>, at: usize) -> Option<String> {
    let word = typed.words[at].to_str()?;
    let here: Vec<Vec<OsString>> = meanings(word)
        .into_iter()
        .map(|(flag, value)| typed.with(at, &[flag, &value]))
        .collect();
    let of_cost = here.iter().map(|line| typed.for_command("cost", line));
    // Bare ttop takes the flags of cost, too, but the long form shows where they are from.
    let own = here.iter().filter(|_| !typed.path.is_empty()).cloned();
    let mut lines = own.chain(of_cost);
    lines.find(|line| works(line)).map(|line| proposal(&line))
}

/// The flags that a word may be a value of.
fn meanings(word: &str) -> Vec<(&'static str, String)> {
    let by = By::from_str(word, true).ok().and_then(|by| by.to_possible_value());
    let by = by.map(|value| value.get_name().to_owned()).or_else(|| {
        let period = match word.to_lowercase().as_str() {
            "hourly" => "hour",
            "daily" => "day",
            "weekly" => "week",
            "monthly" => "month",
            "yearly" => "year",
            _ => return None,
        };
        Some(period.to_owned())
    });
    let is_time = !word.starts_with('-') && parse_time(word, 0, &TimeZone::UTC, Edge::Since).is_ok();
    let is_path = word == "." || word.contains('/');
    let own = || word.to_owned();
    [
        by.map(|by| ("--by", by)),
        is_time.then(|| ("--since", own())),
        agent_of(word).map(|id| ("--agent", id.to_owned())),
        (word == "latest").then(|| ("--session", own())),
        is_path.then(|| ("--project", own())),
    ]
    .into_iter()
    .flatten()
    .collect()
}
