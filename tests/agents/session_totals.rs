//! Claude Code's own cost of a session, by model: it is shared out over the turns it covers, wherever they stand.

use crate::support;
use crate::support::counting::{Counted, Counting, read_all};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

const SESSION: &str = "bbbbbbbb-0000-4000-8000-000000000000";

fn agent() -> &'static (dyn Agent + Sync) {
    *built_in()
        .iter()
        .find(|agent| agent.id() == "claude-code")
        .expect("Claude Code")
}

fn system(home: &Path) -> System {
    System::new(Os::Linux, home, BTreeMap::new())
}

/// Nano-dollars of the turns of a session and model.
fn sum(turns: &[Counted], session: &str, model: &str) -> i64 {
    let own = turns
        .iter()
        .filter(|turn| turn.session_id == session && turn.model_id == model);
    own.map(|turn| turn.cost.map_or(0, |cost| cost.nanos())).sum()
}

#[test]
fn turns_of_real_sessions_add_up_to_what_the_program_reckoned() {
    let home = support::Home::of("agents/claude-code/2.1.332-mixed/home");
    let turns = read_all(agent(), &system(&home.path())).turns;
    let project = home.path().join(".claude/projects");
    let mut compared = 0;
    for folder in std::fs::read_dir(project).expect("projects").flatten() {
        for file in std::fs::read_dir(folder.path()).expect("transcripts").flatten() {
            let Ok(text) = std::fs::read_to_string(file.path()) else {
                continue;
            };
            // A fork's totals begin with its parent's.
            let is_fork = text.contains("\"requestSessionId\"");
            let last = text
                .lines()
                .rev()
                .find(|line| line.starts_with("{\"type\":\"cost-state\""));
            let Some(last) = last.filter(|_| !is_fork) else {
                continue;
            };
            let state: Value = serde_json::from_str(last).expect("JSON");
            for (model, usage) in state["modelUsage"].as_object().expect("models") {
                let expected = (usage["costUSD"].as_f64().expect("dollars") * 1e9).round() as i64;
                let found = sum(&turns, state["sessionId"].as_str().expect("an id"), model);
                // Each of several totals is rounded once.
                assert!((found - expected).abs() <= 4, "{model} in {state}: {found}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 3, "only {compared}");
}

fn reply(id: &str, output: u64, second: u32, is_sidechain: bool) -> String {
    format!(
        r#"{{"isSidechain":{is_sidechain},"sessionId":"{SESSION}","type":"assistant","message":{{"id":"msg_{id}","model":"claude-next","content":[],"stop_reason":"end_turn","usage":{{"input_tokens":100,"output_tokens":{output}}}}},"requestId":"req_{id}","uuid":"{id}","timestamp":"2026-03-02T09:00:{second:02}Z"}}
"#
    )
}

fn total(input: u64, output: u64, dollars: f64, is_unknown: bool) -> String {
    format!(
        r#"{{"type":"cost-state","sessionId":"{SESSION}","startTime":1772442000001,"modelUsage":{{"claude-next":{{"inputTokens":{input},"outputTokens":{output},"costUSD":{dollars}}}}},"hasUnknownModelCost":{is_unknown}}}
"#
    )
}

#[test]
fn a_total_is_shared_by_the_ratio_of_prices_whenever_it_is_read() {
    let folder = ".claude/projects/-p";
    let main = format!("{folder}/{SESSION}.jsonl");
    let first = reply("1", 20, 1, false);
    // One request of 100 and 20 is in no record; a second total covers a third reply.
    let end = total(300, 60, 0.3, false);
    let more = reply("3", 80, 30, false) + &total(400, 140, 0.55, false);
    let home = support::Home::new();
    home.write(
        &format!("{folder}/{SESSION}/subagents/agent-a.jsonl"),
        reply("2", 20, 2, true),
    );
    let mut counting = Counting::of(agent());
    let mut shown = Vec::new();
    for text in [first.clone(), first.clone() + &end, first + &end + &more] {
        home.write(&main, &text);
        let turns = counting.sync(&system(&home.path())).turns;
        let mut costs: Vec<_> = turns
            .iter()
            .map(|turn| (turn.message_id.clone(), turn.cost.map(|it| it.nanos())))
            .collect();
        costs.sort();
        assert_eq!(turns.len(), costs.len());
        let cold = read_all(agent(), &system(&home.path())).turns;
        assert_eq!(sum(&cold, SESSION, "claude-next"), sum(&turns, SESSION, "claude-next"));
        shown.push(costs);
    }
    let (id, each) = (|id: &str| id.to_owned(), 100_000_000);
    assert_eq!(shown[0], [(id("msg_1"), None), (id("msg_2"), None)]);
    assert_eq!(
        shown[1],
        [
            (id(""), Some(each)),
            (id("msg_1"), Some(each)),
            (id("msg_2"), Some(each))
        ]
    );
    assert_eq!(shown[2][3], (id("msg_3"), Some(250_000_000)));
    assert_eq!(shown[2][..3], shown[1]);
}

#[test]
fn a_total_with_another_models_price_is_not_shared() {
    let home = support::Home::new();
    let text = reply("1", 20, 1, false) + &total(100, 20, 0.3, true);
    home.write(&format!(".claude/projects/-p/{SESSION}.jsonl"), text);
    let turns = read_all(agent(), &system(&home.path())).turns;
    assert_eq!(turns.iter().map(|turn| turn.cost).collect::<Vec<_>>(), [None]);
}

#[test]
fn a_subagents_copy_of_a_reply_is_covered_once() {
    let folder = format!(".claude/projects/-p/{SESSION}");
    let copies = |own: &str, copied: &[&str]| {
        let copied = copied
            .iter()
            .map(|id| reply(id, 20, id.parse().expect("a number"), true));
        copied.collect::<String>() + &own.parse().map_or(String::new(), |second| reply(own, 20, second, true))
    };
    // Each total covers one request that is in no record.
    for (name, copied, requests) in [
        ("a fork that a subagent made of itself", copies("4", &["2", "3"]), 6),
        ("a copy of its transcript", copies("", &["2", "3"]), 5),
        ("a reply of the session that a subagent repeats", copies("4", &["1"]), 6),
    ] {
        let home = support::Home::new();
        let end = total(100 * requests, 20 * requests, 0.01 * requests as f64, false);
        let text = reply("1", 20, 1, false) + &reply("5", 20, 5, false) + &end;
        home.write(&format!("{folder}.jsonl"), &text);
        home.write(&format!("{folder}/subagents/agent-b.jsonl"), copies("3", &["2"]));
        let mut counting = Counting::of(agent());
        counting.sync(&system(&home.path()));
        home.write(&format!("{folder}/subagents/agent-a.jsonl"), copied);
        // The totals are read again with the session's next record.
        home.write(&format!("{folder}.jsonl"), text + "{\"type\":\"summary\"}\n");
        for turns in [
            counting.sync(&system(&home.path())).turns,
            read_all(agent(), &system(&home.path())).turns,
        ] {
            assert_eq!(turns.len() as u64, requests, "{name}");
            let costs: BTreeSet<_> = turns.iter().map(|turn| turn.cost.map(|cost| cost.nanos())).collect();
            assert_eq!(costs, BTreeSet::from([Some(10_000_000)]), "{name}");
            let first = turns.iter().find(|turn| turn.message_id == "msg_1").expect("the reply");
            assert_eq!(first.origin[1], "", "{name}: it is the session's own");
        }
    }
}
