//! Homes of OpenCode made for one test.

use super::Home;
use super::counting::{Reading, read_all};
use super::opencode_db::Database;
use std::collections::BTreeMap;
use ttop::agents::opencode::OPENCODE;
use ttop::system::{Os, System};

pub const DATA: &str = ".local/share/opencode";
pub const START: i64 = 1_795_000_000_000;

pub fn system(home: &Home, env: &[(&str, &str)]) -> System {
    let env: BTreeMap<_, _> = env
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    System::new(Os::Linux, home.path(), env)
}

pub fn read(home: &Home) -> Reading {
    read_all(&OPENCODE, &system(home, &[]))
}

pub fn database(home: &Home, name: &str) -> Database {
    Database::create(&home.path().join(DATA).join(name))
}

pub fn total(reading: &Reading) -> u64 {
    reading.turns.iter().map(|turn| turn.tokens.known_total()).sum()
}

pub fn ids(reading: &Reading) -> Vec<&str> {
    let mut ids: Vec<_> = reading.turns.iter().map(|turn| turn.message_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

/// Writes a session file and message files as versions before 1.2 did.
pub fn write_legacy(home: &Home, session: &str, parent: Option<&str>, messages: &[(&str, String)]) {
    let parent = parent.map_or(String::new(), |parent| format!(r#","parentID":"{parent}""#));
    home.write(
        &format!("{DATA}/storage/session/p1/{session}.json"),
        format!(
            r#"{{"id":"other","version":"1.1.65","projectID":"other","directory":"/d","title":"Old","time":{{"created":{START},"updated":{START}}}{parent}}}"#
        ),
    );
    home.write(
        &format!("{DATA}/storage/project/p1.json"),
        r#"{"id":"p1","worktree":"/repo"}"#,
    );
    for (id, text) in messages {
        home.write(&format!("{DATA}/storage/message/{session}/{id}.json"), text);
    }
}
