//! Sessions that OpenCode itself reports: a service of version 2, an interface of version 1 that listens.

use crate::support::Home;
use crate::support::fake_agents::{Database, Process, Server, now};
use crate::{MINUTE, row, rows, seen, ttop};
use serde_json::{Value, json};
use std::path::Path;

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
    let process = Process::listening(&server, "opencode", &folder, &["--port", "0", "-s", "ses_idle"]);
    let found = rows(&home, &[], &[process.pid()]);
    let of = |id: &str| {
        found
            .iter()
            .find(|row| row["sessionId"] == id)
            .unwrap_or_else(|| panic!("{id}: {found:?}"))
    };
    // A subagent asks: its root waits, and its own row is only shown with --all.
    assert_eq!(seen(of("ses_root")), ("waiting_permission", "api", "api"));
    // The reply has no end, but the process reports that nothing runs.
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
