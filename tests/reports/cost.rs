//! `ttop cost`, `sessions` and `turns` on homes that real OpenCode wrote: the totals are what the model server billed.

use crate::support::Home;
use serde_json::{Value, json};

fn opencode() -> Home {
    let home = Home::new();
    home.copy("opencode/data/home", "");
    home
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn the_total_is_what_was_billed_with_fork_copies_once() {
    let home = opencode();
    let rows = home.rows(&["cost", "--by", "total"]);
    assert_eq!(
        rows[0]["tokens"],
        json!({"input": 444_280, "output": 20_490, "reasoning": 4_055, "cacheRead": 1_261_262, "cacheWrite": 44_637})
    );
    // One model of the home has no price and costs nothing by its own account: a lower bound, and exactly what was recorded.
    assert!(
        (number(&rows[0]["cost"]) - 1.733_402_795).abs() < 1e-6,
        "{}",
        rows[0]["cost"]
    );
    assert_eq!(
        home.rows(&["cost", "--by", "total"]),
        rows,
        "the second run answers from the ledger"
    );
}

#[test]
fn every_grouping_adds_up_to_the_same() {
    let home = opencode();
    let nanos = |value: &Value| (value.as_f64().unwrap_or(0.0) * 1e9).round() as i64;
    let total = &home.rows(&["cost", "--by", "total"])[0];
    for by in [
        "hour",
        "day",
        "week",
        "month",
        "year",
        "block",
        "agent",
        "provider",
        "vendor",
        "model",
        "project",
        "session",
        "day,model,project",
    ] {
        for roots in [&[][..], &["--roots"]] {
            let rows = home.rows(&[&["cost", "--by", by][..], roots].concat());
            let sum = |key: &str| rows.iter().map(|row| row[key].as_u64().unwrap_or(0)).sum::<u64>();
            assert_eq!(json!(sum("turns")), total["turns"], "{by}");
            assert_eq!(json!(sum("totalTokens")), total["totalTokens"], "{by}");
            assert_eq!(
                rows.iter().map(|row| nanos(&row["cost"])).sum::<i64>(),
                nanos(&total["cost"]),
                "{by}"
            );
        }
    }
    let turns = home.rows(&["turns"]);
    assert_eq!(json!(turns.len()), total["turns"]);
    assert_eq!(
        turns.iter().map(|turn| nanos(&turn["cost"])).sum::<i64>(),
        nanos(&total["cost"])
    );
    let sessions = home.rows(&["sessions"]);
    assert_eq!(
        sessions.iter().map(|session| nanos(&session["cost"])).sum::<i64>(),
        nanos(&total["cost"])
    );
}

#[test]
fn a_fork_shows_what_is_counted_elsewhere() {
    let home = opencode();
    let sessions = home.rows(&["sessions"]);
    let fork = sessions.iter().find(|row| {
        row["sessionName"]
            .as_str()
            .is_some_and(|name| name.contains("(fork #1)"))
    });
    let fork = fork.expect("the fork");
    assert!(fork["copiedTokens"].as_u64() > Some(0), "{fork}");
    assert!(fork["turns"].as_u64() > Some(0), "its own turn");
}

#[test]
fn subagents_fold_into_their_root() {
    let home = opencode();
    let parent = home.rows(&["sessions", "--grep", "Survey error handling"]);
    let id = parent[0]["sessionId"].as_str().expect("an id");
    let cost = |args: &[&str]| {
        let rows = home.rows(args);
        let row = rows
            .iter()
            .find(|row| row["sessionId"] == id)
            .expect("the parent")
            .clone();
        number(&row["cost"])
    };
    assert!(cost(&["cost", "--by", "session", "--roots"]) > cost(&["cost", "--by", "session"]));
    let tree = home.rows(&["sessions", "--tree"]);
    let at = tree.iter().position(|row| row["sessionId"] == id).expect("the parent");
    assert_eq!(tree[at + 1]["parentSessionId"], id, "children follow");
    assert!(
        home.rows(&["sessions", "--interactive"])
            .iter()
            .all(|row| row["interactive"] != false)
    );
}

#[test]
fn a_database_beside_its_old_files_counts_once() {
    for case in ["db-1.2.27", "db-upgraded"] {
        let (both, files) = (Home::new(), Home::new());
        both.copy(&format!("opencode/{case}/home"), "");
        files.copy("opencode/legacy-json/home", "");
        let total = |home: &Home| {
            home.rows(&["cost", "--by", "total"])[0]["totalTokens"]
                .as_u64()
                .expect("tokens")
        };
        assert!(total(&both) >= total(&files), "{case}");
        let turns = both.rows(&["turns"]);
        let ids: std::collections::BTreeSet<_> = turns.iter().map(|turn| turn["messageId"].to_string()).collect();
        assert_eq!(ids.len(), turns.len(), "{case}: every message once");
    }
}

#[test]
fn a_deleted_database_stays_in_the_totals() {
    let home = opencode();
    let before = home.rows(&["cost", "--by", "total"]);
    std::fs::remove_dir_all(home.path().join(".local/share/opencode")).expect("removed");
    let after = home.rows(&["cost", "--by", "total"]);
    assert_eq!(before[0]["totalTokens"], after[0]["totalTokens"]);
    assert!(home.rows(&["turns"]).iter().all(|turn| turn["presence"] != "present"));
    assert_eq!(home.stdout(&["turns", "--presence", "present"]), "");
}

#[test]
fn titles_are_not_kept_where_nobody_wants_them() {
    let home = opencode();
    home.write(".config/tokentop/config.json", r#"{"ledger": {"titles": false}}"#);
    assert!(home.rows(&["sessions"]).iter().all(|row| row["sessionName"].is_null()));
    let ledger = std::fs::read(home.path().join(".local/share/tokentop/ledger.db")).expect("a ledger");
    assert!(
        !ledger
            .windows(22)
            .any(|bytes| bytes == b"Survey error handling ".as_slice())
    );
}

#[test]
fn max_and_quiet_answer_with_the_exit_code() {
    let home = opencode();
    let code = |args: &[&str]| home.ttop().args(args).output().expect("runs").status.code();
    assert_eq!(code(&["cost", "--max", "1", "-q"]), Some(3));
    assert_eq!(code(&["cost", "--max", "2", "-q"]), Some(0));
    assert_eq!(code(&["cost", "--by", "day,week"]), Some(2));
    let quiet = home.ttop().args(["cost", "-q"]).output().expect("runs");
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty());
}

#[test]
fn ccusage_scripts_find_their_fields() {
    let home = opencode();
    let document: Value = serde_json::from_str(&home.stdout(&["cost", "--by", "day", "-o", "ccusage"])).expect("JSON");
    let day = &document["daily"][0];
    assert_eq!(day["period"], "2026-11-20");
    assert_eq!(day["inputTokens"], 444_280);
    assert_eq!(day["outputTokens"], 20_490);
    assert_eq!(day["metadata"]["agents"], json!(["opencode"]));
    assert_eq!(document["totals"]["totalTokens"], day["totalTokens"]);
    let models = day["modelBreakdowns"].as_array().expect("breakdowns");
    let sum: u64 = models
        .iter()
        .map(|model| model["cacheReadTokens"].as_u64().expect("a count"))
        .sum();
    assert_eq!(json!(sum), day["cacheReadTokens"]);
    let sessions: Value =
        serde_json::from_str(&home.stdout(&["cost", "--by", "session", "-o", "ccusage"])).expect("JSON");
    assert!(sessions["session"][0]["metadata"]["lastActivity"].is_string());
    assert_eq!(
        home.ttop()
            .args(["cost", "--by", "hour", "-o", "ccusage"])
            .output()
            .expect("runs")
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn the_demo_is_always_the_same_and_touches_nothing() {
    let home = Home::new();
    let first = home.stdout(&["--demo", "cost", "--by", "day"]);
    assert!(first.lines().count() > 5);
    assert_eq!(first, home.stdout(&["--demo", "cost", "--by", "day"]));
    assert_eq!(std::fs::read_dir(home.path()).expect("a home").count(), 0);
}

#[test]
fn an_unwritable_home_is_answered_from_and_says_so() {
    let home = opencode();
    let output = home
        .ttop()
        .env("TTOP_LEDGER", "/proc/ledger.db")
        .args(["cost", "--by", "total"])
        .output()
        .expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("history is not saved"), "{stderr}");
    assert!(!output.stdout.is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_no_silence() {
    let home = opencode();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("opens");
    let output = home.ttop().args(["turns"]).output().expect("runs");
    assert!(output.status.success());
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("ttop"));
    let child = command
        .env_clear()
        .env("HOME", home.path())
        .env("TZ", "UTC")
        .args(["turns"])
        .stdout(full);
    let output = child.stderr(std::process::Stdio::piped()).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not write"));
}
