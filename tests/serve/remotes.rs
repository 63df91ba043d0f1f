//! `remotes`: agents of other machines in `ps` and in a server, and machines that are away.

use super::{Served, append, home};
use crate::support::Home;
use crate::support::clock::eventually;
use crate::support::running::{Running, ttop};
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

#[test]
fn every_list_of_running_agents_has_those_of_remotes() {
    let other = other();
    let home = with_remotes(&other);
    let ids: Vec<Value> = other.get("/v1/ps").json().as_array().expect("a list").clone();
    let waiting = ids.iter().filter(|row| row["status"] == "waiting_permission").count();
    let served = Served::start(&home, &[]);
    eventually("sessions of the remote in otop's document", || {
        let document = served.get("/sessions").json();
        let sessions = document["sessions"].as_array().expect("a list");
        sessions.iter().filter(|session| session["host"] == "build").count()
            == ids.iter().filter(|row| !row["sessionId"].is_null()).count()
    });
    let metrics = served.get("/metrics").body;
    let sample = format!("status=\"waiting_permission\",host=\"build\"}} {waiting}\n");
    assert!(waiting > 0 && metrics.contains(&sample), "{metrics}");
    let rows = home.rows(&["top", "--once", "--view", "live"]);
    assert_eq!(hosted(&rows).len(), ids.len());
}

#[test]
fn watching_agents_asks_beside_and_tells_of_a_machine_that_is_away_once() {
    let other = other();
    let home = with_remotes(&other);
    let watch = Running::start(ttop(&home, &["ps", "--watch", "100ms", "--jq", ".host"]));
    eventually("a row of the remote", || {
        watch.next_line().is_some_and(|line| line.trim() == "\"build\"")
    });
    // Longer than the time between two questions.
    let told = watch.said(Duration::from_secs(7));
    assert_eq!(told.matches("remote away").count(), 1, "{told}");
}

#[test]
fn a_turn_of_a_remote_has_its_host_and_is_told_by_one_machine_only() {
    let (here, there) = (home(), home());
    let other = Served::start(&there, &[]);
    let remotes: Vec<Value> = ["build", "again"]
        .iter()
        .map(|name| json!({"name": name, "url": format!("http://127.0.0.1:{}", other.port)}))
        .collect();
    here.write(".config/tokentop/config.json", json!({"remotes": remotes}).to_string());
    let watch = Running::watch(&here, &[]);
    let host_of = |rows: &[Value], id: &str| -> Vec<Value> {
        let own = rows.iter().filter(|row| row["messageId"] == id);
        own.map(|row| row["host"].clone()).collect()
    };
    // The streams are open once one of these replies comes.
    let (mut rows, mut at) = (Vec::new(), 0);
    eventually("a line of the remote", || {
        append(&there, &format!("msg_early_{at}"), 1);
        at += 1;
        rows.extend(watch.rows(Duration::from_millis(300)));
        rows.iter().any(|row| !row["host"].is_null())
    });
    append(&there, "msg_there", 5);
    // The copy of a turn that this machine has is not another one.
    append(&here, "msg_both", 11);
    eventually("the own turn", || {
        rows.extend(watch.rows(Duration::from_millis(50)));
        !host_of(&rows, "msg_both").is_empty()
    });
    append(&there, "msg_both", 11);
    append(&there, "msg_last", 3);
    eventually("the last turn of the remote", || {
        rows.extend(watch.rows(Duration::from_millis(50)));
        !host_of(&rows, "msg_last").is_empty()
    });
    assert_eq!(host_of(&rows, "msg_both"), [Value::Null], "{rows:#?}");
    assert_eq!(
        host_of(&rows, "msg_there").len(),
        1,
        "two remotes report one turn: {rows:#?}"
    );
    assert!(
        rows.iter()
            .any(|row| row["messageId"] == "msg_there" && row["tokens"]["output"] == 5)
    );
    // And the other way round: what a remote reported first is not reported here again.
    append(&here, "msg_there", 5);
    append(&here, "msg_end", 2);
    eventually("the end", || {
        rows.extend(watch.rows(Duration::from_millis(50)));
        !host_of(&rows, "msg_end").is_empty()
    });
    assert_eq!(host_of(&rows, "msg_there").len(), 1, "{rows:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn sessions_of_an_opencode_1_server_are_listed_for_all_its_folders() {
    use crate::support::fake_agents::Server;
    let server = Server::start(
        &[
            ("/global/health", json!({"healthy": true, "version": "1.18.33"})),
            ("/path", json!({"directory": "/w/api"})),
            (
                "/project",
                json!([{"id": "p", "worktree": "/w/api"}, {"id": "q", "worktree": "/w/web"}]),
            ),
            (
                "/session/status",
                json!({"ses_busy": {"type": "busy"}, "ses_asks": {"type": "busy"}}),
            ),
            ("/permission", json!([{"id": "per_1", "sessionID": "ses_asks"}])),
            ("/question", json!([])),
            (
                "/session/ses_busy",
                json!({"id": "ses_busy", "title": "Port it", "directory": "/w/web"}),
            ),
        ],
        None,
    );
    let home = home();
    let remote = json!({"name": "lab", "url": format!("http://{}", server.address)});
    home.write(".config/tokentop/config.json", json!({"remotes": [remote]}).to_string());
    let rows = home.rows(&["ps"]);
    let found: Vec<_> = rows
        .iter()
        .filter(|row| row["host"] == "lab")
        .map(|row| {
            (
                row["sessionId"].clone(),
                row["status"].clone(),
                row["sessionName"].clone(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (json!("ses_asks"), json!("waiting_permission"), Value::Null),
            (json!("ses_busy"), json!("working"), json!("Port it")),
        ]
    );
    let asked = server.asked();
    for folder in ["%2Fw%2Fapi", "%2Fw%2Fweb"] {
        let line = format!("GET /session/status?directory={folder} ");
        assert!(asked.iter().any(|asked| asked.starts_with(&line)), "{asked:?}");
    }
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
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
