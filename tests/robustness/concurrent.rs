//! Several processes at once, on a home that is new to all of them and on one that grows: every answer is true.

use crate::support::Home;
use crate::support::claude_code::{CLAUDE_SESSION, claude_reply};
use crate::support::running::{Running, by_turn, cold_turns, seconds, ttop};
use crate::support::writer::Writer;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;

const TURNS: &[&str] = &["turns"];
const COST: &[&str] = &["cost", "--by", "total", "-o", "ndjson"];
const SYNC: &[&str] = &["sync"];

/// Runs commands at the same time; each must succeed.
fn at_once(home: &Home, commands: &[&[&str]]) -> Vec<Vec<Value>> {
    let started: Vec<_> = commands.iter().map(|args| Running::start(ttop(home, args))).collect();
    let end = |mut running: Running| {
        let status = running.ended();
        let said = running.said(std::time::Duration::from_secs(5));
        assert!(status.success(), "{said}");
        running.rows(std::time::Duration::from_secs(5))
    };
    started.into_iter().map(end).collect()
}

fn total(rows: &[Value]) -> i64 {
    rows.iter().filter_map(|row| row["totalTokens"].as_i64()).sum()
}

#[test]
fn the_first_runs_of_all_give_the_same_answer_and_one_ledger() {
    for _ in 0..4 {
        let home = Home::of("opencode/data/home");
        let text: String = (0..500)
            .map(|at| claude_reply(CLAUDE_SESSION, &format!("msg_{at}"), at))
            .collect();
        home.write(".claude/projects/-x/a.jsonl", text);
        let truth = by_turn(&cold_turns(&home));
        let answers = at_once(&home, &[COST, TURNS, SYNC, TURNS]);
        assert_eq!(total(&answers[0]), truth.values().sum::<i64>());
        assert_eq!(by_turn(&answers[1]), truth);
        assert_eq!(by_turn(&answers[3]), truth);
        assert_eq!(by_turn(&home.rows(TURNS)), truth);
        let left: Vec<_> = std::fs::read_dir(home.path().join(".local/share/tokentop"))
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name())
            .filter(|name| name.to_string_lossy().ends_with(".new"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn answers_of_a_growing_home_lie_between_what_was_and_what_will_be() {
    let home = Home::new();
    let mut writer = Writer::start(&home);
    let began = Instant::now();
    while began.elapsed() < seconds(4, 15) {
        let before = by_turn(&cold_turns(&home));
        let answers = at_once(&home, &[TURNS, SYNC, COST, TURNS]);
        let after = by_turn(&cold_turns(&home));
        for answer in [&answers[0], &answers[3]] {
            assert_between(&before, &by_turn(answer), &after);
        }
        let all = |turns: &BTreeMap<String, i64>| turns.values().sum::<i64>();
        assert!((all(&before)..=all(&after)).contains(&total(&answers[2])));
    }
    writer.kill();
    let truth = by_turn(&cold_turns(&home));
    at_once(&home, &[SYNC, SYNC, SYNC, SYNC]);
    assert_eq!(by_turn(&home.rows(TURNS)), truth);
}

fn assert_between(before: &BTreeMap<String, i64>, now: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) {
    for (turn, tokens) in before {
        assert!(now.get(turn).is_some_and(|now| now >= tokens), "{turn} is lost");
    }
    for (turn, tokens) in now {
        assert!(
            after.get(turn).is_some_and(|after| after >= tokens),
            "{turn} is too much"
        );
    }
}
