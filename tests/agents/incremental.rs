//! Every agent, every log in its fixtures: reading a file in two steps, cut at any byte, equals reading it at once.

use crate::support;
use crate::support::counting::{Counted, Counting, Reading, read_all};
use std::collections::BTreeMap;
use std::path::Path;
use ttop::agents::{Agent, built_in};
use ttop::core::turn::SessionInfo;
use ttop::system::{Os, System};

/// Line ends and other bytes at which a file is cut, at most this many of each.
const CUTS: usize = 9;

/// What two ways of reading are compared by.
pub fn comparable(reading: Reading) -> (Vec<Counted>, Vec<SessionInfo>) {
    let (mut turns, mut sessions) = (reading.turns, reading.sessions);
    turns.sort_by(|a, b| (&a.turn_id, &a.session_id).cmp(&(&b.turn_id, &b.session_id)));
    sessions.sort_by(|a, b| a.id.cmp(&b.id));
    (turns, sessions)
}

/// Some of many places, evenly spread.
fn some(places: &[usize]) -> impl Iterator<Item = usize> {
    let step = places.len().div_ceil(CUTS).max(1);
    places.iter().copied().step_by(step)
}

fn cuts(content: &[u8]) -> Vec<usize> {
    let ends: Vec<usize> = (0..content.len())
        .filter(|&at| content[at] == b'\n')
        .map(|at| at + 1)
        .collect();
    // A stride that shares no factor with line lengths.
    let others: Vec<usize> = (0..content.len()).step_by(content.len() / CUTS / 7 * 7 + 13).collect();
    some(&ends).chain(some(&others)).collect()
}

fn check(agent: &'static (dyn Agent + Sync), home: &Path, expected: &(Vec<Counted>, Vec<SessionInfo>)) {
    let system = System::new(Os::Linux, home, BTreeMap::new());
    for source in agent.sources(&system).sources {
        // Files of other kinds do not grow at their end.
        if source.path.extension().is_none_or(|it| it != "jsonl") {
            continue;
        }
        let content = std::fs::read(&source.path).expect("a readable source");
        for cut in cuts(&content) {
            let mut counting = Counting::of(agent);
            std::fs::write(&source.path, &content[..cut]).expect("written");
            counting.sync(&system);
            std::fs::write(&source.path, &content).expect("written");
            let place = format!("{} cut at byte {cut}", source.path.display());
            let (turns, sessions) = comparable(counting.sync(&system));
            assert_eq!(turns, expected.0, "{place}");
            assert_eq!(sessions, expected.1, "{place}");
        }
    }
}

#[test]
fn a_file_read_in_two_parts_has_the_same_turns() {
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            let home = support::Home::new();
            support::copy_tree(&case.join("home"), &home.path());
            let system = System::new(Os::Linux, home.path(), BTreeMap::new());
            check(*agent, &home.path(), &comparable(read_all(*agent, &system)));
        }
    }
}
