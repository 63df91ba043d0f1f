//! `ttop budgets`: local days, ISO weeks, calendar months, scopes, plans, and what makes it exit 3.

use crate::support::Home;
use crate::support::opencode_db::Reply;
use crate::support::opencode_home::database;
use serde_json::{Value, json};

/// 2026-11-20 18:00 UTC.
const NOW: i64 = 1_795_197_600_000;
const HOUR: i64 = 3_600_000;

fn home(replies: &[Reply]) -> Home {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_1", NOW - 90 * 24 * HOUR);
    for (at, reply) in replies.iter().enumerate() {
        database.reply(&format!("msg_{at}"), "ses_1", reply);
    }
    home
}

fn costing(cost: f64, at: i64) -> Reply {
    Reply { cost, ..Reply::at(at) }
}

fn config(home: &Home, config: Value) {
    home.write(".config/tokentop/config.json", config.to_string());
}

fn told(rows: &[Value]) -> Vec<Value> {
    rows.iter()
        .map(|row| json!([row["budgetId"], row["period"], row["spent"], row["level"]]))
        .collect()
}

#[test]
fn each_budget_has_its_own_period() {
    // Friday: an hour ago, Monday, the first of the month, and the month before.
    let home = home(&[
        costing(8.5, NOW - HOUR),
        costing(10.0, NOW - 4 * 24 * HOUR),
        costing(40.0, NOW - 19 * 24 * HOUR),
        costing(500.0, NOW - 25 * 24 * HOUR),
    ]);
    config(
        &home,
        json!({"budgets": {"daily": 10, "weekly": 100, "monthly": 60, "tokens": {"daily": 110}}}),
    );
    let rows = home.rows(&["budgets"]);
    assert_eq!(
        told(&rows),
        [
            json!(["daily", "2026-11-20", 8.5, "warning"]),
            json!(["tokens-daily", "2026-11-20", 110, "critical"]),
            json!(["weekly", "2026-W47", 18.5, "fine"]),
            json!(["monthly", "2026-11", 58.5, "critical"]),
        ]
    );
    assert_eq!(rows[0]["usedPercent"], 85.0);
    assert_eq!(rows[0]["remaining"], 1.5);
    // 18 of 24 hours are over.
    assert_eq!(rows[0]["projected"], 11.333_333_333);
    assert_eq!(rows[1]["costStatus"], Value::Null);
}

#[test]
fn days_are_local_and_may_have_23_hours() {
    // Summer time began in Berlin at 2026-03-29 02:00: that day lasts from 23:00 to 22:00 UTC.
    let noon = 1_774_778_400_000;
    let home = home(&[costing(1.0, noon - 11 * HOUR), costing(2.0, noon - 12 * HOUR)])
        .at("2026-03-29T10:00:00Z")
        .in_zone("Europe/Berlin");
    config(&home, json!({"budgets": {"daily": 10}}));
    let row = &home.rows(&["budgets"])[0];
    assert_eq!(row["period"], "2026-03-29");
    assert_eq!(row["end"], noon + 12 * HOUR);
    assert_eq!(row["start"], noon - 11 * HOUR);
    assert_eq!(row["spent"], 1.0);
    assert_eq!(row["projected"], 2.090_909_09);
}

#[test]
fn rules_are_about_a_part_and_one_more_can_be_asked_for() {
    let openai = Reply {
        provider: "openai",
        model: "gpt-5.5",
        ..costing(3.0, NOW - HOUR)
    };
    let home = home(&[costing(1.0, NOW - HOUR), openai]);
    config(
        &home,
        json!({"budgets": {"rules": [
            {"id": "o", "every": "day", "provider": "openai", "usd": 2},
            {"every": "week", "model": "claude-*", "usd": 2},
            {"id": "p", "every": "month", "project": "/home/dev/acme-api", "usd": 100},
            {"id": "q", "every": "month", "project": "/home/dev/other", "usd": 100}
        ]}}),
    );
    assert_eq!(
        told(&home.rows(&["budgets"])),
        [
            json!(["o", "2026-11-20", 3.0, "exceeded"]),
            json!(["rule-2", "2026-W47", 1.0, "fine"]),
            json!(["p", "2026-11", 4.0, "fine"]),
            json!(["q", "2026-11", 0.0, "fine"]),
        ]
    );
    let rows = home.rows(&[
        "budgets", "--usd", "1", "--every", "week", "--agent", "open*", "--model", "gpt-*",
    ]);
    assert_eq!(told(&rows)[4], json!(["this-run", "2026-W47", 3.0, "exceeded"]));
    assert_eq!(
        (&rows[4]["agentId"], &rows[4]["modelId"]),
        (&json!("open*"), &json!("gpt-*"))
    );
    // Without one, the same words choose among the rows.
    assert_eq!(home.rows(&["budgets", "--provider", "openai"]).len(), 1);
}

#[test]
fn projects_are_told_and_chosen_by_where_they_lie() {
    let home = home(&[costing(1.0, NOW - HOUR)]);
    let rule = |id: &str, project: &str| json!({"id": id, "every": "day", "project": project, "usd": 5});
    config(
        &home,
        json!({"projects": {"api": ["/home/dev/acme-api", "/srv/api"]},
            "budgets": {"rules": [rule("named", "api"), rule("at-home", "~/acme"), rule("path", "/home/dev//x/")]}}),
    );
    let at_home = home.path().join("acme");
    let rows = home.rows(&["budgets"]);
    let paths: Vec<&Value> = rows.iter().map(|row| &row["projectPath"]).collect();
    assert_eq!(
        paths,
        [&json!("/home/dev/acme-api"), &json!(at_home), &json!("/home/dev/x")]
    );
    for (project, id) in [("~/acme", "at-home"), ("api", "named"), ("/home/dev/acme-api", "named")] {
        let rows = home.rows(&["budgets", "--project", project]);
        assert_eq!((rows.len(), &rows[0]["budgetId"]), (1, &json!(id)), "{project}");
    }
    let row = &home.rows(&["budgets", "--usd", "2", "--project", "~/acme"])[3];
    assert_eq!(row["projectPath"], json!(at_home));
}

#[test]
fn check_prints_what_is_exceeded_and_exits_3() {
    let home = home(&[costing(20.0, NOW - HOUR)]);
    let code = |words: &[&str]| home.ttop().args(words).output().expect("runs").status.code();
    assert_eq!(code(&["budgets", "--check", "--usd", "19.99"]), Some(3));
    assert_eq!(
        code(&["budgets", "--check", "--usd", "20"]),
        Some(0),
        "all of it is not more than it"
    );
    assert_eq!(code(&["budgets", "--check", "--tokens", "109", "-q"]), Some(3));
    assert_eq!(code(&["budgets", "--usd", "1", "--since", "7d"]), Some(2));
    assert_eq!(code(&["budgets", "--tokens", "0.5"]), Some(2));
    assert_eq!(code(&["cost", "--max", "nan"]), Some(2));
    assert_eq!(code(&["cost", "--max", "19.99", "-q"]), Some(3));
    assert_eq!(home.stdout(&["budgets", "--check", "--usd", "20"]), "");
    home.write(".local/share/tokentop/ledger.db", "no database");
    assert_eq!(code(&["budgets"]), Some(1), "history would be missing");
}

#[test]
fn plans_are_left_out_and_what_has_no_price_is_told() {
    let unpriced = Reply {
        provider: "nobody",
        model: "no-such-model",
        ..costing(0.0, NOW - HOUR)
    };
    let home = home(&[costing(5.0, NOW - HOUR), unpriced]);
    config(
        &home,
        json!({"budgets": {"daily": 10}, "billing": {"anthropic": "plan"}}),
    );
    let run = |words: &[&str]| {
        let output = home.ttop().args(words).output().expect("runs");
        let row: Value = serde_json::from_slice(&output.stdout).expect("a row");
        (
            row["spent"].clone(),
            row["costStatus"].clone(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (spent, status, stderr) = run(&["budgets"]);
    assert_eq!(
        (spent, status),
        (Value::Null, json!("unknown")),
        "nothing is known of what counts"
    );
    assert!(
        stderr.contains("1 replies are covered by a plan") || stderr.contains("covered by a plan"),
        "{stderr}"
    );
    let (spent, status, stderr) = run(&["budgets", "--include-plan"]);
    assert_eq!((spent, status), (json!(5.0), json!("partial")));
    assert!(stderr.contains("budget daily: 110 tokens have no price"), "{stderr}");
}
