//! `ttop diff`: output of ccusage and tokscale and exports of providers beside the ledger, and why they differ.

use crate::support::{Home, fixtures};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The home that ccusage and tokscale printed their numbers of.
fn home() -> Home {
    let home = Home::of("diff/home").at("2026-11-21T00:00:00Z");
    home.copy("agents/codex/0.98-legacy-fork/home", "");
    home
}

/// A session of Pi with replies of three providers, for their bills.
fn with_bills(home: Home) -> Home {
    let reply = |id: &str, minute: u32, provider: &str, model: &str, usage: Value| {
        json!({"type": "message", "id": id, "parentId": null, "timestamp": format!("2026-11-20T11:0{minute}:00.000Z"),
            "message": {"role": "assistant", "content": [], "api": "x", "provider": provider, "model": model,
            "usage": usage, "stopReason": "stop", "timestamp": 1_795_172_400_000_i64 + i64::from(minute) * 60_000}})
    };
    let usage = |input: u32, output: u32, read: u32| json!({"input": input, "output": output, "cacheRead": read, "cacheWrite": 0, "totalTokens": input + output + read});
    let lines = [
        json!({"type": "session", "version": 3, "id": "62626262-0000-4000-8000-000000000002",
            "timestamp": "2026-11-20T11:00:00.000Z", "cwd": "/home/dev/acme"}),
        reply("a1", 0, "openai", "gpt-5.4", usage(3000, 700, 2000)),
        reply("a2", 1, "openai", "gpt-5-mini", usage(4000, 200, 0)),
        reply(
            "a3",
            2,
            "openrouter",
            "anthropic/claude-sonnet-4.5",
            usage(6000, 200, 0),
        ),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    home.write(
        ".pi/agent/sessions/--home-dev-acme--/2026-11-20T11-00-00-000Z_62626262-0000-4000-8000-000000000002.jsonl",
        text,
    );
    home
}

fn file(name: &str) -> String {
    fixtures().join("diff").join(name).display().to_string()
}

/// The subject of a row, and its reasons.
fn reasons(rows: &[Value]) -> BTreeSet<(String, Vec<String>)> {
    let differing = rows
        .iter()
        .filter(|row| row["kind"] != "total" && row["kind"] != "outside");
    differing
        .map(|row| {
            let subject = ["period", "sessionId", "modelId"]
                .iter()
                .filter_map(|key| row[key].as_str())
                .collect::<Vec<_>>()
                .join(" ");
            let why = row["why"].as_array().expect("reasons").iter();
            let why = why.map(|why| why["reason"].as_str().expect("a name").to_owned());
            (subject, why.collect())
        })
        .collect()
}

fn expected(rows: &[(&str, &[&str])]) -> BTreeSet<(String, Vec<String>)> {
    let owned = |(subject, why): &(&str, &[&str])| {
        let why = why.iter().map(|reason| (*reason).to_owned()).collect();
        ((*subject).to_owned(), why)
    };
    rows.iter().map(owned).collect()
}

const OPUS: &str = "claude-opus-4-5-20251101";

/// The day or session of a row with its model, and why it differs.
type Reasons<'a> = (&'a str, &'a [&'a str]);

#[test]
fn real_output_of_other_programs_is_explained() {
    let home = home();
    let session = |digit: &str| format!("{}-0000-4000-8000-000000000001", digit.repeat(8));
    let (third, fourth, fifth) = (session("3"), session("4"), session("5"));
    let of_session = |id: &str, model: &str| format!("{id} {model}");
    let sessions = [
        of_session(&third, "claude-sonnet-4-5-20250929"),
        of_session(&fourth, "claude-haiku-4-5-20251001"),
        of_session(&fifth, "claude-opus-5-5"),
    ];
    let monthly: &[(&str, &[&str])] = &[
        ("2026-11 claude-haiku-4-5-20251001", &["fees"]),
        ("2026-11 claude-opus-5-5", &["no_price"]),
        ("2026-11 claude-sonnet-4-5-20250929", &["long_context"]),
    ];
    let daily: &[(&str, &[&str])] = &[
        ("2026-11-19 claude-sonnet-4-5-20250929", &["long_context"]),
        ("2026-11-20 claude-haiku-4-5-20251001", &["fees"]),
        ("2026-11-20 claude-opus-5-5", &["no_price"]),
    ];
    let cases: &[(&str, &[Reasons])] = &[
        ("ccusage-daily.json", daily),
        ("ccusage-monthly.json", monthly),
        (
            "ccusage-session.json",
            &[
                (&sessions[0], &["long_context"]),
                (&sessions[1], &["fees"]),
                (&sessions[2], &["no_price"]),
            ],
        ),
        (
            "ccusage-daily-tokyo.json",
            &[
                ("2026-11-18 claude-haiku-4-5-20251001", &["time_zone"]),
                ("2026-11-19 claude-haiku-4-5-20251001", &["time_zone"]),
                ("2026-11-19 claude-sonnet-4-5-20250929", &["time_zone"]),
                ("2026-11-20 claude-haiku-4-5-20251001", &["fees"]),
                ("2026-11-20 claude-opus-5-5", &["no_price"]),
                ("2026-11-20 claude-sonnet-4-5-20250929", &["time_zone", "long_context"]),
            ],
        ),
        // What tokscale adds for the forks of Codex is more than their copies.
        (
            "tokscale-graph.json",
            &[
                (&format!("2026-11-19 {OPUS}"), &["cache_writes"]),
                ("2026-11-19 claude-sonnet-4-5-20250929", &["long_context"]),
                ("2026-11-20 claude-haiku-4-5-20251001", &["fees"]),
                ("2026-11-20 gpt-5.2", &["unknown"]),
                ("2026-11-20 gpt-5.2-codex", &["unknown"]),
            ],
        ),
        ("tokscale-monthly.json", &[("2026-11", &["unknown"])]),
    ];
    for (name, rows) in cases {
        assert_eq!(reasons(&home.rows(&["diff", &file(name)])), expected(rows), "{name}");
    }
    let codex = home.rows(&["diff", &file("ccusage-codex-daily.json"), "--all"]);
    assert_eq!(codex[0]["why"][0]["reason"], "other_agents");
    assert_eq!(codex[1]["kind"], "outside");
    let claude = ["diff", &file("ccusage-claude-daily.json"), "--agent", "claude-code"];
    assert_eq!(reasons(&home.rows(&claude)), expected(daily));
}

#[test]
fn copies_that_a_program_counts_are_their_own_reason() {
    // A fork of a session of Pi: tokscale counts the copied replies again.
    let home = Home::of("agents/pi/made/home").at("2026-11-21T00:00:00Z");
    let ours = home.rows(&["cost", "--by", "day,model", "--model", "claude-haiku-4-5"]);
    let copied: u64 = home
        .rows(&["sessions"])
        .iter()
        .map(|row| row["copiedTokens"].as_u64().expect("a count"))
        .sum();
    assert!(copied > 0, "the fixture has copies");
    let count = |bucket: &str| ours[0]["tokens"][bucket].as_u64().expect("a count");
    let theirs = json!({"contributions": [{"date": "2026-03-02", "sources": [{"source": "pi",
        "modelId": "claude-haiku-4-5", "cost": 2.0 * ours[0]["cost"].as_f64().expect("a cost"),
        "tokens": {"input": 2 * count("input"), "output": 2 * count("output"), "reasoning": 0,
        "cacheRead": 2 * count("cacheRead"), "cacheWrite": 2 * count("cacheWrite")}}]}]});
    home.write("theirs.json", theirs.to_string());
    let rows = home.rows(&["diff", "theirs.json", "--model", "claude-haiku-4-5"]);
    assert_eq!(
        reasons(&rows),
        expected(&[("2026-03-02 claude-haiku-4-5", &["copies"])])
    );
}

#[test]
fn bills_are_compared_by_day_and_model_in_utc() {
    let cases: &[(&str, &[Reasons])] = &[
        // A request with the key of another machine.
        (
            "anthropic-usage.csv",
            &[("2026-11-20 claude-haiku-4-5-20251001", &["unknown"])],
        ),
        (
            "anthropic-cost.csv",
            &[
                ("2026-11-19 Claude Sonnet 4.5", &["rounding"]),
                ("2026-11-20", &["fees"]),
                ("2026-11-20 Claude Haiku 4.5", &["fees", "rounding"]),
                ("2026-11-20 Claude Opus 5.5", &["unknown"]),
            ],
        ),
        (
            "openai-usage.csv",
            &[("2026-11-20 gpt-5-mini-2025-08-07", &["unrecorded_requests"])],
        ),
        ("openai-cost.csv", &[("2026-11-20", &["fees"])]),
        (
            "openrouter-generations.csv",
            &[(
                "2026-11-20 anthropic/claude-4.5-sonnet-20250929",
                &["unrecorded_requests"],
            )],
        ),
        ("openrouter-days.csv", &[]),
    ];
    for zone in ["UTC", "Asia/Tokyo", "America/Los_Angeles"] {
        let home = with_bills(home()).in_zone(zone);
        for (name, rows) in cases {
            let found = home.rows(&["diff", &file(name)]);
            assert_eq!(reasons(&found), expected(rows), "{name} in {zone}");
        }
    }
}

#[test]
fn shares_add_up_to_the_difference_and_rows_to_the_total() {
    let home = with_bills(home());
    let folder = std::fs::read_dir(fixtures().join("diff")).expect("a folder");
    let names = folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let names: Vec<String> = names
        .filter(|name| name.ends_with(".json") || name.ends_with(".csv"))
        .collect();
    assert!(names.len() > 12, "{names:?}");
    for name in names {
        let rows = home.rows(&["diff", &file(&name), "--all"]);
        let (total, rows) = rows.split_last().expect("a total");
        assert_eq!(total["kind"], "total", "{name}");
        for key in ["costDifference", "tokensDifference"] {
            let sum: f64 = rows
                .iter()
                .filter(|row| row["kind"] != "outside")
                .filter_map(|row| row[key].as_f64())
                .sum();
            assert!((sum - total[key].as_f64().unwrap_or(0.0)).abs() < 1e-6, "{name}: {key}");
        }
        for row in rows {
            let cost = row["costDifference"].as_f64();
            let shares: f64 = row["why"]
                .as_array()
                .expect("reasons")
                .iter()
                .filter_map(|why| why["cost"].as_f64())
                .sum();
            // A share of half a tenth of a cent has no reason.
            assert!(cost.is_none_or(|cost| (cost - shares).abs() < 0.0006), "{name}: {row}");
        }
    }
}

#[test]
fn own_output_in_the_format_of_ccusage_is_equal() {
    let home = with_bills(Home::of("diff/home").at("2026-11-21T00:00:00Z"));
    for (by, name) in [("day", "daily"), ("month", "monthly"), ("session", "session")] {
        let document = home.stdout(&["cost", "--by", by, "-o", "ccusage"]);
        assert!(document.contains(name), "{document}");
        let output = home
            .ttop()
            .args(["diff", "-", "--check"])
            .write_stdin(document)
            .output()
            .expect("runs");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{by}: {text}");
    }
}

#[test]
fn a_check_fails_from_a_cent_on() {
    let home = home();
    let code = |args: &[&str]| home.ttop().args(args).output().expect("runs").status.code();
    let differing = file("ccusage-daily.json");
    assert_eq!(code(&["diff", &differing]), Some(0));
    assert_eq!(code(&["diff", &differing, "--check"]), Some(3));
    assert_eq!(code(&["diff", &differing, "--check", "-q"]), Some(3));
    let line = |cost: f64| {
        json!({"daily": [{"period": "2026-11-18", "agent": "all", "metadata": {"agents": ["claude"]},
            "modelBreakdowns": [{"modelName": "claude-haiku-4-5", "inputTokens": 15300, "outputTokens": 6200,
            "cacheCreationTokens": 5900, "cacheReadTokens": 131_000, "cost": 0.066_775 + cost}]}]})
    };
    for (cost, expected) in [(0.0, 0), (0.0099, 0), (-0.0099, 0), (0.0101, 3), (-0.0101, 3)] {
        home.write("line.json", line(cost).to_string());
        let found = code(&["diff", "line.json", "--check", "--on", "2026-11-18"]);
        assert_eq!(found, Some(expected), "{cost}");
    }
}

#[test]
fn a_count_that_nothing_explains_is_unknown() {
    let home = home();
    let text = std::fs::read_to_string(file("ccusage-daily.json")).expect("a fixture");
    let mut document: Value = serde_json::from_str(&text).expect("JSON");
    let count = &mut document["daily"][0]["modelBreakdowns"][0]["inputTokens"];
    *count = json!(count.as_u64().expect("a count") + 1);
    home.write("one-more.json", document.to_string());
    let rows = home.rows(&["diff", "one-more.json"]);
    let row = &rows[0];
    assert_eq!(row["tokensDifference"], 1);
    assert_eq!(row["why"][0]["reason"], "unknown");
    assert_eq!(row["why"][0]["tokens"], 1);
}

#[test]
fn files_of_no_known_kind_are_refused() {
    let home = home();
    home.write("object.json", "{\"a\": 1}");
    home.write("cut.json", "{\"daily\": [{\"per");
    home.write("empty.json", "{\"daily\": [], \"totals\": {}}");
    home.write("empty", "");
    home.write("table.csv", "a,b\n1,2\n");
    home.write("header.csv", "usage_date_utc,model,token_type,cost_usd\n");
    let bill = file("openai-cost.csv");
    for args in [
        &["object.json"][..],
        &["cut.json"],
        &["empty.json"],
        &["empty"],
        &["table.csv"],
        &["header.csv"],
        &["missing.csv"],
        &[&bill, "--kind", "ccusage"],
        &[&bill, "--kind", "anthropic"],
    ] {
        let output = home.ttop().arg("diff").args(args).output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("hint: "), "{args:?}: {stderr}");
        assert_eq!(output.stdout, b"", "{args:?}");
    }
    let named = home.rows(&["diff", &bill, "--kind", "openai"]);
    assert_eq!(named, home.rows(&["diff", &bill]));
}

#[test]
fn damaged_lines_are_skipped_with_a_warning() {
    let home = home();
    let text = std::fs::read_to_string(file("anthropic-usage.csv")).expect("a fixture");
    home.write(
        "bill.csv",
        format!("{text}not-a-day,claude-x,,,,,1,0,0,0,1,0,,\n2026-11-20,claude-x,,,,,many,0,0,0,1,0,,\n"),
    );
    let output = home.ttop().args(["diff", "bill.csv"]).output().expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("bill.csv: 2 lines have no date, count or amount"),
        "{stderr}"
    );
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        home.stdout(&["diff", &file("anthropic-usage.csv")])
    );
}
