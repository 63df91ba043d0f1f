//! `ttop insights`: what another habit, cache or model would have saved, to the cent, and which sessions it is about.

use crate::support::Home;
use serde_json::{Value, json};

/// Tokens of a reply in Claude Code's order: input, output, cache reads, writes for five minutes, writes for an hour.
type Counts = [u64; 5];

const OPUS: &str = "claude-opus-4-5";
const SONNET: &str = "claude-sonnet-4-5";
const HAIKU: &str = "claude-haiku-4-5";

struct Made {
    home: Home,
    lines: String,
    replies: usize,
}

impl Made {
    fn new() -> Self {
        Self {
            home: Home::new(),
            lines: String::new(),
            replies: 0,
        }
    }

    fn reply(mut self, session: u8, at: &str, model: &str, counts: Counts) -> Self {
        let [input, output, read, short, hour] = counts;
        self.replies += 1;
        let id = self.replies;
        let write = short + hour;
        self.lines += &format!(
            r#"{{"type":"assistant","isSidechain":false,"cwd":"/home/dev/acme","sessionId":"{session}1111111-0000-4000-8000-000000000001","requestId":"req_{id}","message":{{"model":"{model}","id":"msg_{id}","type":"message","role":"assistant","content":[],"usage":{{"input_tokens":{input},"cache_creation_input_tokens":{write},"cache_read_input_tokens":{read},"cache_creation":{{"ephemeral_5m_input_tokens":{short},"ephemeral_1h_input_tokens":{hour}}},"output_tokens":{output}}}}},"uuid":"u-{id}","timestamp":"2026-11-20T{at}:00.000Z"}}"#
        );
        self.lines.push('\n');
        self
    }

    fn insights(&self) -> Vec<Value> {
        for session in '1'..='9' {
            let id = format!("{session}1111111-0000-4000-8000-000000000001");
            let own: String = self
                .lines
                .split_inclusive('\n')
                .filter(|line| line.contains(&id))
                .collect();
            if !own.is_empty() {
                self.home
                    .write(&format!(".claude/projects/-home-dev-acme/{id}.jsonl"), own);
            }
        }
        self.home.rows(&["insights"])
    }
}

fn find<'r>(rows: &'r [Value], insight: &str) -> &'r Value {
    let mut found = rows.iter().filter(|row| row["insight"] == insight);
    let row = found.next().unwrap_or_else(|| panic!("no {insight} in {rows:#?}"));
    assert!(found.next().is_none(), "{insight} twice");
    row
}

fn has(rows: &[Value], insight: &str) -> bool {
    rows.iter().any(|row| row["insight"] == insight)
}

/// Sessions by their first digit.
fn about(row: &Value) -> String {
    let ids = row["sessionIds"].as_array().expect("sessions");
    ids.iter().filter_map(|id| id.as_str()?.chars().next()).collect()
}

#[test]
fn writes_that_no_request_read_cost_a_quarter_more_than_input() {
    // Sonnet: input 3, a write 3.75 or 6 dollars a million.
    let rows = Made::new()
        .reply(1, "09:00", SONNET, [10, 500, 0, 100_000, 0])
        .reply(1, "09:01", SONNET, [10, 500, 100_000, 0, 0])
        .reply(2, "09:00", SONNET, [10, 500, 0, 100_000, 0])
        .reply(3, "09:00", SONNET, [10, 500, 0, 0, 100_000])
        // Still alive at 18:00.
        .reply(4, "17:58", SONNET, [10, 500, 0, 50_000, 0])
        .insights();
    let row = find(&rows, "unread_cache_writes");
    assert_eq!(row["affectedTokens"], 200_000);
    assert_eq!(row["saved"], json!(0.375));
    assert_eq!(row["measured"].as_f64().map(f64::round), Some(57.0));
    assert_eq!((about(row), &row["sessions"]), ("32".to_owned(), &json!(2)));
}

#[test]
fn a_conversation_in_two_files_is_one() {
    let first = Made::new().reply(1, "09:00", SONNET, [10, 500, 0, 100_000, 0]);
    let both = Made::new().reply(1, "09:00", SONNET, [10, 500, 0, 100_000, 0]).reply(
        1,
        "09:01",
        SONNET,
        [10, 500, 100_000, 0, 0],
    );
    let second = both.lines.lines().nth(1).expect("the second reply");
    assert!(has(&first.insights(), "unread_cache_writes"));
    let folder = ".claude/projects/-home-dev-acme";
    first
        .home
        .write(&format!("{folder}/resumed.jsonl"), format!("{second}\n"));
    assert!(!has(&first.home.rows(&["insights"]), "unread_cache_writes"));
}

#[test]
fn a_pause_that_outlasts_the_cache_is_paid_again() {
    let made = |pause: &str, counts: Counts| {
        Made::new()
            .reply(1, "09:00", SONNET, [10, 500, 0, 100_000, 0])
            .reply(1, pause, SONNET, counts)
            .insights()
    };
    // 100,000 tokens written again for 3.75 instead of read for 0.3 dollars a million.
    let rows = made("09:30", [10, 500, 0, 110_000, 0]);
    let row = find(&rows, "expired_cache");
    assert_eq!(
        (&row["affectedTokens"], &row["saved"]),
        (&json!(100_000), &json!(0.345))
    );
    assert_eq!(about(row), "1");
    assert!(!has(&made("09:04", [10, 500, 100_000, 10_000, 0]), "expired_cache"));
    // A context that was compacted proves nothing.
    assert!(!has(&made("09:30", [10, 500, 0, 20_000, 0]), "expired_cache"));
}

#[test]
fn a_context_above_a_tier_costs_the_difference() {
    // Sonnet 4.5 above 200,000 tokens: input 6 instead of 3, output 22.5 instead of 15 dollars a million.
    let rows = Made::new()
        .reply(1, "09:00", SONNET, [250_000, 1_000, 0, 0, 0])
        .reply(2, "09:00", SONNET, [200_000, 1_000, 0, 0, 0])
        .insights();
    let row = find(&rows, "long_context");
    assert_eq!((&row["turns"], &row["affectedTokens"]), (&json!(1), &json!(50_000)));
    assert_eq!(row["saved"], json!(0.75 + 0.0075));
    assert_eq!(about(row), "1");
}

#[test]
fn small_answers_of_expensive_models_name_the_cheaper_one_in_use() {
    // Opus 5 and 25, Haiku 1 and 5 dollars a million.
    let made = Made::new()
        .reply(1, "09:00", OPUS, [1_000, 100, 0, 0, 0])
        .reply(2, "09:00", OPUS, [1_000, 900, 0, 0, 0])
        .reply(3, "09:00", OPUS, [90_000, 100, 0, 0, 0]);
    assert!(!has(&made.insights(), "small_answers"), "no cheaper model is in use");
    let rows = made.reply(4, "09:00", HAIKU, [1_000, 100, 0, 0, 0]).insights();
    let row = find(&rows, "small_answers");
    assert_eq!(
        (&row["modelId"], &row["alternativeModelId"]),
        (&json!(OPUS), &json!(HAIKU))
    );
    assert_eq!((&row["turns"], &row["saved"]), (&json!(1), &json!(0.006)));
    assert_eq!(about(row), "1");
}

#[test]
fn a_low_hit_rate_uses_the_thresholds_of_tokentop() {
    let rate = |input: u64, read: u64| {
        let rows = Made::new()
            .reply(1, "09:00", SONNET, [input, 500, read, 0, 0])
            .insights();
        rows.iter().find(|row| row["insight"] == "low_cache_hit").cloned()
    };
    let low = rate(90_000, 10_000).expect("an insight");
    assert_eq!(
        (&low["level"], &low["measured"], &low["threshold"]),
        (&json!("warning"), &json!(10.0), &json!(80.0))
    );
    // 70,000 tokens at 0.3 instead of 3 dollars a million.
    assert_eq!((&low["affectedTokens"], &low["saved"]), (&json!(70_000), &json!(0.189)));
    for (input, read) in [(20_000, 80_000), (1_000, 500), (90_000, 0)] {
        assert!(rate(input, read).is_none(), "{input} {read}");
    }
}

#[test]
fn output_share_and_cost_per_request_are_insights_without_savings() {
    let mut made = Made::new();
    for minute in 10..22 {
        made = made.reply(1, &format!("09:{minute}"), OPUS, [2_000, 20_000, 0, 0, 0]);
    }
    let rows = made.insights();
    let share = find(&rows, "output_share");
    assert_eq!((&share["level"], &share["saved"]), (&json!("warning"), &Value::Null));
    let costly = find(&rows, "costly_requests");
    assert_eq!(
        (&costly["measured"], &costly["threshold"]),
        (&json!(0.51), &json!(0.15))
    );
}

#[test]
fn answers_without_output_would_have_saved_their_cost() {
    let rows = Made::new().reply(1, "09:00", SONNET, [10_000, 0, 0, 0, 0]).insights();
    let row = find(&rows, "empty_answers");
    assert_eq!(
        (&row["turns"], &row["saved"], &row["cost"]),
        (&json!(1), &json!(0.03), &json!(0.03))
    );
}

#[test]
fn without_a_price_what_it_would_have_saved_is_unknown() {
    let rows = Made::new()
        .reply(1, "09:00", "claude-never-heard-of", [10, 500, 0, 100_000, 0])
        .insights();
    let row = find(&rows, "unread_cache_writes");
    assert_eq!((&row["saved"], &row["cost"]), (&Value::Null, &Value::Null));
    assert_eq!(row["affectedTokens"], 100_000);
}

#[test]
fn insights_of_the_sample_name_sessions_that_exist() {
    let home = Home::new();
    let rows = home.rows(&["--demo", "insights"]);
    assert!(rows.len() > 2, "{rows:#?}");
    let known: Vec<Value> = home.rows(&["--demo", "sessions", "--fields", "sessionId"]);
    let known: Vec<&Value> = known.iter().map(|row| &row["sessionId"]).collect();
    let mut last = f64::INFINITY;
    for row in &rows {
        let ids = row["sessionIds"].as_array().expect("sessions");
        assert_eq!(row["sessions"], ids.len(), "{row}");
        assert!(!ids.is_empty() && ids.iter().all(|id| known.contains(&id)), "{row}");
        let saved = row["saved"].as_f64().unwrap_or(-1.0);
        assert!(saved <= last, "the most first");
        last = saved;
    }
}
