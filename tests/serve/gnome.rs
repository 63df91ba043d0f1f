//! `/api/stats` as the GNOME extension for OpenCode reads it, by a reader with the extension's own rules.

use super::Served;
use crate::support::{Home, copy_tree, fixtures};
use serde_json::{Map, Value, json};

/// One part of the document: everything is optional, and what is missing is 0.
#[derive(Debug, Default, PartialEq)]
struct Part {
    tokens: u64,
    cost: f64,
    models: Vec<(String, u64, f64)>,
}

impl Part {
    fn read(document: &Value, name: &str) -> Self {
        let part = &document[name];
        let empty = Map::new();
        let map = |key: &str| part[key].as_object().unwrap_or(&empty);
        let (tokens, costs) = (map("tokensByModel"), map("costsByModel"));
        let model = |(name, count): (&String, &Value)| {
            let cost = costs.get(name).and_then(Value::as_f64).unwrap_or(0.0);
            (name.clone(), count.as_u64().unwrap_or(0), cost)
        };
        Self {
            tokens: part["totalTokens"].as_u64().unwrap_or(0),
            cost: part["totalCost"].as_f64().unwrap_or(0.0),
            models: tokens.iter().map(model).collect(),
        }
    }

    /// A line of the extension's menu.
    fn line(&self, name: &str) -> String {
        format!("{name}: {} tokens{}", tokens(self.tokens), cost(self.cost, 2))
    }
}

/// 999, 15.23K, 1.20M.
fn tokens(count: u64) -> String {
    match count {
        1_000_000.. => format!("{:.2}M", count as f64 / 1e6),
        1_000.. => format!("{:.2}K", count as f64 / 1e3),
        _ => count.to_string(),
    }
}

/// Nothing for 0, cents below one, else dollars.
fn cost(dollars: f64, decimals: usize) -> String {
    if dollars == 0.0 {
        String::new()
    } else if dollars < 0.01 {
        format!(" (${:.2}¢)", dollars * 100.0)
    } else {
        format!(" (${dollars:.decimals$})")
    }
}

/// What the menu shows: session, today, total, and the minutes of rest where OpenCode rests.
fn menu(document: &Value, now: i64) -> (Vec<String>, Option<i64>) {
    let parts = [("session", "Session"), ("daily", "Today"), ("total", "Total")];
    let lines = parts.map(|(key, name)| Part::read(document, key).line(name));
    let session = &document["session"];
    let is_idle = session["isIdle"].as_bool().unwrap_or(false);
    let since = session["idleSince"].as_i64().filter(|_| is_idle);
    (lines.to_vec(), since.map(|since| (now - since) / 60_000))
}

/// 2026-11-20T18:00:00Z, the clock of the homes of tests.
const NOW: i64 = 1_795_197_600_000;

/// Every field that is there has the type and unit that the extension expects.
fn assert_readable(document: &Value, day: &str) {
    fn visit(value: &Value, at: &str) {
        match value {
            Value::Null => panic!("{at} is null: JavaScript would add it up as 0 and show 'null'"),
            Value::Number(number) => {
                let number = number.as_f64().expect("finite");
                assert!((0.0..9_007_199_254_740_992.0).contains(&number), "{at}: {number}");
            }
            Value::Object(map) => map.iter().for_each(|(key, value)| visit(value, &format!("{at}.{key}"))),
            Value::Bool(_) | Value::String(_) => {}
            Value::Array(_) => panic!("{at} is a list"),
        }
    }
    visit(document, "");
    for part in ["session", "daily", "total"] {
        let read = Part::read(document, part);
        let sums = read
            .models
            .iter()
            .fold((0, 0.0), |sum, model| (sum.0 + model.1, sum.1 + model.2));
        assert_eq!(sums.0, read.tokens, "{part}: {document}");
        assert!((sums.1 - read.cost).abs() < 1e-9, "{part}: {document}");
        for key in ["totalTokens", "tokensByModel", "totalCost", "costsByModel"] {
            assert!(!document[part][key].is_null(), "{part}.{key}");
        }
    }
    for (part, key) in [
        ("session", "lastActivity"),
        ("session", "startTime"),
        ("total", "installDate"),
    ] {
        let at = document[part][key].as_i64().expect("epoch milliseconds");
        // Seconds would be in 1970, and nothing is later than the clock, which runs on.
        assert!((1_000_000_000_000..NOW + 600_000).contains(&at), "{part}.{key}: {at}");
    }
    assert!(document["session"]["isIdle"].is_boolean());
    assert_eq!(document["daily"]["date"], day);
}

#[test]
fn the_extension_shows_what_the_turns_add_up_to() {
    let home = Home::new();
    copy_tree(&fixtures().join("opencode/data/home"), &home.path());
    let served = Served::start(&home, &[]);
    let document = served.get("/api/stats").json();
    assert_readable(&document, "2026-11-20");
    let sum = |target: &str| {
        let rows = served.get(target).json();
        let rows = rows.as_array().expect("a list").clone();
        let tokens: u64 = rows.iter().filter_map(|row| row["totalTokens"].as_u64()).sum();
        let cost: f64 = rows.iter().filter_map(|row| row["cost"].as_f64()).sum();
        (tokens, cost)
    };
    for (part, target) in [
        ("total", "/v1/turns?agent=opencode"),
        ("daily", "/v1/turns?agent=opencode&on=today"),
    ] {
        let (read, (tokens, cost)) = (Part::read(&document, part), sum(target));
        assert_eq!(read.tokens, tokens, "{part}");
        assert!((read.cost - cost).abs() < 1e-9, "{part}: {read:?} {cost}");
    }
    let total = Part::read(&document, "total");
    assert!(total.tokens > 0 && !total.models.is_empty());
    let (lines, _) = menu(&document, NOW);
    assert_eq!(lines[2], total.line("Total"));
}

#[test]
fn the_extension_reads_homes_without_opencode_and_in_other_zones() {
    for (zone, day) in [
        ("UTC", "2026-11-20"),
        ("Pacific/Kiritimati", "2026-11-21"),
        ("Pacific/Pago_Pago", "2026-11-20"),
    ] {
        let home = Home::new();
        let served = Served::start(&home, &["--tz", zone]);
        let document = served.get("/api/stats").json();
        assert_readable(&document, day);
        let (lines, rests) = menu(&document, NOW);
        assert_eq!(lines, ["Session: 0 tokens", "Today: 0 tokens", "Total: 0 tokens"]);
        assert_eq!(rests, None, "nobody is told that nothing rests");
    }
}

#[test]
fn the_extension_reads_the_sample_of_a_server_and_of_the_written_file() {
    let served = Served::of(&Home::new(), &["serve", "--demo", "--listen", "127.0.0.1:0"]);
    let document = served.get("/api/stats").json();
    assert_readable(&document, "2026-11-20");
    let home = Home::new();
    let written: Value = serde_json::from_str(&home.stdout(&["--demo", "bar-status", "gnome"])).expect("JSON");
    assert_readable(&written, "2026-11-20");
}

/// The rules of the reader itself: an older or damaged file is shown as far as it goes.
#[test]
fn the_reader_takes_a_document_without_any_of_its_fields() {
    let nothing = (
        vec![
            "Session: 0 tokens".to_owned(),
            "Today: 0 tokens".to_owned(),
            "Total: 0 tokens".to_owned(),
        ],
        None,
    );
    for document in [
        json!({}),
        json!({"session": {}}),
        json!({"daily": {"totalTokens": "12"}, "total": null}),
    ] {
        assert_eq!(menu(&document, NOW), nothing, "{document}");
    }
    let small =
        json!({"session": {"totalTokens": 999_999, "totalCost": 0.0075, "isIdle": true, "idleSince": NOW - 900_000}});
    let (lines, rests) = menu(&small, NOW);
    assert_eq!(
        (lines[0].as_str(), rests),
        ("Session: 1000.00K tokens ($0.75¢)", Some(15))
    );
}
