//! What makes totals of OpenCode wrong elsewhere, and input nobody would write on purpose.

mod support;

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use support::Home;
use support::counting::{Counted, Counting, Reading, read_all};
use support::opencode_db::{Database, Reply};
use ttop::agents::opencode::OPENCODE;
use ttop::agents::{Agent, Batch, Bookmark};
use ttop::core::money::Money;
use ttop::core::tokens::{MAX_COUNT, Tokens};
use ttop::core::turn::Presence;
use ttop::system::{Os, System};

const DATA: &str = ".local/share/opencode";
const START: i64 = 1_795_000_000_000;

fn system(home: &Home, env: &[(&str, &str)]) -> System {
    let env: BTreeMap<_, _> = env
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    System::new(Os::Linux, home.path(), env)
}

fn read(home: &Home) -> Reading {
    read_all(&OPENCODE, &system(home, &[]))
}

fn database(home: &Home, name: &str) -> Database {
    Database::create(&home.path().join(DATA).join(name))
}

fn total(reading: &Reading) -> u64 {
    reading.turns.iter().map(|turn| turn.tokens.known_total()).sum()
}

fn ids(reading: &Reading) -> Vec<&str> {
    let mut ids: Vec<_> = reading.turns.iter().map(|turn| turn.message_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

/// Writes a session file and message files as versions before 1.2 did.
fn write_legacy(home: &Home, session: &str, parent: Option<&str>, messages: &[(&str, String)]) {
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

#[test]
fn copies_of_forks_of_forks_count_once_and_belong_to_the_oldest_session() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    // The original is neither the first row nor the smallest id.
    for (session, created) in [("ses_a", START + 50), ("ses_z", START), ("ses_b", START + 60)] {
        database.session(session, created);
    }
    for (session, copies) in [("ses_a", 2), ("ses_z", 2), ("ses_b", 3)] {
        for n in 0..copies {
            database.reply(&format!("{session}_{n}"), session, &Reply::at(START + n));
        }
    }
    let reading = read(&home);
    assert_eq!(ids(&reading), ["ses_b_2", "ses_z_0", "ses_z_1"]);
    assert_eq!(
        reading.turns[0].timestamp, START,
        "a copy made later keeps its old time"
    );
}

#[test]
fn a_fork_of_an_old_session_by_a_new_version_counts_by_the_rule_of_the_original() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    let row = r#"{"role":"assistant","modelID":"m","providerID":"p","time":{"created":5,"completed":6},"finish":"stop",
        "tokens":{"input":10,"output":8,"reasoning":3,"cache":{"read":0,"write":0}}}"#;
    database.session("ses_old", START);
    database.session("ses_fork", START + 1);
    database.run("update session set version = '1.2.5' where id = 'ses_old'");
    database.message("m1", "ses_old", START, row);
    database.message("m2", "ses_fork", START, row);
    let reading = read(&home);
    assert_eq!(ids(&reading), ["m1"]);
    assert_eq!(reading.turns[0].tokens, Tokens::new(10, 5, 3, 0, 0));
}

#[test]
fn equal_replies_of_one_session_all_count_also_in_copies() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    for (session, created) in [("ses_a", START), ("ses_b", START + 9)] {
        database.session(session, created);
        for n in 0..3 {
            database.reply(&format!("{session}_{n}"), session, &Reply::at(START));
        }
    }
    let reading = read(&home);
    assert_eq!(ids(&reading), ["ses_a_0", "ses_a_1", "ses_a_2"]);
    let mut turn_ids: Vec<_> = reading.turns.iter().map(|turn| turn.turn_id.clone()).collect();
    turn_ids.dedup();
    assert_eq!(turn_ids.len(), 3);
}

#[test]
fn subagents_are_sessions_of_their_own() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_root", START);
    database.session("ses_child", START + 1);
    database.run("update session set parent_id = 'ses_root', title = 'New session - 2026-11-20T08:35:55.903Z' where id = 'ses_child'");
    database.reply("m1", "ses_root", &Reply::at(START));
    database.reply(
        "m2",
        "ses_child",
        &Reply {
            input: 7,
            ..Reply::at(START + 2)
        },
    );
    let reading = read(&home);
    assert_eq!(reading.turns.len(), 2);
    let child = reading
        .sessions
        .iter()
        .find(|session| session.id == "ses_child")
        .expect("a child");
    assert_eq!(
        (child.parent_id.as_deref(), child.interactive),
        (Some("ses_root"), Some(false))
    );
    assert_eq!(child.title.as_ref().map(|title| title.rank), Some(0));
    assert_eq!(
        child.project.as_ref().map(|project| project.path.as_str()),
        Some("/home/dev/acme-api")
    );
    assert_eq!((child.started_at, child.updated_at), (Some(START + 1), Some(START + 1)));
}

#[test]
fn an_unreadable_database_leaves_the_files_to_answer_and_nothing_counts_twice_later() {
    let home = Home::new();
    let reply = Reply::at(START);
    write_legacy(&home, "ses_a", None, &[("m1", reply.json())]);
    let path = home.path().join(DATA).join("opencode.db");
    std::fs::write(
        &path,
        "this is no database, and longer than a header of one hundred bytes would have to be to be one of them",
    )
    .expect("written");
    let mut counting = Counting::of(&OPENCODE);
    let reading = counting.sync(&system(&home, &[]));
    assert_eq!(ids(&reading), ["m1"]);
    assert_eq!(reading.problems.len(), 1);
    assert!(
        reading.problems[0].place.ends_with("opencode.db"),
        "{:?}",
        reading.problems
    );
    std::fs::remove_file(&path).expect("removed");
    let database = database(&home, "opencode.db");
    database.session("ses_a", START);
    database.reply("m1", "ses_a", &reply);
    database.reply("m2", "ses_a", &Reply::at(START + 5));
    let reading = counting.sync(&system(&home, &[]));
    assert_eq!((ids(&reading), reading.problems.len()), (vec!["m1", "m2"], 0));
}

#[test]
fn every_database_is_read_wherever_it_is_named() {
    let home = Home::new();
    for (n, name) in ["opencode.db", "opencode-dev.db", "other.db"].into_iter().enumerate() {
        let database = database(&home, name);
        database.session(&format!("ses_{n}"), START);
        database.reply(&format!("m{n}"), &format!("ses_{n}"), &Reply::at(START + n as i64));
    }
    home.write(&format!("{DATA}/opencode.db.bak"), "no database");
    home.write(&format!("{DATA}/auth.json"), "{}");
    let elsewhere = home.path().join("elsewhere.db");
    let database = Database::create(&elsewhere);
    database.session("ses_x", START);
    database.reply("mx", "ses_x", &Reply::at(START + 9));
    let read = |env: &[(&str, &str)]| {
        let reading = read_all(&OPENCODE, &system(&home, env));
        assert_eq!(reading.problems, []);
        ids(&reading).join(" ")
    };
    let elsewhere = elsewhere.display().to_string();
    assert_eq!(read(&[]), "m0 m1");
    assert_eq!(read(&[("OPENCODE_DB", ":memory:")]), "m0 m1");
    assert_eq!(read(&[("OPENCODE_DB", "other.db")]), "m0 m1 m2");
    assert_eq!(read(&[("OPENCODE_DB", "opencode.db")]), "m0 m1");
    assert_eq!(read(&[("OPENCODE_DB", &elsewhere)]), "m0 m1 mx");
    assert_eq!(read(&[("OPENCODE_DB", "not-made-yet.db")]), "m0 m1");
    assert_eq!(read(&[("XDG_DATA_HOME", "relative")]), "m0 m1");
    assert_eq!(read(&[("XDG_DATA_HOME", "/nowhere")]), "");
}

#[test]
fn session_messages_without_the_table_of_version_two_are_not_read() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_a", START);
    database.reply("m1", "ses_a", &Reply::at(START));
    database.run("create table session_message(id text primary key, session_id text, type text, seq integer, time_created integer, time_updated integer, data text)");
    database.run(&format!(
        "insert into session_message values('m2', 'ses_a', 'assistant', 1, 1, 1, '{}')",
        Reply::at(START + 1).json()
    ));
    assert_eq!(ids(&read(&home)), ["m1"]);
}

#[test]
fn legacy_files_take_their_ids_from_their_names() {
    let home = Home::new();
    let reply = |at| {
        Reply::at(at)
            .json()
            .replace("\"role\"", "\"id\":\"wrong\",\"sessionID\":\"wrong\",\"role\"")
    };
    write_legacy(
        &home,
        "ses_a",
        Some("ses_b"),
        &[("m1", reply(START)), ("m2", reply(START + 1))],
    );
    // Messages whose session file is gone.
    home.write(&format!("{DATA}/storage/message/ses_lost/m3.json"), reply(START + 2));
    let reading = read(&home);
    let turns: Vec<_> = reading
        .turns
        .iter()
        .map(|turn| (turn.session_id.as_str(), turn.message_id.as_str()))
        .collect();
    assert_eq!(turns, [("ses_a", "m1"), ("ses_a", "m2"), ("ses_lost", "m3")]);
    let session = reading
        .sessions
        .iter()
        .find(|session| session.id == "ses_a")
        .expect("a session");
    assert_eq!(session.parent_id.as_deref(), Some("ses_b"));
    assert_eq!(
        session.project.as_ref().map(|project| project.path.as_str()),
        Some("/repo")
    );
}

#[test]
fn legacy_files_are_read_again_when_they_change_and_missed_when_they_go() {
    let home = Home::new();
    let unfinished = Reply::at(START).unfinished().json();
    write_legacy(
        &home,
        "ses_a",
        None,
        &[("m1", unfinished), ("m2", Reply::at(START + 1).json())],
    );
    write_legacy(&home, "ses_b", None, &[("m3", Reply::at(START + 2).json())]);
    let mut counting = Counting::of(&OPENCODE);
    assert_eq!(ids(&counting.sync(&system(&home, &[]))), ["m2", "m3"]);
    // In place, as it was done before 1.1.
    home.write(
        &format!("{DATA}/storage/message/ses_a/m1.json"),
        Reply::at(START).json(),
    );
    assert_eq!(ids(&counting.sync(&system(&home, &[]))), ["m1", "m2", "m3"]);
    std::fs::remove_file(home.path().join(DATA).join("storage/message/ses_a/m2.json")).expect("removed");
    std::fs::remove_dir_all(home.path().join(DATA).join("storage/message/ses_b")).expect("removed");
    let reading = counting.sync(&system(&home, &[]));
    let presence = |turn: &Counted| format!("{} {:?}", turn.message_id, turn.presence);
    let mut presences: Vec<_> = reading.turns.iter().map(presence).collect();
    presences.sort();
    assert_eq!(presences, ["m1 Present", "m2 Reverted", "m3 Gone"]);
}

#[test]
fn only_changed_legacy_sessions_are_read_again() {
    let home = Home::new();
    write_legacy(&home, "ses_a", None, &[("m1", Reply::at(START).json())]);
    write_legacy(&home, "ses_b", None, &[("m2", Reply::at(START + 1).json())]);
    let read_on = |mark: &Bookmark| {
        let found = OPENCODE.sources(&system(&home, &[]));
        let mut batch = Batch::default();
        let mark = OPENCODE.read(&found.sources[0], mark, &mut batch).expect("readable");
        (mark, batch.turns.len(), found.sources[0].stamp)
    };
    let (mark, turns, stamp) = read_on(&Bookmark::default());
    assert_eq!((turns, mark.stamp), (2, stamp));
    let (mark, turns, unchanged) = read_on(&mark);
    assert_eq!((turns, unchanged), (0, stamp));
    write_legacy(&home, "ses_b", None, &[("m4", Reply::at(START + 5).json())]);
    let (_, turns, changed) = read_on(&mark);
    assert_eq!(turns, 2);
    assert_ne!(changed, stamp);
}

#[test]
fn a_pending_revert_in_legacy_files_marks_what_it_takes() {
    let home = Home::new();
    write_legacy(
        &home,
        "ses_a",
        None,
        &[("m9", Reply::at(START).json()), ("m1", Reply::at(START + 5).json())],
    );
    home.write(
        &format!("{DATA}/storage/session/p1/ses_a.json"),
        r#"{"title":"Old","time":{"created":1,"updated":1},"revert":{"messageID":"m1"}}"#,
    );
    let reading = read(&home);
    let presences: Vec<_> = reading
        .turns
        .iter()
        .map(|turn| format!("{} {:?}", turn.message_id, turn.presence))
        .collect();
    assert_eq!(presences, ["m9 Present", "m1 Reverted"]);
}

#[test]
fn odd_values_in_rows_saturate_and_odd_rows_are_named() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_a", START);
    let with = |tokens: &str| {
        format!(r#"{{"role":"assistant","modelID":"m","providerID":"p","time":{{"created":1}},"tokens":{tokens}}}"#)
    };
    database.message("m1", "ses_a", START, with(r#"{"input":"12","output":-7}"#));
    database.message(
        "m2",
        "ses_a",
        START,
        with(r#"{"input":1e300,"output":1,"cache":"none"}"#),
    );
    database.message("m3", "ses_a", START, "{\"role\":\"assist");
    database.message("m4", "ses_a", START, "");
    database.message("m5", "ses_a", START, vec![0_u8; 300]);
    database.message(
        "m6",
        "ses_a",
        START,
        b"{\"role\":\"assistant\",\"x\":\"\xff\xfe\",\"modelID\":\"\xff\",\"tokens\":{\"input\":3}}".to_vec(),
    );
    database.message("m7", "ses_a", START, "[1,2]");
    database.message("m8", "ses_a", START, 7);
    let text = format!(
        r#"{{"content":"{}","role":"assistant","tokens":{{"input":5}}}}"#,
        "x".repeat(9_000_000)
    );
    database.message("m9", "ses_a", START, text);
    database.run("update session set directory = x'fffe', title = 7, time_created = '12', time_updated = 'soon'");
    let reading = read(&home);
    assert_eq!(reading.problems.len(), 5, "{:?}", reading.problems);
    for (row, problem) in [3, 4, 5, 7, 8].iter().zip(&reading.problems) {
        assert!(problem.place.ends_with(&format!("opencode.db:{row}")), "{problem}");
    }
    let mut tokens: Vec<_> = reading
        .turns
        .iter()
        .map(|turn| (turn.message_id.as_str(), turn.tokens.counts()))
        .collect();
    tokens.sort_unstable();
    assert_eq!(
        tokens,
        [
            ("m1", [12, 0, 0, 0, 0]),
            ("m2", [MAX_COUNT, 1, 0, 0, 0]),
            ("m6", [3, 0, 0, 0, 0]),
            ("m9", [5, 0, 0, 0, 0])
        ]
    );
    assert_eq!(
        reading.turns.iter().map(|turn| turn.timestamp).max(),
        Some(START),
        "rows without times of their own"
    );
}

#[test]
fn missing_tables_and_columns_are_tolerated() {
    for (tables, turns, problems) in [
        ("", 0, 0),
        ("create table unrelated(x)", 0, 1),
        ("create table session(id text primary key); create table message(id text, x)", 0, 1),
        ("create table message(id text, session_id text, data text); insert into message values('m', 's', '{row}')", 1, 0),
        (
            "create table session(id text); insert into session values('s');
             create table message(id text, session_id text, data text); insert into message values('m', 's', '{row}')",
            1,
            0,
        ),
        (
            "create table session_v2(id text); insert into session_v2 values('s');
             create table session_message(id text, session_id text, type text, data text);
             insert into session_message values('m', 's', 'assistant', '{row}'), ('n', 's', 'user', '{row}'), ('o', 's', null, '{row}')",
            1,
            0,
        ),
    ] {
        let home = Home::new();
        home.write(&format!("{DATA}/opencode.db"), "");
        let connection = rusqlite::Connection::open(home.path().join(DATA).join("opencode.db")).expect("a database");
        connection.execute_batch(&tables.replace("{row}", &Reply::at(START).json())).expect(tables);
        let reading = read(&home);
        assert_eq!((reading.turns.len(), reading.problems.len()), (turns, problems), "{tables}: {:?}", reading.problems);
        // The same again, from a bookmark.
        let mut counting = Counting::of(&OPENCODE);
        counting.sync(&system(&home, &[]));
        let again = counting.sync(&system(&home, &[]));
        assert_eq!((again.turns.len(), again.problems.len()), (turns, problems), "{tables}");
    }
}

#[test]
fn things_that_are_no_files_are_named_and_the_rest_is_read() {
    let home = Home::new();
    let reply = Reply::at(START).json();
    write_legacy(
        &home,
        "ses_a",
        None,
        &[
            ("m1", reply.clone()),
            ("torn", reply[..80].to_owned()),
            ("empty", String::new()),
        ],
    );
    home.write(&format!("{DATA}/opencode.db/inside"), "x");
    home.write(&format!("{DATA}/storage/message/ses_a/folder.json/inside"), "x");
    home.write(&format!("{DATA}/storage/message/ses_a/notes.txt"), "x");
    home.write(&format!("{DATA}/storage/session/p1/ses_torn.json"), "{");
    let mut named = vec!["opencode.db", "torn.json", "empty.json", "folder.json", "ses_torn.json"];
    if cfg!(unix) {
        #[cfg(unix)]
        {
            let link = |name: &str| {
                std::os::unix::fs::symlink(
                    Path::new(name).file_name().expect("a name"),
                    home.path().join(DATA).join(name),
                )
            };
            link("opencode-loop.db").expect("a link");
            link("storage/message/ses_a/loop.json").expect("a link");
        }
        named.extend(["opencode-loop.db", "loop.json"]);
    }
    let reading = read(&home);
    assert_eq!(ids(&reading), ["m1"]);
    for name in &named {
        assert!(
            reading.problems.iter().any(|problem| problem.place.ends_with(name)),
            "{name}: {:?}",
            reading.problems
        );
    }
    assert_eq!(reading.problems.len(), named.len(), "{:?}", reading.problems);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_database_beside_it_is_no_second_one() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_a", START);
    std::os::unix::fs::symlink("opencode.db", home.path().join(DATA).join("opencode-next.db")).expect("a link");
    assert_eq!(OPENCODE.sources(&system(&home, &[])).sources.len(), 1);
}

#[test]
fn a_database_that_ends_early_still_tells_what_it_can() {
    let home = Home::new();
    let made = database(&home, "opencode.db");
    made.session("ses_a", START);
    for n in 0..3000 {
        made.reply(&format!("m{n:04}"), "ses_a", &Reply::at(START + n));
    }
    made.connection
        .execute_batch("pragma journal_mode = delete")
        .expect("no log");
    drop(made);
    let path = home.path().join(DATA).join("opencode.db");
    let mut bytes = std::fs::read(&path).expect("the file");
    let third = bytes.len() / 3 / 4096 * 4096;
    let two_thirds = third * 2;
    bytes[third..two_thirds].fill(0);
    std::fs::write(&path, bytes).expect("written");
    let reading = read(&home);
    assert_eq!(reading.problems.len(), 1, "{:?}", reading.problems);
    assert!((1..3000).contains(&reading.turns.len()), "{}", reading.turns.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands in a database: no panic, and no more than there was.
    #[test]
    fn a_damaged_database_never_adds_anything(damage in prop::collection::vec((any::<u32>(), any::<u8>()), 1..20), cut in prop::option::of(any::<u32>())) {
        let home = Home::of("opencode/v2-handmade/home");
        let path = home.path().join(DATA).join("opencode.db");
        let mut bytes = std::fs::read(&path).expect("the file");
        for (at, byte) in damage {
            let at = at as usize % bytes.len();
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut as usize % bytes.len());
        }
        std::fs::write(&path, bytes).expect("written");
        let reading = read(&home);
        prop_assert!(reading.turns.len() <= 9);
    }

    /// Whatever stands in the files of a session: no panic, and the sound file beside it counts.
    #[test]
    fn rubbish_in_legacy_files_costs_nothing_but_itself(session: Vec<u8>, project: Vec<u8>, message: Vec<u8>, cut: u16) {
        let home = Home::new();
        let reply = Reply::at(START);
        write_legacy(&home, "ses_a", None, &[("m1", reply.json())]);
        home.write(&format!("{DATA}/storage/session/p1/ses_a.json"), &session);
        home.write(&format!("{DATA}/storage/project/p1.json"), &project);
        home.write(&format!("{DATA}/storage/message/ses_a/m2.json"), &message);
        let text = Reply::at(START + 1).json();
        home.write(&format!("{DATA}/storage/message/ses_a/m3.json"), &text[..usize::from(cut) % text.len()]);
        let reading = read(&home);
        prop_assert_eq!(ids(&reading), ["m1"]);
        prop_assert_eq!(total(&reading), 110);
        prop_assert_eq!(reading.turns[0].cost, Some(Money::from_dollars(0.5)));
    }
}

#[test]
fn a_file_that_cannot_be_read_for_a_while_takes_nothing_back() {
    let home = Home::new();
    let reply = Reply::at(START).json();
    write_legacy(
        &home,
        "ses_a",
        None,
        &[("m1", reply.clone()), ("m2", Reply::at(START + 1).json())],
    );
    let mut counting = Counting::of(&OPENCODE);
    counting.sync(&system(&home, &[]));
    home.write(&format!("{DATA}/storage/message/ses_a/m1.json"), &reply[..50]);
    for _ in 0..2 {
        let reading = counting.sync(&system(&home, &[]));
        assert_eq!(reading.problems.len(), 1, "{:?}", reading.problems);
        assert!(reading.turns.iter().all(|turn| turn.presence == Presence::Present));
    }
    home.write(&format!("{DATA}/storage/message/ses_a/m1.json"), &reply);
    let reading = counting.sync(&system(&home, &[]));
    assert_eq!((reading.turns.len(), reading.problems.len()), (2, 0));
}

#[test]
fn old_tables_beside_version_two_give_only_sessions_it_lacks() {
    let home = Home::of("opencode/v2-handmade/home");
    let path = home.path().join(DATA).join("opencode.db");
    let connection = rusqlite::Connection::open(&path).expect("the database");
    // A session whose old row was cleaned up, its old messages not.
    connection
        .execute("delete from session where id = 'ses_v2a'", [])
        .expect("deleted");
    let reading = read(&home);
    assert_eq!(total(&reading), total(&read(&Home::of("opencode/v2-handmade/home"))));
    let mut counting = Counting::of(&OPENCODE);
    counting.sync(&system(&home, &[]));
    connection
        .execute("update message set time_updated = 1", [])
        .expect("touched");
    connection
        .execute("insert into session_v2(id, project_id, directory, version, time_created, time_updated) values('ses_old', 'p1', '/d', '2', 1, 1)", [])
        .expect("a session");
    let copy = "insert into session_message select id, session_id, 'assistant', 1, time_created, time_updated, data from message where session_id = 'ses_old'";
    connection.execute(copy, []).expect("moved");
    assert_eq!(total(&counting.sync(&system(&home, &[]))), total(&reading));
}
