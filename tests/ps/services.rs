//! Agents whose work moved to a background process: one row for each session that somebody looks at.

use crate::support::Home;
use crate::support::clock::eventually;
use crate::support::fake_agents::{Process, now};
use crate::{ttop, write_rollout};
use serde_json::{Value, json};
use std::path::Path;

/// The rows of these processes, whether there are any or not.
fn listed(home: &Home, args: &[&str], pids: &[u32]) -> Vec<Value> {
    crate::rows(home, args, pids)
}

fn rollout(home: &Home, id: &str, folder: &Path) {
    write_rollout(
        home,
        id,
        folder,
        "cli",
        &[json!({"type": "task_started", "turn_id": "t"})],
    );
}

#[test]
fn a_codex_session_is_shown_at_its_interface_and_ends_with_it() {
    let home = Home::new();
    let (one, two) = (home.path().join("one"), home.path().join("two"));
    let id = |n: u32| format!("0e0e0e0e-0000-4000-8000-{n:012}");
    let path = |n: u32| {
        home.path().join(format!(
            ".codex/sessions/2026/11/20/rollout-2026-11-20T09-00-00-{}.jsonl",
            id(n)
        ))
    };
    // A review that ended just before.
    write_rollout(
        &home,
        &id(9),
        &one,
        "exec",
        &[json!({"type": "task_complete", "turn_id": "t"})],
    );
    let script = format!(
        "until [ -e '{0}' ] && [ -e '{1}' ]; do sleep 0.02; done; exec 3<'{0}' 4<'{1}'; read wait",
        path(1).display(),
        path(2).display()
    );
    let daemon = Process::running(
        &script,
        "codex",
        &one,
        &["app-server", "--listen", "unix:///run/codex.sock", "--managed-daemon"],
    );
    let updates = Process::start("codex", &one, &["app-server", "daemon", "pid-update-loop"]);
    let first = Process::start("codex", &one, &[]);
    let second = Process::start("codex", &two, &[]);
    let pids = [daemon.pid(), updates.pid(), first.pid(), second.pid()];
    let fresh = listed(&home, &[], &pids);
    let sessions: Vec<_> = fresh
        .iter()
        .map(|row| (row["pid"].as_u64(), row["sessionId"].as_str()))
        .collect();
    let of = |process: &Process| Some(u64::from(process.pid()));
    assert_eq!(
        sessions,
        [(of(&first), None), (of(&second), None)],
        "a fresh interface has no session yet"
    );
    rollout(&home, &id(1), &one);
    rollout(&home, &id(2), &two);
    eventually("two sessions", || {
        let found = listed(&home, &[], &pids);
        let shown: Vec<_> = found
            .iter()
            .map(|row| {
                (
                    row["pid"].as_u64(),
                    row["sessionId"].as_str().map(str::to_owned),
                    row["status"].clone(),
                )
            })
            .collect();
        shown
            == [
                (of(&first), Some(id(1)), json!("working")),
                (of(&second), Some(id(2)), json!("working")),
            ]
    });
    let all = listed(&home, &["--all"], &pids);
    let helpers = all
        .iter()
        .filter(|row| row["role"] == "helper" && row["sessionId"].is_null());
    assert_eq!(helpers.count(), 2, "{all:?}");
    drop((first, second));
    assert!(listed(&home, &[], &pids).is_empty(), "nobody looks at these sessions");
}

#[test]
fn a_server_shows_every_session_it_has_open() {
    let home = Home::new();
    let folder = home.path().join("api");
    let id = |n: u32| format!("0f0f0f0f-0000-4000-8000-{n:012}");
    let path = |n: u32| {
        home.path().join(format!(
            ".codex/sessions/2026/11/20/rollout-2026-11-20T09-00-00-{}.jsonl",
            id(n)
        ))
    };
    rollout(&home, &id(1), &folder);
    rollout(&home, &id(2), &folder);
    let script = format!("exec 3<'{}' 4<'{}'; read wait", path(1).display(), path(2).display());
    let server = Process::running(&script, "codex", &folder, &["app-server"]);
    eventually("two sessions of one server", || {
        let found = listed(&home, &[], &[server.pid()]);
        let mut ids: Vec<_> = found.iter().filter_map(|row| row["sessionId"].as_str()).collect();
        ids.sort_unstable();
        ids == [id(1), id(2)]
    });
}

#[test]
fn of_a_claude_service_only_jobs_are_sessions() {
    let home = Home::new();
    let folder = home.path().join("api");
    let start = |args: &[&str]| Process::start("claude", &folder, args);
    let helpers = [
        start(&["daemon", "run"]),
        start(&["bg-pty-host", "x"]),
        start(&["bg-spare", "x"]),
        start(&["--bg", "go"]),
    ];
    let job = start(&["bg-spare", "y"]);
    let id = "0a0a0a0a-0000-4000-8000-0000000000b6";
    let note = |status: Value| {
        let entry = json!({"pid": job.pid(), "sessionId": id, "kind": "bg", "jobId": "j1", "status": status});
        home.write(&format!(".claude/sessions/{}.json", job.pid()), entry.to_string());
    };
    let pids: Vec<u32> = helpers.iter().chain([&job]).map(Process::pid).collect();
    note(json!("busy"));
    let shown = |args: &[&str]| listed(&home, args, &pids);
    let found = shown(&[]);
    assert_eq!(found.len(), 1, "{found:?}");
    let seen = (
        found[0]["pid"].as_u64(),
        found[0]["role"].as_str(),
        found[0]["sessionId"].as_str(),
        found[0]["status"].as_str(),
    );
    assert_eq!(
        seen,
        (Some(u64::from(job.pid())), Some("service"), Some(id), Some("working"))
    );
    let helpers = shown(&["--all"]).into_iter().filter(|row| row["role"] == "helper");
    assert_eq!(helpers.count(), 4);
    // Without a status of its own, the job's file has it; and it tells a rest from a question.
    for (own, state, status) in [
        (json!("idle"), "blocked", "waiting_question"),
        (json!("idle"), "done", "idle"),
        (json!("busy"), "blocked", "working"),
        (json!("waiting"), "working", "waiting_permission"),
    ] {
        note(own);
        home.write(".claude/jobs/j1/state.json", json!({"state": state}).to_string());
        assert_eq!(shown(&[])[0]["status"], status, "{state}");
    }
    note(Value::Null);
    for (state, status) in [
        ("working", "working"),
        ("blocked", "waiting_question"),
        ("done", "idle"),
    ] {
        home.write(
            ".claude/jobs/j1/state.json",
            json!({"state": state, "detail": "x", "tempo": "x", "intent": "x"}).to_string(),
        );
        assert_eq!(shown(&[])[0]["status"], status, "{state}");
    }
}

#[test]
fn what_works_for_interfaces_is_a_helper_of_every_agent() {
    let home = Home::new();
    let folder = home.path().join("api");
    for (name, args) in [
        ("opencode", &["service", "start"][..]),
        ("kilo", &["service", "start"]),
        ("cursor-agent", &["worker"]),
        ("copilot", &["mcp"]),
        ("droid", &["daemon"]),
        ("codex", &["app-server", "daemon", "start"]),
    ] {
        let process = Process::start(name, &folder, args);
        assert!(listed(&home, &[], &[process.pid()]).is_empty(), "{name} {args:?}");
        let all = listed(&home, &["--all"], &[process.pid()]);
        assert_eq!(all[0]["role"], "helper", "{name} {args:?}");
    }
    assert!(ttop(&home, &["ps"]).output().expect("runs").status.success());
    assert!(now() > 0);
}
