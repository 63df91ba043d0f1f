//! `ttop trends`: the same turns in every sum, two periods that can be compared, days that stand out, and a forecast.

use crate::support::{Home, claude_code::CLAUDE_SESSION};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A reply with this many input tokens and no others: 3 dollars a million.
fn reply(number: usize, at: &str, model: &str, input: u64) -> String {
    format!(
        r#"{{"type":"assistant","isSidechain":false,"cwd":"/home/dev/acme","sessionId":"{CLAUDE_SESSION}","requestId":"req_{number}","message":{{"model":"{model}","id":"msg_{number}","type":"message","role":"assistant","content":[],"usage":{{"input_tokens":{input},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}},"uuid":"u-{number}","timestamp":"{at}"}}"#
    ) + "\n"
}

/// A home with replies: when, which model, and how many thousand input tokens.
fn home(replies: &[(&str, &str, u64)]) -> Home {
    let home = Home::new();
    let lines: String = replies
        .iter()
        .enumerate()
        .map(|(number, (at, model, input))| reply(number, at, model, input * 1000))
        .collect();
    home.write(
        &format!(".claude/projects/-home-dev-acme/{CLAUDE_SESSION}.jsonl"),
        lines,
    );
    home
}

const SONNET: &str = "claude-sonnet-4-5";

fn of_kind<'r>(rows: &'r [Value], kind: &str) -> Vec<&'r Value> {
    rows.iter().filter(|row| row["kind"] == kind).collect()
}

fn one<'r>(rows: &'r [Value], kind: &str) -> &'r Value {
    let rows = of_kind(rows, kind);
    assert_eq!(rows.len(), 1, "{kind}");
    rows[0]
}

fn nanos(cost: &Value) -> i64 {
    (cost.as_f64().unwrap_or_default() * 1e9).round() as i64
}

#[test]
fn every_kind_of_sum_is_the_same_and_that_of_cost() {
    for home in [Home::of("opencode/data/home"), Home::new()] {
        let is_sample = std::fs::read_dir(home.path()).expect("a home").count() == 0;
        for days in ["7", "30", "90", "365"] {
            let mut args = vec!["trends", "--days", days];
            if is_sample {
                args.push("--demo");
            }
            let rows = home.rows(&args);
            let total = one(&rows, "total");
            let sum = |kind: &str, key: &str| -> u64 {
                let rows = of_kind(&rows, kind);
                rows.iter().map(|row| row[key].as_u64().unwrap_or_default()).sum()
            };
            let money =
                |kind: &str, key: &str| -> i64 { of_kind(&rows, kind).iter().map(|row| nanos(&row[key])).sum() };
            for kind in ["day", "model", "agent", "project", "hour", "weekday"] {
                for key in ["turns", "totalTokens", "previousTurns", "previousTotalTokens"] {
                    assert_eq!(json!(sum(kind, key)), total[key], "{days} days, {kind}: {key}");
                }
                for key in ["cost", "previousCost"] {
                    assert_eq!(money(kind, key), nanos(&total[key]), "{days} days, {kind}: {key}");
                }
            }
            assert_eq!(of_kind(&rows, "day").len().to_string(), days);
            let since = format!("{days}d");
            let before = total["previousStart"].to_string();
            let until = 1_795_197_600_000_i64 - days.parse::<i64>().expect("days") * 86_400_000;
            let until = until.to_string();
            for (range, turns, cost) in [
                (vec!["--since", &since], "turns", "cost"),
                (
                    vec!["--since", &before, "--until", &until],
                    "previousTurns",
                    "previousCost",
                ),
            ] {
                let mut args = [&["cost", "--by", "total"], &range[..]].concat();
                if is_sample {
                    args.push("--demo");
                }
                let all = home.rows(&args);
                let all = all.first().cloned().unwrap_or_else(|| json!({"turns": 0, "cost": 0.0}));
                assert_eq!(all["turns"], total[turns], "{args:?}");
                assert_eq!(nanos(&all["cost"]), nanos(&total[cost]), "{args:?}");
            }
        }
    }
}

#[test]
fn a_day_that_goes_on_is_compared_up_to_the_same_time() {
    let home = home(&[
        ("2026-11-13T17:59:59.000Z", SONNET, 100),
        ("2026-11-13T18:00:00.000Z", SONNET, 1000),
        ("2026-11-20T10:00:00.000Z", SONNET, 150),
    ]);
    let rows = home.rows(&["trends", "--days", "7"]);
    let total = one(&rows, "total");
    assert_eq!(
        (&total["totalTokens"], &total["previousTotalTokens"]),
        (&json!(150_000), &json!(100_000))
    );
    assert_eq!((&total["cost"], &total["previousCost"]), (&json!(0.45), &json!(0.3)));
    assert_eq!(total["costChangePercent"].as_f64().map(f64::round), Some(50.0));
    let today = of_kind(&rows, "day")[6];
    assert_eq!(
        (&today["period"], &today["previousTotalTokens"]),
        (&json!("2026-11-20"), &json!(100_000))
    );
    // A period that is over is compared with complete days.
    let rows = home.rows(&["trends", "--since", "2026-11-14", "--until", "2026-11-19"]);
    assert_eq!(one(&rows, "total")["previousTotalTokens"], json!(1_100_000));
    assert!(of_kind(&rows, "forecast").is_empty());
}

#[test]
fn days_are_local() {
    let home = home(&[("2026-11-19T23:30:00.000Z", SONNET, 10)]).in_zone("Europe/Berlin");
    let rows = home.rows(&["trends", "--days", "7"]);
    let used: Vec<&Value> = of_kind(&rows, "day")
        .into_iter()
        .filter(|day| day["turns"] != 0)
        .collect();
    assert_eq!(used.len(), 1);
    assert_eq!(
        (&used[0]["period"], &used[0]["weekday"]),
        (&json!("2026-11-20"), &json!(5))
    );
    assert_eq!(one(&rows, "hour")["hour"], 0);
}

#[test]
fn unusual_days_streaks_and_the_end_of_the_month() {
    // Every day of November up to the 19th the same, but one; nothing today yet.
    let mut replies = Vec::new();
    for day in 1..=19 {
        let mut at = String::new();
        write!(at, "2026-11-{day:02}T12:00:00.000Z").expect("a time");
        replies.push((at, if day == 11 { 900 } else { 100 + day % 3 }));
    }
    let replies: Vec<(&str, &str, u64)> = replies
        .iter()
        .map(|(at, input)| (at.as_str(), SONNET, *input))
        .collect();
    let rows = home(&replies).rows(&["trends"]);
    let odd: Vec<&Value> = rows.iter().filter(|row| row["standsOut"] != Value::Null).collect();
    assert_eq!(odd.len(), 1);
    assert_eq!(
        (&odd[0]["period"], &odd[0]["standsOut"]),
        (&json!("2026-11-11"), &json!("high"))
    );
    for kind in ["current_streak", "longest_streak"] {
        assert_eq!(one(&rows, kind)["days"], 19);
    }
    let end = one(&rows, "forecast");
    assert_eq!(
        (&end["period"], &end["costStatus"]),
        (&json!("2026-11"), &json!("estimated"))
    );
    // 19 complete days; a quarter of today and ten days to come.
    let so_far: u64 = replies.iter().map(|(_, _, input)| input * 1000).sum();
    assert_eq!(end["tokensSoFar"], json!(so_far));
    assert_eq!(
        end["totalTokens"],
        json!((so_far as f64 * (1.0 + 10.25 / 19.0)).round() as u64)
    );
    let number = |key: &str| end[key].as_f64().expect("a number");
    assert!(number("costSoFar") <= number("costLow") && number("costLow") < number("cost"));
    assert!(number("cost") < number("costHigh"));
}

#[test]
fn too_few_days_have_no_forecast_and_a_lower_bound_no_change() {
    let unpriced = "claude-never-heard-of";
    let home = home(&[
        ("2026-11-12T12:00:00.000Z", unpriced, 10),
        ("2026-11-19T12:00:00.000Z", unpriced, 20),
    ]);
    let rows = home.rows(&["trends", "--days", "7"]);
    let total = one(&rows, "total");
    assert_eq!(
        (&total["cost"], &total["costChangePercent"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(total["tokensChangePercent"], json!(100.0));
    let end = one(&rows, "forecast");
    assert_eq!((&end["cost"], &end["costStatus"]), (&Value::Null, &json!("unknown")));
    assert_eq!(end["tokensSoFar"], json!(20_000));
    let new = home.rows(&["trends", "--days", "7", "--model", "other"]);
    assert!(new.is_empty());
}

#[test]
fn a_break_is_no_basis_of_a_forecast() {
    let rows = home(&[
        ("2026-03-02T12:00:00.000Z", SONNET, 10),
        ("2026-11-20T12:00:00.000Z", SONNET, 20),
    ])
    .rows(&["trends", "--days", "365"]);
    let end = one(&rows, "forecast");
    assert_eq!((&end["period"], &end["tokensSoFar"]), (&json!("2026"), &json!(30_000)));
    assert_eq!((&end["totalTokens"], &end["cost"]), (&Value::Null, &Value::Null));
}

#[test]
fn only_whole_days_are_compared() {
    let home = home(&[("2026-11-19T12:00:00.000Z", SONNET, 20)]);
    for (args, expected) in [
        (&["--since", "2h"][..], "trends compare whole days"),
        (&["--until", "2026-11-18"], "--until without --since"),
        (&["--days", "7", "--since", "7d"], "cannot be used with"),
        (&["--days", "0"], "expected a whole number from 1 to 3660"),
        (&["--kind", "moon"], "invalid value 'moon'"),
    ] {
        let output = home.ttop().arg("trends").args(args).output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    }
    let rows = home.rows(&["trends", "--kind", "model,hour"]);
    let kinds: Vec<&str> = rows.iter().filter_map(|row| row["kind"].as_str()).collect();
    assert_eq!(kinds, ["model", "hour"]);
}

#[test]
fn the_table_names_each_row_at_80_columns() {
    let home = Home::new();
    let mut command = home.ttop();
    command.env("COLUMNS", "80");
    let output = command
        .args([
            "--demo",
            "trends",
            "--days",
            "7",
            "-t",
            "--kind",
            "day,total,model,longest_streak",
        ])
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    insta::assert_snapshot!(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"), @r#"
    Of       What                         Tokens      Cost    Before  Change
    day      11-14 Sat                         0   $0       ~$0.2409   -100%
    day      11-15 Sun                         0   $0        $0            —
    day      11-16 Mon          ▋         204.1K  ~$0.1568   $0            —
    day      11-17 Tue          ██▉       900.0K  ~$0.8151   $0            —
    day      11-18 Wed                     50.4K   $0        $0            —
    day      11-19 Thu          █▍        278.8K  ≥$0.3998         —       —
    day      11-20 Fri          ████████    2.3M  ~$2.23    ~$0.0889  +2407%
    total    5 active days                  3.8M  ≥$3.60    ≥$0.3298       —
    model    claude-sonnet-4-6  ████████    2.3M  ~$1.99     $0            —
    model    gpt-5.4            ███▌      713.2K  ~$0.8782  ~$0.2409   +265%
    model    claude-opus-4-6    █▊        326.0K  ~$0.4229   $0            —
    model    gemini-2.5-pro     ▋         204.1K  ~$0.1568   $0            —
    model    claude-haiku-4-5   ▍         164.6K   $0.0810  ~$0.0889     -9%
    model    claude-sonnet-4.5  ▎          20.6K  ≥$0.0752   $0            —
    model    big-pickle                    50.4K   $0        $0            —
    model    lab-coder-7b                      0   $0              —       —
    longest  5 days                         3.8M  ≥$3.60
    85.4K tokens have no price: lab-coder-7b (lab)
    your own price:
      ttop config set 'prices.overrides.lab/lab-coder-7b' '{"input": 1, "output": 2}'
    1 turn lacks a token count that its agent did not record: claude-sonnet-4.5
      (github-copilot)
    "#);
}
