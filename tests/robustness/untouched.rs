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

fn is_database(path: &Path) -> bool {
    const HEADER: &[u8] = b"SQLite format 3\0";
    std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(HEADER))
}

fn homes() -> Vec<PathBuf> {
    let opencode = std::fs::read_dir(support::fixtures().join("opencode")).expect("fixtures");
    let opencode = opencode.map(|case| case.expect("a case").path());
    let agents = built_in().iter().flat_map(|agent| support::agent_cases(agent.id()));
    let homes = agents.chain(opencode).map(|case| case.join("home"));
    homes
        .filter(|home| support::files_in(home).iter().any(|path| is_database(path)))
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
                if is_database(&path) {
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
                home.ttop().args(command).output().expect("runs");
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
