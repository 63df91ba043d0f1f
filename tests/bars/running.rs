//! Bars while agents run: states, the drop-down, and what "session" means to the GNOME extension.
#![cfg(target_os = "linux")]

use super::{at_wall, shown, wall};
use crate::support::Home;
use crate::support::fake_agents::Process;
use crate::support::opencode_db::Reply;
use crate::support::opencode_home::database;
use serde_json::Value;
use std::sync::{Mutex, MutexGuard};

const MINUTE: i64 = 60_000;

/// Every process of the machine is seen: these tests take turns.
static ALONE: Mutex<()> = Mutex::new(());

pub fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A home with a session of this title that an OpenCode process shows, by its flag.
fn running(title: &str) -> (Home, Process) {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_bar1", wall() - 60 * MINUTE);
    let titled = database.connection.execute("update session set title = ?1", [title]);
    titled.expect("titled");
    database.reply("msg_bar1", "ses_bar1", &Reply::at(wall() - 30 * MINUTE));
    let folder = home.path().join("work");
    let process = Process::start("opencode", &folder, &["--session", "ses_bar1"]);
    (home, process)
}

fn sync(home: &Home) {
    assert!(at_wall(home, &["sync"]).status().expect("runs").success());
}

/// The agents of this home: tests beside this one run some too.
fn own(home: &Home, pid: u32) -> Value {
    let line = shown(&mut at_wall(home, &["bar-status", "json", "--no-sync"]));
    let bar: Value = serde_json::from_str(&line).expect("JSON");
    let agents = bar["agents"].as_array().expect("agents");
    agents
        .iter()
        .find(|agent| agent["pid"] == pid)
        .cloned()
        .unwrap_or_default()
}

#[test]
fn who_runs_is_in_the_bar_and_in_its_drop_down() {
    let _alone = alone();
    let (home, process) = running("a | b\u{1b}[31m --- #{x}");
    sync(&home);
    let agent = own(&home, process.pid());
    assert_eq!(agent["sessionId"], "ses_bar1");
    assert_eq!(agent["status"], "idle");
    let menu = shown(&mut at_wall(&home, &["bar-status", "swiftbar", "--no-sync"]));
    let entry = menu.lines().find(|line| line.contains("#{x}")).expect("an entry");
    assert!(
        entry.starts_with("\u{2003}a ¦ b[31m --- #{x} · claude-sonnet-4-5 · "),
        "{entry}"
    );
    let plain = shown(&mut at_wall(
        &home,
        &["bar-status", "--no-sync", "--segments", "status"],
    ));
    assert!(plain.contains('I'), "{plain}");
    drop(process);
    sync(&home);
    let menu = shown(&mut at_wall(&home, &["bar-status", "swiftbar", "--no-sync"]));
    assert!(!menu.contains("#{x}"), "{menu}");
}

#[test]
fn the_session_of_the_extension_is_since_opencode_was_started() {
    let _alone = alone();
    let (home, process) = running("x");
    let stats = |home: &Home| -> Value {
        serde_json::from_str(&shown(&mut at_wall(home, &["bar-status", "gnome"]))).expect("JSON")
    };
    let before = stats(&home);
    let started = before["session"]["startTime"].as_i64().expect("a time");
    assert_eq!(
        before["session"]["totalTokens"], 0,
        "the reply is from before it started: {before}"
    );
    assert_eq!(before["total"]["totalTokens"], 110);
    let database = crate::support::opencode_db::Database {
        connection: rusqlite::Connection::open(home.path().join(".local/share/opencode/opencode.db")).expect("opens"),
    };
    database.reply("msg_bar2", "ses_bar1", &Reply::at(wall() + 1000));
    let after = stats(&home);
    assert_eq!(after["session"]["totalTokens"], 110, "{after}");
    assert_eq!(after["session"]["startTime"], started);
    drop(process);
    let ended = stats(&home);
    assert_eq!(
        ended["session"]["startTime"], started,
        "none runs: since the last one did"
    );
    assert_eq!(ended["session"]["totalTokens"], 110);
}
