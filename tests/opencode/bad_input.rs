//! Damaged input of OpenCode: a warning names it, and ttop answers the rest.

use crate::support::Home;
use crate::support::counting::Counting;
use crate::support::opencode_db::Reply;
use crate::support::opencode_home::{DATA, START, database, ids, read, system, total, write_legacy};
use proptest::prelude::*;
use std::path::Path;
use ttop::agents::Agent;
use ttop::agents::opencode::OPENCODE;
use ttop::core::money::Money;
use ttop::core::tokens::MAX_COUNT;
use ttop::core::turn::Presence;

#[test]
fn odd_values_in_rows_saturate_and_odd_rows_are_named() {
    let home = Home::new();
    let database = database(&home, "opencode.db");
    database.session("ses_a", START);
    let with = |tokens: &str| {
        format!(
            r#"{{"role":"assistant","modelID":"m","providerID":"p","time":{{"created":{START}}},"tokens":{tokens}}}"#
        )
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
fn a_database_that_ends_early_yields_its_readable_rows() {
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
