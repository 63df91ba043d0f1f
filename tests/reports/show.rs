//! `ttop show`: one session or turn in depth, and where each number comes from.

use crate::support::Home;
use serde_json::Value;

fn home() -> Home {
    let home = Home::new();
    home.copy("opencode/data/home", "");
    home
}

fn one(home: &Home, args: &[&str]) -> Value {
    let rows = home.rows(&[&["show"][..], args].concat());
    assert_eq!(rows.len(), 1);
    rows[0].clone()
}

#[test]
fn a_session_comes_with_models_children_and_text() {
    let home = home();
    let parent = &home.rows(&["sessions", "--grep", "Survey error handling"])[0];
    let id = parent["sessionId"].as_str().expect("an id");
    let shown = one(&home, &[id, "--messages", "3"]);
    assert_eq!(shown["session"]["cost"], parent["cost"]);
    assert!(
        shown["children"].as_array().is_some_and(|children| children.len() == 2),
        "{}",
        shown["children"]
    );
    let turns: u64 = shown["models"]
        .as_array()
        .expect("models")
        .iter()
        .map(|model| model["turns"].as_u64().expect("turns"))
        .sum();
    assert_eq!(Value::from(turns), parent["turns"]);
    assert_eq!(shown["explain"], Value::Null);
    assert!(
        shown["messages"]
            .as_array()
            .is_some_and(|messages| !messages.is_empty()),
        "{shown}"
    );
}

#[test]
fn explain_names_file_copies_rule_and_list() {
    let home = home();
    let sessions = home.rows(&["sessions"]);
    let fork = sessions
        .iter()
        .find(|row| row["copiedTokens"].as_u64() > Some(0))
        .expect("a fork");
    let original = sessions
        .iter()
        .find(|row| {
            row["sessionName"].as_str()
                == fork["sessionName"]
                    .as_str()
                    .map(|name| name.trim_end_matches(" (fork #1)"))
        })
        .expect("the original");
    let shown = one(&home, &[original["sessionId"].as_str().expect("an id"), "--explain"]);
    let turn = &shown["explain"][0];
    let copies = turn["copies"].as_array().expect("copies");
    assert_eq!(copies.len(), 2, "{turn}");
    assert_eq!(
        (&copies[0]["counted"], &copies[1]["counted"]),
        (&true.into(), &false.into())
    );
    assert_eq!(copies[1]["sessionId"], fork["sessionId"]);
    assert!(
        copies[0]["source"]
            .as_str()
            .is_some_and(|path| path.ends_with("opencode.db")),
        "{turn}"
    );
    assert_eq!(turn["price"], "the agent recorded it");
    let id = turn["turnId"].as_str().expect("an id");
    assert_eq!(one(&home, &[id])["turn"]["turnId"], id);
    let table = home.stdout(&["show", id, "--explain", "-o", "table"]);
    assert!(
        table.contains("counts:") && table.contains("the copy with the highest rank"),
        "{table}"
    );
}

#[test]
fn what_is_not_there_is_an_error() {
    let home = home();
    let code = |args: &[&str]| home.ttop().args(args).output().expect("runs").status.code();
    assert_eq!(code(&["show", "no-such-session"]), Some(1));
    assert_eq!(code(&["show", "ses_"]), Some(2), "several begin like this");
    assert_eq!(code(&["show", "latest"]), Some(0));
}
