//! Who waits for a human, and who only seems to.

use crate::support::Home;
use crate::support::fake_agents::{Database, Process, now};
use crate::{SECOND, row, seen, ttop, write_rollout};
use serde_json::{Value, json};

const ID: &str = "0b0b0b0b-0000-4000-8000-00000000000b";

fn time(seconds: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(now() + seconds * SECOND).expect("a time");
    at.to_string()
}

/// Claude Code in its registry, and its transcript.
fn claude(home: &Home, process: &Process, status: Value, records: &[Value]) {
    let mut entry = json!({"pid": process.pid(), "sessionId": ID, "statusUpdatedAt": now()});
    for (key, value) in status.as_object().expect("an object") {
        entry[key] = value.clone();
    }
    home.write(&format!(".claude/sessions/{}.json", process.pid()), entry.to_string());
    let text: String = records.iter().map(|record| format!("{record}\n")).collect();
    home.write(&format!(".claude/projects/-api/{ID}.jsonl"), text);
}

fn user(text: &str) -> Value {
    json!({"type": "user", "timestamp": time(0), "message": {"role": "user", "content": text}})
}

fn call(tool: &str) -> Value {
    json!({"type": "assistant", "timestamp": time(0), "message": {"model": "claude-opus-4-6", "stop_reason": "tool_use",
        "content": [{"type": "tool_use", "id": "t", "name": tool, "input": {}}]}})
}

#[test]
fn claude_code_waits_as_its_registry_and_its_records_tell_together() {
    let home = Home::new();
    let process = Process::start("claude", &home.path().join("api"), &[]);
    let retry = json!({"type": "system", "subtype": "api_error", "timestamp": time(0), "retryInMs": 60_000.0});
    let busy = || json!({"status": "busy"});
    let waits = |what: &str| json!({"status": "waiting", "waitingFor": what});
    for (status, records, expected) in [
        (busy(), vec![user("go"), call("AskUserQuestion")], "waiting_question"),
        (busy(), vec![user("go"), call("ExitPlanMode")], "waiting_permission"),
        (busy(), vec![user("go"), call("Bash")], "working"),
        (busy(), vec![user("go")], "thinking"),
        (busy(), vec![user("go"), retry], "retrying"),
        (busy(), vec![], "working"),
        (
            waits("permission prompt"),
            vec![user("go"), call("Bash")],
            "waiting_permission",
        ),
        (
            waits("input needed"),
            vec![user("go"), call("Bash")],
            "waiting_question",
        ),
        (waits("dialog open"), vec![], "idle"),
        (
            json!({"status": "idle"}),
            vec![user("<command-name>/clear</command-name>")],
            "idle",
        ),
    ] {
        claude(&home, &process, status.clone(), &records);
        let row = row(&home, &process);
        assert_eq!(row["status"], expected, "{status} {records:?}");
        let check = ttop(&home, &["ps", "--check", "-q", "--session", ID])
            .output()
            .expect("runs");
        let waits = expected.starts_with("waiting");
        assert_eq!(
            check.status.code(),
            Some(if waits { 3 } else { 0 }),
            "{status} {records:?}"
        );
    }
}

#[test]
fn codex_waits_once_it_asks_to_leave_the_sandbox_and_a_failed_turn_is_an_error() {
    let home = Home::new();
    let folder = home.path().join("api");
    let process = Process::start("codex", &folder, &["resume", ID]);
    let context =
        |policy: &str| json!({"kind": "turn_context", "approval_policy": policy, "approvals_reviewer": "user"});
    let started = json!({"type": "task_started", "turn_id": "t"});
    let command = json!({"kind": "response_item", "type": "function_call", "name": "exec_command", "call_id": "c",
        "arguments": json!({"cmd": "touch /x", "sandbox_permissions": "require_escalated"}).to_string()});
    let failed = json!({"type": "task_complete", "turn_id": "t", "error": {"message": "400", "codex_error_info": "bad_request"}});
    let status = |records: &[Value]| {
        write_rollout(&home, ID, &folder, "cli", records);
        row(&home, &process)["status"].clone()
    };
    assert_eq!(
        status(&[context("on-request"), started.clone(), command.clone()]),
        "waiting_permission"
    );
    assert_eq!(status(&[context("never"), started.clone(), command]), "working");
    assert_eq!(status(&[context("on-request"), started, failed]), "error");
}

#[test]
fn opencode_waits_while_its_log_has_a_question_without_an_answer() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = now();
    let process = Process::start("opencode", &folder, &["-s", "ses_asks"]);
    Database::new(&home.path())
        .session("ses_asks", &folder, at, at)
        .message("m1", "ses_asks", "assistant", at, json!({}))
        .tool("m1", "ses_asks", "bash", "running", at);
    let line = |run: &str, rest: &str| format!("timestamp={} level=INFO run={run} {rest}\n", time(0));
    let begun = line("aaaa0001", "message=loop session.id=ses_asks step=0");
    let asks = line(
        "aaaa0001",
        r#"message=asking id=per_1 permission=bash patterns="[\"rm x\"]""#,
    );
    let status = |lines: &[&str]| {
        home.write(".local/share/opencode/log/opencode.log", lines.concat());
        row(&home, &process)["status"].clone()
    };
    assert_eq!(status(&[&begun]), "working");
    assert_eq!(status(&[&begun, &asks]), "waiting_permission");
    let others = [
        line("bbbb0002", "message=loop session.id=ses_other step=0"),
        line("bbbb0002", "message=tracking"),
    ]
    .concat();
    assert_eq!(status(&[&begun, &asks, &others]), "waiting_permission");
    assert_eq!(
        status(&[&begun, &asks, &line("aaaa0001", "message=tracking")]),
        "working"
    );
    let another = line("bbbb0002", "message=asking id=per_2 permission=bash");
    assert_eq!(status(&[&begun, &another]), "working");
}

#[test]
fn gemini_cli_may_ask_whenever_its_reply_ended() {
    let home = Home::new();
    let folder = home.path().join("api");
    let record = |kind: &str, content: &str| json!({"id": kind, "timestamp": time(0), "type": kind, "content": content, "model": "gemini-3-pro"});
    let head = json!({"sessionId": ID, "projectHash": "x", "startTime": time(0)});
    let write = || {
        let records = [head.clone(), record("user", "go"), record("gemini", "done")];
        let text: String = records.iter().map(|record| format!("{record}\n")).collect();
        home.write(
            &format!(".gemini/tmp/x/chats/session-2026-11-29T05-00-{ID}.jsonl"),
            text,
        );
    };
    for (args, status) in [
        (&["--resume", ID][..], "unknown"),
        (&["--resume", ID, "--yolo"], "idle"),
        (&["--resume", ID, "-p", "go"], "idle"),
    ] {
        let process = Process::start("gemini", &folder, args);
        write();
        assert_eq!(seen(&row(&home, &process)).0, status, "{args:?}");
    }
}
