//! The one-liners that the contract promises, in real shells with the real programs.

use crate::support::{self, Home};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);

/// A command line in a shell, with `ttop` on its PATH.
fn shell(home: &Home, shell: &str, line: &str) -> Command {
    let binary = assert_cmd::cargo::cargo_bin("ttop");
    let mut path = std::ffi::OsString::from(binary.parent().expect("a folder"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new(shell);
    command
        .args(["-c", line])
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("TTOP_NOW", "2026-11-20T18:00:00Z")
        .env("TTOP_OFFLINE", "1")
        .env("TZ", "UTC")
        .current_dir(home.path())
        .stdin(Stdio::null());
    command
}

fn said(home: &Home, line: &str) -> String {
    let output = shell(home, "sh", line).output().expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What a line prints that goes on until something happens: replies are added until it ends.
fn said_while_writing(home: &Home, line: &str) -> String {
    let output = home.path().join("output");
    let file = std::fs::File::create(&output).expect("a file");
    let mut child = shell(home, "sh", line)
        .env_remove("TTOP_NOW")
        .stdout(file)
        .stderr(Stdio::null())
        .spawn()
        .expect("runs");
    let began = Instant::now();
    let mut written = String::new();
    for at in 0.. {
        if child.try_wait().expect("a child").is_some() {
            return std::fs::read_to_string(&output).expect("text");
        }
        if began.elapsed() > LIMIT {
            child.kill().expect("killed");
            panic!("{line} does not end");
        }
        written.push_str(&reply(at));
        home.write(
            ".claude/projects/-work/11111111-0000-4000-8000-000000000001.jsonl",
            &written,
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    unreachable!()
}

fn reply(at: usize) -> String {
    let record = serde_json::json!({"type": "assistant", "isSidechain": false, "cwd": "/work",
        "sessionId": "11111111-0000-4000-8000-000000000001", "uuid": format!("u{at}"), "requestId": format!("r{at}"),
        "timestamp": "2026-11-20T09:00:00.000Z", "message": {"model": "claude-sonnet-4-5", "id": format!("m{at}"),
        "role": "assistant", "stop_reason": "end_turn", "usage": {"input_tokens": 10, "output_tokens": 42}}});
    format!("{record}\n")
}

fn real() -> Home {
    Home::of("opencode/data/home")
}

#[test]
fn sessions_into_jq() {
    let Some(_) = support::program("jq") else { return };
    let home = real();
    let text = said(
        &home,
        "ttop sessions | jq -r 'select(.cost > 0.3) | [.sessionId, .cost] | @tsv'",
    );
    let dear = home
        .rows(&["sessions"])
        .into_iter()
        .filter(|row| row["cost"].as_f64() > Some(0.3))
        .count();
    assert!(dear > 0);
    assert_eq!(text.lines().filter(|line| line.starts_with("ses_")).count(), dear);
}

#[test]
fn watch_into_jq_and_through_the_built_in_one() {
    let Some(_) = support::program("jq") else { return };
    let line = "ttop watch | jq -c --unbuffered '{s: .sessionId, out: .tokens.output}' | head -n1";
    assert_eq!(
        said_while_writing(&Home::new(), line),
        "{\"s\":\"11111111-0000-4000-8000-000000000001\",\"out\":42}\n"
    );
    let line = r#"ttop watch --jq '"\(.time) \(.modelId) \(.tokens.output)"' -r | head -n1"#;
    assert_eq!(
        said_while_writing(&Home::new(), line),
        "2026-11-20T09:00:00.000Z claude-sonnet-4-5 42\n"
    );
}

#[test]
fn watch_ends_with_its_reader() {
    let text = said_while_writing(&Home::new(), "ttop watch | head -n1");
    assert_eq!(text.lines().count(), 1);
    assert!(text.starts_with("{\"type\":\"activity\","));
}

#[test]
fn a_limit_on_money_is_an_exit_code() {
    let home = real();
    assert_eq!(
        said(
            &home,
            "ttop cost --since today --max 0.5 -q; [ $? -eq 3 ] && echo over budget"
        ),
        "over budget\n"
    );
    assert_eq!(
        said(&home, "ttop cost --since today --max 20 -q && echo fine"),
        "fine\n"
    );
}

#[test]
fn costs_into_miller() {
    let Some(_) = support::program("mlr") else { return };
    let home = real();
    let text = said(
        &home,
        "ttop cost --by model --since 30d -o csv | mlr --icsv --ojson filter 'is_not_empty($cost)' then sort -nr cost",
    );
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let costs: Vec<f64> = rows.iter().map(|row| row["cost"].as_f64().expect("a number")).collect();
    assert!(costs.len() > 3 && costs.is_sorted_by(|a, b| a >= b), "{costs:?}");
    assert!(rows[0]["tokens"]["cacheRead"].is_number(), "dots nest again");
}

#[test]
fn turns_into_duckdb() {
    let Some(_) = support::program("duckdb") else { return };
    let home = real();
    let text = said(
        &home,
        r#"ttop turns --since 24h > t.jsonl && duckdb -csv -noheader -c "select modelId, sum(tokens.output) from read_ndjson('t.jsonl', $(ttop schema turn --as duckdb)) group by 1 order by 1""#,
    );
    let mut mine: Vec<String> = home
        .rows(&["cost", "--by", "model", "--since", "24h"])
        .iter()
        .map(|row| {
            format!(
                "{},{}",
                row["modelId"].as_str().unwrap_or_default(),
                row["tokens"]["output"]
            )
        })
        .collect();
    mine.sort();
    assert!(mine.len() > 3);
    assert_eq!(text.lines().collect::<Vec<_>>(), mine);
}

#[test]
fn sessions_into_nushell() {
    let Some(nu) = support::program("nu") else { return };
    let home = real();
    let line = "ttop sessions | from json --objects | where cost != null | sort-by cost --reverse | first 5 | get cost | to json -r";
    let output = shell(&home, nu.to_str().expect("UTF-8"), line).output().expect("runs");
    let costs: Vec<f64> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(costs.len() == 5 && costs.is_sorted_by(|a, b| a >= b), "{costs:?}");
}

#[test]
fn every_pipeline_may_end_early() {
    let home = real();
    for command in [
        "sessions",
        "turns",
        "cost --by session",
        "turns -o csv",
        "schema turn",
        "man",
        "--help",
    ] {
        let text = said(
            &home,
            &format!("set -e; ttop {command} > whole; ttop {command} | head -c 1 > first; cat first | wc -c"),
        );
        assert_eq!(text.trim(), "1", "{command}");
    }
    assert!(Path::new(&home.path().join("whole")).exists());
}
