//! `ttop ps` against real processes, real databases, a real server and a real tmux.
#![cfg(target_os = "linux")]

mod api;
mod around;
mod homes;
mod more_programs;
mod panes;
mod programs;
mod real;
mod services;
#[path = "../support/mod.rs"]
mod support;
mod tmux;
mod waiting;

use serde_json::{Value, json};
use support::Home;
use support::clock::eventually;
use support::fake_agents::{Database, Process, now};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;

/// ttop in this home, with the real clock: processes have it too.
fn ttop(home: &Home, args: &[&str]) -> assert_cmd::Command {
    let mut command = home.ttop();
    command.env_remove("TTOP_NOW").args(args);
    command
}

/// The rows of these processes; other tests run some too.
fn rows(home: &Home, args: &[&str], pids: &[u32]) -> Vec<Value> {
    let output = ttop(home, &[&["ps"], args].concat()).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|row| pids.iter().any(|pid| row["pid"] == *pid))
        .collect()
}

fn row(home: &Home, process: &Process) -> Value {
    let mut found = rows(home, &[], &[process.pid()]);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn seen(row: &Value) -> (&str, &str, &str) {
    let text = |key: &str| row[key].as_str().unwrap_or("null");
    (text("status"), text("statusSource"), text("match"))
}

#[test]
fn a_process_is_described_even_when_nothing_is_known_of_its_session() {
    let home = Home::new();
    let folder = home.path().join("my project");
    let process = Process::start(
        "/opt/x y/opencode",
        &folder,
        &["--prompt", "a ) b (", "--session=ses_unknown1"],
    );
    let row = row(&home, &process);
    assert_eq!(row["agentId"], "opencode");
    assert_eq!(row["role"], "tui");
    assert_eq!(row["cwd"], folder.to_str().expect("text"));
    assert_eq!(row["sessionId"], "ses_unknown1");
    assert_eq!(seen(&row), ("unknown", "none", "flag"));
    assert!(row["memoryBytes"].as_u64() > Some(0) && row["cpuPercent"].is_number());
    assert!(
        (row["startedAt"].as_i64().expect("a time") - now()).abs() < 10 * SECOND,
        "{row}"
    );
    assert_eq!(row["lastText"], Value::Null);
    assert_eq!(row["tokens"]["input"], Value::Null);
}

#[test]
fn two_processes_of_one_folder_show_two_sessions() {
    let home = Home::new();
    let folder = home.path().join("api");
    // Ids of their own: other tests start processes that name a session, and each session is shown once.
    let database = Database::new(&home.path());
    let older = Process::start("opencode", &folder, &[]);
    std::thread::sleep(std::time::Duration::from_millis(50));
    let younger = Process::start("opencode", &folder, &[]);
    let at = now();
    database
        .session("ses_first", &folder, at, at)
        .message("m1", "ses_first", "user", at, json!({}))
        .session("ses_second", &folder, at + 1, at + 1)
        .message("m2", "ses_second", "user", at + 1, json!({}))
        .message("m3", "ses_second", "assistant", at + 2, json!({"finish": "stop"}))
        .child_session("ses_child", Some("ses_second"), &folder, at + 3, at + 3)
        .message("m4", "ses_child", "assistant", at + 9, json!({"finish": "stop"}));
    let found = rows(&home, &[], &[older.pid(), younger.pid()]);
    let mut ids: Vec<&str> = found.iter().filter_map(|row| row["sessionId"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["ses_first", "ses_second"], "{found:?}");
    assert!(found.iter().all(|row| row["match"] == "activity"), "{found:?}");
    let done = found
        .iter()
        .find(|row| row["sessionId"] == "ses_second")
        .expect("a row");
    assert_eq!(seen(done), ("idle", "database", "activity"));
    assert_eq!(done["sessionName"], "Title of ses_second");
    assert_eq!(done["modelId"], "claude-opus-4-6");
    assert_eq!(done["projectPath"], folder.to_str().expect("text"));
    assert_eq!(done["version"], "1.18.33");
}

#[test]
fn turns_and_cost_come_from_the_ledger() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = now();
    let tokens = json!({"input": 10, "output": 20, "reasoning": 0, "cache": {"read": 30, "write": 0}, "total": 60});
    Database::new(&home.path()).session("ses_a", &folder, at, at).message(
        "m1",
        "ses_a",
        "assistant",
        at,
        json!({"finish": "stop", "cost": 0.25, "tokens": tokens}),
    );
    let process = Process::start("opencode", &folder, &["-s", "ses_a"]);
    let row = row(&home, &process);
    assert_eq!((row["turns"].as_u64(), row["cost"].as_f64()), (Some(1), Some(0.25)));
    assert_eq!(
        (&row["tokens"]["cacheRead"], &row["costStatus"]),
        (&json!(30), &json!("recorded"))
    );
}

#[test]
fn records_tell_what_a_session_does() {
    let home = Home::new();
    let folder = home.path().join("api");
    let database = Database::new(&home.path());
    let process = Process::start("opencode", &folder, &["-s", "ses_a"]);
    let at = now();
    database
        .session("ses_a", &folder, at, at)
        .message("m1", "ses_a", "user", at, json!({}));
    let status = || {
        let row = row(&home, &process);
        let activity = row["activity"].as_str().map(str::to_owned);
        assert!(
            row["sinceMs"]
                .as_i64()
                .is_some_and(|since| (0..MINUTE).contains(&since)),
            "{row}"
        );
        (row["status"].as_str().expect("a status").to_owned(), activity)
    };
    let is = |status: &str, activity: Option<&str>| (status.to_owned(), activity.map(str::to_owned));
    assert_eq!(status(), is("thinking", None));
    database.message("m2", "ses_a", "assistant", at + 1, json!({}));
    assert_eq!(status(), is("working", Some("generating")));
    database.tool("m2", "ses_a", "bash", "running", at + 2);
    assert_eq!(status(), is("working", Some("bash")));
    database.tool("m2", "ses_a", "question", "running", at + 3);
    assert_eq!(status(), is("waiting_question", Some("question")));
    database.message("m3", "ses_a", "assistant", at + 4, json!({"finish": "length"}));
    assert_eq!(status(), is("truncated", None));
    database.message(
        "m4",
        "ses_a",
        "assistant",
        at + 5,
        json!({"error": {"name": "APIError"}}),
    );
    assert_eq!(status(), is("error", None));
    database.message(
        "m5",
        "ses_a",
        "assistant",
        at + 6,
        json!({"error": {"name": "MessageAbortedError"}}),
    );
    assert_eq!(status(), is("interrupted", None));
}

#[test]
fn what_an_earlier_process_left_open_is_not_running() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = now() - MINUTE;
    Database::new(&home.path())
        .session("ses_a", &folder, at, at)
        .message("m1", "ses_a", "assistant", at, json!({}))
        .tool("m1", "ses_a", "question", "running", at);
    let process = Process::start("opencode", &folder, &["--session", "ses_a"]);
    assert_eq!(seen(&row(&home, &process)), ("interrupted", "database", "flag"));
}

#[test]
fn a_tool_with_a_process_runs_and_one_without_may_wait_for_permission() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = now();
    Database::new(&home.path())
        .session("ses_a", &folder, at, at)
        .message("m1", "ses_a", "assistant", at, json!({}))
        .tool("m1", "ses_a", "bash", "running", at);
    let bare = Process::start("opencode", &folder, &["-s", "ses_a"]);
    let busy = Process::running("sleep 1000 & read wait", "opencode", &folder, &["-s", "ses_a"]);
    // A minute later, as far as ttop knows.
    let mut command = ttop(&home, &["ps"]);
    let output = command
        .env("TTOP_NOW", (at + MINUTE).to_string())
        .output()
        .expect("runs");
    let status = |pid: u32| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let mut rows = rows.filter(|row| row["pid"] == pid);
        rows.next().expect("a row")["status"]
            .as_str()
            .expect("a status")
            .to_owned()
    };
    assert_eq!(
        (status(bare.pid()), status(busy.pid())),
        ("unknown".into(), "working".into())
    );
}

#[test]
fn an_idle_agent_that_redraws_is_idle() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = now();
    Database::new(&home.path()).session("ses_a", &folder, at, at).message(
        "m1",
        "ses_a",
        "assistant",
        at,
        json!({"finish": "stop"}),
    );
    let process = Process::running("while :; do :; done", "opencode", &folder, &["-s", "ses_a"]);
    eventually("a busy process", || {
        let row = row(&home, &process);
        assert_eq!(seen(&row), ("idle", "database", "flag"));
        row["cpuPercent"].as_f64() > Some(5.0)
    });
}

#[test]
fn who_waits_is_an_exit_code() {
    let home = Home::new();
    let folder = home.path().join("api");
    let database = Database::new(&home.path());
    let process = Process::start("opencode", &folder, &["-s", "ses_check"]);
    let run = |args: &[&str]| ttop(&home, &[&["ps"], args].concat()).output().expect("runs");
    let at = now();
    database.session("ses_check", &folder, at, at).message(
        "m1",
        "ses_check",
        "assistant",
        at,
        json!({"finish": "stop"}),
    );
    let calm = run(&["--check", "-q"]);
    assert_eq!((calm.status.code(), calm.stdout.len()), (Some(0), 0));
    database
        .message("m2", "ses_check", "assistant", at + 1, json!({}))
        .tool("m2", "ses_check", "question", "running", at + 1);
    assert_eq!(run(&["--check", "-q"]).status.code(), Some(3));
    let checked = run(&["--check"]);
    assert_eq!(checked.status.code(), Some(3));
    assert_eq!(String::from_utf8_lossy(&checked.stdout).lines().count(), 1);
    assert_eq!(run(&["--check", "--grep", "nowhere"]).status.code(), Some(0));
    assert_eq!(run(&["--check", "--grep", "OF SES_CHECK"]).status.code(), Some(3));
    assert_eq!(rows(&home, &["--waiting"], &[process.pid()]).len(), 1);
    assert_eq!(run(&["--waiting"]).status.code(), Some(0));
}

#[test]
fn filters_choose_rows_and_unfit_ones_are_refused() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = now();
    Database::new(&home.path()).session("ses_a", &folder, at, at);
    let process = Process::start("opencode", &folder, &["-s", "ses_a"]);
    let count = |args: &[&str]| rows(&home, args, &[process.pid()]).len();
    assert_eq!(count(&["--agent", "open*"]), 1);
    assert_eq!(count(&["--agent", "codex"]), 0);
    assert_eq!(count(&["--session", "ses_a"]), 1);
    assert_eq!(count(&["--project", folder.to_str().expect("text")]), 1);
    assert_eq!(count(&["--grep", "my-model"]), 0);
    assert_eq!(count(&["--grep", "API"]), 1);
    let refused = ttop(&home, &["ps", "--presence", "gone"]).output().expect("runs");
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn what_was_said_last_is_shown_only_when_asked() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = now();
    Database::new(&home.path())
        .session("ses_a", &folder, at, at)
        .message("m1", "ses_a", "assistant", at, json!({"finish": "stop"}))
        .text("m1", "ses_a", "First.\nAll tests pass.\n", at);
    let process = Process::start("opencode", &folder, &["-s", "ses_a"]);
    assert_eq!(
        rows(&home, &["--text"], &[process.pid()])[0]["lastText"],
        "All tests pass."
    );
    assert_eq!(row(&home, &process)["lastText"], Value::Null);
}

#[test]
fn a_note_counts_only_for_the_process_that_wrote_it() {
    let home = Home::new();
    let folder = home.path().join("api");
    let process = Process::start("claude", &folder, &[]);
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid())).expect("stat");
    let mark: u64 = stat
        .rsplit(')')
        .next()
        .expect("a tail")
        .split_whitespace()
        .nth(19)
        .expect("a mark")
        .parse()
        .expect("a number");
    let id = "0a0a0a0a-0000-4000-8000-00000000000a";
    let note = |mark: u64, status: &str| {
        let file = json!({"pid": process.pid(), "sessionId": id, "procStart": mark.to_string(), "version": "2.1.139",
            "status": status, "waitingFor": "approve Bash", "statusUpdatedAt": now() - 5 * SECOND});
        home.write(&format!(".claude/sessions/{}.json", process.pid()), file.to_string());
    };
    note(mark, "waiting");
    let waiting = row(&home, &process);
    assert_eq!(seen(&waiting), ("waiting_permission", "transcript", "pidfile"));
    assert_eq!(
        (waiting["agentId"].as_str(), waiting["sessionId"].as_str()),
        (Some("claude-code"), Some(id))
    );
    assert_eq!(waiting["version"], "2.1.139");
    assert!(waiting["sinceMs"].as_i64() >= Some(5 * SECOND));
    note(mark, "busy");
    assert_eq!(row(&home, &process)["status"], "working");
    note(mark + 1, "busy");
    assert_eq!(seen(&row(&home, &process)), ("unknown", "none", "none"));
}

#[test]
fn transcripts_tell_what_other_agents_do() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = |seconds: i64| {
        let time = jiff::Timestamp::from_millisecond(now() + seconds * SECOND).expect("a time");
        time.to_string()
    };
    let id = "0a0a0a0a-0000-4000-8000-00000000000b";
    let process = Process::start("codex", &folder, &["resume", id]);
    let rollout = |records: &[Value]| {
        let text: String = records.iter().map(|record| format!("{record}\n")).collect();
        home.write(
            &format!(".codex/sessions/2026/11/20/rollout-2026-11-20T09-00-00-{id}.jsonl"),
            text,
        );
    };
    let meta = json!({"timestamp": at(0), "type": "session_meta", "payload": {"id": id, "cwd": folder, "source": "cli", "cli_version": "0.169.0"}});
    let started = json!({"timestamp": at(0), "type": "event_msg", "payload": {"type": "task_started", "turn_id": "t"}});
    let call = json!({"timestamp": at(0), "type": "response_item", "payload": {"type": "function_call", "name": "request_user_input", "call_id": "c"}});
    let done = json!({"timestamp": at(0), "type": "event_msg", "payload": {"type": "task_complete", "turn_id": "t"}});
    rollout(&[meta.clone(), started.clone()]);
    assert_eq!(seen(&row(&home, &process)), ("working", "transcript", "flag"));
    rollout(&[meta.clone(), started.clone(), call]);
    assert_eq!(row(&home, &process)["status"], "waiting_question");
    rollout(&[meta, started, done]);
    let idle = row(&home, &process);
    assert_eq!(
        (idle["status"].as_str(), idle["version"].as_str()),
        (Some("idle"), Some("0.169.0"))
    );
}

/// A rollout of Codex in a folder; a record without a `kind` is an event.
fn write_rollout(home: &Home, id: &str, folder: &std::path::Path, source: &str, records: &[Value]) {
    let at = jiff::Timestamp::now().to_string();
    let mut text =
        json!({"timestamp": at, "type": "session_meta", "payload": {"id": id, "cwd": folder, "source": source}})
            .to_string();
    for record in records {
        let kind = record["kind"].as_str().unwrap_or("event_msg");
        text.push('\n');
        text.push_str(&json!({"timestamp": at, "type": kind, "payload": record}).to_string());
    }
    home.write(
        &format!(".codex/sessions/2026/11/20/rollout-2026-11-20T09-00-00-{id}.jsonl"),
        text + "\n",
    );
}
