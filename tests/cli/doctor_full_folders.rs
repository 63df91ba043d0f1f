//! `ttop doctor` never calls an agent fine of whose full folder it counts nothing.

use crate::support::{self, Home};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use ttop::agents::built_in;
use ttop::system::{Os, System};

/// The agents that are fine although nothing of theirs counts.
fn wrongly_fine(home: &Home) -> BTreeSet<String> {
    let rows = home.rows(&["doctor"]);
    let is_wrong = |row: &&Value| row["kind"] == "agent" && row["state"] == "ok" && row["counted"] == 0;
    let subject = |row: &Value| row["subject"].as_str().expect("a name").to_owned();
    rows.iter().filter(is_wrong).map(subject).collect()
}

/// Writes a dozen files into every folder that an agent may write to.
fn fill(home: &Home, name: impl Fn(usize) -> String) {
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    for agent in built_in() {
        for root in agent.sources(&system).roots {
            let root = root.path.strip_prefix(home.path()).expect("below the home").to_owned();
            for number in 0..12 {
                let path = root.join(name(number));
                home.write(&path.to_string_lossy(), [0x9b, number as u8].repeat(100));
            }
        }
    }
}

#[test]
fn a_folder_full_of_unknown_files_is_not_fine() {
    for (what, name) in [
        ("a new ending", "next/{}.rec"),
        ("no ending", "next/{}"),
        ("names of settings", "next/{}/session-state.json"),
        ("models", "{}/model_usage.cbor"),
    ] {
        let home = Home::new();
        fill(&home, |number| name.replace("{}", &format!("{number:04}")));
        assert_eq!(wrongly_fine(&home), BTreeSet::new(), "{what}");
    }
}

#[test]
fn a_folder_of_settings_and_programs_is_fine() {
    let home = Home::new();
    for path in [
        ".codex/config.toml",
        ".codex/auth.json",
        ".codex/version.json",
        ".codex/log/codex-tui.log",
        ".codex/bin/helper",
        ".codex/node_modules/a/index.json",
    ] {
        home.write(path, "{}");
    }
    assert_eq!(wrongly_fine(&home), BTreeSet::from(["codex".to_owned()]));
}

/// Gives every table, and every key of a text, another name.
fn rename_all(path: &Path) {
    let bytes = std::fs::read(path).expect("readable");
    if bytes.starts_with(b"SQLite format 3\0") {
        let connection = Connection::open(path).expect("a database");
        let list = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
        let mut statement = connection.prepare(list).expect("a statement");
        let names: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .expect("names");
        for name in names {
            let _ = connection.execute_batch(&format!("alter table \"{name}\" rename to \"x_{name}\""));
        }
    } else if let Ok(text) = String::from_utf8(bytes) {
        std::fs::write(path, text.replace("\":", "_x\":")).expect("written");
    }
}

#[test]
fn records_of_a_new_format_are_not_fine() {
    let mut tried = BTreeSet::new();
    for agent in built_in() {
        let Some(case) = support::agent_cases(agent.id()).into_iter().next() else {
            continue;
        };
        let home = Home::new();
        support::copy_tree(&case.join("home"), &home.path());
        let system = System::new(Os::Linux, home.path(), BTreeMap::new());
        for source in agent.sources(&system).sources {
            rename_all(&source.path);
        }
        assert_eq!(wrongly_fine(&home), BTreeSet::new(), "{}", agent.id());
        tried.insert(agent.id());
    }
    assert!(tried.len() > 25, "{tried:?}");
}
