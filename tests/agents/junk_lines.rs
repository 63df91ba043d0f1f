//! Every agent, every log in its fixtures: a line that is no record costs only itself, and cuts tell the same as ever.

use crate::support::counting::{Counted, Counting, Reading, read_all};
use crate::support::mutate::Random;
use crate::support::{self, Home};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

/// Each log is damaged so often.
const ROUNDS: usize = 4;

/// A line that no agent writes: bytes, JSON of another kind, or half a record.
fn junk(random: &mut Random, record: &[u8]) -> Vec<u8> {
    let mut line = match random.below(4) {
        0 => (0..random.below(60)).map(|_| random.next() as u8).collect(),
        1 => record[..random.below(record.len() / 2 + 1)].to_vec(),
        2 => b"{\"type\":\"unheard-of\",\"nested\":{\"type\":[1,2,{}]}}".to_vec(),
        _ => [&b"null"[..], b"[]", b"{}", b"12", b"\"text\"", b"", b"   "][random.below(7)].to_vec(),
    };
    line.retain(|&byte| byte != b'\n' && byte != b'\r');
    line.push(b'\n');
    line
}

/// A log with junk between its records. The first line stays the first: formats have their header there.
fn with_junk(content: &[u8], random: &mut Random) -> Vec<u8> {
    let lines: Vec<&[u8]> = content.split_inclusive(|&byte| byte == b'\n').collect();
    let mut out = Vec::new();
    for line in &lines {
        out.extend_from_slice(line);
        if line.ends_with(b"\n") && random.below(3) == 0 {
            let record = lines[random.below(lines.len())];
            out.extend(junk(random, record));
        }
    }
    out
}

/// A log with zero bytes before and after records, as a crash leaves them.
fn with_zeros(content: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    for line in content.split_inclusive(|&byte| byte == b'\n') {
        let zeros = vec![0; random.below(40) + 1];
        match random.below(if line.ends_with(b"\n") { 3 } else { 1 }) {
            1 => out.extend([&zeros, line].concat()),
            2 => out.extend([line.trim_ascii_end(), &zeros, b"\n"].concat()),
            _ => out.extend_from_slice(line),
        }
    }
    out
}

/// A log in which records share a line with the record or the first half of one before them.
fn with_torn_lines(content: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    let mut lines = content.split_inclusive(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        match random.below(if line.ends_with(b"}\n") { 3 } else { 1 }) {
            // A last line that does not end is not complete yet.
            1 if lines.peek().is_some() => out.extend_from_slice(line.trim_ascii_end()),
            2 => {
                // After a word or a number that breaks off, a brace opens no value of it.
                let part = &line[..line.len() / 2];
                let end = part.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |at| at + 1);
                out.extend([&part[..end], line].concat());
            }
            _ => out.extend_from_slice(line),
        }
    }
    out
}

/// Lines that are no JSON.
fn bad_lines(content: &[u8]) -> usize {
    let is_bad = |line: &&[u8]| !line.trim_ascii().is_empty() && serde_json::from_slice::<IgnoredAny>(line).is_err();
    content.split(|&byte| byte == b'\n').filter(is_bad).count()
}

/// What counts, in any order; ids may hold the number of a line.
fn numbers(reading: &Reading) -> Vec<String> {
    let shown = |turn: &Counted| {
        format!(
            "{} {} {:?} {:?}",
            turn.session_id, turn.model_id, turn.tokens, turn.cost
        )
    };
    let mut shown: Vec<String> = reading.turns.iter().map(shown).collect();
    shown.sort();
    shown
}

/// Returns how many damaged logs counted as the sound ones do.
fn check(agent: &'static (dyn Agent + Sync), home: &Home, random: &mut Random) -> usize {
    let mut compared = 0;
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let expected = numbers(&read_all(agent, &system));
    let sources = agent.sources(&system).sources.into_iter();
    for source in sources.filter(|source| source.path.extension().is_some_and(|end| end == "jsonl")) {
        let content = std::fs::read(&source.path).expect("a readable source");
        for round in 0..3 * ROUNDS {
            let damage = [with_junk, with_zeros, with_torn_lines][round % 3];
            let damaged = damage(&content, random);
            std::fs::write(&source.path, &damaged).expect("written");
            let place = source.path.display();
            let shown = || String::from_utf8_lossy(&damaged).into_owned();
            let whole = read_all(agent, &system);
            let named = whole
                .problems
                .iter()
                .filter(|it| it.place.starts_with(&place.to_string()));
            if round % 3 == 2 && named.count() < bad_lines(&damaged) {
                // The beginning of a record without counts says that it has none: what follows it is not looked at.
                continue;
            }
            compared += 1;
            assert_eq!(numbers(&whole), expected, "{place}:\n{}", shown());
            let mut counting = Counting::of(agent);
            std::fs::write(&source.path, &damaged[..random.below(damaged.len() + 1)]).expect("written");
            counting.sync(&system);
            std::fs::write(&source.path, &damaged).expect("written");
            assert_eq!(
                numbers(&counting.sync(&system)),
                expected,
                "{place} in two parts:\n{}",
                shown()
            );
        }
        std::fs::write(&source.path, &content).expect("written");
    }
    compared
}

#[test]
fn junk_between_and_beside_records_costs_only_itself() {
    let mut random = Random::new(20_261_120);
    let (mut compared, mut most) = (0, 0);
    for &agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            let home = Home::new();
            support::copy_tree(&case.join("home"), &home.path());
            compared += check(agent, &home, &mut random);
            let system = System::new(Os::Linux, home.path(), BTreeMap::new());
            let logs = agent.sources(&system).sources.into_iter();
            most += 3
                * ROUNDS
                * logs
                    .filter(|it| it.path.extension().is_some_and(|end| end == "jsonl"))
                    .count();
        }
    }
    assert!(compared > most * 3 / 4, "{compared} of {most}");
}
