//! `ttop ps` against real processes, real databases, a real server and a real tmux.
#![cfg(target_os = "linux")]

mod fake;
#[path = "../support/mod.rs"]
mod support;
mod tmux;

use assert_cmd::cargo::CommandCargoExt;
use fake::{Database, Process, Server, eventually, now, sleeper};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use support::Home;

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
    let database = Database::new(&home.path());
    let older = Process::start("opencode", &folder, &[]);
    std::thread::sleep(std::time::Duration::from_millis(50));
    let younger = Process::start("opencode", &folder, &[]);
    let at = now();
    database
        .session("ses_a", &folder, at, at)
        .message("m1", "ses_a", "user", at, json!({}))
        .session("ses_b", &folder, at + 1, at + 1)
        .message("m2", "ses_b", "user", at + 1, json!({}))
        .message("m3", "ses_b", "assistant", at + 2, json!({"finish": "stop"}))
        .child_session("ses_child", Some("ses_b"), &folder, at + 3, at + 3)
        .message("m4", "ses_child", "assistant", at + 9, json!({"finish": "stop"}));
    let found = rows(&home, &[], &[older.pid(), younger.pid()]);
    let mut ids: Vec<&str> = found.iter().filter_map(|row| row["sessionId"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["ses_a", "ses_b"]);
    assert!(found.iter().all(|row| row["match"] == "activity"), "{found:?}");
    let done = found.iter().find(|row| row["sessionId"] == "ses_b").expect("a row");
    assert_eq!(seen(done), ("idle", "database", "activity"));
    assert_eq!(done["sessionName"], "Title of ses_b");
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

/// A service of version 2 that runs in this very test.
fn register(home: &Home, pid: u32, server: &Server, password: &str) {
    use std::os::unix::fs::PermissionsExt;
    let file = json!({"id": "x", "version": "2.1.4", "pid": pid, "url": format!("http://{}", server.address), "password": password});
    home.write(".local/state/opencode/service.json", file.to_string());
    let path = home.path().join(".local/state/opencode/service.json");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("mode");
}

/// `opencode:CANARY-password`
const LOGIN: &str = "b3BlbmNvZGU6Q0FOQVJZLXBhc3N3b3Jk";
const PASSWORD: &str = "CANARY-password";

fn service(pid: u32) -> Server {
    let pending = json!({"data": [{"id": "per_1", "sessionID": "ses_wait", "action": "bash", "resources": []}]});
    Server::start(
        &[
            (
                "/api/info",
                json!({"version": "2.1.4", "pid": pid, "urls": [], "paths": {}}),
            ),
            (
                "/api/session/active",
                json!({"data": {"ses_busy": {"type": "running"}, "ses_wait": {"type": "running"}}}),
            ),
            ("/api/session/ses_wait/permission", pending),
            ("/api/session/ses_busy/permission", json!({"data": []})),
            ("/api/session/ses_busy/form", json!({"data": []})),
        ],
        Some(LOGIN),
    )
}

#[test]
fn a_service_has_a_row_for_each_session_it_runs() {
    let home = Home::new();
    let pid = std::process::id();
    let server = service(pid);
    register(&home, pid, &server, PASSWORD);
    let output = ttop(&home, &["ps", "--all", "-v"]).output().expect("runs");
    let all = [output.stdout.clone(), output.stderr].concat();
    assert!(!String::from_utf8_lossy(&all).contains("CANARY"));
    let text = String::from_utf8_lossy(&output.stdout);
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let of = |id: &str| rows.iter().find(|row| row["sessionId"] == id).expect("a row");
    for (id, status) in [("ses_busy", "working"), ("ses_wait", "waiting_permission")] {
        assert_eq!(
            (of(id)["pid"].as_u64(), of(id)["role"].as_str()),
            (Some(u64::from(pid)), Some("service"))
        );
        assert_eq!(seen(of(id)), (status, "api", "api"));
        assert_eq!(of(id)["version"], "2.1.4");
    }
    let asked = server.asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|line| line.starts_with("GET ")),
        "{asked:?}"
    );
}

#[test]
fn an_interface_takes_its_session_from_the_service_that_runs_it() {
    let home = Home::new();
    let pid = std::process::id();
    let server = service(pid);
    let process = Process::start("opencode2", &home.path().join("api"), &["-s", "ses_wait"]);
    second_database(&home.path(), &home.path().join("api"));
    register(&home, pid, &server, PASSWORD);
    let found = rows(&home, &[], &[pid, process.pid()]);
    let of = |id: &str| found.iter().filter(|row| row["sessionId"] == id).collect::<Vec<_>>();
    assert_eq!(of("ses_wait").len(), 1, "{found:?}");
    assert_eq!(of("ses_wait")[0]["pid"], process.pid());
    assert_eq!(seen(of("ses_wait")[0]), ("waiting_permission", "api", "flag"));
    assert_eq!(of("ses_busy")[0]["pid"], pid);
}

/// A database of version 2 with the sessions that [`service`] speaks of.
fn second_database(home: &Path, folder: &Path) {
    let path = home.join(".local/share/opencode");
    std::fs::create_dir_all(&path).expect("a folder");
    let connection = rusqlite::Connection::open(path.join("opencode.db")).expect("a database");
    connection
        .execute_batch(
            "create table session_v2(id text primary key, project_id text, parent_id text, directory text, title text, version text,
               time_created integer, time_updated integer, time_idle integer, time_viewed integer, idle_outcome text);
             create table session_message(id text primary key, session_id text, type text, seq integer, time_created integer,
               time_updated integer, data text);",
        )
        .expect("tables");
    let at = now();
    for id in ["ses_wait", "ses_busy", "ses_done"] {
        connection
            .execute(
                "insert into session_v2 values (?1, 'p', null, ?2, 'T', '2.1.4', ?3, ?3, ?4, ?5, ?6)",
                rusqlite::params![
                    id,
                    folder.to_str(),
                    at,
                    (id == "ses_done").then_some(at + 5),
                    (id == "ses_done").then_some(at + 1),
                    (id == "ses_done").then_some("succeeded")
                ],
            )
            .expect("a session");
        connection
            .execute(
                "insert into session_message values (?1 || 'm', ?1, 'assistant', 1, ?2, ?2, ?3)",
                rusqlite::params![
                    id,
                    at,
                    json!({"time": {"created": at}, "model": {"id": "gpt-5.4", "providerID": "openai"}}).to_string()
                ],
            )
            .expect("a message");
    }
}

#[test]
fn without_its_service_an_interface_of_version_2_is_cut_off() {
    let home = Home::new();
    let folder = home.path().join("api");
    let busy = Process::start("opencode2", &folder, &["-s", "ses_busy"]);
    let done = Process::start("opencode2", &folder, &["-s", "ses_done"]);
    second_database(&home.path(), &folder);
    assert_eq!(seen(&row(&home, &busy)), ("interrupted", "database", "flag"));
    let done = row(&home, &done);
    assert_eq!(seen(&done), ("done_unread", "database", "flag"));
    assert_eq!(done["modelId"], "gpt-5.4");
}

#[test]
fn a_registration_that_cannot_be_trusted_is_not_asked() {
    let pid = std::process::id();
    // The port is not that process's.
    let home = Home::new();
    let other = Process::start("opencode", &home.path().join("api"), &["serve", "--service"]);
    let server = service(other.pid());
    register(&home, other.pid(), &server, PASSWORD);
    let found = rows(&home, &[], &[other.pid(), pid]);
    assert_eq!((found.len(), found[0]["role"].as_str()), (1, Some("service")));
    assert_eq!(seen(&found[0]), ("unknown", "none", "none"));
    assert_eq!(server.asked(), [""; 0]);
    // What answers is another process.
    let home = Home::new();
    let server = service(pid + 1);
    register(&home, pid, &server, PASSWORD);
    assert!(rows(&home, &[], &[pid]).is_empty());
    // The file is older than the process that has its number now.
    let home = Home::new();
    let server = service(pid);
    register(&home, pid, &server, PASSWORD);
    let path = home.path().join(".local/state/opencode/service.json");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    std::fs::File::options()
        .write(true)
        .open(path)
        .expect("opens")
        .set_modified(old)
        .expect("set");
    assert!(rows(&home, &[], &[pid]).is_empty());
    assert_eq!(server.asked(), [""; 0]);
}

#[test]
fn an_interface_of_version_1_that_listens_is_asked() {
    let home = Home::new();
    let folder = home.path().join("api");
    let at = now();
    Database::new(&home.path())
        .session("ses_root", &folder, at, at)
        .child_session("ses_sub", Some("ses_root"), &folder, at, at)
        .message("m1", "ses_root", "assistant", at - 10 * MINUTE, json!({}))
        .session("ses_idle", &folder, at, at)
        .message("m2", "ses_idle", "assistant", at, json!({}));
    let server = Server::start(
        &[
            ("/global/health", json!({"healthy": true, "version": "1.18.33"})),
            ("/session/status", json!({"ses_root": {"type": "busy"}})),
            (
                "/permission",
                json!([{"id": "per_1", "sessionID": "ses_sub", "permission": "bash", "patterns": []}]),
            ),
            ("/question", json!([])),
        ],
        None,
    );
    server.share();
    let process = Process::start("opencode", &folder, &["--port", "0", "-s", "ses_idle"]);
    let found = rows(&home, &[], &[process.pid()]);
    let of = |id: &str| {
        found
            .iter()
            .find(|row| row["sessionId"] == id)
            .unwrap_or_else(|| panic!("{id}: {found:?}"))
    };
    // A subagent asks: its root waits, and its own row is only shown with --all.
    assert_eq!(seen(of("ses_root")), ("waiting_permission", "api", "api"));
    // The reply has no end, but the process says that nothing runs.
    assert_eq!(seen(of("ses_idle")), ("interrupted", "database", "flag"));
    assert_eq!(found.len(), 2);
    assert_eq!(of("ses_root")["version"], "1.18.33");
    assert_eq!(rows(&home, &["--all"], &[process.pid()]).len(), 3);
    let asked = server.asked();
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
    assert!(
        asked.iter().any(|line| line.starts_with("GET /permission?directory=")),
        "{asked:?}"
    );
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

#[test]
fn helpers_are_shown_when_asked_and_called_what_they_are() {
    let home = Home::new();
    let folder = home.path().join("api");
    let bin = home.path().join("bin");
    let (gopls, server) = (sleeper(&bin, "gopls"), sleeper(&bin, "files-server"));
    let config = json!({"mcp": {"files": {"type": "local", "command": [server, "1000"]}}});
    home.write(".config/opencode/opencode.json", config.to_string());
    let script = format!(
        "{} 1000 & {} 1000 & sleep 1000 & read wait",
        gopls.display(),
        server.display()
    );
    let process = Process::running(&script, "opencode", &folder, &[]);
    let helper = Process::start("opencode", &folder, &["run", "/x/server.js", "--stdio"]);
    let children = || {
        let listed = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", process.pid())).unwrap_or_default();
        listed
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect::<Vec<u32>>()
    };
    eventually("three children", || {
        let ready =
            |pid: &u32| std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.ends_with(b"1000\0"));
        children().len() == 3 && children().iter().all(ready)
    });
    let pids = [children(), vec![process.pid(), helper.pid()]].concat();
    let found = rows(&home, &["--all"], &pids);
    let mut roles: Vec<&str> = found.iter().filter_map(|row| row["role"].as_str()).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["helper", "lsp", "mcp", "tool", "tui"]);
    assert_eq!(rows(&home, &[], &pids).len(), 1);
}

#[test]
fn mcp_servers_whose_agent_is_gone_are_orphans() {
    let home = Home::new();
    let server = sleeper(&home.path().join("bin"), "lost-server");
    let config =
        json!({"mcp": {"lost": {"type": "local", "command": [server, "1000", ], "environment": {"KEY": "CANARY"}}}});
    home.write(".config/opencode/opencode.json", config.to_string());
    let agent = Process::running(
        &format!(
            "setsid {} 1000 & echo $! > {}; read wait",
            server.display(),
            home.path().join("pid").display()
        ),
        "opencode",
        &home.path(),
        &[],
    );
    let mut pid = 0;
    eventually("a server", || {
        let text = std::fs::read_to_string(home.path().join("pid")).unwrap_or_default();
        pid = text.trim().parse().unwrap_or(0);
        pid > 0 && std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.ends_with(b"1000\0"))
    });
    let mcp = || {
        let output = ttop(&home, &["mcp"]).output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains("CANARY") && output.stderr.is_empty(), "{text}");
        serde_json::from_str::<Value>(text.trim()).expect("one row")
    };
    let row = mcp();
    assert_eq!(
        (&row["name"], &row["kind"], &row["command"]),
        (&json!("lost"), &json!("local"), &json!("lost-server"))
    );
    assert_eq!(
        (&row["pids"], &row["orphans"], &row["enabled"]),
        (&json!([pid]), &json!([]), &json!(true))
    );
    assert_eq!(row["source"], "~/.config/opencode/opencode.json");
    assert!(rows(&home, &["--orphans"], &[pid]).is_empty());
    drop(agent);
    eventually("an orphan", || mcp()["orphans"] == json!([pid]));
    assert_eq!(mcp()["pids"], json!([]));
    let found = rows(&home, &["--orphans"], &[pid]);
    assert_eq!(found[0]["role"], "orphan_mcp");
    assert!(rows(&home, &[], &[pid]).is_empty());
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid as i32).expect("a pid"),
        rustix::process::Signal::KILL,
    )
    .expect("killed");
}

#[test]
fn watching_prints_fresh_rows_until_nobody_reads() {
    let home = Home::new();
    let process = Process::start("opencode", &home.path().join("api"), &["-s", "ses_watched"]);
    let mut child = watching(&home);
    let mine = fake::lines(&mut child)
        .filter(|line| line.contains("ses_watched"))
        .take(2)
        .collect::<Vec<_>>();
    assert_eq!(mine.len(), 2);
    assert!(mine[0].contains(&format!("\"pid\":{}", process.pid())));
    // The iterator is gone, and with it the reader.
    let status = child.wait().expect("ends");
    assert_eq!(status.code(), Some(0), "{}", fake::rest(&mut child));
}

#[test]
fn watching_ends_with_the_code_of_its_signal() {
    let home = Home::new();
    let mut child = watching(&home);
    // By now it listens for signals: it has printed or is about to.
    let _process = Process::start("opencode", &home.path().join("api"), &["-s", "ses_signal"]);
    let mut lines = fake::lines(&mut child);
    assert!(lines.any(|line| line.contains("ses_signal")));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
    lines.for_each(drop);
    assert_eq!(child.wait().expect("ends").code(), Some(130));
}

fn watching(home: &Home) -> std::process::Child {
    Command::cargo_bin("ttop")
        .expect("the binary is built")
        .args(["ps", "--watch", "100ms"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TZ", "UTC")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

#[test]
fn the_sample_home_runs_nothing_of_this_machine() {
    let home = Home::new();
    let first = home.stdout(&["ps", "--demo"]);
    assert_eq!(first, home.stdout(&["ps", "--demo"]));
    assert!(first.lines().all(|line| line.contains("/home/dev/")));
    let table = home.stdout(&["ps", "--demo", "-o", "table"]);
    assert!(
        table.contains("waiting_permission") && table.contains("Port the payment service"),
        "{table}"
    );
    assert_eq!(home.stdout(&["mcp", "--demo"]), "");
    let jump = home
        .ttop()
        .args(["ps", "--demo", "--jump", "4101"])
        .output()
        .expect("runs");
    assert_eq!(jump.status.code(), Some(2));
}
