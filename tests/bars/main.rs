//! `ttop bar-status`: what it shows, how it stays new, and that it always shows something.
#![cfg(unix)]

mod claude;
mod gnome;
mod programs;
mod running;
mod styles;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::Home;
use support::clock::eventually;
use support::opencode_db::{Database, Reply};
use support::opencode_home::database;

/// 2026-11-20 18:00 UTC, the clock of these homes.
const NOW: i64 = 1_795_197_600_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A home with an OpenCode session of this title: 50 cents ten minutes ago, 25 cents yesterday.
fn home(title: &str) -> (Home, Database) {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_bar1", NOW - 2 * DAY);
    database
        .connection
        .execute("update session set title = ?1", [title])
        .expect("titled");
    let yesterday = Reply {
        cost: 0.25,
        ..Reply::at(NOW - DAY)
    };
    database.reply("msg_bar1", "ses_bar1", &yesterday);
    database.reply("msg_bar2", "ses_bar1", &Reply::at(NOW - 10 * MINUTE));
    (home, database)
}

/// The same, synced.
fn synced(title: &str) -> Home {
    let (home, _) = home(title);
    home.stdout(&["sync"]);
    home
}

fn bar(home: &Home, words: &[&str]) -> String {
    home.stdout(&[&["bar-status"], words, &["--no-sync"]].concat())
}

fn json(home: &Home, words: &[&str]) -> Value {
    serde_json::from_str(&bar(home, &[&["json"], words].concat())).expect("JSON")
}

#[test]
fn segments_are_shown_in_the_order_asked_for() {
    #[cfg(target_os = "linux")]
    let _alone = running::alone();
    let home = synced("Fix the parser");
    assert_eq!(bar(&home, &["--segments", "today"]), "$0.5000 today\n");
    assert_eq!(
        bar(&home, &["--segments", "session,month,model"]),
        "▸ Fix the parser $0.7500 · $0.7500 month · claude-sonnet-4-5\n"
    );
    // Nothing runs, no plan is known, no budget is set.
    assert_eq!(bar(&home, &["--segments", "waiting,limit,budget,status"]), "-\n");
    assert_eq!(
        bar(&home, &["--template", "{today.cost} of {week.cost}, {session.name}"]),
        "$0.5000 of $0.7500, Fix the parser\n"
    );
    assert_eq!(
        bar(&home, &["--segments", "session", "--max-width", "12"]),
        "▸ Fix the p…\n"
    );
    assert_eq!(
        bar(&home, &["--segments", "burn"]),
        "7/min $2.00/h ▁▁▁▁▁▁▁▁▁█▁▁\n",
        "110 tokens and 50 cents in a quarter of an hour"
    );
}

#[test]
fn money_carries_the_mark_of_how_it_is_known() {
    let (home, database) = home("x");
    let unpriced = Reply {
        provider: "nobody",
        model: "no-such-model",
        cost: 0.0,
        ..Reply::at(NOW - MINUTE)
    };
    database.reply("msg_bar3", "ses_bar1", &unpriced);
    home.stdout(&["sync"]);
    assert_eq!(bar(&home, &["--segments", "today"]), "≥$0.5000 today\n");
    assert_eq!(
        bar(&home, &["--segments", "today", "--icons", "ascii"]),
        ">=$0.5000 today\n"
    );
}

#[test]
fn levels_follow_budgets() {
    let home = synced("x");
    for (budget, level) in [("1", "ok"), ("0.6", "warn"), ("0.51", "crit"), ("0.4", "crit")] {
        home.stdout(&["config", "set", "budgets.daily", budget]);
        home.stdout(&["sync"]);
        assert_eq!(json(&home, &["--segments", "today"])["level"], level, "{budget}");
    }
    assert_eq!(bar(&home, &["--segments", "budget"]), "● daily 125%\n");
}

#[test]
fn reports_leave_their_sums_too() {
    let (home, _) = home("x");
    assert_eq!(
        bar(&home, &["--segments", "today"]),
        "— today\n",
        "nothing is known yet"
    );
    home.stdout(&["cost"]);
    assert_eq!(bar(&home, &["--segments", "today"]), "$0.5000 today\n");
}

#[test]
fn what_is_over_is_unknown_until_the_next_sync() {
    let home = synced("x").at("2026-11-21T00:00:01Z");
    assert!(bar(&home, &["--segments", "today"]).starts_with("— today"));
    assert!(json(&home, &[])["today"].is_null());
    home.stdout(&["sync"]);
    assert_eq!(bar(&home, &["--segments", "today"]), "$0 today\n");
}

#[test]
fn numbers_that_nothing_makes_newer_say_how_old_they_are() {
    let home = synced("x").at("2026-11-20T18:03:00Z");
    assert_eq!(bar(&home, &["--segments", "today"]), "$0.5000 today (3min old)\n");
    let waybar: Value = serde_json::from_str(&bar(&home, &["waybar", "--segments", "today"])).expect("JSON");
    assert_eq!(waybar["class"], serde_json::json!(["ok", "stale"]));
    assert_eq!(json(&home, &[])["staleMs"], 180_000);
}

#[test]
fn it_always_prints_and_exits_0() {
    let home = Home::new();
    let run = |words: &[&str]| {
        let output = home.ttop().arg("bar-status").args(words).output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        (text(&output.stdout), text(&output.stderr))
    };
    for words in [
        &["--nope"][..],
        &["nostyle"],
        &["--segments", "today,nothing"],
        &["--template", "{today.dollars}"],
        &["--max-width", "wide"],
        &["tmux", "--write"],
    ] {
        let (stdout, stderr) = run(words);
        assert_eq!(stdout, "ttop?\n", "{words:?}");
        assert!(stderr.contains("ttop: error: "), "{stderr}");
    }
    let (stdout, stderr) = run(&["-p", "8390", "--no-sync", "--format", "plain"]);
    assert_eq!(stdout, "— today\n");
    assert!(stderr.contains("bar-status needs no server"), "{stderr}");
    home.write(".config/tokentop/config.json", "{\"budgets\": 5}");
    let (stdout, stderr) = run(&["--no-sync"]);
    assert_eq!(stdout, "— today\n");
    assert!(stderr.contains("budgets must be an object"), "{stderr}");
    home.write(".local/share/tokentop/ledger.db", "no database");
    let (stdout, stderr) = run(&[]);
    assert_eq!(stdout, "ledger?\n");
    assert!(stderr.contains("ttop ledger rebuild"), "{stderr}");
}

#[test]
fn it_prints_whatever_else_is_wrong() {
    let home = synced("x");
    let told = |command: &mut assert_cmd::Command| {
        let output = command.output().expect("runs");
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(told(home.ttop().args(["--tz", "Nowhere/X", "bar-status"])), "ttop?\n");
    assert_eq!(told(home.ttop().args(["--since", "today", "bar-status"])), "ttop?\n");
    assert_eq!(told(home.ttop().env("TTOP_NOW", "soon").arg("bar-status")), "ttop?\n");
    assert_eq!(
        told(
            home.ttop()
                .args(["-q", "bar-status", "--no-sync", "--segments", "today"])
        ),
        "$0.5000 today\n"
    );
}

#[test]
fn what_is_not_known_is_null_and_no_zero() {
    let home = Home::new();
    let never = json(&home, &[]);
    for key in ["today", "burn", "status", "staleMs", "session"] {
        assert!(never[key].is_null(), "{key}: {never}");
    }
    assert_eq!(
        bar(&home, &["--template", "{burn.tokens} {status.idle} {age}"]),
        "— — —\n"
    );
}

#[test]
fn numbers_of_another_clock_zone_or_price_rule_are_not_shown() {
    let home = synced("x").at("2027-03-01T12:00:00Z");
    home.stdout(&["sync"]);
    let (home, now) = (home, "2026-11-20T18:00:00Z");
    let home = home.at(now);
    assert_eq!(
        bar(&home, &["--segments", "today"]),
        "— today\n",
        "a clock was put back"
    );
    home.stdout(&["sync"]);
    assert_eq!(bar(&home, &["--segments", "today"]), "$0.5000 today\n");
    // What one run was asked to show is not what bars show.
    let database = Database {
        connection: rusqlite::Connection::open(home.path().join(".local/share/opencode/opencode.db")).expect("opens"),
    };
    database.reply("msg_bar9", "ses_bar1", &Reply::at(NOW - MINUTE));
    home.stdout(&["--cost-from", "list", "cost"]);
    assert_eq!(bar(&home, &["--segments", "today"]), "$1.00 today\n");
    database.reply("msg_bar10", "ses_bar1", &Reply::at(NOW - MINUTE));
    home.stdout(&["--tz", "Pacific/Kiritimati", "cost"]);
    assert_eq!(bar(&home, &["--segments", "today"]), "$1.00 today\n");
    assert_eq!(
        bar(&home, &["--tz", "Pacific/Kiritimati", "--segments", "today"]),
        "— today\n"
    );
}

/// With the clock of its home, which ticks: a sync in the background has it too.
fn live(home: &Home, words: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("ttop"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TTOP_OFFLINE", "1")
        .env("TTOP_NOW", home.clock.setting())
        .args(words)
        .stdin(Stdio::null());
    command
}

/// With the wall clock, which other programs and `/proc` share.
fn at_wall(home: &Home, words: &[&str]) -> Command {
    let mut command = live(home, words);
    command.env_remove("TTOP_NOW");
    command
}

fn wall() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn shown(command: &mut Command) -> String {
    let output = command.output().expect("runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn one_quiet_sync_in_the_background_makes_the_next_call_new() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_bar1", home.clock.now() - MINUTE);
    database.reply("msg_bar1", "ses_bar1", &Reply::at(home.clock.now() - 2_000));
    let words = ["bar-status", "--segments", "week"];
    // Many bars at once: whoever is second does not wait, and starts nothing.
    let bars: Vec<_> = (0..20)
        .map(|_| live(&home, &words).stdout(Stdio::piped()).spawn().expect("starts"))
        .collect();
    for bar in bars {
        let output = bar.wait_with_output().expect("ends");
        assert!(output.status.success());
        assert!(!output.stdout.is_empty());
    }
    let claim = home.path().join(".cache/tokentop/sync/claim.lock");
    let first = std::fs::read_to_string(&claim).expect("a sync was started");
    eventually("the sync leaves a snapshot", || {
        shown(&mut live(&home, &[&words[..], &["--no-sync"]].concat())) == "$0.5000 week\n"
    });
    // The snapshot is new: nothing is started.
    shown(&mut live(&home, &words));
    assert_eq!(std::fs::read_to_string(&claim).expect("there"), first);
    home.clock.skip(Duration::from_millis(2_100));
    database.reply("msg_bar2", "ses_bar1", &Reply::at(home.clock.now()));
    shown(&mut live(&home, &[&words[..], &["--no-sync"]].concat()));
    assert_eq!(
        std::fs::read_to_string(&claim).expect("there"),
        first,
        "--no-sync starts none"
    );
    assert_eq!(
        shown(&mut live(&home, &words)),
        "$0.5000 week\n",
        "what is there is shown at once"
    );
    assert_ne!(std::fs::read_to_string(&claim).expect("there"), first);
    eventually("the next one shows it", || {
        shown(&mut live(&home, &words)) == "$1.00 week\n"
    });
}

#[test]
fn a_sync_that_fails_shows_how_old_the_numbers_are() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_bar1", home.clock.now() - MINUTE);
    database.reply("msg_bar1", "ses_bar1", &Reply::at(home.clock.now() - 2_000));
    assert!(live(&home, &["sync"]).status().expect("runs").success());
    let snapshot = home.path().join(".local/share/tokentop/ledger.db.bar");
    let before = std::fs::read(&snapshot).expect("a snapshot");
    let words = ["bar-status", "--segments", "week"];
    home.clock.skip(Duration::from_millis(2_100));
    assert_eq!(
        shown(&mut live(&home, &words)),
        "$0.5000 week\n",
        "a sync is on its way"
    );
    eventually("the sync ends", || std::fs::read(&snapshot).expect("there") != before);
    // As if it had left none.
    std::fs::write(&snapshot, &before).expect("written");
    home.clock.skip(Duration::from_millis(2_100));
    let second = shown(&mut live(&home, &words));
    assert!(
        second.starts_with("$0.5000 week (") && second.contains("old"),
        "{second}"
    );
}

#[test]
fn follow_prints_a_line_when_something_changes_and_ends_with_its_reader() {
    use std::io::{BufRead, BufReader};
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_bar1", home.clock.now() - MINUTE);
    database.reply("msg_bar1", "ses_bar1", &Reply::at(home.clock.now() - 2_000));
    let mut follower = live(&home, &["bar-status", "--follow", "--segments", "week"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(follower.stdout.take().expect("stdout")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    assert_eq!(next(), "$0.5000 week");
    database.reply("msg_bar2", "ses_bar1", &Reply::at(home.clock.now()));
    assert_eq!(next(), "$1.00 week");
    // Bars beside it need no sync of their own.
    assert_eq!(
        shown(&mut live(&home, &["bar-status", "--no-sync", "--segments", "week"])),
        "$1.00 week\n"
    );
    drop(lines);
    eventually("it ends when nobody reads", || {
        follower.try_wait().expect("asked").is_some()
    });
}

#[test]
fn a_watch_leaves_snapshots_too() {
    let (home, _) = home("x");
    home.stdout(&["watch", "--once"]);
    assert_eq!(bar(&home, &["--segments", "today"]), "$0.5000 today\n");
}

#[test]
fn doctor_finds_the_folder_that_swiftbar_makes_of_an_empty_script() {
    let home = Home::new();
    assert!(!home.stdout(&["doctor"]).contains("swiftbar"));
    let plugins = "Library/Application Support/SwiftBar/Plugins";
    home.write(&format!("{plugins}/ttop.30s.sh"), "#!/bin/sh");
    let row = |home: &Home| {
        let rows = home.rows(&["doctor", "--jq", "select(.subject == \"swiftbar\")"]);
        (rows[0]["state"].clone(), rows[0]["problems"].to_string())
    };
    assert_eq!(row(&home), ("ok".into(), "[]".into()));
    home.write(&format!("{plugins}/ttop.5s.sh/x"), "");
    let (state, problems) = row(&home);
    assert_eq!(state, "problem");
    assert!(
        problems.contains("ttop.5s.sh") && problems.contains("rm -r"),
        "{problems}"
    );
}

#[test]
fn the_sample_home_is_drawn_the_same_every_time() {
    let home = Home::new();
    let names: Vec<String> = {
        let help = home.stdout(&["bar-status", "--help"]);
        let styles = help.lines().filter_map(|line| line.trim().strip_prefix("- "));
        styles
            .filter_map(|line| line.split(':').next())
            .map(str::to_owned)
            .collect()
    };
    assert!(names.iter().any(|name| name == "i3status-rs"), "{names:?}");
    for style in ["plain", "tmux", "swiftbar", "waybar", "gnome", "json"] {
        let drawn = home.stdout(&["--demo", "bar-status", style]);
        assert_eq!(drawn, home.stdout(&["--demo", "bar-status", style]));
        assert!(!drawn.contains(env!("CARGO_MANIFEST_DIR")), "{drawn}");
    }
    let stats: Value = serde_json::from_str(&home.stdout(&["--demo", "bar-status", "gnome"])).expect("JSON");
    let rows = home.rows(&["--demo", "cost", "--by", "total", "--agent", "opencode"]);
    assert_eq!(stats["total"]["totalTokens"], rows[0]["totalTokens"], "{stats}");
    let today = home.rows(&[
        "--demo", "cost", "--by", "model", "--agent", "opencode", "--since", "today",
    ]);
    let models = stats["daily"]["tokensByModel"].as_object().expect("models");
    assert_eq!(models.len(), today.len(), "{stats}");
    for row in &today {
        assert_eq!(models[row["modelId"].as_str().expect("a model")], row["totalTokens"]);
    }
}
