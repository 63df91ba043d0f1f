//! Turns, sessions and costs of remotes beside those of this machine: never twice, never in a circle, never kept.

use super::{Served, append, home};
use crate::support::Home;
use crate::support::claude_code::{CLAUDE_SESSION, claude_reply};
use crate::support::clock::eventually;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A session that only one machine has.
const OWN_SESSION: &str = "22222222-0000-4000-8000-000000000002";

/// A machine with the session of [`home`], and one of its own with a turn of this id.
fn machine(id: &str, output: u64) -> Home {
    let home = home();
    let title = format!(r#"{{"type":"summary","summary":"Secret of {id}","leafUuid":"u-{id}-{output}"}}"#);
    home.write(
        &format!(".claude/projects/-home-dev-{id}/{OWN_SESSION}-{id}.jsonl"),
        format!("{title}\n{}", claude_reply(&format!("{OWN_SESSION}-{id}"), id, output)),
    );
    home
}

fn configure(home: &Home, remotes: &[(&str, u16)]) {
    let remote = |(name, port): &(&str, u16)| json!({"name": name, "url": format!("http://127.0.0.1:{port}")});
    let remotes: Vec<Value> = remotes.iter().map(remote).collect();
    home.write(".config/tokentop/config.json", json!({"remotes": remotes}).to_string());
}

/// A port where nothing listens.
fn closed_port() -> u16 {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    unused.local_addr().expect("an address").port()
}

fn rows(served: &Served, target: &str) -> Vec<Value> {
    let reply = served.get(target);
    assert_eq!(reply.status, 200, "{target}: {reply:?}");
    reply.json().as_array().expect("a list").clone()
}

/// The host of each turn, by the agent's id of its message; a turn that is there twice fails.
fn hosts(served: &Served, target: &str) -> BTreeMap<String, Option<String>> {
    let mut hosts = BTreeMap::new();
    for row in rows(served, target) {
        let id = row["messageId"].as_str().expect("an id").to_owned();
        let host = row["host"].as_str().map(str::to_owned);
        assert!(hosts.insert(id.clone(), host).is_none(), "{id} is there twice");
    }
    hosts
}

fn expected(turns: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
    let owned = turns
        .iter()
        .map(|(id, host)| ((*id).to_owned(), host.map(str::to_owned)));
    owned.collect()
}

/// Sessions, costs by any grouping, and turns have one total; rows of other machines come last and have their host.
fn assert_adds_up(served: &Served, params: &str) {
    let turns = rows(served, &format!("/v1/turns?{params}"));
    let sum = |rows: &[Value], key: &str| -> u64 { rows.iter().map(|row| row[key].as_u64().expect("a number")).sum() };
    let cost = |rows: &[Value]| -> i64 {
        let nanos = |row: &Value| (row["cost"].as_f64().expect("a cost") * 1e9).round() as i64;
        rows.iter().map(nanos).sum()
    };
    let (tokens, money) = (sum(&turns, "totalTokens"), cost(&turns));
    assert!(money > 0);
    for target in [
        "/v1/sessions?",
        "/v1/cost?by=total&",
        "/v1/cost?by=host&",
        "/v1/cost?by=day,model&",
        "/v1/cost?by=session&roots&",
        "/v1/cost?by=block&",
        "/v1/trends?kind=total&",
    ] {
        let rows = rows(served, &format!("{target}{params}"));
        assert_eq!(
            (sum(&rows, "totalTokens"), cost(&rows)),
            (tokens, money),
            "{target}: {rows:#?}"
        );
    }
    let sessions = rows(served, &format!("/v1/sessions?{params}"));
    let first = sessions
        .iter()
        .position(|row| !row["host"].is_null())
        .expect("a session elsewhere");
    assert!(
        sessions[first..].iter().all(|row| !row["host"].is_null()),
        "{sessions:#?}"
    );
}

#[test]
fn two_remotes_and_one_that_is_away_add_what_this_machine_does_not_have() {
    let (here, build, lab) = (machine("msg_here", 3), machine("msg_build", 5), machine("msg_lab", 9));
    // Two machines have this turn, and this one does not.
    append(&build, "msg_shared", 11);
    append(&lab, "msg_shared", 11);
    let (build_served, lab_served) = (Served::start(&build, &[]), Served::start(&lab, &[]));
    configure(
        &here,
        &[
            ("build", build_served.port),
            ("lab", lab_served.port),
            ("away", closed_port()),
        ],
    );
    let served = Served::start(&here, &[]);
    let found = hosts(&served, "/v1/turns");
    let shared = found.get("msg_shared").cloned().flatten().expect("a host");
    assert!(["build", "lab"].contains(&shared.as_str()), "{found:?}");
    let all = [
        ("msg_0", None),
        ("msg_1", None),
        ("msg_here", None),
        ("msg_build", Some("build")),
        ("msg_lab", Some("lab")),
        ("msg_shared", Some(shared.as_str())),
    ];
    assert_eq!(found, expected(&all));
    assert_adds_up(&served, "");
    assert_adds_up(&served, "since=2026-11-20&until=2026-11-20");
    assert_eq!(hosts(&served, "/v1/turns?until=2026-11-19"), expected(&[]));
    assert_eq!(hosts(&served, "/v1/turns?local"), expected(&all[..3]));
    assert_eq!(hosts(&served, "/v1/turns?model=nothing"), expected(&[]));
    // Wrong parameters are wrong beside other machines, too.
    assert_eq!(served.get("/v1/turns?since=whenever").status, 400);
    let reply = served.get("/v1/cost");
    assert_eq!(reply.header("ttop-missing"), Some("away"), "{reply:?}");
    assert_eq!(served.get("/v1/cost?local").header("ttop-missing"), None);
    // A reply that is written there now is here soon.
    append(&build, "msg_new", 2);
    eventually("the new turn", || hosts(&served, "/v1/turns").contains_key("msg_new"));
    let told = served.process.said(Duration::from_secs(1));
    assert_eq!(told.matches("remote away").count(), 1, "{told}");
    // They are shown and not kept.
    drop(served);
    let kept = here.rows(&["turns"]);
    assert!(
        kept.iter().all(|row| row["host"].is_null()) && kept.len() == 3,
        "{kept:#?}"
    );
}

#[test]
fn machines_that_name_each_other_do_not_ask_in_a_circle() {
    let (left, right) = (machine("msg_left", 3), machine("msg_right", 5));
    // The ports are not known before the servers run: a third one stands between them.
    let first = Served::start(&left, &[]);
    configure(&right, &[("left", first.port)]);
    let second = Served::start(&right, &[]);
    configure(&left, &[("right", second.port)]);
    let third = Served::start(&left, &[]);
    configure(&right, &[("left", third.port), ("also-left", first.port)]);
    let fourth = Served::start(&right, &[]);
    configure(&left, &[("right", fourth.port), ("itself", third.port)]);
    let fifth = Served::start(&left, &[]);
    let here = [("msg_0", None), ("msg_1", None)];
    for (served, own, other, host) in [
        (&third, "msg_left", "msg_right", "right"),
        (&fifth, "msg_left", "msg_right", "right"),
        (&second, "msg_right", "msg_left", "left"),
    ] {
        let all = [here[0], here[1], (own, None), (other, Some(host))];
        assert_eq!(hosts(served, "/v1/turns"), expected(&all));
        assert_adds_up(served, "");
    }
    // What a server hands to others is its own, whatever it has of them.
    let handed = second.get("/v1/ledger");
    assert_eq!(handed.body.lines().count(), 3, "{handed:?}");
    assert!(!handed.body.contains("msg_left"), "{handed:?}");
}

#[test]
fn a_session_on_two_machines_is_one_session_of_this_one() {
    let (here, there) = (home(), home());
    append(&there, "msg_there", 5);
    let other = Served::start(&there, &[]);
    // The same server by two names is still one machine's turns.
    configure(&here, &[("build", other.port), ("again", other.port)]);
    let served = Served::start(&here, &[]);
    let sessions = rows(&served, "/v1/sessions");
    assert_eq!(sessions.len(), 1, "{sessions:#?}");
    assert_eq!(sessions[0]["sessionId"], CLAUDE_SESSION);
    assert_eq!((&sessions[0]["host"], &sessions[0]["turns"]), (&Value::Null, &json!(3)));
    let cost = rows(&served, "/v1/cost?by=total");
    assert_eq!(cost[0]["turns"], 3, "{cost:#?}");
}

#[test]
fn statistics_of_the_gnome_extension_include_other_machines() {
    let other = Served::of(&Home::new(), &["serve", "--demo", "--listen", "127.0.0.1:0"]);
    let here = home();
    configure(&here, &[("build", other.port)]);
    let served = Served::start(&here, &[]);
    let tokens = |document: &Value| document["total"]["totalTokens"].as_u64().expect("a number");
    let there = tokens(&other.get("/api/stats").json());
    assert!(there > 0);
    assert_eq!(tokens(&served.get("/api/stats").json()), there);
    assert_eq!(tokens(&served.get("/api/stats?local").json()), 0);
}

#[test]
fn a_machine_that_changed_nothing_sends_nothing_again_and_no_titles_where_they_are_left_out() {
    let there = machine("msg_there", 5);
    let served = Served::start(&there, &["--no-titles"]);
    let reply = served.get("/v1/ledger?since=2026-11-20");
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    assert!(
        reply.body.contains("msg_there") && !reply.body.contains("Secret"),
        "{reply:?}"
    );
    let mut tag = reply.header("etag").expect("a tag").to_owned();
    // Files that were just written are read once more: then the ledger rests.
    eventually("the same turns", || {
        let again = served.get_with("/v1/ledger?since=2026-11-20", &format!("If-None-Match: {tag}\r\n"));
        if again.status == 304 {
            assert_eq!(again.body, "");
            return true;
        }
        assert_eq!(again.body, reply.body);
        again.header("etag").expect("a tag").clone_into(&mut tag);
        false
    });
    append(&there, "msg_new", 2);
    eventually("the new turn", || {
        let reply = served.get_with("/v1/ledger?since=2026-11-20", &format!("If-None-Match: {tag}\r\n"));
        reply.status == 200 && reply.body.contains("msg_new")
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_remote_without_turns_is_no_problem_and_nothing_is_missing() {
    use crate::support::fake_agents::Server;
    let info = json!({"version": "2.1.4", "pid": 77, "urls": [], "paths": {}});
    let server = Server::start(
        &[("/api/info", info), ("/api/session/active", json!({"data": {}}))],
        None,
    );
    let here = machine("msg_here", 3);
    let remote = json!({"name": "lab", "url": format!("http://{}", server.address)});
    here.write(".config/tokentop/config.json", json!({"remotes": [remote]}).to_string());
    let served = Served::start(&here, &[]);
    let reply = served.get("/v1/turns");
    assert_eq!(reply.json().as_array().expect("a list").len(), 3);
    assert_eq!(reply.header("ttop-missing"), None, "{reply:?}");
    let told = served.process.said(Duration::from_secs(1));
    assert!(!told.contains("remote lab"), "{told}");
}
