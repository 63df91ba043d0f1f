//! What another user may not read or write: it is named, the rest is answered. Runs the binary under another uid.
#![cfg(unix)]

use crate::support::claude_code::claude_reply;
use crate::support::running::{Running, ttop};
use crate::support::{Home, skipped};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::Duration;

const NOBODY: u32 = 65534;

/// The binary where everybody can run it. `cp` copies it: a child of another test would inherit a copy that this process
/// holds open, and a program that is open for writing cannot be run.
static BINARY: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let tools = tempfile::tempdir().expect("a folder");
    mode(tools.path(), 0o755);
    let binary = tools.path().join("ttop");
    let copied = Command::new("cp")
        .args([&assert_cmd::cargo::cargo_bin("ttop"), &binary])
        .status();
    assert!(copied.is_ok_and(|status| status.success()), "no copy of the binary");
    (tools, binary)
});

/// A home of another user.
struct Nobody {
    home: Home,
    binary: &'static Path,
}

impl Nobody {
    /// `None` where this user cannot become another.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skipped("only root can run as another user");
            return None;
        }
        let home = Home::new();
        mode(home.path().parent().expect("a folder"), 0o755);
        let binary = &BINARY.1;
        Some(Self { home, binary })
    }

    fn write(&self, path: &str, session: &str, id: &str) {
        self.home.write(path, claude_reply(session, id, 10));
    }

    /// From now on another user owns everything in the home.
    fn give(&self) {
        give(&self.home.path());
    }

    fn command(&self, args: &[&str]) -> Command {
        let usual = ttop(&self.home, args);
        let mut command = Command::new(self.binary);
        command.args(args).env_clear().uid(NOBODY).gid(NOBODY).current_dir("/");
        for (name, value) in usual.get_envs() {
            value.map(|value| command.env(name, value));
        }
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, usize, String) {
        let output: Output = self.command(args).output().expect("runs");
        let rows = String::from_utf8_lossy(&output.stdout).lines().count();
        let said = String::from_utf8_lossy(&output.stderr);
        let lines = said.lines().filter(|line| !line.contains("TTOP_NOW"));
        (
            output.status.code(),
            rows,
            lines.map(|line| format!("{line}\n")).collect(),
        )
    }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("changed");
}

fn give(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).expect("given");
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a folder");
        entries.for_each(|entry| give(&entry.expect("an entry").path()));
    }
}

#[test]
fn what_may_not_be_read_is_named_and_the_rest_is_answered() {
    let Some(nobody) = Nobody::new() else { return };
    nobody.write(".claude/projects/-a/open.jsonl", "open", "msg_1");
    nobody.write(".claude/projects/-a/closed.jsonl", "closed", "msg_2");
    nobody.write(".claude/projects/-closed/b.jsonl", "b", "msg_3");
    nobody.home.copy("opencode/data/home", "");
    nobody.give();
    let closed = [
        ".claude/projects/-a/closed.jsonl",
        ".claude/projects/-closed",
        ".local/share/opencode/opencode.db",
    ];
    for path in closed {
        mode(&nobody.home.path().join(path), 0);
    }
    for _ in 0..2 {
        let (code, rows, said) = nobody.run(&["turns", "--agent", "claude-code", "--agent", "opencode"]);
        assert_eq!((code, rows), (Some(0), 1), "{said}");
        for path in closed {
            assert!(said.contains(path), "{path}: {said}");
        }
        assert_eq!(nobody.run(&["turns", "--strict"]).0, Some(1));
    }
    mode(&nobody.home.path().join(closed[0]), 0o600);
    assert_eq!(nobody.run(&["turns", "--agent", "claude-code"]).1, 2, "readable again");
}

#[test]
fn a_home_that_may_only_be_read_is_answered_from_with_its_history() {
    let Some(nobody) = Nobody::new() else { return };
    nobody.write(".claude/projects/-a/a.jsonl", "a", "msg_1");
    nobody.write(".claude/projects/-a/b.jsonl", "b", "msg_2");
    nobody.give();
    assert_eq!(nobody.run(&["turns"]), (Some(0), 2, String::new()));
    std::fs::remove_file(nobody.home.path().join(".claude/projects/-a/b.jsonl")).expect("removed");
    let own = nobody.home.path().join(".local/share/tokentop");
    let beside = || std::fs::read_dir(&own).expect("a folder").count();
    let before = beside();
    mode(&own.join("ledger.db"), 0o400);
    mode(&own, 0o500);
    let (code, rows, said) = nobody.run(&["turns"]);
    assert_eq!((code, rows), (Some(0), 2), "{said}");
    assert!(said.contains("history is not saved"), "{said}");
    assert_eq!(beside(), before, "nothing was made beside the ledger");
}

#[test]
fn a_home_that_was_never_writable_is_answered_from_and_watched() {
    let Some(nobody) = Nobody::new() else { return };
    nobody.write(".claude/projects/-a/a.jsonl", "a", "msg_1");
    nobody.give();
    // Its owner may not write either.
    mode(&nobody.home.path(), 0o555);
    let (code, rows, said) = nobody.run(&["turns"]);
    assert_eq!((code, rows), (Some(0), 1), "{said}");
    assert!(said.contains("history is not saved"), "{said}");
    let watch = Running::start(nobody.command(&["watch"]));
    watch.says("history is not saved");
    nobody.write(".claude/projects/-a/b.jsonl", "b", "msg_2");
    assert_eq!(watch.rows_up_to(10)[0]["sessionTokens"]["output"], 10);
    let said = watch.said(Duration::ZERO);
    assert_eq!(said.matches("history is not saved").count(), 1, "{said}");
}
