//! Every store, one contract: what it holds equals the commands, again changes nothing, corrections arrive, what is gone
//! goes, and a turn of two machines counts once.

use crate::stores::stores;
use crate::support::claude_code::{CLAUDE_SESSION, claude_reply};
use crate::support::{Home, program};
use std::path::Path;
use std::process::Command;

const TRANSCRIPT: &str = ".claude/projects/-home-dev-acme/11111111-0000-4000-8000-000000000001.jsonl";
const OTHER: &str = "22222222-0000-4000-8000-000000000002";

/// A session of this many replies, and a title with everything that SQL, CSV and COPY have to escape.
fn home(replies: u64) -> Home {
    let home = Home::new();
    let title = r#"{"type":"ai-title","aiTitle":"it's \"quoted\", \\ with\ttab; and\nline -- end","sessionId":"11111111-0000-4000-8000-000000000001"}"#;
    let lines: String = (0..replies)
        .map(|at| claude_reply(CLAUDE_SESSION, &format!("msg_{at}"), 10 + at))
        .collect();
    home.write(TRANSCRIPT, format!("{title}\n{lines}"));
    home
}

fn append(home: &Home, line: &str) {
    let path = home.path().join(TRANSCRIPT);
    let text = std::fs::read_to_string(&path).expect("a transcript");
    std::fs::write(&path, text + line).expect("written");
}

fn whole(text: &str) -> String {
    text.strip_suffix(".0").unwrap_or(text).to_owned()
}

#[test]
fn a_store_holds_what_the_commands_print() {
    let home = home(3);
    let row = &home.rows(&["cost", "-o", "ndjson"])[0];
    let name = home.rows(&["sessions", "-o", "ndjson"])[0]["sessionName"].clone();
    for store in stores() {
        store.load(&home, "here");
        let name_of = store.name();
        let sums = store.ask("select count(*), sum(tokens_output), sum(tokens_cache_read) from turns");
        assert_eq!(
            sums,
            format!(
                "{}|{}|{}",
                row["turns"], row["tokens"]["output"], row["tokens"]["cacheRead"]
            ),
            "{name_of}"
        );
        let cost: f64 = store.ask("select sum(cost) from turns").parse().expect("a number");
        let close = (cost - row["cost"].as_f64().expect("a cost")).abs() < 1e-9;
        assert!(close, "{name_of}: {cost}, not {}", row["cost"]);
        // The text arrives whole, whatever its characters mean to the store.
        let text = name.as_str().expect("a title");
        let escaped = text
            .replace('\\', if name_of == "clickhouse" { "\\\\" } else { "\\" })
            .replace('\'', "''");
        let found = store.ask(&format!(
            "select count(*) from sessions where session_name = '{escaped}'"
        ));
        assert_eq!(found, "1", "{name_of}: {text}");
        let seconds = store.ask("select count(*) from turns where time >= '2026-11-20' and time < '2026-11-21'");
        assert_eq!(seconds, "3", "{name_of}");
        assert_ne!(store.ask("select count(*) from prices"), "0", "{name_of}");
    }
}

#[test]
fn again_changes_nothing_and_corrections_arrive() {
    for store in stores() {
        let home = home(3);
        let name = store.name();
        let count = || store.ask("select count(*), sum(tokens_output) from turns");
        store.load(&home, "here");
        assert_eq!(count(), "3|33", "{name}");
        store.load(&home, "here");
        assert_eq!(count(), "3|33", "{name}");
        // A later snapshot corrects a reply, and one is new.
        append(&home, &claude_reply(CLAUDE_SESSION, "msg_2", 100));
        append(&home, &claude_reply(CLAUDE_SESSION, "msg_9", 1));
        let printed = &home.rows(&["cost", "-o", "ndjson"])[0];
        store.load(&home, "here");
        let expected = format!("{}|{}", printed["turns"], printed["tokens"]["output"]);
        assert_eq!(count(), expected, "{name}");
        assert_eq!(
            whole(&store.ask("select max(tokens_output) from turns")),
            "100",
            "{name}"
        );
        // What the ledger no longer has, the store does not keep.
        home.stdout(&["ledger", "forget", "--session", CLAUDE_SESSION]);
        store.load(&home, "here");
        assert_eq!(store.ask("select count(*) from turns"), "0", "{name}");
    }
}

#[test]
fn a_turn_of_two_machines_counts_once_in_any_order() {
    for order in [["a", "b"], ["b", "a"]] {
        for store in stores() {
            let name = store.name();
            // The second machine has a copy of the session, and one of its own.
            let (first, second) = (home(2), home(2));
            let own = ".claude/projects/-home-dev-acme/22222222-0000-4000-8000-000000000002.jsonl";
            second.write(own, claude_reply(OTHER, "msg_own", 1000));
            let homes = [(&first, "a"), (&second, "b")];
            for host in order {
                let (home, _) = homes.iter().find(|(_, name)| *name == host).expect("a home");
                store.load(home, host);
            }
            assert_eq!(
                store.ask("select count(*), sum(tokens_output) from turns"),
                "3|1021",
                "{name}"
            );
            if matches!(name, "sqlite" | "duckdb" | "postgres") {
                let of_a = store.ask("select count(*) from turns where exported_by = 'a'");
                assert_eq!(of_a, "2", "{name}, {order:?}");
            }
        }
    }
}

#[test]
fn a_private_export_has_no_words_and_no_paths() {
    let home = home(1);
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().to_str().expect("a path");
    home.stdout(&["export", "csv", folder, "--host", "here", "--private"]);
    for entry in std::fs::read_dir(dir.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("text");
        for word in ["quoted", "/home/dev/acme", "msg_0"] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
    let file = std::fs::read_to_string(dir.path().join("turns-here.csv")).expect("a file");
    assert_eq!(file.lines().count(), 2);
}

#[test]
fn scripts_go_to_programs_and_not_to_a_terminal() {
    let home = home(1);
    let Some(script) = program("script") else { return };
    for target in ["postgres", "clickhouse", "focus"] {
        let ttop = assert_cmd::cargo::cargo_bin("ttop");
        let line = format!("'{}' export {target}", ttop.display());
        let mut command = Command::new(&script);
        command.args(["-qec", &line, "/dev/null"]).env("HOME", home.path());
        let output = command.output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("stdout is a terminal"), "{target}: {text}");
        assert_eq!(output.status.code(), Some(2), "{target}");
    }
}

#[test]
fn a_table_of_an_older_ttop_gains_the_newer_columns() {
    let home = home(1);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("usage.db");
    let connection = rusqlite::Connection::open(&path).expect("a database");
    connection
        .execute_batch("create table turns (host text, exported_by text, turn_id text not null, primary key (turn_id)) without rowid")
        .expect("a table");
    drop(connection);
    load_sqlite(&home, &path);
    let connection = rusqlite::Connection::open(&path).expect("a database");
    let output: i64 = connection
        .query_row("select tokens_output from turns", [], |row| row.get(0))
        .expect("a column");
    assert_eq!(output, 10);
}

fn load_sqlite(home: &Home, path: &Path) {
    home.stdout(&["export", "sqlite", path.to_str().expect("a path")]);
}
