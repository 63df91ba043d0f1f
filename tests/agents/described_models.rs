//! Replies whose records name no model: that of their session stands for it. It changes and is another one in a copy, and the
//! reply stays the same one.

use crate::support;
use crate::support::counting::{Counting, Reading, read_all};
use std::collections::BTreeMap;
use ttop::agents::built_in;
use ttop::system::{Os, System};

/// The files of a session, with SESSION for its id and MODEL for the model that describes it.
struct Case {
    agent: &'static str,
    files: &'static [(&'static str, &'static str)],
}

const CASES: [Case; 4] = [
    Case {
        agent: "grok-cli",
        files: &[
            (
                ".grok/sessions/%2Fhome%2Fdev%2Facme/SESSION/updates.jsonl",
                "{\"timestamp\":1794819660,\"params\":{\"update\":{\"sessionUpdate\":\"turn_completed\",\"prompt_id\":\"p1\",\
                 \"usage\":{\"inputTokens\":1000,\"outputTokens\":100}},\"_meta\":{\"agentTimestampMs\":1794819660005}}}\n",
            ),
            (
                ".grok/sessions/%2Fhome%2Fdev%2Facme/SESSION/summary.json",
                r#"{"current_model_id":"MODEL"}"#,
            ),
        ],
    },
    Case {
        agent: "cline",
        files: &[
            (
                ".cline/data/sessions/SESSION/SESSION.messages.json",
                r#"{"messages":[
                    {"id":"m1","role":"assistant","ts":1795933564521,"metrics":{"inputTokens":3122,"outputTokens":112}},
                    {"role":"assistant","metrics":{"inputTokens":3244,"outputTokens":64}}]}"#,
            ),
            (
                ".cline/data/sessions/SESSION/SESSION.json",
                r#"{"started_at":"2026-11-29T06:26:02.640Z","provider":"openai","model":"MODEL"}"#,
            ),
        ],
    },
    Case {
        agent: "qwen-code",
        files: &[
            (
                ".qwen/projects/-home-dev-acme/subagents/SESSION/agent-SESSION.jsonl",
                "{\"type\":\"assistant\",\"timestamp\":\"2026-11-29T06:26:02.640Z\",\"usageMetadata\":{\"promptTokenCount\":50,\
                 \"candidatesTokenCount\":6}}\n",
            ),
            (
                ".qwen/projects/-home-dev-acme/subagents/SESSION/agent-SESSION.meta.json",
                r#"{"parentSessionId":"parent","model":"MODEL"}"#,
            ),
        ],
    },
    Case {
        agent: "jcode",
        files: &[(
            ".jcode/sessions/session_SESSION.json",
            r#"{"id":"session_SESSION","created_at":"2026-11-29T06:26:02Z","provider_key":"openai","model":"MODEL","messages":[
                {"role":"assistant","content":[],"token_usage":{"input_tokens":50,"output_tokens":6,"cache_read_input_tokens":9}}]}"#,
        )],
    },
];

fn ids(reading: &Reading) -> Vec<&str> {
    let mut ids: Vec<_> = reading.turns.iter().map(|turn| turn.turn_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

/// `write` writes a session with a model.
fn check(agent: &str, write: impl Fn(&support::Home, &str, &str), has_copies: bool) {
    let known = *built_in().iter().find(|known| known.id() == agent).expect("known");
    let home = support::Home::new();
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let mut counting = Counting::of(known);
    write(&home, "0a000001", "gpt-5");
    let first = counting.sync(&system);
    assert!(
        first.turns.iter().all(|turn| turn.model_id == "gpt-5"),
        "{agent}: {:?}",
        first.turns
    );
    assert!(!first.turns.is_empty(), "{agent}");
    write(&home, "0a000001", "gpt-5-mini");
    assert_eq!(ids(&counting.sync(&system)), ids(&first), "{agent}: read on");
    assert_eq!(ids(&read_all(known, &system)), ids(&first), "{agent}: read at once");
    if has_copies {
        write(&home, "0b000002", "gpt-5-nano");
        assert_eq!(ids(&counting.sync(&system)), ids(&first), "{agent}: with a copy");
    }
}

#[test]
fn a_reply_without_a_model_is_the_same_under_another_model_of_its_session() {
    for case in CASES {
        let write = |home: &support::Home, session: &str, model: &str| {
            for (path, text) in case.files {
                let filled = |text: &str| text.replace("SESSION", session).replace("MODEL", model);
                home.write(&filled(path), filled(text));
            }
        };
        // A reply of Jcode without an id and a time is its session's alone.
        check(case.agent, write, case.agent != "jcode");
    }
    check("devin-cli", devin, true);
}

fn devin(home: &support::Home, session: &str, model: &str) {
    let path = home.path().join(".local/share/devin/cli/sessions.db");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    let connection = rusqlite::Connection::open(path).expect("a database");
    let made = i64::from_str_radix(&session[..2], 16).expect("a number");
    let statements = format!(
        "create table if not exists sessions(id text primary key, working_directory text, model text, title text,
           created_at integer, last_activity_at integer);
         create table if not exists message_nodes(row_id integer primary key autoincrement, session_id text, node_id integer,
           parent_node_id integer, chat_message text, created_at integer, metadata text, unique (session_id, node_id));
         insert or replace into sessions values ('{session}', '/home/dev/acme', '{model}', null, 17724420{made}, 1772442090);
         insert or replace into message_nodes values (null, '{session}', 2, 1,
           '{{\"role\":\"assistant\",\"metadata\":{{\"metrics\":{{\"input_tokens\":900,\"output_tokens\":12}}}}}}', 1772442002, null);"
    );
    connection.execute_batch(&statements).expect("written");
}
