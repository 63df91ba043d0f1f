//! Full disks: ttop answers what it can, reports what it cannot keep or write, and is right again on the next run.
#![cfg(target_os = "linux")]

use crate::support::claude_code::{CLAUDE_SESSION, claude_reply};
use crate::support::running::{Running, by_turn, cold_turns, first_look, ttop};
use crate::support::{self, Home, skipped};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn full() -> std::fs::File {
    std::fs::File::options().write(true).open("/dev/full").expect("opens")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn append(home: &Home, id: &str) {
    let path = home.path().join(".claude/projects/-x/a.jsonl");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let mut text = std::fs::read_to_string(&path).unwrap_or_default();
    text += &claude_reply(CLAUDE_SESSION, id, 10);
    std::fs::write(path, text).expect("written");
}

#[test]
fn no_format_is_silent_about_a_full_stdout() {
    let home = Home::of("opencode/data/home");
    let formats = ["table", "ndjson", "json", "csv", "tsv", "md", "ccusage"].map(|format| vec!["-o", format]);
    for words in formats.into_iter().chain([vec!["--jq", ".turns"]]) {
        let mut command = ttop(&home, &[&["cost"], &words[..]].concat());
        let output = command.stdout(full()).output().expect("runs");
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(
            said(&output).contains("could not write to stdout"),
            "{words:?}: {}",
            said(&output)
        );
    }
}

#[test]
fn a_watch_ends_when_its_output_is_full() {
    let home = Home::new();
    append(&home, "msg_0");
    let mut command = ttop(&home, &["watch"]);
    let mut child = first_look(&home, || command.stdout(full()).spawn().expect("started"));
    append(&home, "msg_1");
    assert_eq!(support::running::ended(&mut child).code(), Some(1));
    assert!(said(&child.wait_with_output().expect("output")).contains("could not write to stdout"));
}

/// The command where no file may grow beyond so many blocks of 512 bytes.
fn limited(home: &Home, blocks: u64, args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    let script = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
    command
        .args(["-c", &script])
        .arg(assert_cmd::cargo::cargo_bin("ttop"))
        .args(args);
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TTOP_OFFLINE", "1")
        .env("TZ", "UTC");
    command.output().expect("runs")
}

fn rows(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn where_the_ledger_may_not_grow_it_is_said_and_the_answer_is_right() {
    // Nothing fits; the file or its log fits in part.
    for blocks in [0, 8, 48, 130] {
        let home = Home::of("opencode/data/home");
        append(&home, "msg_0");
        let output = limited(&home, blocks, &["turns"]);
        assert_eq!(output.status.code(), Some(0), "{blocks}: {}", said(&output));
        assert!(
            said(&output).contains("history is not saved"),
            "{blocks}: {}",
            said(&output)
        );
        assert_eq!(by_turn(&rows(&output)), by_turn(&cold_turns(&home)), "{blocks}");
        assert_eq!(limited(&home, blocks, &["turns", "--strict"]).status.code(), Some(1));
        assert_eq!(limited(&home, blocks, &["sync"]).status.code(), Some(1));

        let before = by_turn(&home.rows(&["turns"]));
        assert_eq!(before, by_turn(&cold_turns(&home)), "{blocks}: there is room again");
        // Only the ledger knows this session now.
        std::fs::remove_file(home.path().join(".claude/projects/-x/a.jsonl")).expect("removed");
        append(&home, "msg_1");
        let output = limited(&home, blocks, &["turns"]);
        assert_eq!(output.status.code(), Some(0), "{blocks}: {}", said(&output));
        assert_eq!(rows(&output).len(), before.len() + 1, "{blocks}: {}", said(&output));
        assert_eq!(
            home.rows(&["turns"]).len(),
            before.len() + 1,
            "{blocks}: there is room again"
        );
    }
}

/// A file system of its own; unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None` where nothing may be mounted.
    fn mount(at: &Path, kib: u64) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a folder");
        let mut command = Command::new("mount");
        command
            .args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"])
            .arg(at);
        let is_mounted = command.output().is_ok_and(|output| output.status.success());
        if !is_mounted {
            skipped("nothing may be mounted here");
        }
        is_mounted.then(|| Self(at.to_path_buf()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        assert!(
            unmounted.is_ok_and(|status| status.success()),
            "still mounted: {}",
            self.0.display()
        );
    }
}

#[test]
fn a_disk_that_is_full_takes_nothing_away() {
    let home = Home::of("opencode/data/home");
    let folder = home.path().join(".local/share/tokentop");
    let Some(_disk) = Disk::mount(&folder, 1024) else {
        return;
    };
    let fill = |kib: usize| {
        // As much as goes in.
        let _ = std::fs::write(folder.join("filler"), vec![1; kib * 1024]);
    };
    append(&home, "msg_0");
    for (at, room_kib) in [0, 40, 0, 90].into_iter().enumerate() {
        fill(4096);
        if room_kib > 0 {
            let size = std::fs::metadata(folder.join("filler")).expect("a file").len();
            let file = std::fs::File::options()
                .write(true)
                .open(folder.join("filler"))
                .expect("opens");
            file.set_len(size - room_kib * 1024).expect("cut");
        }
        append(&home, &format!("msg_full_{at}"));
        let output = ttop(&home, &["turns"]).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(
            by_turn(&rows(&output)),
            by_turn(&cold_turns(&home)),
            "{}",
            said(&output)
        );
        if room_kib == 0 {
            assert!(said(&output).contains("history is not saved"), "{}", said(&output));
        }
        std::fs::remove_file(folder.join("filler")).expect("removed");
        let output = ttop(&home, &["turns", "--strict"]).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(by_turn(&rows(&output)), by_turn(&cold_turns(&home)));
    }
    // A watch cannot go on without keeping its rows: it reports that and ends.
    let mut watch = Running::watch(&home, &[]);
    fill(4096);
    append(&home, "msg_last");
    let status = watch.ended();
    let said = watch.said(std::time::Duration::from_secs(5));
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("history cannot be saved"), "{said}");
}
