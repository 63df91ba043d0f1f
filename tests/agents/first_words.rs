//! Sessions are named after the user's words, not after what programs put before them.

use crate::support::{Home, agent_cases, copy_tree, files_in, is_database};
use std::collections::{BTreeMap, BTreeSet};
use ttop::agents::built_in;

/// What editors and programs write before a prompt, in the same text.
const BEFORE: &str =
    "<system-reminder>\\nOne\\n</system-reminder>\\n<ide_opened_file id=\\\"1\\\">a.rs</ide_opened_file>\\n";

/// The names of sessions by their ids.
fn names(home: &Home) -> BTreeMap<String, Option<String>> {
    let rows = home.rows(&["sessions", "-o", "ndjson"]);
    let name = |row: &serde_json::Value| {
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        (text("sessionId").expect("an id"), text("sessionName"))
    };
    rows.iter().map(name).collect()
}

#[test]
fn what_stands_before_a_prompt_names_no_session() {
    let mut changed = BTreeSet::new();
    for agent in built_in() {
        for case in agent_cases(agent.id()) {
            let original = Home::new();
            copy_tree(&case.join("home"), &original.path());
            let expected = names(&original);
            let home = Home::new();
            copy_tree(&case.join("home"), &home.path());
            for file in files_in(&home.path()).into_iter().filter(|file| !is_database(file)) {
                let Ok(text) = std::fs::read_to_string(&file) else {
                    continue;
                };
                let mut with = text.clone();
                for name in expected.values().flatten() {
                    let quoted = serde_json::Value::from(name.as_str()).to_string();
                    for key in ["\"text\":", "\"text\": ", "\"content\":", "\"content\": "] {
                        let prompt = format!("{key}\"{BEFORE}{}", &quoted[1..]);
                        with = with.replace(&format!("{key}{quoted}"), &prompt);
                    }
                }
                if with != text {
                    std::fs::write(&file, with).expect("written");
                    changed.insert(agent.id());
                }
            }
            assert_eq!(names(&home), expected, "{}", case.display());
        }
    }
    assert!(changed.len() >= 8, "only {changed:?}");
}
