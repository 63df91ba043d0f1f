//! What OpenAI bills beside tokens: searches of the web count once, with the call that they were made for.

use crate::support;
use serde_json::{Value, json};
use std::fmt::Write;

const PARENT: &str = "01a1f817-7e93-7893-9411-a307e052cd49";
const FORK: &str = "01a1f818-0000-7893-9411-a307e052cd49";

/// How a call is recorded.
const CALLS: [&[&str]; 3] = [
    &["token_count"],
    &["token_usage_record", "token_count"],
    &["token_usage_record", "token_usage_record", "token_count"],
];

fn path(id: &str) -> String {
    format!(".codex/sessions/2026/11/20/rollout-2026-11-20T08-34-11-{id}.jsonl")
}

/// The records of a session after its first: two calls, the first with as many searches.
fn records(call: &[&str], searches: usize) -> Vec<(&'static str, Value)> {
    let usage = |input: u64| json!({"input_tokens": input, "cached_input_tokens": 0, "output_tokens": 10, "reasoning_output_tokens": 0, "total_tokens": input + 10});
    let item = |action: &str| {
        let payload = json!({"type": "web_search_call", "status": "completed", "action": {"type": action}});
        ("response_item", payload)
    };
    let mut records = vec![(
        "turn_context",
        json!({"turn_id": "01a1f817-8000-7893-9411-a307e052cd49", "model": "gpt-5"}),
    )];
    records.extend((0..searches).map(|_| item("search")));
    records.push(item("open_page"));
    for (number, input) in [1u64, 2].into_iter().map(|number| (number, number * 1_000)) {
        let input_so_far = 1_000 * number * (number + 1) / 2;
        let total = json!({"input_tokens": input_so_far, "output_tokens": 10 * number, "total_tokens": input_so_far + 10 * number});
        for kind in call {
            records.push(match *kind {
                "token_count" => (
                    "event_msg",
                    json!({"type": "token_count", "info": {"total_token_usage": total, "last_token_usage": usage(input)}}),
                ),
                _ => (
                    "token_usage_record",
                    json!({"thread_id": PARENT, "response_id": format!("resp_{number}"), "usage": usage(input), "thread_token_usage": total}),
                ),
            });
        }
    }
    records
}

fn log(id: &str, records: &[(&str, Value)]) -> String {
    let fork = (id == FORK).then_some(PARENT);
    let meta = json!({"id": id, "cwd": "/home/dev/acme", "model_provider": "openai", "forked_from_id": fork});
    let mut log = String::new();
    for (kind, payload) in std::iter::once(&("session_meta", meta)).chain(records) {
        let line = json!({"timestamp": "2026-11-20T08:34:12.000Z", "type": kind, "payload": payload});
        writeln!(log, "{line}").expect("text takes any text");
    }
    log
}

fn nanos(home: &support::Home) -> i64 {
    let cost = |row: &Value| row["cost"].as_f64().expect("a cost");
    let dollars: f64 = home.rows(&["turns"]).iter().map(cost).sum();
    (dollars * 1e9).round() as i64
}

#[test]
fn an_image_makes_the_cost_a_lower_bound() {
    let mut lines = records(CALLS[0], 0);
    let is_bounded = |lines: &[(&str, Value)]| {
        let home = support::Home::new();
        home.write(&path(PARENT), log(PARENT, lines));
        home.rows(&["turns"]).iter().any(|row| row["costStatus"] == "partial")
    };
    assert!(!is_bounded(&lines));
    let image = json!({"type": "image_generation_call", "status": "generating", "result": "…"});
    lines.insert(1, ("response_item", image));
    assert!(is_bounded(&lines));
}

#[test]
fn a_tier_without_a_price_has_no_cost() {
    let costs = |tier: &str| {
        let home = support::Home::new();
        let mut lines = records(CALLS[0], 0);
        let settings =
            json!({"type": "thread_settings_applied", "thread_settings": {"model": "gpt-5", "service_tier": tier}});
        lines.insert(0, ("event_msg", settings));
        home.write(&path(PARENT), log(PARENT, &lines));
        let costs = |home: &support::Home| -> Vec<Value> {
            home.rows(&["turns"]).iter().map(|row| row["cost"].clone()).collect()
        };
        let read = costs(&home);
        let exported = home.stdout(&["ledger", "export"]);
        let other = support::Home::new();
        other.write("exported.ndjson", exported);
        other.stdout(&[
            "ledger",
            "import",
            other.path().join("exported.ndjson").to_str().expect("text"),
        ]);
        assert_eq!(costs(&other), read, "{tier}: after a transfer");
        read
    };
    let standard = costs("default");
    assert_eq!(standard.iter().filter(|cost| cost.is_f64()).count(), 2);
    assert_eq!(costs("auto"), standard);
    assert_eq!(costs("ultrafast"), [Value::Null, Value::Null]);
}

#[test]
fn searches_count_once_in_forks_and_however_a_call_is_recorded() {
    for call in CALLS {
        let of = |searches| records(call, searches);
        let plain = support::Home::new();
        plain.write(&path(PARENT), log(PARENT, &of(0)));
        let base = nanos(&plain);
        assert!(base > 0, "{call:?}");
        let home = support::Home::new();
        let whole = log(PARENT, &of(3));
        // Read in two parts, the searches before their call.
        let half = whole.match_indices('\n').nth(4).expect("five lines").0 + 1;
        home.write(&path(PARENT), &whole[..half]);
        assert!(home.rows(&["turns"]).is_empty(), "{call:?}");
        home.write(&path(PARENT), &whole);
        assert_eq!(nanos(&home), base + 30_000_000, "{call:?}");
        home.write(&path(FORK), log(FORK, &of(3)));
        assert_eq!(nanos(&home), base + 30_000_000, "{call:?} with a fork");
        let at_once = support::Home::new();
        at_once
            .write(&path(PARENT), &whole)
            .write(&path(FORK), log(FORK, &of(3)));
        assert_eq!(nanos(&at_once), base + 30_000_000, "{call:?} at once");
        std::fs::remove_file(at_once.path().join(path(PARENT))).expect("removed");
        assert_eq!(nanos(&at_once), base + 30_000_000, "{call:?} after the parent is gone");
        let alone = support::Home::new();
        alone.write(&path(FORK), log(FORK, &of(3)));
        assert_eq!(nanos(&alone), base + 30_000_000, "{call:?} without the parent");
    }
}
