//! `bar-status claude` as Claude Code's status line: it shows its input, and the limits in it reach `providers`.

use super::{NOW, home};
use crate::support::Home;
use serde_json::json;

fn told(home: &Home, stdin: &str) -> String {
    let mut command = home.ttop();
    command.args(["bar-status", "claude", "--no-sync"]).write_stdin(stdin);
    let output = command.output().expect("runs");
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    plain(&text)
}

/// Without colors.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[test]
fn its_session_the_block_and_today_are_shown() {
    let (home, _) = home("x");
    home.stdout(&["sync"]);
    let said = json!({"session_id": "s", "model": {"display_name": "Opus"}, "cost": {"total_cost_usd": 1.25},
        "context_window": {"used_percentage": 37.4},
        "rate_limits": {"five_hour": {"used_percentage": 41.5, "resets_at": NOW / 1000 + 3600},
            "seven_day": {"used_percentage": 96, "resets_at": NOW / 1000 + 86_400}}});
    assert_eq!(
        told(&home, &said.to_string()),
        "Opus · $1.25 session · 37% context · $0.5000 block (4h 00min left) · 5-hour 42% · Weekly 96% (1d 0h left) · $0.5000 today\n"
    );
    for odd in ["", "{", "[]", "null", "{\"model\": 5}"] {
        assert_eq!(
            told(&home, odd),
            "$0.5000 block (4h 00min left) · $0.5000 today\n",
            "{odd}"
        );
    }
}

#[test]
fn limits_it_is_told_are_seen_by_providers_without_a_request() {
    let (home, _) = home("x");
    let said = json!({"rate_limits": {"five_hour": {"used_percentage": 41.5, "resets_at": NOW / 1000 + 3600}}});
    told(&home, &said.to_string());
    let rows = home.rows(&["providers", "--provider", "anthropic"]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["limits"][0]["label"], "5-hour");
    assert_eq!(rows[0]["limits"][0]["usedPercent"], 41.5);
    assert_eq!(rows[0]["fetchedAt"], NOW);
    // And by bars, after a sync.
    home.stdout(&["sync"]);
    let line = home.stdout(&["bar-status", "--no-sync", "--segments", "limit"]);
    assert_eq!(line, "◑ Anthropic 5-hour 42%\n");
}
