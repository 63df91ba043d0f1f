//! kill -9 at any moment, of ttop and of the agents that write: nothing is lost and nothing counts twice.

use crate::support::Home;
use crate::support::claude_code::claude_reply;
use crate::support::running::{Running, by_turn, cold_turns, seconds, ttop};
use crate::support::writer::Writer;
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Any time up to this one; nothing here depends on which.
fn random(most: Duration) -> Duration {
    let chosen = RandomState::new().hash_one(Instant::now()) % most.as_micros().max(1) as u64;
    Duration::from_micros(chosen)
}

#[test]
fn runs_that_are_killed_leave_a_ledger_like_a_fresh_one() {
    let home = Home::new();
    let mut writer = Writer::start(&home);
    let began = Instant::now();
    ttop(&home, &["cost", "-q"])
        .env("TTOP_LEDGER", ":memory:")
        .output()
        .expect("runs");
    // Killed before, while and after it writes, on a fast machine and on a slow one.
    let most = began.elapsed() * 3 / 2;
    let (began, mut rounds) = (Instant::now(), 0);
    while began.elapsed() < seconds(4, 20) {
        let command = [&["sync"][..], &["cost", "--by", "day"], &["turns", "-q"]][rounds % 3];
        let mut running = Running::start(ttop(&home, command));
        std::thread::sleep(random(most));
        running.kill();
        if rounds % 9 == 8 {
            writer.kill();
            writer = Writer::start(&home);
        }
        rounds += 1;
    }
    writer.kill();
    let cold = by_turn(&cold_turns(&home));
    assert!(cold.len() > 20, "{} turns", cold.len());
    assert_eq!(by_turn(&home.rows(&["turns"])), cold);
    assert_eq!(
        by_turn(&home.rows(&["turns"])),
        cold,
        "once more, from the ledger alone"
    );
    let check: String = ledger(&home)
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(check, "ok");
}

#[test]
fn a_watch_that_is_killed_goes_on_after_its_last_line() {
    let home = Home::new();
    home.write(".claude/projects/-old/old.jsonl", claude_reply("old", "old", 7));
    // The first ledger takes in everything; the watch reports what comes after.
    home.stdout(&["sync"]);
    let mut writer = Writer::start(&home);
    let id: String = ledger(&home)
        .query_row("select value from meta where key = 'id'", [], |row| row.get(0))
        .expect("an id");
    let mut since = format!("{id}.0");
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    let (began, mut rounds) = (Instant::now(), 0);
    while began.elapsed() < seconds(5, 20) {
        let mut running = Running::start(ttop(&home, &["watch", "--since", &since]));
        std::thread::sleep(Duration::from_millis(30) + random(Duration::from_millis(700)));
        running.kill();
        take(&mut told, &mut since, running.rows(Duration::from_secs(5)));
        if rounds % 4 == 3 {
            writer.kill();
            writer = Writer::start(&home);
        }
        rounds += 1;
    }
    writer.kill();
    let rest = home.rows(&["watch", "--once", "--since", &since]);
    take(&mut told, &mut since, rest);
    let mut grown = by_turn(&told.into_values().collect::<Vec<_>>());
    assert!(grown.len() > 20, "{} turns in {rounds} rounds", grown.len());
    grown.extend(by_turn(&home.rows(&["turns", "--session", "old"])));
    assert_eq!(grown, by_turn(&cold_turns(&home)));
}

/// Takes in lines: repeated ones equal the first.
fn take(told: &mut BTreeMap<String, Value>, since: &mut String, rows: Vec<Value>) {
    for row in rows {
        let id = row["eventId"].as_str().expect("an id").to_owned();
        since.clone_from(&id);
        if let Some(before) = told.insert(id, row.clone()) {
            assert_eq!(before["tokens"], row["tokens"]);
        }
    }
}

fn ledger(home: &Home) -> rusqlite::Connection {
    rusqlite::Connection::open(home.path().join(".local/share/tokentop/ledger.db")).expect("a ledger")
}
