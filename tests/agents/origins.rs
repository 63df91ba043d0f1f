//! What turns were made for: the branch and the subagent, for every agent that records them.

use crate::support;
use serde_json::Value;
use std::collections::BTreeSet;

/// Case, branches and kinds of subagents in it.
const CASES: [(&str, &[&str], &[&str]); 10] = [
    ("agents/claude-code/2.1.332-mixed", &["master"], &["general-purpose"]),
    ("agents/copilot-cli/1.0.102-all", &["main"], &["explore"]),
    ("agents/qwen-code/0.24.4-mixed", &[], &["general-purpose"]),
    ("agents/kilo-cli/7.7.9", &[], &["explore"]),
    ("opencode/data", &[], &["explore", "general"]),
    ("agents/cline/cli-3.0.65", &["main"], &[]),
    ("agents/command-code/made", &["main"], &[]),
    ("agents/junie/made", &[], &["explore"]),
    ("agents/codebuddy/subagents", &[], &["Explore"]),
    ("agents/grok-cli/subagents", &["main", "client"], &["explore"]),
];

#[test]
fn branches_and_subagents_are_read() {
    let mut wrong = Vec::new();
    for (case, branches, subagents) in CASES {
        let home = support::Home::new();
        support::copy_tree(&support::fixtures().join(case).join("home"), &home.path());
        let rows = home.rows(&["turns"]);
        let values = |key: &str| -> BTreeSet<String> {
            let values = rows.iter().filter_map(|row| row[key].as_str());
            values.map(str::to_owned).collect()
        };
        let expected = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let (found_branches, found_subagents) = (values("branch"), values("subagent"));
        if !expected(branches).is_subset(&found_branches) || !expected(subagents).is_subset(&found_subagents) {
            wrong.push(format!("{case}: {found_branches:?} {found_subagents:?}"));
        }
        // A turn of the session itself has no subagent.
        assert!(rows.iter().any(|row| row["subagent"] == Value::Null), "{case}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn branches_and_subagents_are_filters_of_every_report() {
    for (case, branches, subagents) in CASES {
        let home = support::Home::new();
        support::copy_tree(&support::fixtures().join(case).join("home"), &home.path());
        let turns = home.rows(&["turns"]);
        let filters = branches.iter().map(|name| ("branch", *name));
        let filters = filters.chain(subagents.iter().map(|name| ("subagent", *name)));
        for (key, name) in filters.chain([("subagent", "*")]) {
            let is_it = |row: &&Value| row[key].as_str().is_some_and(|value| name == "*" || value == name);
            let expected: Vec<&Value> = turns.iter().filter(is_it).collect();
            let flag = format!("--{key}");
            let found = home.rows(&["turns", &flag, name]);
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{case} {flag} {name}");
            let tokens = |rows: &[&Value]| -> u64 { rows.iter().filter_map(|row| row["totalTokens"].as_u64()).sum() };
            for command in [
                &["sessions"][..],
                &["cost", "--by", "total"],
                &["cost", "--by", "subagent,branch"],
            ] {
                let rows = home.rows(&[command, &[&flag, name]].concat());
                let rows: Vec<&Value> = rows.iter().collect();
                assert_eq!(tokens(&rows), tokens(&expected), "{case} {command:?} {flag} {name}");
            }
        }
    }
}
