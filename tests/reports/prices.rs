//! `ttop prices`: what models cost, and a list that grows without changing the past.

use crate::support::Home;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};

/// A price list server on this machine: gives each connection the next answer, and what it was asked.
pub(crate) fn serve(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/api.json", listener.local_addr().expect("an address"));
    let (asked, requests) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut head = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).expect("a request") > 0 {}
            asked.send(head).expect("somebody listens");
            stream.write_all(answer.as_bytes()).expect("an answer");
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read(&mut [0; 1]);
        }
    });
    (url, requests)
}

pub(crate) fn answer(list: &Value) -> String {
    let body = list.to_string();
    format!(
        "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn list(input: f64) -> Value {
    json!({
        "acme": {"models": {"coder": {"cost": {"input": input, "output": 9}}, "odd": {"cost": {"input": "x"}}}},
        "anthropic": {"models": {"claude-haiku-4-5": {"cost": {"input": 1, "output": 5, "cache_read": 0.1, "cache_write": 1.25}}}},
    })
}

fn update(home: &Home, url: &str, now: &str) -> Output {
    let mut command = home.ttop();
    command
        .env_remove("TTOP_OFFLINE")
        .env("TTOP_PRICES_URL", url)
        .env("TTOP_NOW", now);
    command.args(["prices", "update"]).output().expect("runs")
}

#[test]
fn an_update_keeps_what_was_in_force_before() {
    let home = Home::new();
    let unchanged = "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned();
    let (url, requests) = serve(vec![answer(&list(1.0)), answer(&list(2.0)), unchanged]);

    let first = update(&home, &url, "2026-11-20T00:00:00Z");
    let stderr = String::from_utf8_lossy(&first.stderr);
    assert!(first.status.success(), "{stderr}");
    assert!(
        stderr.ends_with("ttop: warning: price list: skipped 1 models without a usable price\n"),
        "{stderr}"
    );
    let row: Value = serde_json::from_slice(&first.stdout).expect("one new price: the other is known");
    assert_eq!((&row["modelId"], &row["input"]), (&json!("coder"), &json!(1.0)));
    assert!(!requests.recv().expect("a request").contains("if-none-match"));

    assert!(update(&home, &url, "2026-11-21T00:00:00Z").status.success());
    assert!(requests.recv().expect("a request").contains("if-none-match: \"v1\""));
    let third = update(&home, &url, "2026-11-22T00:00:00Z");
    assert!(third.status.success() && third.stdout.is_empty());

    let rows = home.rows(&["prices", "show", "acme/coder"]);
    let history: Vec<_> = rows
        .iter()
        .map(|row| (&row["input"], &row["start"], &row["end"]))
        .collect();
    let (first_day, second_day) = (json!(1_795_132_800_000_i64), json!(1_795_219_200_000_i64));
    assert_eq!(
        history,
        [
            (&json!(1.0), &first_day, &second_day),
            (&json!(2.0), &second_day, &Value::Null)
        ]
    );
    assert_eq!(home.rows(&["prices", "show", "anthropic/claude-haiku-4-5"]).len(), 1);
    // What only the built-in list has is still there.
    assert_eq!(home.rows(&["prices", "show", "openai/gpt-5.5"])[0]["found"], "exact");
}

#[test]
fn a_failed_update_says_so_and_changes_nothing() {
    let home = Home::new();
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>".to_owned();
    let gone = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned();
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_owned();
    let empty = answer(&json!({}));
    let (url, _requests) = serve(vec![page, gone, moved, empty]);
    for told in [
        "http://127.0.0.1: the response is not a price list",
        "http://127.0.0.1: answered with status 404",
        "http://127.0.0.1: answered with status 302",
        "http://127.0.0.1: the response contains no prices",
    ] {
        let output = update(&home, &url, "2026-11-20T00:00:00Z");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.ends_with(&format!("ttop: error: {told}\n")), "{stderr}");
    }
    assert!(!home.path().join(".local/share/tokentop/prices.tsv").exists());
}

#[test]
fn only_this_machine_may_be_named_and_offline_means_offline() {
    let home = Home::new();
    let output = update(&home, "https://hunter2.example/api.json", "2026-11-20T00:00:00Z");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("TTOP_PRICES_URL: only loopback addresses are allowed") && !stderr.contains("hunter2"),
        "{stderr}"
    );

    // Nobody listens there: asking would be another error.
    for (name, value, flag) in [("TTOP_OFFLINE", "1", None), ("X", "", Some("--offline"))] {
        let mut command = home.ttop();
        command
            .env_remove("TTOP_OFFLINE")
            .env("TTOP_PRICES_URL", "http://127.0.0.1:9")
            .env(name, value);
        let output = command.args(["prices", "update"]).args(flag).output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(1) && stderr.contains("offline"),
            "{stderr}"
        );
    }
}

#[test]
fn show_says_under_which_name_a_price_was_found() {
    let home = Home::new();
    let rows = home.rows(&["prices", "show", "cursor/claude-4.5-sonnet"]);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["found"], &rows[0]["listedAs"]),
        (&json!("alias"), &json!("anthropic/claude-sonnet-4-5"))
    );
    assert_eq!(
        (&rows[0]["providerId"], &rows[0]["billing"]),
        (&json!("cursor"), &json!("plan"))
    );
    // The maker comes first, then who else lists that id.
    let rows = home.rows(&["prices", "show", "claude-haiku-4-5"]);
    assert_eq!(rows[0]["providerId"], "anthropic");
    assert!(rows.len() > 1);
    let output = home.ttop().args(["prices", "show", "nonesuch"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr).lines().last(),
        Some("ttop: error: no price is listed for nonesuch")
    );
}

#[test]
fn opencodes_own_prices_count() {
    let home = Home::new();
    home.write(
        ".config/opencode/opencode.jsonc",
        r#"{ // mine
            "provider": {"acme": {"options": {"apiKey": "hunter2"}, "models": {
                "long": {"cost": {"input": 1, "output": 4, "cache_read": 0.1, "context_over_200k": {"input": 2, "output": 6}}},
            }}},
        }"#,
    );
    let rows = home.rows(&["prices", "--provider", "acme"]);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["found"], "override");
    assert_eq!(rows[0]["source"], "~/.config/opencode/opencode.jsonc");
    assert_eq!(rows[0]["tiers"][0]["above"], 200_000);
    assert_eq!(rows[0]["tiers"][0]["cacheRead"], 0.1);
    assert_eq!(rows[0]["tiers"][0]["reasoning"], 6.0);
}

#[test]
fn the_list_can_be_filtered() {
    let home = Home::new();
    let rows = home.rows(&[
        "prices",
        "--provider",
        "open*",
        "--model",
        "gpt-5.5*",
        "--grep",
        "openai",
    ]);
    let models: Vec<_> = rows.iter().map(|row| row["modelId"].as_str().expect("text")).collect();
    assert_eq!(models, ["gpt-5.5", "gpt-5.5-pro"]);
    let all = home.rows(&["prices"]);
    assert!(all.len() > 5_000);
}

#[test]
fn sync_asks_for_the_list_once_a_day_unless_that_is_forbidden() {
    let home = Home::new();
    let sync = |url: &str, now: &str| {
        let mut command = home.ttop();
        command
            .env_remove("TTOP_OFFLINE")
            .env("TTOP_PRICES_URL", url)
            .env("TTOP_NOW", now);
        let output = command.arg("sync").output().expect("runs");
        assert!(output.status.success() && output.stdout.is_empty());
        String::from_utf8_lossy(&output.stderr).contains("ttop: warning: prices: http://127.0.0.1: no connection")
    };
    let (url, requests) = serve(vec![answer(&list(1.0)), answer(&list(2.0))]);
    home.write(".config/tokentop/config.json", r#"{"prices": {"autoUpdate": false}}"#);
    assert!(!sync(&url, "2026-11-20T00:00:00Z"));
    assert!(requests.try_recv().is_err());
    home.write(".config/tokentop/config.json", "{}");
    for now in [
        "2026-11-20T00:00:00Z",
        "2026-11-20T23:59:59Z",
        "2026-11-21T00:00:00Z",
        "2026-11-21T00:00:01Z",
    ] {
        assert!(!sync(&url, now), "{now}");
    }
    assert_eq!(requests.iter().count(), 2);
    assert_eq!(home.rows(&["prices", "show", "acme/coder"]).len(), 2);
    // A failure is not tried again before the next day.
    assert!(sync(&url, "2026-11-22T00:00:01Z"));
    assert!(!sync(&url, "2026-11-22T00:00:02Z"));
}

#[test]
fn watch_asks_for_the_list_beside_its_stream() {
    let home = Home::new();
    let (url, requests) = serve(vec![answer(&list(1.0))]);
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("ttop"));
    command.env_clear().env("HOME", home.path()).env("TTOP_PRICES_URL", url);
    let mut watch = command.args(["watch", "--for", "60s"]).spawn().expect("runs");
    let list = home.path().join(".local/share/tokentop/prices.tsv");
    let began = std::time::Instant::now();
    while !list.exists() && began.elapsed().as_secs() < 50 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    watch.kill().expect("still running");
    watch.wait().expect("ended");
    assert_eq!(requests.try_iter().count(), 1);
    assert_eq!(home.rows(&["prices", "show", "acme/coder"]).len(), 1);
}

#[test]
fn show_gives_the_reason_of_each_step() {
    let home = Home::new();
    let rows = home.rows(&["prices", "show", "anthropic/claude-sonnet-4-6"]);
    let steps: Vec<_> = rows
        .iter()
        .map(|row| (&row["tiers"][0]["input"], row["reason"].as_str()))
        .collect();
    assert_eq!(steps[0], (&json!(6.0), Some("the first known price")));
    assert_eq!((steps.len(), steps[1].0), (2, &Value::Null));
    assert!(
        steps[1].1.is_some_and(|reason| reason.contains("claude.com/blog")),
        "{steps:?}"
    );
    let output = home
        .ttop()
        .args(["prices", "show", "claude-sonnet-4-6", "-o", "table"])
        .output()
        .expect("runs");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("2026-03-13: Anthropic made"), "{table}");
}

/// One reply of 1,000 and 100 tokens, billed by a gateway that no list knows.
fn gateway(home: &Home) {
    let usage = r#"{"input_tokens":1000,"cached_input_tokens":0,"output_tokens":100,"reasoning_output_tokens":0,"total_tokens":1100}"#;
    let at = |second: u32, kind: &str, payload: &str| {
        format!(r#"{{"timestamp":"2026-11-20T09:00:0{second}.000Z","type":"{kind}","payload":{payload}}}"#)
    };
    let lines = [
        at(
            0,
            "session_meta",
            r#"{"id":"01999999-0000-7000-8000-000000000001","timestamp":"2026-11-20T09:00:00.000Z","cwd":"/w","model_provider":"mock"}"#,
        ),
        at(1, "turn_context", r#"{"model":"gpt-5.5","cwd":"/w"}"#),
        at(
            2,
            "event_msg",
            &format!(r#"{{"type":"token_count","info":{{"total_token_usage":{usage},"last_token_usage":{usage}}}}}"#),
        ),
    ];
    home.write(
        ".codex/sessions/2026/11/20/rollout-2026-11-20T09-00-00-01999999-0000-7000-8000-000000000001.jsonl",
        &(lines.join("\n") + "\n"),
    );
}

#[test]
fn what_lacks_a_price_is_named_with_the_command_that_mends_it() {
    let home = Home::new().at("2026-11-20T12:00:00Z");
    gateway(&home);
    let run = |arguments: &[&str]| home.ttop().args(arguments).output().expect("runs");
    let table = run(&["cost", "--by", "model", "-o", "table"]);
    let table = String::from_utf8_lossy(&table.stdout);
    assert!(table.contains("1.1K tokens have no price: gpt-5.5 (mock)"), "{table}");
    let remedy = "config set providers.mock.pricesFrom openai";
    assert!(table.contains(remedy), "{table}");
    let show = run(&["prices", "show", "mock/gpt-5.5"]);
    assert_eq!(show.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&show.stderr).contains(remedy));

    assert!(run(&remedy.split(' ').collect::<Vec<_>>()).status.success());
    let rows = home.rows(&["cost", "--by", "name"]);
    assert_eq!(
        (&rows[0]["modelName"], &rows[0]["cost"]),
        (&json!("GPT-5.5"), &json!(0.008))
    );
    assert_eq!(
        home.rows(&["prices", "show", "mock/gpt-5.5"])[0]["listedAs"],
        "openai/gpt-5.5"
    );
    let table = run(&["cost", "--by", "model", "-o", "table"]);
    assert!(!String::from_utf8_lossy(&table.stdout).contains("no price"));
}

/// Replies whose cost is a lower bound for three reasons: a search at a gateway, a region, and a count that is not recorded.
fn lower_bounds(home: &Home) {
    let reply = |id: &str, model: &str, more: &str| {
        format!(
            r#"{{"type":"assistant","sessionId":"0a0a0000-0000-4000-8000-000000000001","cwd":"/w","timestamp":"2026-11-20T10:00:00.000Z","uuid":"{id}","requestId":"{id}","version":"2.1.63","message":{{"id":"{id}","role":"assistant","model":"{model}","usage":{{"input_tokens":1000,"output_tokens":200,"cache_read_input_tokens":0,"cache_creation_input_tokens":0{more}}}}}}}"#
        )
    };
    let lines = [
        reply("m1", "claude-sonnet-4-6", r#","inference_geo":"eu""#),
        reply(
            "m2",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            r#","server_tool_use":{"web_search_requests":3}"#,
        ),
    ];
    home.write(
        ".claude/projects/-w/0a0a0000-0000-4000-8000-000000000001.jsonl",
        lines.join("\n") + "\n",
    );
    home.write(".config/tokentop/config.json", r#"{"budgets": {"daily": 20}}"#);
}

#[test]
fn every_table_with_a_lower_bound_names_what_lacks_a_price() {
    let home = Home::new().at("2026-11-20T12:00:00Z");
    lower_bounds(&home);
    for command in [
        &["cost", "--by", "model"][..],
        &["cost", "--by", "total"],
        &["sessions"],
        &["turns"],
        &["trends", "--days", "7"],
        &["show", "latest"],
        &["budgets"],
        &["top", "--once", "--view", "cost"],
        &["top", "--once", "--view", "projects"],
        &[],
    ] {
        let output = home
            .ttop()
            .args(command)
            .arg("-t")
            .env("COLUMNS", "200")
            .output()
            .expect("runs");
        let table = String::from_utf8_lossy(&output.stdout);
        assert!(table.contains('≥'), "{command:?}: {output:?}");
        assert!(
            table.contains("1 turn ran in a region whose price is not known: claude-sonnet-4-6 (anthropic)"),
            "{command:?}: {table}"
        );
        assert!(
            table.contains(
                "3 web searches have no known price: us.anthropic.claude-sonnet-4-5-20250929-v1:0 (amazon-bedrock)"
            ),
            "{command:?}: {table}"
        );
    }
}

#[test]
fn a_gateway_s_searches_cost_what_they_do_where_its_prices_are_from() {
    let home = Home::new().at("2026-11-20T12:00:00Z");
    lower_bounds(&home);
    let cost = || {
        home.rows(&["cost", "--by", "model", "--model", "us.*"])[0]["cost"]
            .as_f64()
            .expect("a cost")
    };
    assert!(cost() < 0.036);
    home.stdout(&["config", "set", "providers.amazon-bedrock.pricesFrom", "anthropic"]);
    assert!(
        (cost() - 0.006 - 0.03).abs() < 1e-9,
        "three searches at a cent each: {}",
        cost()
    );
    let table = home.stdout(&["cost", "--by", "model", "-t"]);
    assert!(!table.contains("web search"), "{table}");
}

#[test]
fn costs_of_agents_alone_name_what_agents_did_not_record() {
    let home = Home::new().at("2026-11-20T12:00:00Z");
    lower_bounds(&home);
    let table = home.stdout(&["cost", "--by", "model", "-t", "--cost-from", "agent"]);
    assert!(table.contains("agents recorded no cost of 2.4K tokens: "), "{table}");
    assert!(
        table.contains("leave out --cost-from agent") && !table.contains("config set"),
        "{table}"
    );
}

#[test]
fn a_model_that_no_list_has_is_answered_with_the_nearest_name() {
    let home = Home::new();
    let run = |args: &[&str]| {
        let output = home.ttop().args(args).output().expect("runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, stderr) = run(&["prices", "show", "claude-sonet-4-6"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("hint: did you mean 'claude-sonnet-4-6'?"), "{stderr}");
    for (flag, value, near) in [
        ("--provider", "opnai", "openai"),
        ("--model", "claude-sonet-4-6", "claude-sonnet-4-6"),
    ] {
        let (code, stderr) = run(&["prices", flag, value]);
        assert_eq!(code, Some(0));
        assert!(stderr.contains(&format!("did you mean {flag} {near}?")), "{stderr}");
    }
}

#[test]
fn a_table_of_a_model_shows_its_maker_and_counts_the_rest() {
    let home = Home::new();
    let sellers = |rows: &[Value]| -> std::collections::BTreeSet<String> {
        rows.iter()
            .map(|row| row["providerId"].as_str().expect("a provider").to_owned())
            .collect()
    };
    let all = sellers(&home.rows(&["prices", "show", "claude-sonnet-4-6"]));
    let table = home.stdout(&["prices", "show", "claude-sonnet-4-6", "-t"]);
    let note = format!(
        "{} other providers list this model: ttop prices --model claude-sonnet-4-6",
        all.len() - 1
    );
    assert!(table.contains(&note), "{table}");
    assert!(!table.contains("302ai"), "{table}");
    assert_eq!(sellers(&home.rows(&["prices", "--model", "claude-sonnet-4-6"])), all);
}
