//! Small homes from public reports, `fixtures/cases/<name>`: `turns` over `home` gives the rows of `expected.json`.
//!
//! `expected` is a list of turns, oldest first, each by some of its keys or by its cost alone; sums over all turns;
//! `{"costs": …}` in the order of time or by model; or sums by model.

use crate::support;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// What is compared.
const SUMS: [&str; 7] = [
    "turns",
    "input",
    "output",
    "reasoning",
    "cacheRead",
    "cacheWrite",
    "cost",
];

#[test]
fn every_case_comes_out_right() {
    let entries = std::fs::read_dir(support::fixtures().join("cases")).expect("cases");
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    cases.sort();
    let mut wrong = Vec::new();
    for case in &cases {
        let text = std::fs::read_to_string(case.join("expected.json")).expect("an expected.json");
        let expected: Value = serde_json::from_str(&text).expect("JSON");
        let home = support::Home::new();
        copy_with_links(&case.join("home"), &home.path());
        let mut rows = home.rows(&["turns", "--presence", "all"]);
        rows.sort_by_key(|row| row["timestamp"].as_i64());
        let mut problems = Vec::new();
        check(&expected["expected"], &rows, &mut problems);
        // Once more, from what is kept.
        assert_eq!(
            home.rows(&["turns", "--presence", "all"]).len(),
            rows.len(),
            "{}",
            case.display()
        );
        if !problems.is_empty() {
            wrong.push(format!("{}: {problems:#?}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(expected: &Value, rows: &[Value], problems: &mut Vec<String>) {
    let rows: Vec<&Value> = rows.iter().collect();
    match expected {
        Value::Array(turns) => {
            if turns.len() != rows.len() {
                problems.push(format!("{} turns, not {}", rows.len(), turns.len()));
            }
            for (turn, row) in turns.iter().zip(&rows) {
                check_turn(turn, row, problems);
            }
        }
        Value::Object(entries) => {
            check_models(entries, &rows, problems);
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("costs", Value::Object(by_model)) => {
                        for (model, cost) in by_model {
                            compare(model, cost, &sum(&of_model(&rows, model), "cost"), problems);
                        }
                    }
                    ("costs", costs) => check(
                        costs,
                        &rows.iter().map(|row| (*row).clone()).collect::<Vec<_>>(),
                        problems,
                    ),
                    ("total" | "totalCost", cost) => compare(key, cost, &sum(&rows, "cost"), problems),
                    // Of other commands, and words.
                    ("limits" | "note" | "or", _) => {}
                    (model, Value::Object(sums)) => check_sums(sums, &of_model(&rows, model), model, problems),
                    (key, value) => compare(key, value, &sum(&rows, key), problems),
                }
            }
        }
        other => problems.push(format!("an unknown kind of expectation: {other}")),
    }
}

/// Where sums stand by model, no other model has turns.
fn check_models(entries: &serde_json::Map<String, Value>, rows: &[&Value], problems: &mut Vec<String>) {
    let of_models = |(key, value): (&String, &Value)| (key != "costs" && value.is_object()).then(|| key.clone());
    let models: BTreeSet<String> = entries.iter().filter_map(of_models).collect();
    let others = rows.iter().map(|row| row["modelId"].as_str().unwrap_or_default());
    let others = others.filter(|model| !models.is_empty() && !models.contains(*model));
    problems.extend(others.map(|model| format!("a turn of '{model}'")));
}

fn check_turn(expected: &Value, row: &Value, problems: &mut Vec<String>) {
    match expected {
        Value::Object(fields) => {
            for (key, value) in fields {
                let found = if row["tokens"].get(key).is_some() {
                    &row["tokens"][key]
                } else {
                    &row[key]
                };
                compare(key, value, found, problems);
            }
        }
        cost => compare("cost", cost, &row["cost"], problems),
    }
}

fn check_sums(sums: &serde_json::Map<String, Value>, rows: &[&Value], what: &str, problems: &mut Vec<String>) {
    for (key, value) in sums {
        match value {
            Value::Object(tokens) => check_sums(tokens, rows, what, problems),
            value => compare(&format!("{what} {key}"), value, &sum(rows, key), problems),
        }
    }
}

fn of_model<'r>(rows: &[&'r Value], model: &str) -> Vec<&'r Value> {
    rows.iter().copied().filter(|row| row["modelId"] == model).collect()
}

/// `null` where a turn does not tell.
fn sum(rows: &[&Value], key: &str) -> Value {
    assert!(SUMS.contains(&key), "{key} cannot be summed up");
    let values = rows.iter().map(|row| match key {
        "turns" => Some(1.0),
        "cost" => row["cost"].as_f64(),
        bucket => row["tokens"][bucket].as_f64(),
    });
    values.sum::<Option<f64>>().map_or(Value::Null, Value::from)
}

fn compare(what: &str, expected: &Value, found: &Value, problems: &mut Vec<String>) {
    // What is expected is written with fewer digits than a cost has.
    let is_equal = match (expected.as_f64(), found.as_f64()) {
        (Some(expected), Some(found)) => (expected - found).abs() < 1e-6,
        _ => expected == found,
    };
    if !is_equal {
        problems.push(format!("{what}: {found} instead of {expected}"));
    }
}

/// Copies a home as it is: what a link leads to is part of some cases.
fn copy_with_links(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            copy_with_links(&path, &to);
        } else if kind.is_symlink() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(std::fs::read_link(&path).expect("a link"), &to).expect("a link");
        } else {
            std::fs::copy(&path, &to).expect("copied");
        }
    }
}

#[test]
fn the_comparison_distinguishes_wrong_from_right() {
    let row = |model: &str, input: u64, cost: f64| serde_json::json!({"modelId": model, "tokens": {"input": input, "output": null}, "cost": cost, "timestamp": 0});
    let rows = [row("a", 10, 0.5), row("b", 5, 0.25)];
    let problems = |expected: Value| {
        let mut problems = Vec::new();
        check(&expected, &rows, &mut problems);
        problems.len()
    };
    for (right, wrong) in [
        (serde_json::json!([0.5, 0.25]), serde_json::json!([0.25, 0.5])),
        (
            serde_json::json!([{"input": 10}, {"input": 5}]),
            serde_json::json!([{"input": 10}]),
        ),
        (
            serde_json::json!({"turns": 2, "input": 15}),
            serde_json::json!({"input": 14}),
        ),
        (
            serde_json::json!({"a": {"tokens": {"input": 10}, "cost": 0.5}, "b": {"turns": 1}}),
            serde_json::json!({"a": {"turns": 1}}),
        ),
        (
            serde_json::json!({"costs": {"b": 0.25}, "total": 0.75}),
            serde_json::json!({"totalCost": 0.5}),
        ),
        (serde_json::json!({"output": null}), serde_json::json!({"output": 0})),
    ] {
        assert_eq!(problems(right.clone()), 0, "{right}");
        assert_ne!(problems(wrong.clone()), 0, "{wrong}");
    }
    let names: BTreeSet<_> = SUMS.into_iter().collect();
    assert_eq!(names.len(), SUMS.len());
}
