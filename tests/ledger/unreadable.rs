//! An unusable ledger: every run reports it, answers from disk, and names below its tables what is missing.

use crate::support::Home;
use std::path::PathBuf;

type Damage = fn(&mut Vec<u8>);

/// Ways to spoil a ledger, and the warning of each.
const DAMAGES: &[(&str, Damage, &str)] = &[
    (
        "newer",
        |bytes| bytes[60..64].copy_from_slice(&99u32.to_be_bytes()),
        "newer ttop",
    ),
    ("zeroed", |bytes| bytes.fill(0), "ledger rebuild"),
    ("no header", |bytes| bytes[..100].fill(0xa5), "ledger rebuild"),
    ("cut within a page", |bytes| bytes.truncate(20_000), "ledger rebuild"),
    ("cut after a page", |bytes| bytes.truncate(16_384), "ledger rebuild"),
    ("cut within the header", |bytes| bytes.truncate(50), "ledger rebuild"),
    ("pages", |bytes| bytes[16_384..].fill(0x5a), "ledger rebuild"),
];

fn begun() -> (Home, PathBuf, Vec<u8>) {
    let home = Home::of("opencode/data/home");
    home.stdout(&["sync"]);
    let path = home.path().join(".local/share/tokentop/ledger.db");
    let bytes = std::fs::read(&path).expect("a ledger");
    (home, path, bytes)
}

#[test]
fn every_run_says_so_and_answers_from_disk() {
    let (home, path, sound) = begun();
    let turns = home.rows(&["turns"]).len();
    for (name, damage, reason) in DAMAGES {
        let mut bytes = sound.clone();
        damage(&mut bytes);
        std::fs::write(&path, &bytes).expect("written");
        for args in [&["turns"][..], &["turns"], &["sessions"], &["cost"]] {
            let output = home.ttop().args(args).args(["-o", "table"]).output().expect("runs");
            let (stdout, stderr) = (
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            );
            assert_eq!(output.status.code(), Some(0), "{name}: {stderr}");
            assert!(
                stderr.contains(reason) && stderr.contains("ledger.db"),
                "{name}: {stderr}"
            );
            assert_eq!(
                stderr.lines().count(),
                2,
                "the clock is set, and this, once: {name}: {stderr}"
            );
            let is_remark = |line: &str| line.starts_with("history before 20") && line.ends_with(" missing");
            assert!(stdout.lines().any(is_remark), "{name}: {args:?}: {stdout}");
        }
        assert_eq!(home.rows(&["turns"]).len(), turns, "{name}");
        assert_eq!(
            home.ttop()
                .args(["cost", "--strict"])
                .output()
                .expect("runs")
                .status
                .code(),
            Some(1)
        );
        assert_eq!(std::fs::read(&path).expect("still there"), bytes, "{name}: left alone");
    }
    // The rows of programs have no foot.
    assert!(!home.stdout(&["cost", "-o", "csv"]).contains("missing"));
    home.stdout(&["ledger", "rebuild"]);
    let output = home
        .ttop()
        .args(["cost", "-o", "table", "--strict"])
        .output()
        .expect("runs");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
