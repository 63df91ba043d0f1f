//! `remotes`: agents of other machines in `ps` and in a server, and machines that are away.

use super::{Served, home};
use crate::support::Home;
use crate::support::clock::eventually;
use serde_json::{Value, json};
use std::time::Duration;

/// The sample home on another machine.
fn other() -> Served {
    Served::of(&Home::new(), &["serve", "--demo", "--listen", "127.0.0.1:0"])
}

/// A home that knows a remote, and one where nothing listens.
fn with_remotes(other: &Served) -> Home {
    let home = home();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let away = unused.local_addr().expect("an address").port();
    let config = json!({"remotes": [
        {"name": "build", "url": format!("http://127.0.0.1:{}/", other.port)},
        {"name": "away", "url": format!("http://127.0.0.1:{away}")},
    ]});
    home.write(".config/tokentop/config.json", config.to_string());
    home
}

fn hosted(rows: &[Value]) -> Vec<Value> {
    rows.iter().filter(|row| row["host"] == "build").cloned().collect()
}

#[test]
fn ps_lists_agents_of_remotes_after_its_own_and_warns_of_machines_that_are_away() {
    let other = other();
    let home = with_remotes(&other);
    let output = home.ttop().args(["ps"]).output().expect("runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches("remote away").count(), 1, "{told}");
    let text = String::from_utf8(output.stdout).expect("text");
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let mut expected = other.get("/v1/ps").json().as_array().expect("a list").clone();
    assert!(!expected.is_empty());
    for row in &mut expected {
        row["host"] = json!("build");
        row["tmuxPane"] = Value::Null;
    }
    let found = hosted(&rows);
    assert_eq!(found.len(), expected.len());
    for (row, expected) in found.iter().zip(&expected) {
        for key in [
            "pid",
            "agentId",
            "sessionId",
            "status",
            "tokens",
            "cost",
            "costStatus",
            "host",
        ] {
            assert_eq!(row[key], expected[key], "{key}");
        }
    }
    let first = rows
        .iter()
        .position(|row| row["host"] == "build")
        .expect("a remote row");
    assert!(rows[first..].iter().all(|row| row["host"] == "build"), "{rows:#?}");
}

#[test]
fn a_server_has_agents_of_remotes_and_tells_of_the_others_once() {
    let other = other();
    let home = with_remotes(&other);
    let served = Served::start(&home, &[]);
    eventually("agents of the remote", || {
        let rows = served.get("/v1/ps").json();
        !hosted(rows.as_array().expect("a list")).is_empty()
    });
    // Longer than the time between two questions.
    let told = served.process.said(Duration::from_secs(7));
    assert_eq!(told.matches("remote away").count(), 1, "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn sessions_of_an_opencode_server_are_listed_and_it_gets_get_requests_only() {
    use crate::support::fake_agents::Server;
    // opencode:correct-password
    const LOGIN: &str = "b3BlbmNvZGU6Y29ycmVjdC1wYXNzd29yZA==";
    let pending = json!({"data": [{"id": "per_1", "sessionID": "ses_wait", "action": "bash", "resources": []}]});
    let server = Server::start(
        &[
            (
                "/api/info",
                json!({"version": "2.1.4", "pid": 77, "urls": [], "paths": {}}),
            ),
            (
                "/api/session/active",
                json!({"data": {"ses_busy": {"type": "running"}, "ses_wait": {"type": "running"}}}),
            ),
            ("/api/session/ses_wait/permission", pending),
        ],
        Some(LOGIN),
    );
    let home = home();
    home.write(
        "password",
        "correct-password
",
    );
    let remote = json!({"name": "lab", "url": format!("http://{}", server.address), "passwordFile": "~/password"});
    home.write(".config/tokentop/config.json", json!({"remotes": [remote]}).to_string());
    let rows = home.rows(&["ps"]);
    let found: Vec<(&Value, &Value)> = rows
        .iter()
        .filter(|row| row["host"] == "lab" && row["pid"] == 77)
        .map(|row| (&row["sessionId"], &row["status"]))
        .collect();
    assert_eq!(
        found,
        [
            (&json!("ses_busy"), &json!("working")),
            (&json!("ses_wait"), &json!("waiting_permission"))
        ]
    );
    assert!(
        server.asked().iter().all(|line| line.starts_with("GET ")),
        "{:?}",
        server.asked()
    );
}
