//! Every agent, every log in its fixtures: a line that is no record costs only itself, and cuts tell the same as ever.

use crate::support::counting::{Counted, Counting, Reading, read_all};
use crate::support::mutate::Random;
use crate::support::{self, Home};
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

fn check(agent: &'static (dyn Agent + Sync), home: &Home, random: &mut Random) {
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let expected = numbers(&read_all(agent, &system));
    let sources = agent.sources(&system).sources.into_iter();
    for source in sources.filter(|source| source.path.extension().is_some_and(|end| end == "jsonl")) {
        let content = std::fs::read(&source.path).expect("a readable source");
        for _ in 0..ROUNDS {
            let damaged = with_junk(&content, random);
            std::fs::write(&source.path, &damaged).expect("written");
            let place = source.path.display();
            let shown = || String::from_utf8_lossy(&damaged).into_owned();
            let whole = read_all(agent, &system);
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
}

#[test]
fn junk_between_records_costs_only_itself() {
    let mut random = Random::new(20_261_120);
    for &agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            let home = Home::new();
            support::copy_tree(&case.join("home"), &home.path());
            check(agent, &home, &mut random);
        }
    }
}
