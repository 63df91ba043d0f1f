//! What makes totals of OpenCode wrong elsewhere.

use crate::support::Home;
use crate::support::counting::{Counted, Counting, read_all};
use crate::support::opencode_db::{Database, Reply};
use crate::support::opencode_home::{DATA, START, database, ids, read, system, total, write_legacy};
use ttop::agents::opencode::OPENCODE;
use ttop::agents::{Agent, Batch, Bookmark};
use ttop::core::tokens::Tokens;
use ttop::core::turn::Presence;

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

/// What came in over the new interface of a late version 1, beside replies of the old one.
#[test]
fn session_messages_without_the_sessions_of_version_two_count_with_those_of_version_one() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    let mut counting = Counting::of(&OPENCODE);
    let mut seen = || {
        let reading = counting.sync(&system(&home, &[]));
        assert_eq!(reading.problems, []);
        let cold = read(&home);
        assert_eq!(ids(&reading), ids(&cold));
        let present = |turn: &&Counted| turn.presence == Presence::Present;
        assert_eq!(reading.turns.iter().filter(present).count(), reading.turns.len());
        ids(&reading).join(" ")
    };
    database.run("create table session_message(id text primary key, session_id text, type text, seq integer, time_created integer, time_updated integer, data text)");
    for session in ["ses_a", "ses_b"] {
        database.session(session, START);
    }
    database.reply("m1", "ses_a", &Reply::at(START));
    assert_eq!(seen(), "m1");
    let second = |id: &str, session: &str, at: i64| {
        let data = format!(
            r#"{{"time":{{"created":{at},"completed":{}}},"model":{{"id":"m","providerID":"p"}},"finish":"stop","cost":0,
                "tokens":{{"input":900,"output":50,"reasoning":0,"cache":{{"read":100,"write":0}}}}}}"#,
            at + 1
        );
        let insert = "insert into session_message values(?1, ?2, 'assistant', 1, ?3, ?3, ?4)";
        database
            .connection
            .execute(insert, (id, session, at, data))
            .expect("a row");
    };
    second("m2", "ses_b", START + 1);
    assert_eq!(seen(), "m1 m2");
    // Each table goes on by itself, in a session that the other knows, too.
    second("m3", "ses_a", START + 2);
    assert_eq!(seen(), "m1 m2 m3");
    database.reply("m4", "ses_b", &Reply::at(START + 3));
    assert_eq!(seen(), "m1 m2 m3 m4");
    database.reply("m5", "ses_a", &Reply::at(START + 4));
    second("m6", "ses_b", START + 5);
    assert_eq!(seen(), "m1 m2 m3 m4 m5 m6");
    // A reply that both have.
    let copy = "insert into session_message select 'm7', session_id, 'assistant', 2, time_created, time_updated, data from message where id = 'm5'";
    database.run(copy);
    assert_eq!(seen(), "m1 m2 m3 m4 m5 m6");
}

#[test]
fn a_damaged_table_beside_the_messages_leaves_them() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.run("create table session_message(id text, session_id text, type text, data text)");
    database.session("ses_a", START);
    database.reply("m1", "ses_a", &Reply::at(START));
    database.run("insert into session_message values('m2', 'ses_a', 'user', '{}')");
    database
        .connection
        .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        .expect("a checkpoint");
    let page = |sql: &str| -> usize {
        let of = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let number = database.connection.query_row(sql, [], of).expect("a number");
        usize::try_from(number).expect("a number")
    };
    let root = page("select rootpage from sqlite_schema where name = 'session_message'");
    let size = page("pragma page_size");
    let path = home.path().join(DATA).join("opencode.db");
    let mut bytes = std::fs::read(&path).expect("a database");
    bytes[(root - 1) * size..root * size].fill(0xff);
    std::fs::write(&path, bytes).expect("written");
    let reading = read(&home);
    assert_eq!(ids(&reading), ["m1"]);
    assert_eq!(reading.problems.len(), 1, "{:?}", reading.problems);
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
