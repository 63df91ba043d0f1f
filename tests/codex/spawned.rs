//! Subagents of Codex that begin with a part of their parent's history.

use crate::support::Home;
use crate::support::counting::{Counting, Reading, read_all};
use std::collections::BTreeMap;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

fn codex() -> &'static (dyn Agent + Sync) {
    *built_in().iter().find(|agent| agent.id() == "codex").expect("codex")
}

#[test]
fn turns_that_a_subagent_copied_count_in_its_parent_where_no_fork_is_named() {
    const PARENT: &str = "01a22f10-0000-7000-8000-000000000001";
    const CHILD: &str = "01a22f11-0000-7000-8000-000000000002";
    let line = |second: u64, kind: &str, payload: serde_json::Value| {
        let timestamp = format!("2026-11-20T10:00:{second:02}.000Z");
        serde_json::json!({"timestamp": timestamp, "type": kind, "payload": payload}).to_string() + "\n"
    };
    let turn = |second: u64, id: &str| {
        line(
            second,
            "event_msg",
            serde_json::json!({"type": "task_started", "turn_id": id}),
        )
    };
    let call = |second: u64, total: u64, last: u64| {
        let usage =
            |input: u64| serde_json::json!({"input_tokens": input, "output_tokens": 1, "total_tokens": input + 1});
        let info = serde_json::json!({"total_token_usage": usage(total), "last_token_usage": usage(last)});
        line(
            second,
            "event_msg",
            serde_json::json!({"type": "token_count", "info": info}),
        )
    };
    let old = turn(1, "01a22f10-0001-7000-8000-000000000003") + &call(2, 100, 100) + &call(3, 250, 150);
    let spawn = serde_json::json!({"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "depth": 1}}});
    let child = line(30, "session_meta", serde_json::json!({"id": CHILD, "source": spawn}))
        + &old
        + &turn(31, "01a22f11-0001-7000-8000-000000000004")
        + &call(35, 290, 40);
    let parent = line(0, "session_meta", serde_json::json!({"id": PARENT, "source": "cli"})) + &old;
    let home = Home::new();
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let mut counting = Counting::of(codex());
    let path = |id: &str| format!(".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{id}.jsonl");
    let sums = |reading: &Reading| {
        let turns = reading.turns.iter();
        let mut sums: Vec<_> = turns
            .map(|turn| (turn.session_id.clone(), turn.tokens.known_total()))
            .collect();
        sums.sort();
        sums
    };
    let expected = [(PARENT, 101), (PARENT, 151), (CHILD, 41)].map(|(id, total)| (id.to_owned(), total));
    // Whichever is read first, and where the parent's file is not there.
    home.write(&path(CHILD), child);
    assert_eq!(sums(&counting.sync(&system)), expected);
    home.write(&path(PARENT), parent);
    assert_eq!(sums(&counting.sync(&system)), expected);
    assert_eq!(sums(&read_all(codex(), &system)), expected);
}
