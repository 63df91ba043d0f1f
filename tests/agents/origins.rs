//! What turns were made for: the branch and the subagent, for every agent that records them.

use crate::support;
use crate::support::counting::{Counting, read_all};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use ttop::agents::built_in;
use ttop::system::{Os, System};

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

/// Rewrites the documents of a table that a function changes.
fn rewrite(database: &Path, select: &str, update: &str, change: &dyn Fn(&mut Value)) {
    let database = Connection::open(database).expect("a database");
    let mut statement = database.prepare(select).expect("a query");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get_ref(1)?.as_bytes()?.to_owned())));
    let rows: Vec<(String, Vec<u8>)> = rows.expect("rows").collect::<Result<_, _>>().expect("rows");
    assert!(!rows.is_empty(), "{select}");
    for (key, document) in rows {
        let Ok(mut document) = serde_json::from_slice(&document) else {
            continue;
        };
        change(&mut document);
        database
            .execute(update, rusqlite::params![key, document.to_string()])
            .expect("written");
    }
}

fn cursor(home: &Path, composer: &Value) {
    rewrite(
        &home.join(".config/Cursor/User/globalStorage/state.vscdb"),
        "select key, value from cursorDiskKV where key like 'composerData:%' and value is not null",
        "insert or replace into cursorDiskKV (key, value) values (?1, ?2)",
        &|document| {
            let document = document.as_object_mut().expect("an object");
            document.extend(composer.as_object().expect("an object").clone());
        },
    );
}

fn zed(home: &Path, snapshot: &Value) {
    rewrite(
        &home.join(".local/share/zed/threads/threads.db"),
        "select id, data from threads where data_type = 'json'",
        "update threads set data = ?2 where id = ?1",
        &|document| document["initial_project_snapshot"] = snapshot.clone(),
    );
}

fn mistral_vibe(home: &Path, branch: &Value) {
    for file in support::files_in(home) {
        if file.file_name().is_some_and(|name| name == "meta.json") {
            let text = std::fs::read(&file).expect("what describes a session");
            let mut meta: Value = serde_json::from_slice(&text).expect("an object");
            meta["git_branch"] = branch.clone();
            std::fs::write(&file, meta.to_string()).expect("written");
        }
    }
}

#[test]
fn the_branch_of_a_session_is_that_of_its_turns_whenever_it_is_recorded() {
    let worktree = |path: &str, branch: Value| json!({"worktree_path": path, "git_state": {"head_sha": "a", "current_branch": branch, "diff": null}});
    type Change = fn(&Path, &Value);
    let cases: [(&str, &str, Change, Value, &str); 12] = [
        ("mistral-vibe", "3.0.2", mistral_vibe, json!("fix/a"), "fix/a"),
        ("mistral-vibe", "3.0.2", mistral_vibe, json!("HEAD"), ""),
        ("mistral-vibe", "3.0.2", mistral_vibe, json!(5), ""),
        ("cursor", "made", cursor, json!({"createdOnBranch": "main"}), "main"),
        (
            "cursor",
            "made",
            cursor,
            json!({"createdOnBranch": "main", "lastMessageSentOnBranch": "b"}),
            "b",
        ),
        (
            "cursor",
            "made",
            cursor,
            json!({"committedToBranch": "c", "lastMessageSentOnBranch": "b"}),
            "c",
        ),
        (
            "cursor",
            "made",
            cursor,
            json!({"committedToBranch": "c", "prBranchName": "p"}),
            "c",
        ),
        (
            "cursor",
            "made",
            cursor,
            json!({"committedToBranch": "c", "prBranchName": "p", "prUrl": "https://x/1"}),
            "p",
        ),
        (
            "cursor",
            "made",
            cursor,
            json!({"activeBranch": {"branchName": "a"}, "committedToBranch": "c", "createdOnBranch": 5}),
            "a",
        ),
        (
            "zed",
            "threads",
            zed,
            json!({"worktree_snapshots": [worktree("/none", json!("main"))]}),
            "main",
        ),
        (
            "zed",
            "threads",
            zed,
            json!({"worktree_snapshots": [{"worktree_path": "/none", "git_state": null}, worktree("/x", json!("b"))]}),
            "b",
        ),
        (
            "zed",
            "threads",
            zed,
            json!({"worktree_snapshots": [worktree("/none", json!(null))]}),
            "",
        ),
    ];
    for (agent, case, change, value, expected) in cases {
        let agent = built_in().iter().find(|it| it.id() == agent).expect("an agent");
        let home = support::Home::new();
        let fixture = support::fixtures().join("agents").join(agent.id()).join(case);
        support::copy_tree(&fixture.join("home"), &home.path());
        let system = System::new(Os::Linux, home.path(), BTreeMap::new());
        let mut counting = Counting::of(*agent);
        let before = counting.sync(&system);
        let ids = |turns: &[support::counting::Counted]| -> BTreeSet<String> {
            turns.iter().map(|turn| turn.turn_id.clone()).collect()
        };
        change(&home.path(), &value);
        let (after, cold) = (counting.sync(&system), read_all(*agent, &system));
        let branches = |turns: &[support::counting::Counted]| -> BTreeMap<String, String> {
            let named = turns.iter().map(|turn| (turn.turn_id.clone(), turn.origin[0].clone()));
            named.collect()
        };
        assert_eq!(branches(&after.turns), branches(&cold.turns), "{} {value}", agent.id());
        assert_eq!(ids(&after.turns), ids(&before.turns), "{} {value}", agent.id());
        let found: BTreeSet<String> = branches(&cold.turns).into_values().collect();
        assert!(found.contains(expected), "{} {value}: {found:?}", agent.id());
    }
}
