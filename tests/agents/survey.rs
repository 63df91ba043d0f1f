//! A change of format: what a reader does not know is named, and what it knows is not.

use crate::support;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ttop::agents::shared::survey::Survey;
use ttop::agents::{Agent, Vocabulary, built_in};
use ttop::system::{Os, System};

/// Names of input, as agents spell them: an object with one of them is a usage.
const INPUTS: [&str; 10] = [
    "input",
    "inputOther",
    "inputTokens",
    "input_other",
    "input_tokens",
    "promptTokenCount",
    "promptTokens",
    "prompt_tokens",
    "tokensIn",
    "input_token_count",
];

/// Agents whose records are no JSON: a survey cannot name what is in them.
const BINARY: [&str; 1] = ["antigravity"];

fn agents() -> impl Iterator<Item = &'static (dyn Agent + Sync)> {
    let has_words = |agent: &&(dyn Agent + Sync)| agent.about().turns != "none" && !BINARY.contains(&agent.id());
    built_in().iter().copied().filter(has_words)
}

fn homes(agent: &dyn Agent) -> Vec<PathBuf> {
    if agent.id() == "opencode" {
        return ["data", "v2-handmade"]
            .map(|case| support::fixtures().join("opencode").join(case).join("home"))
            .into();
    }
    let cases = support::agent_cases(agent.id()).into_iter();
    cases.map(|case| case.join("home")).collect()
}

fn vocabulary(agent: &dyn Agent) -> &'static Vocabulary {
    agent
        .vocabulary()
        .unwrap_or_else(|| panic!("{}: expected Agent::vocabulary to return its words", agent.id()))
}

fn survey(agent: &dyn Agent, home: &Path) -> Survey {
    let system = System::new(Os::Linux, home, BTreeMap::new());
    Survey::of(vocabulary(agent), &agent.sources(&system).sources)
}

/// Adds a count to each usage in a value, and in texts of JSON inside it; returns whether there was one.
fn add_count(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let mut is_changed = fields
                .values_mut()
                .fold(false, |changed, value| add_count(value) | changed);
            let is_usage = INPUTS
                .iter()
                .any(|name| fields.get(*name).is_some_and(Value::is_number));
            if is_usage {
                fields.insert("audio_tokens".to_owned(), json!(7));
                fields.insert("surchargeUsd".to_owned(), json!(0.5));
                is_changed = true;
            }
            is_changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| add_count(item) | changed),
        Value::String(text) if text.starts_with('{') => {
            let mut inner = serde_json::from_str(text).unwrap_or(Value::Null);
            let is_changed = add_count(&mut inner);
            if is_changed {
                *text = inner.to_string();
            }
            is_changed
        }
        _ => false,
    }
}

/// Rewrites each JSON document of a file: its lines, or the whole of it.
fn rewrite(path: &Path, change: &mut dyn FnMut(&mut Value) -> bool) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else {
        return false;
    };
    let is_log = path.to_string_lossy().contains(".jsonl");
    let documents: Vec<&str> = if is_log { text.lines().collect() } else { vec![&text] };
    let mut is_changed = false;
    let written: Vec<String> = documents
        .iter()
        .map(|document| {
            let mut value = serde_json::from_str(document).unwrap_or(Value::Null);
            if !change(&mut value) {
                return (*document).to_owned();
            }
            is_changed = true;
            value.to_string()
        })
        .collect();
    std::fs::write(path, written.join("\n")).expect("written");
    is_changed
}

/// Adds a count to the documents of a database, and a column to its tables of usage.
fn extend_database(path: &Path) -> bool {
    let connection = Connection::open(path).expect("a database");
    let list = |select: &str| -> Vec<String> {
        let mut statement = connection.prepare(select).expect("a statement");
        let names = statement.query_map([], |row| row.get(0)).expect("names");
        names.map(|name| name.expect("a name")).collect()
    };
    let mut is_changed = false;
    for table in list("select name from sqlite_schema where type = 'table'") {
        let columns = list(&format!("select name from pragma_table_info('{table}')"));
        if columns.iter().any(|column| column.contains("token")) {
            let extend = format!(
                "alter table \"{table}\" add column audio_tokens; update \"{table}\" set audio_tokens = 7;
                         alter table \"{table}\" add column surchargeUsd; update \"{table}\" set surchargeUsd = 0.5"
            );
            connection.execute_batch(&extend).expect("extended");
            is_changed = true;
        }
        for column in columns
            .iter()
            .filter(|column| ["chat_message", "data", "value"].contains(&column.as_str()))
        {
            let mut statement = connection
                .prepare(&format!("select rowid, cast(\"{column}\" as text) from \"{table}\""))
                .expect("a statement");
            let cell = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?));
            let cells: Vec<_> = statement.query_map([], cell).expect("cells").flatten().collect();
            for (rowid, text) in cells {
                let document = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
                if let Some(mut document) = document.filter(Value::is_object)
                    && add_count(&mut document)
                {
                    let update = format!("update \"{table}\" set \"{column}\" = ?1 where rowid = ?2");
                    connection
                        .execute(&update, (document.to_string(), rowid))
                        .expect("updated");
                    is_changed = true;
                }
            }
        }
    }
    is_changed
}

#[test]
fn every_reader_knows_the_words_of_its_fixtures() {
    let mut found = Vec::new();
    for agent in agents() {
        for case in homes(agent) {
            let home = support::Home::new();
            support::copy_tree(&case, &home.path());
            let unknown = survey(agent, &home.path()).unknown;
            if !unknown.is_empty() {
                found.push((case, unknown));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn an_unknown_count_is_named_for_every_agent() {
    for agent in agents() {
        let mut is_changed = false;
        for case in homes(agent) {
            let home = support::Home::new();
            support::copy_tree(&case, &home.path());
            let system = System::new(Os::Linux, home.path(), BTreeMap::new());
            let sources = agent.sources(&system).sources;
            let paths = sources.iter().map(|source| source.path.as_path());
            let changed: Vec<&Path> = paths
                .filter(|path| {
                    if support::is_database(path) {
                        extend_database(path)
                    } else {
                        rewrite(path, &mut add_count)
                    }
                })
                .collect();
            if changed.is_empty() {
                continue;
            }
            is_changed = true;
            let unknown = survey(agent, &home.path()).unknown;
            for field in ["audio_tokens", "surchargeUsd"] {
                let is_named = |name: &String| name.starts_with("usage") && name.contains(field);
                assert!(unknown.keys().any(is_named), "{}: {unknown:#?}", case.display());
            }
        }
        assert!(
            is_changed,
            "{}: expected a fixture with a usage; INPUTS lists the names of its input",
            agent.id()
        );
    }
}

#[test]
fn an_unknown_count_of_one_step_is_named() {
    let mut tried = 0;
    for agent in agents().filter(|agent| ["kilo-cli", "opencode"].contains(&agent.id())) {
        for case in homes(agent) {
            let home = support::Home::new();
            support::copy_tree(&case, &home.path());
            let system = System::new(Os::Linux, home.path(), BTreeMap::new());
            let sources = agent.sources(&system).sources.into_iter();
            for source in sources.filter(|source| support::is_database(&source.path)) {
                let connection = Connection::open(&source.path).expect("a database");
                let update = "update part set data = json_set(data, '$.tokens.video_tokens', 7, '$.advisorCost', 0.5)
                              where json_extract(data, '$.type') = 'step-finish'";
                // Databases of other generations have no parts.
                if connection.execute(update, []).is_ok_and(|changed| changed > 0) {
                    tried += 1;
                    drop(connection);
                    let unknown = survey(agent, &home.path()).unknown;
                    for field in ["video_tokens", "advisorCost"] {
                        assert!(
                            unknown.keys().any(|name| name.contains(field)),
                            "{}: {unknown:#?}",
                            case.display()
                        );
                    }
                }
            }
        }
    }
    assert!(tried > 1, "{tried}");
}

#[test]
fn an_unknown_record_type_is_named_for_every_agent_that_has_types() {
    let mut tried = 0;
    for agent in agents() {
        let words = vocabulary(agent).words;
        let key = ["type", "role"]
            .into_iter()
            .find(|key| words.iter().any(|words| words.at == *key));
        let Some(key) = key else {
            continue;
        };
        let mut is_named = false;
        for case in homes(agent) {
            let home = support::Home::new();
            support::copy_tree(&case, &home.path());
            let system = System::new(Os::Linux, home.path(), BTreeMap::new());
            let mut is_changed = false;
            for source in agent.sources(&system).sources {
                is_changed |= rewrite(&source.path, &mut |record| match record {
                    Value::Object(fields) if fields.contains_key(key) => {
                        fields.insert(key.to_owned(), json!("goal-update"));
                        true
                    }
                    Value::Array(items) => items.iter_mut().fold(false, |_, item| {
                        item[key] = json!("goal-update");
                        true
                    }),
                    _ => false,
                });
            }
            let unknown = survey(agent, &home.path()).unknown;
            let named = unknown
                .keys()
                .any(|name| name.contains("type goal-update") || name.contains("role goal-update"));
            assert_eq!(named, is_changed, "{}: {unknown:#?}", case.display());
            is_named |= named;
        }
        assert!(is_named, "{}", agent.id());
        tried += 1;
    }
    assert!(tried > 6, "only {tried} agents have types");
}

/// Fields whose keys are names that the user, a model or a server gave.
const MAPS: [&str; 9] = [
    "agentMetrics",
    "byModel",
    "byName",
    "fileStates",
    "modelMetrics",
    "modelUsage",
    "models",
    "toolCounts",
    "trackedFileBackups",
];

/// Gives each name in such a field one that looks like a field's; returns whether there was one.
fn rename(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let mut is_changed = fields
                .values_mut()
                .fold(false, |changed, value| rename(value) | changed);
            for map in MAPS {
                let Some(Value::Object(names)) = fields.get_mut(map) else {
                    continue;
                };
                is_changed |= !names.is_empty();
                let renamed = std::mem::take(names).into_iter().enumerate();
                names.extend(renamed.map(|(at, (_, value))| (format!("{}canary", "x".repeat(at)), value)));
            }
            is_changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| rename(item) | changed),
        _ => false,
    }
}

/// The keys of a document that no field has: with a dot, a hyphen or a slash in them.
fn odd_keys(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.keys().filter(|key| key.contains(['.', '-', '/'])).cloned());
            fields.values().for_each(|value| odd_keys(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| odd_keys(item, into)),
        _ => {}
    }
}

/// The names of models in a case's truth.
fn models(case: &Path) -> Vec<String> {
    let truth = std::fs::read_to_string(case.parent().expect("a case").join("truth.json")).unwrap_or_default();
    let truth: Value = serde_json::from_str(&truth).unwrap_or_default();
    let rows = truth["rows"].as_array().cloned().unwrap_or_default();
    let names = rows.iter().filter_map(|row| row["modelId"].as_str().map(str::to_owned));
    names.collect()
}

#[test]
fn a_shape_has_no_names_of_files_models_and_tools() {
    let (mut tried, mut found) = (0, Vec::new());
    for agent in agents() {
        for case in homes(agent) {
            let home = support::Home::new();
            support::copy_tree(&case, &home.path());
            let system = System::new(Os::Linux, home.path(), BTreeMap::new());
            let mut names = models(&case);
            for source in agent.sources(&system).sources {
                if support::is_database(&source.path) {
                    continue;
                }
                let is_renamed = rewrite(&source.path, &mut |document| {
                    odd_keys(document, &mut names);
                    rename(document)
                });
                tried += u32::from(is_renamed);
            }
            names.push("canary".to_owned());
            names.retain(|name| !name.is_empty());
            let survey = survey(agent, &home.path());
            for path in survey.shape().into_keys().chain(survey.words.into_keys()) {
                let parts: Vec<&str> = path.split(['.', ' ', ':', '[']).collect();
                let has = |name: &String| parts.contains(&&**name) || path.contains(&format!(".{name}"));
                if names.iter().any(has) {
                    found.push(format!("{}: {path}", case.display()));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{found:#?}");
    assert!(tried > 5, "only {tried} files have such names");
}
