//! `ttop doctor` with records it does not know, with files it cannot count, and `--report`.

use crate::support::Home;
use serde_json::Value;

const SESSION: &str = ".claude/projects/-home-canary-acme/0a0a0a0a-0000-4000-8000-00000000000a.jsonl";

fn agent(home: &Home, id: &str) -> Value {
    let rows = home.rows(&["doctor"]);
    rows.into_iter().find(|row| row["subject"] == id).expect("a row")
}

fn write_session(home: &Home) {
    home.write(
        SESSION,
        concat!(
            r#"{"type":"assistant","version":"2.9.9","cwd":"/home/canary/acme","sessionId":"0a0a0a0a-0000-4000-8000-00000000000a","message":{"id":"msg_canary","model":"claude-canary","content":[{"type":"text","text":"canary","canary":1}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2,"audio_tokens":7}},"uuid":"u-canary","timestamp":"2026-03-02T09:00:00Z"}"#,
            "\n",
            r#"{"type":"goal-update","version":"2.9.9","goal":"canary","files":{"/home/canary/a.rs":{"canary":1}}}"#,
            "\n",
        ),
    );
}

#[test]
fn unknown_records_are_a_warning_with_the_agents_version() {
    let home = Home::new();
    write_session(&home);
    let row = agent(&home, "claude-code");
    assert_eq!(row["unknown"]["record type goal-update (version 2.9.9)"], 1, "{row}");
    assert_eq!(row["unknown"]["usage field audio_tokens (version 2.9.9)"], 1, "{row}");
    let table = home.stdout(&["doctor", "-o", "table"]);
    assert!(
        table.contains("unknown record type goal-update (version 2.9.9), 1 time"),
        "{table}"
    );
    assert!(table.contains("ttop doctor --report"), "{table}");
}

#[test]
fn the_report_has_shapes_and_nothing_else() {
    let home = Home::new();
    write_session(&home);
    let text = home.stdout(&["doctor", "--report"]);
    assert!(!text.contains("canary") && !text.contains("0a0a0a0a"), "{text}");
    assert!(!text.contains(&*home.path().to_string_lossy()), "{text}");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let agents = report["agents"].as_array().expect("agents");
    let [claude] = agents.as_slice() else {
        panic!("one agent: {text}");
    };
    assert_eq!(claude["id"], "claude-code");
    assert_eq!(claude["shape"]["message.usage.audio_tokens integer"], 1);
    assert_eq!(claude["words"]["record type goal-update"], 1);
    assert_eq!(claude["unknown"]["usage field audio_tokens (version 2.9.9)"], 1);
}

#[test]
fn an_agent_whose_files_hold_no_turn_is_not_ok() {
    for (id, path) in [
        (
            "claude-code",
            ".claude/projects/-p/0a0a0a0a-0000-4000-8000-00000000000a.jsonl",
        ),
        ("codex", ".codex/sessions/2027/rollouts.sqlite3"),
        ("openclaw", ".openclaw/agents/main/agent/next.sqlite"),
        ("cline", ".cline/data/next/a/messages.jsonl"),
        ("kilo-cli", ".local/share/kilo/storage2/session.jsonl"),
        ("windsurf", ".codeium/windsurf/cascade/a.pb"),
    ] {
        let home = Home::new();
        home.write(path, "{}\n");
        let row = agent(&home, id);
        assert_eq!(row["state"], "unread", "{row}");
        assert_eq!(row["counted"], 0, "{row}");
    }
    let home = Home::new();
    home.write(".codex/auth.json", "{}");
    home.write(".codex/config.toml", "");
    assert_eq!(agent(&home, "codex")["state"], "ok", "settings alone are no records");
}
