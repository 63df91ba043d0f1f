//! Every agent: a time that no agent can have written is reported, and its reply counts at a time that can be right.

use crate::support;
use crate::support::counting::{Reading, read_all};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

const YEAR_2000: i64 = 946_684_800_000;
const YEAR_2200: i64 = 7_258_118_400_000;

/// Agents whose records of requests have no times: those of their sessions stand in other files.
const TIMELESS: [&str; 2] = ["continue-cli", "mistral-vibe"];

/// Replaces the first character run that `is_time` finds from each place of a text on.
fn replace(text: &str, found: impl Fn(&str) -> Option<usize>, by: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        match found(rest) {
            Some(length) => {
                out.push_str(by);
                rest = &rest[length..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// `"2026-11-29T06:26:21Z"`, with its quotes.
fn quoted_time(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let is_time = bytes.len() > 21 && bytes.starts_with(b"\"20") && bytes[5] == b'-' && bytes[11] == b'T';
    is_time.then(|| rest[1..].find('"').map(|end| end + 2))?
}

/// `:1795933601632`, as a value of a key.
fn milliseconds(rest: &str) -> Option<usize> {
    let digits = rest.strip_prefix(':')?;
    let space = digits.len() - digits.trim_start().len();
    let length = digits[space..].bytes().take_while(u8::is_ascii_digit).count();
    (length == 13).then_some(1 + space + length)
}

fn times_are_possible(reading: &Reading, place: &str) {
    for turn in &reading.turns {
        let is_possible = (YEAR_2000..YEAR_2200).contains(&turn.timestamp);
        assert!(turn.timestamp == 0 || is_possible, "{place}: {turn:?}");
    }
}

/// Returns whether a fault was reported.
fn check(agent: &'static (dyn Agent + Sync), case: &Path, (time, ms): (&str, &str)) -> bool {
    let home = support::Home::new();
    support::copy_tree(&case.join("home"), &home.path());
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let before = read_all(agent, &system);
    let mut has_changed = false;
    for source in agent.sources(&system).sources {
        let Ok(text) = std::fs::read_to_string(&source.path) else {
            continue;
        };
        let text_after = replace(&text, quoted_time, &format!("\"{time}\""));
        let text_after = replace(&text_after, milliseconds, &format!(":{ms}"));
        has_changed |= text_after != text;
        std::fs::write(&source.path, text_after).expect("written");
    }
    let after = read_all(agent, &system);
    let place = format!("{} {}", agent.id(), case.display());
    times_are_possible(&after, &place);
    let is_reported = after
        .problems
        .iter()
        .any(|problem| problem.reason.contains("impossible time"));
    assert!(
        !has_changed || before.turns.is_empty() || is_reported || TIMELESS.contains(&agent.id()),
        "{place} with {time}: {:#?}",
        after.problems
    );
    is_reported
}

#[test]
fn a_time_that_cannot_be_is_reported_by_every_agent() {
    let mut reported = BTreeSet::new();
    for &agent in built_in() {
        let folders = [format!("agents/{}", agent.id()), agent.id().to_owned()];
        let entries = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(support::fixtures().join(folder)).ok());
        for case in entries.flatten() {
            let case = case.expect("an entry").path();
            if !case.join("home").is_dir() {
                continue;
            }
            for times in [
                ("9999-12-31T23:59:59Z", "253402000000000"),
                ("1970-01-01T00:00:20Z", "20000000"),
            ] {
                if check(agent, &case, times) {
                    reported.insert(agent.id());
                }
            }
        }
    }
    assert!(reported.len() >= 15, "only {reported:?}");
}
