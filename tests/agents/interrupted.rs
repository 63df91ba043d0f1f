//! Every agent that records an interruption: the output of such a reply is a placeholder, and unknown. The same reply with its
//! end is exact.

use crate::support::Home;
use crate::support::counting::{Counted, Counting, read_all};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

const TIME: i64 = 1_772_442_001_000;
const STAMP: &str = "2026-03-02T09:00:01.000Z";

/// What an agent writes of a reply that used 700 tokens of input and had 3 of output when it was interrupted.
struct Case {
    agent: &'static str,
    path: &'static str,
    cut: fn() -> String,
    /// The same reply as it ends.
    complete: fn() -> String,
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// A record of Claude Code with one content block of a reply.
fn claude(version: &str, stop: Value, output: u64, aborted: bool) -> Value {
    let usage = json!({"input_tokens": 700, "output_tokens": output});
    let message = json!({"id": "msg_01XFDUDYJgAACzvnptVvoYEL", "model": "claude-opus-4-6", "role": "assistant",
        "content": [], "stop_reason": stop, "stop_sequence": null, "usage": usage});
    let mut record = json!({"type": "assistant", "version": version, "sessionId": "s", "uuid": format!("u{output}"),
        "requestId": "req_1", "timestamp": STAMP, "message": message});
    if aborted {
        record["isAbortedMidStream"] = true.into();
    }
    record
}

fn pi(stop: &str, output: u64) -> String {
    let usage = json!({"input": 700, "output": output, "cacheRead": 0, "cacheWrite": 0, "cost": {"total": 0.25}});
    let message = json!({"role": "assistant", "provider": "anthropic", "model": "claude-opus-4-6", "usage": usage,
        "stopReason": stop, "timestamp": TIME});
    lines(&[
        json!({"type": "session", "id": "s", "timestamp": STAMP}),
        json!({"type": "message", "id": "e1", "timestamp": STAMP, "message": message}),
    ])
}

fn task(output: u64, reason: Option<&str>) -> String {
    let mut usage = json!({"request": "", "tokensIn": 700, "tokensOut": output, "cost": 0.25});
    if let Some(reason) = reason {
        usage["cancelReason"] = reason.into();
    }
    json!([{"ts": TIME, "type": "say", "say": "api_req_started", "text": usage.to_string()}]).to_string()
}

fn thread(state: &str, output: u64) -> String {
    let usage = json!({"model": "claude-opus-4-6", "inputTokens": 700, "outputTokens": output, "timestamp": STAMP});
    let state = json!({"type": state});
    json!({"id": "T-1", "created": TIME, "messages": [{"role": "assistant", "messageId": 1, "usage": usage, "state": state}]})
        .to_string()
}

/// With the ledger of requests, which repeats the counts of the message.
fn ledger(state: &str, output: u64) -> String {
    let mut document: Value = serde_json::from_str(&thread(state, output)).expect("a document");
    document["usageLedger"] = json!({"events": [{"id": "e1", "timestamp": STAMP, "model": "claude-opus-4-6",
        "tokens": {"input": 700, "output": output}, "toMessageId": 1}]});
    document.to_string()
}

/// A reply of DeepSeek Harness that is settled like this.
fn settled(kind: &str, output: u64, interrupted: bool) -> Value {
    let usage = json!({"inputTokens": 700, "outputTokens": output});
    let source = json!({"provider": "anthropic", "model": "claude-opus-4-6"});
    let mut data = json!({"turn": 1, "step": 1});
    if kind == "assistant/attempt" {
        data["stream"] = json!([{"type": "chunk", "chunk": {"type": "usage", "usage": usage}}]);
    } else {
        (data["usage"], data["message"]) = (usage, json!({"id": "m1", "source": source}));
    }
    if interrupted {
        data["interrupted"] = true.into();
    }
    json!({"type": kind, "seq": 3, "time": TIME, "data": data})
}

fn mux(output: u64, partial: bool) -> String {
    let usage = json!({"inputTokens": 700, "outputTokens": output});
    let mut metadata = json!({"timestamp": TIME, "model": "anthropic:claude-opus-4-6", "usage": usage});
    if partial {
        metadata["partial"] = true.into();
    }
    let parts = json!([{"type": "dynamic-tool", "state": "output-available"}, {"type": "text", "text": "So"}]);
    lines(&[json!({"id": "a1", "role": "assistant", "parts": parts, "metadata": metadata})])
}

/// Agents that identify replies by their counts: theirs do not change once written.
const UNCHANGING: [&str; 2] = ["openclaw", "pi"];
const HARNESS: &str = ".dsh/sessions/p/s/session.jsonl";
const CLAUDE: &str = ".claude/projects/-p/s.jsonl";
const CASES: [Case; 17] = [
    Case {
        agent: "claude-code",
        path: CLAUDE,
        cut: || lines(&[claude("2.1.332", Value::Null, 3, false)]),
        complete: || {
            lines(&[
                claude("2.1.332", Value::Null, 3, false),
                claude("2.1.332", "end_turn".into(), 90, false),
            ])
        },
    },
    // Several content blocks.
    Case {
        agent: "claude-code",
        path: CLAUDE,
        cut: || {
            lines(&[
                claude("2.1.60", Value::Null, 3, false),
                claude("2.1.60", Value::Null, 3, false),
            ])
        },
        complete: || {
            lines(&[
                claude("2.1.60", Value::Null, 3, false),
                claude("2.1.60", "tool_use".into(), 3, false),
            ])
        },
    },
    Case {
        agent: "claude-code",
        path: CLAUDE,
        cut: || {
            lines(&[
                claude("2.1.332", Value::Null, 3, false),
                claude("2.1.332", Value::Null, 3, true),
            ])
        },
        complete: || lines(&[claude("2.1.332", "end_turn".into(), 3, false)]),
    },
    // Versions that never write how a reply stopped.
    Case {
        agent: "claude-code",
        path: CLAUDE,
        cut: || lines(&[claude("2.1.29", Value::Null, 3, true)]),
        complete: || {
            lines(&[
                claude("2.1.29", Value::Null, 3, false),
                claude("2.1.29", Value::Null, 90, false),
            ])
        },
    },
    Case {
        agent: "pi",
        path: ".pi/agent/sessions/--p--/2026-03-02T09-00-00-000Z_s.jsonl",
        cut: || pi("aborted", 3),
        complete: || pi("toolUse", 90),
    },
    Case {
        agent: "pi",
        path: ".omp/agent/sessions/--p--/2026-03-02T09-00-00-000Z_s.jsonl",
        cut: || pi("error", 3),
        complete: || pi("stop", 90),
    },
    Case {
        agent: "openclaw",
        path: ".openclaw/agents/main/sessions/s.jsonl",
        cut: || pi("aborted", 3),
        complete: || pi("length", 90),
    },
    Case {
        agent: "cline",
        path: ".config/Code/User/globalStorage/saoudrizwan.claude-dev/tasks/1772442001000/ui_messages.json",
        cut: || task(3, Some("user_cancelled")),
        complete: || task(90, None),
    },
    Case {
        agent: "roo-code",
        path: ".config/Code/User/globalStorage/rooveterinaryinc.roo-cline/tasks/a/ui_messages.json",
        cut: || task(3, Some("streaming_failed")),
        complete: || task(90, None),
    },
    Case {
        agent: "kilo-code",
        path: ".config/Code/User/globalStorage/kilocode.kilo-code/tasks/a/ui_messages.json",
        cut: || task(3, Some("user_cancelled")),
        complete: || task(90, None),
    },
    Case {
        agent: "amp",
        path: ".local/share/amp/threads/T-1.json",
        cut: || thread("cancelled", 3),
        complete: || thread("complete", 90),
    },
    Case {
        agent: "amp",
        path: ".local/share/amp/threads/T-1.json",
        cut: || thread("streaming", 3),
        complete: || thread("complete", 90),
    },
    Case {
        agent: "amp",
        path: ".local/share/amp/threads/T-1.json",
        cut: || thread("error", 3),
        complete: || thread("complete", 90),
    },
    Case {
        agent: "amp",
        path: ".local/share/amp/threads/T-1.json",
        cut: || ledger("cancelled", 3),
        complete: || ledger("complete", 90),
    },
    Case {
        agent: "deepseek-harness",
        path: HARNESS,
        cut: || lines(&[settled("assistant/message", 3, true)]),
        complete: || lines(&[settled("assistant/message", 90, false)]),
    },
    Case {
        agent: "deepseek-harness",
        path: HARNESS,
        cut: || lines(&[settled("assistant/attempt", 3, false)]),
        complete: || {
            lines(&[
                settled("assistant/attempt", 3, false),
                settled("assistant/message", 90, false),
            ])
        },
    },
    Case {
        agent: "mux",
        path: ".mux/sessions/w1/chat.jsonl",
        cut: || mux(3, true),
        complete: || mux(90, false),
    },
];

fn agent(id: &str) -> &'static (dyn Agent + Sync) {
    *built_in().iter().find(|agent| agent.id() == id).expect("an agent")
}

fn system(home: &Path) -> System {
    System::new(Os::Linux, home, BTreeMap::new())
}

fn only(turns: &[Counted], case: &Case) -> Counted {
    let [turn] = turns else {
        panic!("{} {}: {turns:#?}", case.agent, case.path);
    };
    turn.clone()
}

#[test]
fn the_output_of_an_interrupted_reply_is_unknown() {
    for case in CASES {
        let home = Home::new();
        home.write(case.path, (case.cut)());
        let turn = only(&read_all(agent(case.agent), &system(&home.path())).turns, &case);
        let known = (turn.tokens.input(), turn.tokens.output(), turn.cost);
        assert_eq!(known, (Some(700), None, None), "{} {}", case.agent, case.path);
        let rows = home.rows(&["turns"]);
        assert_eq!(rows[0]["accuracy"], "partial", "{}", case.agent);
        assert_eq!(rows[0]["tokens"]["output"], Value::Null, "{}", case.agent);
    }
}

#[test]
fn a_reply_that_ends_is_exact_whether_or_not_its_beginning_was_read() {
    for case in CASES {
        let home = Home::new();
        let mut counting = Counting::of(agent(case.agent));
        home.write(case.path, (case.complete)());
        let at_once = only(&read_all(agent(case.agent), &system(&home.path())).turns, &case);
        assert_eq!(at_once.tokens.unknown_mask(), 0, "{} {}", case.agent, case.path);
        home.write(case.path, (case.cut)());
        counting.sync(&system(&home.path()));
        home.write(case.path, (case.complete)());
        if !UNCHANGING.contains(&case.agent) {
            let later = only(&counting.sync(&system(&home.path())).turns, &case);
            assert_eq!(later, at_once, "{} {}", case.agent, case.path);
        }
    }
}

#[test]
fn the_output_of_a_request_that_did_not_complete_is_unknown() {
    let home = Home::new();
    let path = home.path().join(".zcode/cli/db/db.sqlite");
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    let database = rusqlite::Connection::open(path).expect("a database");
    database
        .execute_batch(&format!(
            "create table model_usage (id text primary key, session_id text, model_id text, status text, started_at integer,
                 input_tokens integer, output_tokens integer);
             insert into model_usage values ('1', 's', 'glm-5.3', 'completed', {TIME}, 700, 90),
                 ('2', 's', 'glm-5.3', 'cancelled', {TIME} + 1, 700, 3), ('3', 's', 'glm-5.3', 'error', {TIME} + 2, 700, 3);"
        ))
        .expect("rows");
    let turns = read_all(agent("zcode"), &system(&home.path())).turns;
    let known: Vec<_> = turns
        .iter()
        .map(|turn| (turn.tokens.input(), turn.tokens.output()))
        .collect();
    assert_eq!(known, [(Some(700), Some(90)), (Some(700), None), (Some(700), None)]);
}
