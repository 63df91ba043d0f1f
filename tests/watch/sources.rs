//! `ttop watch` while the files it follows appear, are half written, locked, replaced and deleted.

use crate::support::Home;
use crate::support::claude_code::claude_reply;
use crate::support::clock::eventually;
use crate::support::opencode_db::{Database, Reply};
use crate::support::opencode_home::{DATA, write_legacy};
use crate::support::running::{Running, by_turn, cold_turns, seconds, sum};
use crate::support::writer::Writer;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SESSION: &str = "ses_live";
const AT: i64 = 1_795_000_000_000;

fn path(home: &Home) -> PathBuf {
    home.path().join(DATA).join("opencode.db")
}

fn database(home: &Home) -> Database {
    let database = Database::create(&path(home));
    database.session(SESSION, AT);
    database
}

/// A database without a write-ahead log.
fn one_file(path: &Path) -> Database {
    let database = Database::create(path);
    let mode: String = database
        .connection
        .query_row("pragma journal_mode = delete", [], |row| row.get(0))
        .expect("a mode");
    assert_eq!(mode, "delete");
    database
}

/// Waits until a watch has read everything written before: it reports a reply written now, and nothing else.
fn looked(home: &Home, watch: &Running, name: &str) {
    home.write(
        &format!(".claude/projects/-mark/{name}.jsonl"),
        claude_reply(name, name, 1),
    );
    watch.rows_up_to(1);
}

fn reply(output: u64) -> Reply {
    Reply {
        output,
        ..Reply::at(AT + output as i64)
    }
}

#[test]
fn a_checkpoint_is_never_held_up() {
    let home = Home::new();
    drop(database(&home));
    let watch = Running::watch(&home, &["--for", "30s"]);
    let mut writer = Writer::start(&home);
    let other = Connection::open(path(&home)).expect("a database");
    // As OpenCode itself waits. The watch reads for moments only, so there is always one between two reads.
    other.busy_timeout(Duration::from_secs(5)).expect("a timeout");
    let checkpoint = || -> i64 {
        other
            .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))
            .expect("a row")
    };
    let (began, mut checkpoints) = (Instant::now(), 0);
    while began.elapsed() < seconds(3, 10) {
        assert_eq!(checkpoint(), 0, "after {checkpoints}");
        checkpoints += 1;
        std::thread::sleep(Duration::from_millis(checkpoints % 23));
    }
    writer.kill();
    let truth = cold_turns(&home);
    assert!(truth.len() > 20, "{} turns", truth.len());
    assert_eq!(by_turn(&watch.rows_up_to(sum(&truth))), by_turn(&truth));
    // What the writer left is moved, which the watch looks at once more, and within two seconds for the bars. Then nothing
    // happens any more, and the connection that is kept holds nothing: not even a moment is waited.
    assert_eq!(checkpoint(), 0);
    other.busy_timeout(Duration::ZERO).expect("no timeout");
    let mut free = 0;
    eventually("the watch holds nothing", || {
        free = if checkpoint() == 0 { free + 1 } else { 0 };
        free == 150
    });
}

#[test]
fn files_of_old_versions_are_told_as_they_come() {
    let home = Home::new();
    let watch = Running::watch(&home, &[]);
    write_legacy(&home, "ses_1", None, &[("msg_1", reply(1).json())]);
    watch.rows_up_to(1);
    // A message in a folder that is known, one in a new folder, and then a folder of it before its files.
    write_legacy(&home, "ses_1", None, &[("msg_2", reply(2).json())]);
    watch.rows_up_to(2);
    write_legacy(&home, "ses_2", Some("ses_1"), &[("msg_3", reply(4).json())]);
    watch.rows_up_to(4);
    let folder = home.path().join(DATA).join("storage/message/ses_3");
    std::fs::create_dir_all(&folder).expect("a folder");
    looked(&home, &watch, "ses_mark_1");
    // Half a file is none yet.
    let text = reply(8).json();
    std::fs::write(folder.join("msg_4.json"), &text[..text.len() / 2]).expect("written");
    write_legacy(&home, "ses_mark", None, &[("msg_mark", reply(32).json())]);
    watch.rows_up_to(32);
    std::fs::write(folder.join("msg_4.json"), &text).expect("written");
    watch.rows_up_to(8);
    // The reply goes on: the same file, larger numbers.
    std::fs::write(folder.join("msg_4.json"), reply(24).json()).expect("written");
    watch.rows_up_to(16);
    assert_eq!(sum(&home.rows(&["turns"])), 31 + 1 + 32);
}

#[test]
fn a_folder_that_was_empty_is_followed_too() {
    let home = Home::new();
    let folder = home.path().join(".claude/projects/-home-dev-acme");
    std::fs::create_dir_all(&folder).expect("a folder");
    home.write(".claude/projects/-other/a.jsonl", claude_reply("a", "msg_0", 1));
    let watch = Running::watch(&home, &[]);
    home.write(".claude/projects/-home-dev-acme/b.jsonl", claude_reply("b", "msg_1", 2));
    watch.rows_up_to(2);
    // Removed and made again: another folder of the same name.
    std::fs::remove_dir_all(&folder).expect("removed");
    home.write(".claude/projects/-home-dev-acme/c.jsonl", claude_reply("c", "msg_2", 4));
    watch.rows_up_to(4);
    home.write(".claude/projects/-home-dev-acme/d.jsonl", claude_reply("d", "msg_3", 8));
    watch.rows_up_to(8);
    // Made one after the other, with time between: each is seen before there is anything in it.
    let mut deep = home.path().join(".codex/sessions");
    for name in ["2026", "11", "20"] {
        deep = deep.join(name);
        std::fs::create_dir_all(&deep).expect("a folder");
        looked(&home, &watch, name);
    }
    let new = home.path().join(".claude/projects/-new");
    std::fs::create_dir_all(&new).expect("a folder");
    looked(&home, &watch, "new");
    home.write(".claude/projects/-new/e.jsonl", claude_reply("e", "msg_4", 16));
    watch.rows_up_to(16);
}

#[test]
fn an_agent_that_comes_goes_and_is_locked_out_is_followed_all_the_same() {
    let home = Home::new();
    home.write(".claude/projects/-x/a.jsonl", claude_reply("a", "msg_0", 3));
    let watch = Running::watch(&home, &[]);
    // There was no database, and no folder for it, when the watch began.
    let first = database(&home);
    first.reply("msg_1", SESSION, &reply(10));
    watch.rows_up_to(10);

    // Another one, without a write-ahead log: written, and at once locked by a transaction that then changes nothing.
    let aside = home.path().join("other.db");
    let second = one_file(&aside);
    second.session("ses_second", AT);
    second.reply("msg_a", "ses_second", &reply(7));
    std::fs::rename(&aside, path(&home).with_file_name("opencode-dev.db")).expect("moved");
    watch.rows_up_to(7);
    let second = Connection::open(path(&home).with_file_name("opencode-dev.db")).expect("a database");
    let second = Database { connection: second };
    second.reply("msg_b", "ses_second", &reply(20));
    second.connection.execute_batch("begin exclusive").expect("locked");
    home.write(".claude/projects/-x/b.jsonl", claude_reply("b", "msg_b", 5));
    let mut rows = Vec::new();
    eventually("others are told while one is locked", || {
        rows.extend(watch.rows(Duration::from_millis(20)));
        rows.iter().any(|row| row["sessionId"] == "b")
    });
    second.connection.execute_batch("rollback").expect("let go");
    rows.extend(watch.rows_up_to(25 - sum(&rows)));

    // Replaced by another file, as a restored backup is.
    drop(first);
    let aside = home.path().join("other.db");
    let other = Database::create(&aside);
    other.session(SESSION, AT);
    other.reply("msg_2", SESSION, &reply(20));
    other.reply("msg_3", SESSION, &reply(40));
    other
        .connection
        .execute_batch("pragma journal_mode = delete")
        .expect("one file");
    drop(other);
    std::fs::rename(&aside, path(&home)).expect("replaced");
    watch.rows_up_to(40);

    // Not a database for a while, then gone, then there again.
    std::fs::write(
        path(&home),
        "this is no database and longer than the header of one, or nearly so at any rate.......",
    )
    .expect("written");
    watch.says("opencode.db");
    std::fs::remove_file(path(&home)).expect("removed");
    looked(&home, &watch, "gone");
    let last = database(&home);
    last.reply("msg_3", SESSION, &reply(40));
    last.reply("msg_4", SESSION, &reply(80));
    watch.rows_up_to(80);

    std::fs::remove_dir_all(home.path().join(DATA)).expect("removed");
    drop(last);
    looked(&home, &watch, "folder-gone");
    let again = database(&home);
    again.reply("msg_5", SESSION, &reply(160));
    watch.rows_up_to(160);
    let said = watch.said(Duration::from_millis(100));
    let lines: Vec<&str> = said.lines().collect();
    let mut different = lines.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(lines.len(), different.len(), "each problem once: {said}");
    assert!(said.contains("opencode.db"), "{said}");
    // What was once counted stays, wherever it went.
    assert_eq!(sum(&home.rows(&["turns"])), 3 + 10 + 7 + 20 + 5 + 40 + 1 + 80 + 1 + 160);
}
