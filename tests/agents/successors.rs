//! Sessions that go on with the total of another one: what that one used counts there, and once.

use crate::support::Home;
use crate::support::counting::{Counting, read_all};
use serde_json::json;
use std::collections::BTreeMap;
use ttop::agents::{Agent, built_in};
use ttop::core::tokens::Bucket;
use ttop::core::turn::Accuracy;
use ttop::system::{Os, System};

const FOLDER: &str = ".factory/sessions/-home-dev";

struct Droid {
    home: Home,
    counting: Counting,
}

fn agent() -> &'static (dyn Agent + Sync) {
    *built_in().iter().find(|agent| agent.id() == "droid").expect("an agent")
}

impl Droid {
    fn new() -> Self {
        Self {
            home: Home::new(),
            counting: Counting::of(agent()),
        }
    }

    /// Writes a session as it stands: its total, and the records of its conversation.
    fn session(&self, id: &str, input: u64, records: &[serde_json::Value]) {
        let settings = json!({"model": "gpt-5", "tokenUsage": {"inputTokens": input},
            "providerLockTimestamp": "2026-03-02T09:00:00Z"});
        let lines: Vec<String> = records.iter().map(|record| format!("{record}\n")).collect();
        self.home.write(&format!("{FOLDER}/{id}.jsonl"), lines.concat());
        self.home
            .write(&format!("{FOLDER}/{id}.settings.json"), settings.to_string());
    }

    /// The input of each session.
    fn sync(&mut self) -> Vec<(String, u64)> {
        let system = System::new(Os::Linux, self.home.path(), BTreeMap::new());
        let turns = self.counting.sync(&system).turns;
        let input = |turn: &crate::support::counting::Counted| turn.tokens.count(Bucket::Input).expect("a count");
        let mut sums: Vec<_> = turns
            .iter()
            .map(|turn| (turn.session_id.clone(), input(turn)))
            .collect();
        sums.sort();
        sums
    }
}

fn message(id: &str, parent: &str, minute: u32) -> serde_json::Value {
    json!({"type": "message", "id": id, "parentId": parent, "timestamp": format!("2026-03-02T09:{minute:02}:00Z")})
}

fn sums(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(id, sum)| ((*id).to_owned(), *sum)).collect()
}

#[test]
fn a_session_that_a_compaction_made_counts_what_it_adds() {
    let mut droid = Droid::new();
    let start = |id: &str, parent: Option<&str>| json!({"type": "session_start", "id": id, "parent": parent});
    let first = [start("first", None), message("m1", "", 1)];
    droid.session("first", 100, &first);
    let summary = json!({"type": "compaction_state", "id": "c1", "timestamp": "2026-03-02T09:10:00Z"});
    let second = [start("second", Some("first")), summary, message("m2", "", 11)];
    droid.session("second", 150, &second);
    assert_eq!(droid.sync(), sums(&[("first", 100), ("second", 50)]));
    // The predecessor goes on, and is deleted: what the successor inherited stays as it was.
    droid.session("first", 130, &[first.as_slice(), &[message("m3", "m1", 20)]].concat());
    droid.session("second", 170, &second);
    assert_eq!(droid.sync(), sums(&[("first", 130), ("second", 70)]));
    let path = droid.home.path().join(FOLDER);
    for ending in [".jsonl", ".settings.json"] {
        std::fs::remove_file(path.join(format!("first{ending}"))).expect("removed");
    }
    droid.session("second", 180, &second);
    assert_eq!(droid.sync(), sums(&[("first", 130), ("second", 80)]));
}

#[test]
fn a_successor_whose_predecessor_went_on_is_a_lower_bound() {
    let droid = Droid::new();
    let first = [
        json!({"type": "session_start", "id": "first"}),
        message("m1", "", 1),
        message("m3", "m1", 20),
    ];
    droid.session("first", 130, &first);
    let summary = json!({"type": "compaction_state", "id": "c1", "timestamp": "2026-03-02T09:10:00Z"});
    let start = json!({"type": "session_start", "id": "second", "parent": "first"});
    droid.session("second", 170, &[start, summary, message("m2", "", 11)]);
    let system = System::new(Os::Linux, droid.home.path(), BTreeMap::new());
    let turns = read_all(agent(), &system).turns;
    let second = turns.iter().find(|turn| turn.session_id == "second").expect("a turn");
    assert_eq!(second.tokens.count(Bucket::Input), Some(40));
    assert_eq!(second.accuracy, Accuracy::Partial);
}

#[test]
fn forks_of_one_session_count_what_each_used() {
    let mut droid = Droid::new();
    let copied = [message("m1", "", 1), message("m2", "m1", 2)];
    let start = json!({"type": "session_start", "id": "first"});
    droid.session("first", 100, &[&[start], copied.as_slice()].concat());
    for (id, own, input) in [("fork-a", "m3", 7), ("fork-b", "m4", 9)] {
        let start = json!({"type": "session_start", "id": id, "parent": "first", "forkedAtMessageId": "m2"});
        let records = [&[start], copied.as_slice(), &[message(own, "m2", 30)]].concat();
        droid.session(id, input, &records);
    }
    assert_eq!(droid.sync(), sums(&[("first", 100), ("fork-a", 7), ("fork-b", 9)]));
}
