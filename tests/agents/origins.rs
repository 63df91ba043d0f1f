//! What turns were made for: the branch and the subagent, for every agent that records them.

use crate::support;
use serde_json::Value;
use std::collections::BTreeSet;

/// Case, branches and kinds of subagents in it.
const CASES: [(&str, &[&str], &[&str]); 7] = [
    ("agents/claude-code/2.1.332-mixed", &["master"], &["general-purpose"]),
    ("agents/copilot-cli/1.0.102-all", &["main"], &["explore"]),
    ("agents/qwen-code/0.24.4-mixed", &[], &["general-purpose"]),
    ("agents/kilo-cli/7.7.9", &[], &["explore"]),
    ("opencode/data", &[], &["explore", "general"]),
    ("agents/command-code/made", &["main"], &[]),
    ("agents/junie/made", &[], &["explore"]),
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
