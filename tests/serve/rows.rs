//! `/v1/…`: the rows and filters of the commands, and the same mistakes.

use super::{Reply, Served, home};
use serde_json::Value;

/// Paths with the command lines that print the same rows.
const SAME: &[(&str, &[&str])] = &[
    ("/v1/sessions", &["sessions"]),
    (
        "/v1/sessions?tree&interactive=1",
        &["sessions", "--tree", "--interactive"],
    ),
    (
        "/v1/sessions?since=2026-11-19&agent=claude-*",
        &["sessions", "--since", "2026-11-19", "--agent", "claude-*"],
    ),
    ("/v1/sessions?agent=codex", &["sessions", "--agent", "codex"]),
    ("/v1/turns", &["turns"]),
    ("/v1/turns?limit=1", &["turns", "-n", "1"]),
    (
        "/v1/turns?sort=tokens.output:desc&limit=1",
        &["turns", "--sort", "tokens.output:desc", "-n", "1"],
    ),
    ("/v1/turns?fields=turnId,cost", &["turns", "--fields", "turnId,cost"]),
    ("/v1/turns?grep=SECRET%20plan", &["turns", "--grep", "SECRET plan"]),
    (
        "/v1/turns?project=/home/dev&model=claude-*",
        &["turns", "--project", "/home/dev", "--model", "claude-*"],
    ),
    ("/v1/turns?session=latest", &["turns", "--session", "latest"]),
    ("/v1/turns?presence=gone", &["turns", "--presence", "gone"]),
    ("/v1/turns?until=2026-11-01", &["turns", "--until", "2026-11-01"]),
    ("/v1/cost", &["cost"]),
    (
        "/v1/cost?by=model,day&on=2026-11-20",
        &["cost", "--by", "model,day", "--on", "2026-11-20"],
    ),
    ("/v1/cost?by=session&roots", &["cost", "--by", "session", "--roots"]),
    ("/v1/trends", &["trends"]),
    (
        "/v1/trends?days=7&kind=total,model&agent=codex",
        &["trends", "--days", "7", "--kind", "total,model", "--agent", "codex"],
    ),
    (
        "/v1/trends?since=2026-11-01&until=2026-11-20&fields=kind,cost",
        &[
            "trends",
            "--since",
            "2026-11-01",
            "--until",
            "2026-11-20",
            "--fields",
            "kind,cost",
        ],
    ),
    ("/v1/insights", &["insights"]),
    ("/v1/insights?days=90&limit=2", &["insights", "--days", "90", "-n", "2"]),
    ("/v1/insights?since=2026-11-19", &["insights", "--since", "2026-11-19"]),
    (
        "/v1/budgets?fields=budgetId,spent,level",
        &["budgets", "--fields", "budgetId,spent,level"],
    ),
];

#[test]
fn rows_are_those_of_the_commands_in_either_format() {
    let home = home();
    home.write(".config/tokentop/config.json", r#"{"budgets": {"daily": 5}}"#);
    let served = Served::start(&home, &[]);
    for (target, command) in SAME {
        let expected = home.rows(command);
        let json = served.get(target);
        assert_eq!(
            (json.status, json.header("content-type")),
            (200, Some("application/json")),
            "{target}: {json:?}"
        );
        assert_eq!(json.json(), Value::Array(expected.clone()), "{target}");
        let lines = served.get_with(target, "Accept: application/x-ndjson\r\n");
        assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
        let rows: Vec<Value> = lines
            .body
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(rows, expected, "{target}");
    }
}

#[test]
fn mistakes_are_errors_with_a_hint_and_never_lost_filters() {
    let home = home();
    let served = Served::start(&home, &[]);
    for target in [
        "/v1/turns?sinse=7d",
        "/v1/turns?since=whenever",
        "/v1/turns?since=7d&since=8d",
        "/v1/turns?limit=many",
        "/v1/turns?fields=nonsense",
        "/v1/turns?fields=help",
        "/v1/turns?sort=nonsense",
        "/v1/turns?jq=.",
        "/v1/turns?presence=elsewhere",
        "/v1/cost?by=day,hour",
        "/v1/cost?by=phase",
        "/v1/trends?days=0",
        "/v1/trends?days=7&since=7d",
        "/v1/trends?kind=moon",
        "/v1/trends?since=2h",
        "/v1/insights?days=many",
        "/v1/insights?days=7&on=today",
        "/v1/insights?kind=total",
        "/v1/ps?branch=x",
        "/v1/providers?model=x",
        "/v1/budgets?session=x",
        "/v1/schema?row=nonsense",
        "/v1/schema?row=turn&as=cobol",
        "/v1/events?since=whenever",
        "/v1/events?events=nonsense",
        "/metrics?x=y",
        "/sessions?all",
    ] {
        let reply = served.get(target);
        assert_eq!(reply.status, 400, "{target}: {reply:?}");
        let message = reply.json()["error"]["message"].as_str().map(str::to_owned);
        assert!(message.is_some_and(|message| !message.is_empty()), "{target}");
    }
    assert_eq!(served.get_with("/v1/turns", "Accept: text/csv\r\n").status, 406);
}

#[test]
fn schemas_are_those_of_the_command() {
    let home = home();
    let served = Served::start(&home, &[]);
    let expected: Value = serde_json::from_str(&home.stdout(&["schema", "turn"])).expect("JSON");
    assert_eq!(served.get("/v1/schema?row=turn").json(), expected);
    let kinds = served.get("/v1/schema").json();
    assert_eq!(kinds["rows"][0], "turn");
    let duckdb = served.get("/v1/schema?row=turn&as=duckdb").body;
    assert_eq!(duckdb, home.stdout(&["schema", "turn", "--as", "duckdb"]).trim_end());
}

#[test]
fn what_agents_write_is_there_at_the_next_question() {
    let home = home();
    let served = Served::start(&home, &[]);
    assert_eq!(served.get("/v1/turns").json().as_array().map(Vec::len), Some(2));
    super::append(&home, "msg_2", 5);
    super::eventually("the new turn", || {
        served.get("/v1/turns").json().as_array().map(Vec::len) == Some(3)
    });
}

#[test]
fn head_has_the_head_of_get_and_no_body() {
    let home = home();
    let served = Served::start(&home, &[]);
    for target in ["/health", "/v1/turns", "/nowhere", "/metrics"] {
        let get = served.get(target);
        let text = served.raw(format!(
            "HEAD {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ));
        let head = Reply::parse(&text);
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{target}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{target}");
    }
}
