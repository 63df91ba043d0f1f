//! Every agent, every JSON file in its fixtures: records in another spelling of the same JSON have the same turns.

use crate::support;
use crate::support::counting::{Counted, read_all};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

/// Changes the text of a file with that name.
type Spelling = fn(&Path, &str) -> String;

const SPELLINGS: [(&str, Spelling); 9] = [
    ("line ends of Windows", |_, text| text.replace('\n', "\r\n")),
    ("a byte order mark", |_, text| format!("\u{feff}{text}")),
    ("empty lines", |_, text| text.replace('\n', "\n\n")),
    ("keys in another order", |path, text| {
        rewrite(path, text, Value::to_string)
    }),
    ("spaces", |path, text| rewrite(path, text, spaced)),
    ("spaces on both sides", |path, text| rewrite(path, text, widely_spaced)),
    ("both names of a field", |path, text| {
        rewrite(path, text, |value| named_twice(path, value.clone()).to_string())
    }),
    ("counts with a fraction", |path, text| {
        rewrite(path, text, |value| {
            counts(value.clone(), "", &|count| Value::from(count as f64)).to_string()
        })
    }),
    ("counts in quotes", |path, text| {
        rewrite(path, text, |value| {
            counts(value.clone(), "", &|count| Value::from(count.to_string())).to_string()
        })
    }),
];

/// Writes each record anew: a log has one on each line, any other file is one. What is no JSON stays.
fn rewrite(path: &Path, text: &str, write: impl Fn(&Value) -> String) -> String {
    let record = |text: &str| serde_json::from_str(text).map_or_else(|_| text.to_owned(), |value| write(&value));
    if !is_log(path) {
        return record(text);
    }
    text.split('\n').map(record).collect::<Vec<_>>().join("\n")
}

fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl")
}

/// With a space behind each colon and comma.
fn spaced(value: &Value) -> String {
    let pretty = serde_json::to_string_pretty(value).expect("JSON");
    pretty.lines().map(str::trim_start).collect::<Vec<_>>().join(" ")
}

/// The same, and before them.
fn widely_spaced(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(" , ");
    match value {
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| format!("{} : {}", Value::from(&**key), widely_spaced(value));
            format!("{{ {} }}", joined(fields.iter().map(field).collect()))
        }
        Value::Array(items) => format!("[ {} ]", joined(items.iter().map(widely_spaced).collect())),
        _ => value.to_string(),
    }
}

/// Fields that have two names, by the folder of their agent.
const NAMES: [(&str, &str, &str); 12] = [
    (".cline", "reasoningTokens", "reasoningTokenCount"),
    (".continue", "cache_write_tokens", "cache_creation_tokens"),
    (".copilot", "inputTokens", "input"),
    (".copilot", "outputTokens", "output"),
    (".copilot", "cacheReadTokens", "cachedInput"),
    (".factory", "customModels", "custom_models"),
    (".factory", "displayName", "model_display_name"),
    (".factory", "displayName", "modelDisplayName"),
    (".factory", "baseUrl", "base_url"),
    (".pi", "reasoning", "reasoningTokens"),
    (".pi", "parentSession", "branchedFrom"),
    (".omp", "reasoning", "reasoningTokens"),
];

/// Adds each field a second time, under its other name.
fn named_twice(path: &Path, value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| named_twice(path, item)).collect(),
        Value::Object(fields) => {
            let mut fields: serde_json::Map<_, _> = fields
                .into_iter()
                .map(|(key, value)| (key, named_twice(path, value)))
                .collect();
            for (folder, one, other) in NAMES {
                if path.iter().any(|part| part == folder) {
                    for (known, new) in [(one, other), (other, one)] {
                        if let (Some(value), false) = (fields.get(known).cloned(), fields.contains_key(new)) {
                            fields.insert(new.to_owned(), value);
                        }
                    }
                }
            }
            Value::Object(fields)
        }
        value => value,
    }
}

/// Writes the counts of tokens in another way.
fn counts(value: Value, key: &str, write: &dyn Fn(u64) -> Value) -> Value {
    // How agents call them; times, versions and places have other names.
    const PARTS: [&str; 8] = [
        "token",
        "input",
        "output",
        "cache",
        "prompt",
        "completion",
        "reasoning",
        "thought",
    ];
    let key = key.to_ascii_lowercase();
    match value {
        Value::Object(entries) => {
            let each = |(key, value): (String, Value)| {
                let value = counts(value, &key, write);
                (key, value)
            };
            entries.into_iter().map(each).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| counts(item, &key, write)).collect(),
        Value::Number(number) if PARTS.iter().any(|part| key.contains(part)) => match number.as_u64() {
            Some(count) => write(count),
            None => Value::Number(number),
        },
        other => other,
    }
}

fn json_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            json_files(&path, found);
        } else if is_log(&path) || path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// What counts, in any order.
fn numbers(agent: &'static (dyn Agent + Sync), home: &Path) -> Vec<String> {
    let shown = |turn: Counted| {
        format!(
            "{} {} {:?} {:?} {}",
            turn.session_id, turn.model_id, turn.tokens, turn.cost, turn.timestamp
        )
    };
    let turns = read_all(agent, &System::new(Os::Linux, home, BTreeMap::new())).turns;
    let mut shown: Vec<String> = turns.into_iter().map(shown).collect();
    shown.sort();
    shown
}

/// Reads a fixture in each spelling. Returns how many times it had other text and the same turns.
fn check(agent: &'static (dyn Agent + Sync), case: &Path, faults: &mut Vec<String>) -> usize {
    let home = support::Home::new();
    support::copy_tree(&case.join("home"), &home.path());
    let expected = numbers(agent, &home.path());
    let mut files = Vec::new();
    json_files(&home.path(), &mut files);
    let read = |path: PathBuf| Some((std::fs::read_to_string(&path).ok()?, path));
    let files: Vec<(String, PathBuf)> = files.into_iter().filter_map(read).collect();
    // The times of files stand for those that records lack.
    let times: Vec<_> = files
        .iter()
        .map(|(_, path)| {
            std::fs::metadata(path)
                .and_then(|metadata| metadata.modified())
                .expect("a time")
        })
        .collect();
    let mut tried = 0;
    for (name, spelling) in SPELLINGS {
        let mut has_changed = false;
        for ((text, path), time) in files.iter().zip(&times) {
            let changed = spelling(path, text);
            has_changed |= changed != *text;
            std::fs::write(path, changed).expect("written");
            support::set_modified(path, *time);
        }
        let found = numbers(agent, &home.path());
        if found != expected {
            let missing: Vec<_> = expected.iter().filter(|turn| !found.contains(turn)).collect();
            let others: Vec<_> = found.iter().filter(|turn| !expected.contains(turn)).collect();
            faults.push(format!("{}: {name}: {missing:#?} became {others:#?}", case.display()));
        }
        tried += usize::from(has_changed && !expected.is_empty());
    }
    tried
}

#[test]
fn other_spellings_of_the_same_records_have_the_same_turns() {
    let (mut faults, mut tried) = (Vec::new(), 0);
    for &agent in built_in() {
        let folders = [format!("agents/{}", agent.id()), agent.id().to_owned()];
        let entries = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(support::fixtures().join(folder)).ok());
        for case in entries.flatten() {
            let case = case.expect("an entry").path();
            if case.join("home").is_dir() {
                tried += check(agent, &case, &mut faults);
            }
        }
    }
    assert!(tried > 150, "only {tried}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
