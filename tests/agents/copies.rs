//! Turns that lie in several files: which session owns them, and what becomes of the other copies.

use crate::support::Home;
use serde_json::Value;

const OLDER: &str = "bbbbbbbb-0000-4000-8000-000000000000";
const FORK: &str = "aaaaaaaa-0000-4000-8000-000000000000";

fn reply(session: &str, id: &str, output: u64, at: &str, is_sidechain: bool) -> String {
    format!(
        r#"{{"parentUuid":null,"isSidechain":{is_sidechain},"cwd":"/home/dev/acme","sessionId":"{session}","type":"assistant","message":{{"id":"{id}","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":"end_turn","usage":{{"input_tokens":100,"output_tokens":{output}}}}},"requestId":"req_{id}","uuid":"{id}","timestamp":"2026-03-0{at}Z"}}
"#
    )
}

fn history(session: &str) -> String {
    reply(session, "m1", 10, "2T09:00:00", false) + &reply(session, "m2", 20, "2T09:01:00", false)
}

/// Session, turns, tokens, and tokens of copies, by session.
fn sessions(home: &Home) -> Vec<(String, u64, u64, u64)> {
    let rows = home.rows(&["sessions"]);
    let count = |row: &Value, key: &str| row[key].as_u64().expect("a count");
    let mut sums: Vec<_> = rows
        .iter()
        .map(|row| {
            let id = row["sessionId"].as_str().expect("an id").to_owned();
            let counts = ["turns", "totalTokens", "copiedTokens"].map(|key| count(row, key));
            (id, counts[0], counts[1], counts[2])
        })
        .collect();
    sums.sort();
    sums
}

fn presences(home: &Home) -> Vec<String> {
    let rows = home.rows(&["turns"]);
    rows.iter()
        .map(|row| row["presence"].as_str().expect("a presence").to_owned())
        .collect()
}

#[test]
fn a_fork_leaves_the_session_it_was_copied_from_its_turns() {
    for sync_between in [true, false] {
        let home = Home::new();
        let folder = ".claude/projects/-p";
        home.write(&format!("{folder}/{OLDER}.jsonl"), history(OLDER));
        if sync_between {
            home.stdout(&["sync"]);
        }
        let own = reply(FORK, "m3", 30, "5T09:00:00", false);
        home.write(&format!("{folder}/{FORK}.jsonl"), history(FORK) + &own);
        let expected = [(FORK.to_owned(), 1, 130, 230), (OLDER.to_owned(), 2, 230, 0)];
        assert_eq!(sessions(&home), expected);
        // What was deleted stays where it was made.
        std::fs::remove_file(home.path().join(folder).join(format!("{FORK}.jsonl"))).expect("removed");
        assert_eq!(sessions(&home)[1], expected[1]);
        let shown = home.rows(&["turns", "--presence", "present"]);
        assert_eq!(shown.len(), 2);
    }
}

#[test]
fn a_file_that_was_moved_is_present() {
    for (from, to) in [("-a", "-b"), ("-b", "-a")] {
        let home = Home::new();
        let place = |folder: &str| format!(".claude/projects/{folder}/{OLDER}.jsonl");
        home.write(&place(from), history(OLDER));
        assert_eq!(presences(&home), ["present"; 2]);
        home.write(&place(to), history(OLDER));
        std::fs::remove_file(home.path().join(place(from))).expect("removed");
        assert_eq!(presences(&home), ["present"; 2], "{from} {to}");
        // It grows where it is now.
        let more = history(OLDER) + &reply(OLDER, "m3", 30, "2T10:00:00", false);
        home.write(&place(to), more);
        assert_eq!(presences(&home), ["present"; 3]);
        assert_eq!(sessions(&home), [(OLDER.to_owned(), 3, 360, 0)]);
        std::fs::remove_file(home.path().join(place(to))).expect("removed");
        assert_eq!(presences(&home), ["gone"; 3]);
    }
}

#[test]
fn copies_count_alike_in_any_order_of_reading() {
    let main = |session: &str| reply(session, "m1", 900, "2T09:00:00", false);
    let files = [
        (format!(".claude/projects/-p/{FORK}.jsonl"), main(FORK)),
        (format!(".claude/projects/-p/{OLDER}.jsonl"), main(OLDER)),
        (
            format!(".claude/projects/-p/{OLDER}/subagents/agent-x.jsonl"),
            reply(OLDER, "m1", 1, "2T09:00:01", true),
        ),
    ];
    for order in [[0, 1, 2], [0, 2, 1], [2, 1, 0]] {
        let home = Home::new();
        for at in order {
            home.write(&files[at].0, &files[at].1);
            home.stdout(&["sync"]);
        }
        let told = sessions(&home);
        assert_eq!(
            told,
            [(FORK.to_owned(), 1, 1000, 0), (OLDER.to_owned(), 0, 0, 1000)],
            "{order:?}"
        );
    }
}

#[test]
fn two_sessions_in_one_file_count_alike_however_it_grows() {
    let first = reply(OLDER, "m1", 1, "2T09:00:00", false);
    let whole = first.clone() + &reply(FORK, "m1", 9, "2T09:00:01", false);
    let told = |parts: &[&str]| {
        let home = Home::new();
        for part in parts {
            home.write(&format!(".claude/projects/-p/{FORK}.jsonl"), part);
            home.stdout(&["sync"]);
        }
        sessions(&home)
    };
    assert_eq!(told(&[&first, &whole]), told(&[&whole]));
    assert_eq!(
        told(&[&whole]),
        [(FORK.to_owned(), 1, 109, 0), (OLDER.to_owned(), 0, 0, 101)]
    );
}
