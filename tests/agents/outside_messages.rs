//! Every agent: usage that is in no message counts once, sums of usage that is counted elsewhere do not, and what a subagent
//! cost counts in the subagent.

use crate::support::Home;
use crate::support::counting::read_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use ttop::agents::built_in;
use ttop::core::tokens::BUCKETS;
use ttop::system::{Os, System};

const TIME: i64 = 1_772_442_001_000;
const STAMP: &str = "2026-03-02T09:00:01.000Z";

/// Session, model, five buckets (-1 is unknown), recorded nano-dollars.
type Turn = (&'static str, &'static str, [i64; 5], Option<i64>);

struct Case {
    name: &'static str,
    agent: &'static str,
    files: Vec<(&'static str, String)>,
    turns: Vec<Turn>,
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

const PI: &str = ".pi/agent/sessions/--p--/2026-03-02T09-00-00-000Z_s.jsonl";
const PI_REPLY: Turn = ("s", "claude-opus-4-6", [10, 5, 0, 0, 0], Some(250_000_000));

/// A session with one reply, and these entries after it.
fn pi(entries: &[Value]) -> String {
    let usage = json!({"input": 10, "output": 5, "cost": {"total": 0.25}});
    let reply = json!({"role": "assistant", "provider": "anthropic", "model": "claude-opus-4-6", "usage": usage,
        "stopReason": "stop", "timestamp": TIME});
    let mut records = vec![
        json!({"type": "session", "id": "s", "timestamp": STAMP}),
        json!({"type": "message", "id": "e1", "timestamp": STAMP, "message": reply}),
    ];
    records.extend_from_slice(entries);
    lines(&records)
}

fn pi_entry(kind: &str, input: u64) -> Value {
    json!({"type": kind, "id": format!("e{input}"), "timestamp": "2026-03-02T09:00:02Z",
        "usage": {"input": input, "output": 3, "cacheWrite": 40, "cacheWrite1h": 40, "cost": {"total": 0.5}}})
}

fn pi_tool(name: &str, details: &Value) -> Value {
    json!({"type": "message", "id": "e9", "timestamp": "2026-03-02T09:00:03Z", "message": {"role": "toolResult",
        "toolName": name, "timestamp": TIME + 2000, "content": [], "details": details,
        "usage": {"input": 70, "output": 7, "cost": {"total": 0.125}}}})
}

fn pi_cases() -> Vec<Case> {
    let case = |name, agent, path, entry: Value, turn: Turn| Case {
        name,
        agent,
        files: vec![(path, pi(&[entry]))],
        turns: vec![PI_REPLY, turn],
    };
    let mut warming = pi_entry("usage", 80);
    (warming["kind"], warming["provider"], warming["model"]) = ("cache_warm".into(), "openai".into(), "gpt-5.5".into());
    let summed = ("s", "claude-opus-4-6", [80, 3, 0, 0, 40], Some(500_000_000));
    let tool = ("s", "", [70, 7, 0, 0, 0], Some(125_000_000));
    let openclaw = ".openclaw/agents/main/sessions/s.jsonl";
    let child = ("c", "kimi-k3", [70, 7, 0, 0, 0], Some(125_000_000));
    let usage = json!({"input": 70, "output": 7, "cost": {"total": 0.125}});
    let reply = json!({"role": "assistant", "provider": "moonshotai", "model": "kimi-k3", "usage": usage,
        "stopReason": "stop", "timestamp": TIME + 1000});
    let subagent = lines(&[
        json!({"type": "session", "id": "c", "timestamp": STAMP}),
        json!({"type": "message", "id": "c1", "timestamp": STAMP, "message": reply}),
    ]);
    let folder = ".pi/agent/sessions/--p--/2026-03-02T09-00-00-000Z_s/run1/run-0/session.jsonl";
    let elsewhere = ".pi/agent/sessions/--q--/c.jsonl";
    let with_child_at = |child_path, name, tool: &str, details: Value| Case {
        name,
        agent: "pi",
        files: vec![(PI, pi(&[pi_tool(tool, &details)])), (child_path, subagent.clone())],
        turns: vec![PI_REPLY, child],
    };
    let with_child = |name, tool: &str, details: Value| with_child_at(folder, name, tool, details);
    vec![
        case("a compaction", "pi", PI, pi_entry("compaction", 80), summed),
        case("a branch's summary", "pi", PI, pi_entry("branch_summary", 80), summed),
        case("a compaction", "openclaw", openclaw, pi_entry("compaction", 80), summed),
        case(
            "a warmed cache",
            "pi",
            PI,
            warming,
            ("s", "gpt-5.5", summed.2, summed.3),
        ),
        case("a tool's own requests", "pi", PI, pi_tool("codemode", &json!({})), tool),
        case(
            "a subagent without a session",
            "pi",
            PI,
            pi_tool("subagent", &json!({})),
            tool,
        ),
        with_child("a subagent with a session beside", "subagent", json!({})),
        with_child(
            "runs with sessions",
            "chain",
            json!({"results": [{"sessionFile": "/x/session.jsonl"}]}),
        ),
        with_child_at(
            elsewhere,
            "a run with a session elsewhere",
            "chain",
            json!({"results": [{"agent": "a"}, {"sessionFile": "/old/home/.pi/agent/sessions/--q--/c.jsonl"}]}),
        ),
        case(
            "runs whose sessions are not kept",
            "pi",
            PI,
            pi_tool(
                "subagent",
                &json!({"results": [{"agent": "a"}, {"sessionFile": "/x/sessions/--q--/c.jsonl"},
                    {"sessionFile": "/x/sessions/--q--/../--p--/2026-03-02T09-00-00-000Z_s.jsonl"}]}),
            ),
            tool,
        ),
    ]
}

fn kimi(records: &[(&str, [u64; 2])]) -> Vec<(&'static str, String)> {
    let record = |(scope, [input, output]): &(&str, [u64; 2])| {
        let mut record = json!({"type": "usage.record", "model": "k3", "time": TIME + *output as i64,
            "usage": {"inputOther": input, "output": output, "inputCacheRead": 0, "inputCacheCreation": 0}});
        if !scope.is_empty() {
            record["usageScope"] = (*scope).into();
        }
        record
    };
    let records: Vec<Value> = records.iter().map(record).collect();
    vec![(
        ".kimi-code/sessions/wd_p_1/session_s/agents/main/wire.jsonl",
        lines(&records),
    )]
}

const GROK: &str = ".grok/sessions/%2Fw/parent/updates.jsonl";
const GROK_CHILD: &str = ".grok/sessions/%2Fw/child/updates.jsonl";
const GROK_AGAIN: &str = ".grok/sessions/%2Fw/again/updates.jsonl";

/// An update of Grok, so many seconds after the session began.
fn grok(second: i64, kind: &str, fields: &Value) -> Value {
    let mut update = json!({"sessionUpdate": kind});
    for (key, value) in fields.as_object().expect("fields") {
        update[key] = value.clone();
    }
    let time = TIME + second * 1000;
    json!({"timestamp": time / 1000, "params": {"update": update, "_meta": {"agentTimestampMs": time}}})
}

/// A finished turn whose own calls are `turns` of `calls`.
fn grok_turn(second: i64, prompt: &str, input: u64, [turns, calls]: [u64; 2]) -> Value {
    let model =
        json!({"inputTokens": input, "outputTokens": 1, "modelCalls": calls, "costUsdTicks": input * 100_000_000});
    let mut usage = model.clone();
    (usage["numTurns"], usage["modelUsage"]) = (turns.into(), json!({"grok-4.6": model}));
    grok(second, "turn_completed", &json!({"prompt_id": prompt, "usage": usage}))
}

fn grok_cases() -> Vec<Case> {
    let row = |session, input: i64| -> Turn { (session, "grok-4.6", [input, 1, 0, 0, 0], Some(input * 10_000_000)) };
    let spawned = grok(
        1,
        "subagent_spawned",
        &json!({"child_session_id": "child", "parent_prompt_id": "p1"}),
    );
    let finished = |second| grok(second, "subagent_finished", &json!({"child_session_id": "child"}));
    let case = |name, parent: Vec<Value>, child: Vec<Value>, turns: Vec<Turn>| Case {
        name,
        agent: "grok-cli",
        files: vec![(GROK, lines(&parent)), (GROK_CHILD, lines(&child))],
        turns,
    };
    let own = || grok_turn(2, "c1", 30, [2, 2]);
    // A resumed subagent has a session that begins with a copy of its source's records, within the same second.
    let identified = |mut record: Value, id: &str| {
        record["params"]["_meta"]["eventId"] = id.into();
        record
    };
    let known = || identified(own(), "child-14");
    let resumed = || {
        let again = json!({"child_session_id": "again", "parent_prompt_id": "p1", "resumed_from": "child"});
        let finished_again = grok(3, "subagent_finished", &json!({"child_session_id": "again"}));
        let begun = vec![spawned.clone(), finished(2), grok(2, "subagent_spawned", &again)];
        let parent = [begun, vec![finished_again, grok_turn(4, "p1", 90, [1, 4])]].concat();
        let again = [known(), identified(grok_turn(2, "c2", 40, [1, 1]), "again-3")];
        vec![(GROK, lines(&parent)), (GROK_AGAIN, lines(&again))]
    };
    let resumed_case = |name, files| Case {
        name,
        agent: "grok-cli",
        files,
        turns: vec![row("parent", 90)],
    };
    vec![
        resumed_case(
            "a subagent that was resumed at once",
            [resumed(), vec![(GROK_CHILD, lines(&[known()]))]].concat(),
        ),
        resumed_case("a resumed subagent without its source", resumed()),
        case(
            "a turn that includes a subagent",
            vec![spawned.clone(), finished(3), grok_turn(4, "p1", 40, [1, 3])],
            vec![own()],
            vec![row("parent", 40)],
        ),
        case(
            "a subagent that the user went on with",
            vec![spawned.clone(), finished(3), grok_turn(4, "p1", 40, [1, 3])],
            vec![own(), grok_turn(9, "c2", 5, [1, 1])],
            vec![row("parent", 40), row("child", 5)],
        ),
        case(
            "a turn without its subagent",
            vec![spawned.clone(), finished(3), grok_turn(4, "p1", 10, [1, 1])],
            vec![own()],
            vec![row("parent", 10), row("child", 30)],
        ),
        case(
            "a subagent in the background",
            vec![
                spawned,
                grok_turn(2, "p1", 10, [1, 1]),
                finished(3),
                grok_turn(4, "p2", 11, [1, 1]),
            ],
            vec![own()],
            vec![row("parent", 10), row("parent", 11), row("child", 30)],
        ),
    ]
}

fn cases() -> Vec<Case> {
    let mut cases = pi_cases();
    cases.extend(grok_cases());
    let k3 = |counts: [i64; 2]| ("session_s", "k3", [counts[0], counts[1], 0, 0, 0], None);
    cases.push(Case {
        name: "a compaction between turns",
        agent: "kimi-cli",
        files: kimi(&[
            ("turn", [10, 1]),
            ("session", [900, 2]),
            ("turn", [11, 3]),
            ("", [12, 4]),
        ]),
        turns: vec![k3([10, 1]), k3([900, 2]), k3([11, 3]), k3([12, 4])],
    });
    cases.push(Case {
        name: "sums and repetitions of turns",
        agent: "kimi-cli",
        files: kimi(&[
            ("turn", [10, 1]),
            ("session", [10, 1]),
            ("turn", [11, 3]),
            ("session", [21, 4]),
        ]),
        turns: vec![k3([10, 1]), k3([11, 3])],
    });
    let condensed = json!([{"ts": TIME, "type": "say", "say": "condense_context", "contextCondense": {"cost": 0.125}}]);
    cases.push(Case {
        name: "a condensed context",
        agent: "roo-code",
        files: vec![(
            ".config/Code/User/globalStorage/rooveterinaryinc.roo-cline/tasks/a/ui_messages.json",
            condensed.to_string(),
        )],
        turns: vec![("a", "", [-1; 5], Some(125_000_000))],
    });
    let event =
        json!({"id": "v1", "timestamp": STAMP, "model": "claude-haiku-4-5", "tokens": {"input": 30, "output": 4}});
    cases.push(Case {
        name: "a request for a title",
        agent: "amp",
        files: vec![(
            ".local/share/amp/threads/T-1.json",
            json!({"id": "T-1", "created": TIME, "messages": [], "usageLedger": {"events": [event]}}).to_string(),
        )],
        turns: vec![("T-1", "claude-haiku-4-5", [30, 4, 0, -1, -1], None)],
    });
    let title = json!({"timestamp": TIME, "model": "anthropic:claude-haiku-4-5", "source": "title",
        "usage": {"inputTokens": 300, "outputTokens": 12}});
    cases.push(Case {
        name: "a request for a title",
        agent: "mux",
        files: vec![(".mux/sessions/w1/headless-usage.jsonl", lines(&[title]))],
        turns: vec![("w1", "claude-haiku-4-5", [300, 12, 0, 0, 0], None)],
    });
    let reply = json!({"uuid": "a1", "sessionId": "q1", "timestamp": STAMP, "type": "assistant", "isSidechain": true,
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}});
    let request = json!({"id": "r1", "timestamp": STAMP, "sessionId": "q1", "model": "qwen3-coder-plus",
        "source": "general-purpose", "inputTokens": 100, "outputTokens": 10, "totalTokens": 110});
    cases.push(Case {
        name: "a subagent whose model is recorded in the list of requests alone",
        agent: "qwen-code",
        files: vec![
            (".qwen/projects/-p/subagents/q1/agent-1.jsonl", lines(&[reply])),
            (".qwen/usage/token-usage-2026-03.jsonl", lines(&[request])),
        ],
        turns: vec![("q1", "", [100, 10, 0, 0, 0], None)],
    });
    let usage = |input: u64| json!({"inputTokens": input, "outputTokens": 1});
    let parent = json!({"model": "claude-opus-4-6", "tokenUsage": usage(10), "inclusiveTokenUsage": usage(40),
        "childInclusiveTokenUsageBySessionId": {"child": usage(30)}});
    let child = json!({"model": "claude-haiku-4-5", "tokenUsage": usage(30), "inclusiveTokenUsage": usage(30)});
    cases.push(Case {
        name: "a total that includes a subagent",
        agent: "droid",
        files: vec![
            (".factory/sessions/-p/parent.settings.json", parent.to_string()),
            (".factory/sessions/-p/child.settings.json", child.to_string()),
        ],
        turns: vec![
            ("parent", "claude-opus-4-6", [10, 1, 0, 0, 0], None),
            ("child", "claude-haiku-4-5", [30, 1, 0, 0, 0], None),
        ],
    });
    cases
}

#[test]
fn usage_outside_of_messages_counts_once() {
    for case in cases() {
        let home = Home::new();
        for (path, content) in &case.files {
            home.write(path, content);
        }
        let agent = *built_in()
            .iter()
            .find(|agent| agent.id() == case.agent)
            .expect("an agent");
        let reading = read_all(agent, &System::new(Os::Linux, home.path(), BTreeMap::new()));
        assert_eq!(reading.problems, [], "{} {}", case.agent, case.name);
        let counts = |turn: &crate::support::counting::Counted| {
            BUCKETS.map(|bucket| turn.tokens.count(bucket).map_or(-1, u64::cast_signed))
        };
        let mut found: Vec<_> = (reading.turns.iter())
            .map(|turn| {
                (
                    &*turn.session_id,
                    &*turn.model_id,
                    counts(turn),
                    turn.cost.map(|cost| cost.nanos()),
                )
            })
            .collect();
        let mut expected = case.turns;
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{} {}", case.agent, case.name);
    }
}
