//! `ttop merge`: several machines, one total, in whatever order they meet.

use crate::support::Home;
use crate::support::claude_code::claude_reply;
use std::path::Path;

const SHARED: &str = "11111111-0000-4000-8000-000000000001";

fn transcript(session: &str) -> String {
    format!(".claude/projects/-home-dev-acme/{session}.jsonl")
}

/// Three machines: all have the shared session, as far as each copied it, and one of their own.
fn machines() -> [Home; 3] {
    [1, 2, 3].map(|at: u64| {
        let home = Home::new();
        let copied: String = (0..at)
            .map(|reply| claude_reply(SHARED, &format!("msg_{reply}"), 10 + reply))
            .collect();
        home.write(&transcript(SHARED), copied);
        let own = format!("{at}{at}{at}{at}{at}{at}{at}{at}-0000-4000-8000-00000000000{at}");
        home.write(
            &transcript(&own),
            claude_reply(&own, &format!("msg_own_{at}"), 100 * at),
        );
        home
    })
}

fn exchange(home: &Home, folder: &Path, name: &str) {
    let folder = folder.to_str().expect("a path");
    home.stdout(&["merge", "--folder", folder, "--name", name]);
}

fn total(home: &Home) -> (serde_json::Value, serde_json::Value, Vec<String>) {
    let row = home.rows(&["cost", "-o", "ndjson"]).remove(0);
    let mut turns: Vec<String> = home
        .rows(&["turns", "-o", "ndjson"])
        .iter()
        .map(|turn| format!("{} {} {}", turn["turnId"], turn["sessionId"], turn["tokens"]))
        .collect();
    turns.sort();
    (row["totalTokens"].clone(), row["cost"].clone(), turns)
}

#[test]
fn machines_agree_in_any_order_and_however_often() {
    let orders: [&[usize]; 3] = [&[0, 1, 2, 0, 1], &[2, 1, 0, 2, 1, 2], &[1, 0, 2, 2, 1, 0, 1]];
    let mut results = Vec::new();
    for order in orders {
        let machines = machines();
        let folder = tempfile::tempdir().expect("a folder");
        for &at in order {
            exchange(&machines[at], folder.path(), ["a", "b", "c"][at]);
        }
        // Whoever was first has not met the last yet.
        for (at, name) in ["a", "b", "c"].iter().enumerate() {
            exchange(&machines[at], folder.path(), name);
        }
        let totals: Vec<_> = machines.iter().map(total).collect();
        assert_eq!(totals[0], totals[1], "{order:?}");
        assert_eq!(totals[1], totals[2], "{order:?}");
        // Three replies of the shared session, and one of each machine.
        assert_eq!(totals[0].2.len(), 6);
        results.push(totals.into_iter().next().expect("three"));
    }
    assert!(results.iter().all(|result| result == &results[0]));
}

#[test]
fn a_ledger_that_did_not_change_is_neither_written_nor_read_again() {
    let machines = machines();
    let folder = tempfile::tempdir().expect("a folder");
    exchange(&machines[0], folder.path(), "a");
    let file = folder.path().join("a.ttop.ndjson");
    let written = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|meta| meta.modified())
            .expect("a file")
    };
    let before = written(&file);
    exchange(&machines[1], folder.path(), "b");
    exchange(&machines[0], folder.path(), "a");
    assert_eq!(before, written(&file));
    let output = machines[0]
        .ttop()
        .args([
            "merge",
            "--folder",
            folder.path().to_str().expect("a path"),
            "--name",
            "a",
        ])
        .output()
        .expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr).matches("turns").count(), 0);
    // Its own history, not that of the others: the files would grow with every exchange.
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(text.contains("msg_own_1") && !text.contains("msg_own_2"));
}

#[test]
fn a_damaged_file_of_one_machine_costs_the_others_nothing() {
    let machines = machines();
    let folder = tempfile::tempdir().expect("a folder");
    exchange(&machines[1], folder.path(), "b");
    std::fs::write(folder.path().join("broken.ttop.ndjson"), "no export\n").expect("written");
    std::fs::create_dir(folder.path().join("folder.ttop.ndjson")).expect("a folder");
    let output = machines[0]
        .ttop()
        .args([
            "merge",
            "--folder",
            folder.path().to_str().expect("a path"),
            "--name",
            "a",
        ])
        .output()
        .expect("runs");
    assert!(output.status.success());
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        complaints.contains("broken") && complaints.contains("folder"),
        "{complaints}"
    );
    let turns = machines[0].rows(&["turns", "-o", "ndjson"]);
    assert!(turns.iter().any(|turn| turn["messageId"] == "msg_own_2"));
}

#[cfg(unix)]
mod ssh {
    use super::{Home, claude_reply, exchange, machines, total, transcript};
    use std::os::unix::fs::PermissionsExt;

    /// A program in place of ssh, first on PATH.
    fn with_ssh(home: &Home, script: &str) -> assert_cmd::Command {
        let bin = home.path().join("bin");
        home.write("bin/ssh", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(bin.join("ssh"), std::fs::Permissions::from_mode(0o755)).expect("executable");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = home.ttop();
        command
            .env("PATH", format!("{}:{path}", bin.display()))
            .env_remove("TTOP_OFFLINE");
        command
    }

    #[test]
    fn the_ledger_of_another_machine_comes_over_ssh() {
        let [here, there, _] = machines();
        let ttop = assert_cmd::cargo::cargo_bin("ttop");
        // What ssh would run there.
        let script = format!(
            "while [ \"$1\" != -- ]; do shift; done; shift; echo \"$1\" > \"$HOME/asked\"; shift 2; \
             HOME='{}' exec '{}' \"$@\"",
            there.path().display(),
            ttop.display()
        );
        with_ssh(&here, &script)
            .args(["merge", "dev@there.example"])
            .assert()
            .success();
        let asked = std::fs::read_to_string(here.path().join("asked")).expect("asked");
        assert_eq!(asked.trim(), "dev@there.example");
        let folder = tempfile::tempdir().expect("a folder");
        let [same_here, same_there, _] = machines();
        exchange(&same_there, folder.path(), "there.example");
        exchange(&same_here, folder.path(), "here");
        assert_eq!(total(&here), total(&same_here));
        let imports = here.stdout(&["ledger", "export"]);
        assert!(imports.contains("msg_own_2"));
    }

    #[test]
    fn a_time_limits_what_is_fetched_and_keeps_what_is_known() {
        let [here, there, _] = machines();
        let old = "99999999-0000-4000-8000-000000000009";
        let reply = claude_reply(old, "msg_old", 5).replace("2026-11-20", "2026-10-01");
        assert!(reply.contains("2026-10-01"));
        there.write(&transcript(old), reply);
        let since = |time: &str| there.stdout(&["ledger", "export", "--own", "--since", time]);
        let whole = there.stdout(&["ledger", "export", "--own"]);
        assert_eq!(since("2026-09-01"), whole);
        assert!(!since("2026-11-01").contains("msg_old") && since("2026-11-01").contains("msg_own_2"));
        assert_eq!(since("2026-12-01"), "");
        let ttop = assert_cmd::cargo::cargo_bin("ttop");
        let script = format!(
            "while [ \"$1\" != -- ]; do shift; done; shift 3; echo \"$@\" > \"$HOME/asked\"; HOME='{}' exec '{}' \"$@\"",
            there.path().display(),
            ttop.display()
        );
        let merge = |since: &[&str]| {
            let mut command = with_ssh(&here, &script);
            command.args([&["merge", "there"], since].concat()).assert().success();
            let asked = std::fs::read_to_string(here.path().join("asked")).expect("asked");
            (asked.trim().to_owned(), here.stdout(&["ledger", "export"]))
        };
        let (asked, first) = merge(&["--since", "2026-11-01"]);
        assert_eq!(asked, "ledger export --own --since=2026-11-01T00:00:00.000Z");
        assert!(!first.contains("msg_old") && first.contains("msg_own_2"));
        let (asked, all) = merge(&[]);
        assert_eq!(asked, "ledger export --own");
        assert!(all.contains("msg_old"));
        let (_, again) = merge(&["--since", "2026-12-01"]);
        assert_eq!(again, all, "what was merged before stays");
    }

    #[test]
    fn an_answer_that_breaks_off_replaces_nothing() {
        let [here, there, _] = machines();
        let whole = there.stdout(&["ledger", "export", "--own"]);
        let file = here.path().join("whole");
        std::fs::write(&file, &whole).expect("written");
        with_ssh(&here, &format!("cat '{}'", file.display()))
            .args(["merge", "there"])
            .assert()
            .success();
        let before = total(&here);
        let first = whole.lines().next().expect("a line").len() + 1;
        let script = format!(
            "head -c {first} '{}'; echo 'connection reset' >&2; exit 255",
            file.display()
        );
        let output = with_ssh(&here, &script)
            .args(["merge", "there"])
            .output()
            .expect("runs");
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("connection reset"));
        assert_eq!(before, total(&here));
    }

    #[test]
    fn a_name_that_is_a_flag_never_reaches_ssh() {
        let [here, ..] = machines();
        for name in ["-oProxyCommand=touch x", "a b", ""] {
            let output = with_ssh(&here, "touch \"$HOME/ran\"")
                .args(["merge", "--", name])
                .output()
                .expect("runs");
            assert_ne!(output.status.code(), Some(0), "{name}");
            assert!(!here.path().join("ran").exists(), "{name}");
        }
    }
}
