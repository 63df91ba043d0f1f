//! Databases of agents after ttop read them: their folders are as they were. SQLite makes a log and its index beside a database
//! that nobody has open; they would belong to whoever runs ttop, and an agent of another user could not write any more.

use crate::support;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use ttop::agents::built_in;

/// Every file with its content and time; of the index of a log, in which each reader leaves a mark, only that it is there.
fn state(home: &Path) -> BTreeMap<PathBuf, Option<(Vec<u8>, SystemTime)>> {
    let own = home.join(".local/share/tokentop");
    let files = support::files_in(home)
        .into_iter()
        .filter(|path| !path.starts_with(&own));
    files
        .map(|path| {
            let is_index = path.to_string_lossy().ends_with("-shm");
            let modified = std::fs::metadata(&path)
                .and_then(|file| file.modified())
                .expect("a time");
            let content = std::fs::read(&path).expect("readable");
            (path, (!is_index).then_some((content, modified)))
        })
        .collect()
}

fn homes() -> Vec<PathBuf> {
    let opencode = std::fs::read_dir(support::fixtures().join("opencode")).expect("fixtures");
    let opencode = opencode.map(|case| case.expect("a case").path());
    let agents = built_in().iter().flat_map(|agent| support::agent_cases(agent.id()));
    let homes = agents.chain(opencode).map(|case| case.join("home"));
    homes
        .filter(|home| support::files_in(home).iter().any(|path| support::is_database(path)))
        .collect()
}

#[test]
fn nothing_appears_or_changes_beside_a_database() {
    let (mut tried, mut with_log) = (0, 0);
    for fixture in homes() {
        let mut turns = Vec::new();
        for has_index in [true, false] {
            let home = support::Home::new();
            support::copy_tree(&fixture, &home.path());
            for path in support::files_in(&home.path()) {
                let is_index = path.to_string_lossy().ends_with("-shm");
                if is_index && !has_index {
                    std::fs::remove_file(&path).expect("removed");
                }
                // As a database with a log is when nobody has it open.
                if support::is_database(&path) {
                    let mut bytes = std::fs::read(&path).expect("readable");
                    with_log += usize::from(bytes[18] == 2);
                    if !has_index {
                        bytes[18..20].fill(2);
                        std::fs::write(&path, bytes).expect("written");
                    }
                }
            }
            let before = state(&home.path());
            for command in [&["turns"][..], &["ps"], &["doctor"]] {
                let output = home.ttop().args(command).output().expect("runs");
                assert!(
                    output.status.code().is_some_and(|code| code <= 1),
                    "{command:?}: {output:?}"
                );
                let after = state(&home.path());
                let differ = |(path, state): &(&PathBuf, &_)| before.get(*path) != Some(state);
                let changed: Vec<_> = after.iter().filter(differ).map(|(path, _)| path).collect();
                assert!(changed.is_empty(), "{command:?}: {changed:?}");
                assert_eq!(
                    after.len(),
                    before.len(),
                    "{command:?} took a file away: {}",
                    fixture.display()
                );
            }
            let rows = home.rows(&["turns"]);
            // Not their folders, which may be in the home.
            let row = |row: &serde_json::Value| format!("{} {}", row["turnId"], row["tokens"]);
            turns.push(rows.iter().map(row).collect::<Vec<_>>());
            tried += 1;
        }
        assert_eq!(turns[0], turns[1], "{} without the index of its log", fixture.display());
    }
    assert!(
        tried >= 20 && with_log >= 10,
        "{tried} homes, {with_log} databases with a log"
    );
}

/// A closed database with a log, and a row that only the log has.
fn with_log(path: &Path) -> (Vec<u8>, Vec<u8>) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    let fixture = support::fixtures().join("opencode/data/home/.local/share/opencode/opencode.db");
    std::fs::copy(fixture, path).expect("copied");
    let connection = rusqlite::Connection::open(path).expect("a database");
    connection
        .execute_batch("pragma journal_mode = wal; update session set title = 'In the log'")
        .expect("written");
    let beside = |suffix: &str| std::fs::read(format!("{}{suffix}", path.display())).expect("readable");
    (beside("-wal"), std::fs::read(path).expect("readable"))
}

#[test]
fn a_linked_database_is_read_with_its_log() {
    let home = support::Home::new();
    let target = home.path().join("elsewhere/opencode.db");
    let (log, main) = with_log(&target);
    std::fs::write(&target, main).expect("written");
    std::fs::write(home.path().join("elsewhere/opencode.db-wal"), log).expect("written");
    let link = home.path().join(".local/share/opencode/opencode.db");
    std::fs::create_dir_all(link.parent().expect("a folder")).expect("folders");
    std::os::unix::fs::symlink(&target, &link).expect("linked");
    let rows = home.rows(&["sessions"]);
    assert!(rows.iter().any(|row| row["sessionName"] == "In the log"), "{rows:?}");
}

#[test]
fn nothing_appears_beside_a_damaged_database() {
    let home = support::Home::new();
    let path = home.path().join(".local/share/opencode/opencode.db");
    let (_, mut main) = with_log(&path);
    main[100..4_000].fill(0xff);
    std::fs::write(&path, main).expect("written");
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    let before = state(&home.path());
    let output = home.ttop().arg("turns").output().expect("runs");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("opencode.db"),
        "{output:?}"
    );
    assert_eq!(state(&home.path()), before);
}
