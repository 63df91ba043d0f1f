//! Agents that give one session id several times: on every machine, and again after a session was deleted.

use crate::support::Home;
use crate::support::counting::{Counting, read_all};
use rusqlite::Connection;
use std::collections::BTreeMap;
use ttop::agents::{Agent, AgentHandle, built_in};
use ttop::core::turn::Presence;
use ttop::ledger::Ledger;
use ttop::ledger::forget::Erase;
use ttop::ledger::query::Selection;
use ttop::system::{Os, System};

const ID: &str = "20260302_1";
/// Where two databases of Goose can be.
const PATHS: [&str; 2] = [
    ".local/share/goose/sessions/sessions.db",
    "Library/Application Support/goose/sessions/sessions.db",
];
/// Sessions of one id: when they began, their folder, and the input of their requests.
type Session = (&'static str, &'static str, &'static [u64]);
const FIRST: Session = ("2026-03-02 09:00:00", "/work/first", &[1000, 2000]);
const SECOND: Session = ("2026-03-02 15:30:00", "/work/second", &[50_000]);
const SECOND_ID: &str = "20260302_1@20260302T153000Z";

fn goose() -> &'static (dyn Agent + Sync) {
    *built_in().iter().find(|agent| agent.id() == "goose").expect("Goose")
}

fn system(home: &Home) -> System {
    System::new(Os::MacOs, home.path(), BTreeMap::new())
}

/// Writes a database with a session and its subagent, with a list of requests or without.
fn write(home: &Home, path: &str, (began, folder, inputs): Session, is_listed: bool) {
    let path = home.path().join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    _ = std::fs::remove_file(&path);
    let database = Connection::open(path).expect("a database");
    let total: u64 = inputs.iter().sum();
    let schema = "create table sessions (id text primary key, working_dir text, created_at timestamp, parent_session_id text,
             accumulated_input_tokens, accumulated_output_tokens, accumulated_cache_read_tokens, accumulated_cache_write_tokens);
         create table usage_ledger (id integer primary key, session_id, created_timestamp, model, input_tokens, output_tokens,
             total_tokens, cache_read_tokens, cache_write_tokens, cost, cost_source);";
    database.execute_batch(schema).expect("tables");
    let sql = format!(
        "insert into sessions values ('{ID}', '{folder}', '{began}', null, {total}, 1, 0, 0),
             ('{ID}0', '{folder}', '{began}', '{ID}', 0, 0, 0, 0)"
    );
    database.execute_batch(&sql).expect("a session");
    for input in inputs.iter().filter(|_| is_listed) {
        let sql = format!(
            "insert into usage_ledger values (null, '{ID}', unixepoch('{began}'), 'm', {input}, 1, {input} + 1, 0, 0, null, null)"
        );
        database.execute_batch(&sql).expect("a request");
    }
}

/// Session, input and presence of what counts, and folder and parent of each session.
type Seen = (Vec<(String, u64, Presence)>, BTreeMap<String, (String, Option<String>)>);

fn seen(ledger: &mut Counting, home: &Home) -> Seen {
    let reading = ledger.sync(&system(home));
    let turns = reading.turns.into_iter();
    let turns = turns.map(|turn| (turn.session_id, turn.tokens.input().expect("input"), turn.presence));
    let mut turns: Vec<_> = turns.collect();
    turns.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let sessions = reading.sessions.into_iter();
    let sessions = sessions.map(|info| (info.id, (info.project.expect("a folder").path, info.parent_id)));
    (turns, sessions.collect())
}

fn both(first: Presence) -> Seen {
    let turns = [
        (ID, 1000, first),
        (ID, 2000, first),
        (SECOND_ID, 50_000, Presence::Present),
    ];
    let sessions = [
        (ID, "/work/first", None),
        ("20260302_10", "/work/first", Some(ID)),
        (SECOND_ID, "/work/second", None),
        ("20260302_10@20260302T153000Z", "/work/second", Some(SECOND_ID)),
    ];
    let text = |text: &str| text.to_owned();
    (
        turns.map(|(id, input, presence)| (text(id), input, presence)).into(),
        sessions
            .map(|(id, folder, parent)| (text(id), (text(folder), parent.map(text))))
            .into(),
    )
}

#[test]
fn sessions_of_two_machines_that_have_one_id_count_both() {
    for paths in [PATHS, [PATHS[1], PATHS[0]]] {
        let home = Home::new();
        let mut later = Counting::of(goose());
        write(&home, paths[1], SECOND, true);
        seen(&mut later, &home);
        write(&home, paths[0], FIRST, true);
        let expected = both(Presence::Present);
        assert_eq!(seen(&mut later, &home), expected, "one after the other");
        assert_eq!(seen(&mut later, &home), expected, "again");
        later.read_again();
        assert_eq!(seen(&mut later, &home), expected, "by later rules");
        assert_eq!(seen(&mut Counting::of(goose()), &home), expected, "at once");
        write(&home, paths[1], FIRST, true);
        let backup = read_all(goose(), &system(&home)).turns;
        assert_eq!(backup.len(), 2, "a backup counts once");
    }
}

#[test]
fn a_session_that_has_the_id_of_a_deleted_one_counts_beside_it() {
    for is_listed in [true, false] {
        let home = Home::new();
        let mut ledger = Counting::of(goose());
        write(&home, PATHS[0], FIRST, is_listed);
        let inputs = |seen: &Seen| seen.0.iter().map(|turn| turn.1).sum::<u64>();
        assert_eq!(inputs(&seen(&mut ledger, &home)), 3000);
        write(&home, PATHS[0], SECOND, is_listed);
        let reused = seen(&mut ledger, &home);
        assert_eq!(inputs(&reused), 53_000);
        if is_listed {
            assert_eq!(reused, both(Presence::Gone));
        }
        ledger.read_again();
        assert_eq!(seen(&mut ledger, &home), reused, "by later rules");
    }
}

#[test]
fn an_import_keeps_the_sessions_of_another_machine_apart() {
    let ledger_of = |session: Session| {
        let home = Home::new();
        write(&home, PATHS[0], session, true);
        let mut ledger = Ledger::in_memory().expect("a ledger");
        let agents = [AgentHandle::Shared(goose())];
        ledger.sync(&agents, &system(&home), &|_, _| {}).expect("a sync");
        ledger.commit(0).expect("a commit");
        ledger
    };
    let lines_of = |ledger: &Ledger| {
        let mut lines = String::new();
        let write = |line: &str| {
            lines.push_str(line);
            lines.push('\n');
            Ok(())
        };
        ledger.export(write).expect("an export");
        lines
    };
    let count = |ledger: &Ledger| ledger.turns(&Selection::ALL).expect("turns").count();
    let mut both = Vec::new();
    for [own, other] in [[FIRST, SECOND], [SECOND, FIRST]] {
        let (mut ledger, other) = (ledger_of(own), ledger_of(other));
        ledger.import("other", lines_of(&other).as_bytes()).expect("an import");
        ledger.commit(0).expect("a commit");
        assert_eq!(count(&ledger), 3);
        both.push(lines_of(&ledger));
        // A new machine takes in both at once, in any order, and once more.
        let (lines, mut new) = (lines_of(&ledger), Ledger::in_memory().expect("a ledger"));
        let reversed: String = lines.lines().rev().map(|line| format!("{line}\n")).collect();
        for lines in [&lines, &reversed, &lines] {
            new.import("both", lines.as_bytes()).expect("an import");
            new.commit(0).expect("a commit");
            assert_eq!(count(&new), 3);
            assert_eq!(lines_of(&new), both[0], "as they were exported");
        }
        // Back again: nothing is new.
        let mut other = other;
        other.import("back", lines_of(&ledger).as_bytes()).expect("an import");
        other.commit(0).expect("a commit");
        assert_eq!(count(&other), 3);
    }
    assert_eq!(both[0], both[1], "both machines name the sessions alike");
}

#[test]
fn an_erased_session_stays_erased_and_the_next_one_of_its_id_counts() {
    let home = Home::new();
    let mut ledger = Ledger::in_memory().expect("a ledger");
    let agents = [AgentHandle::Shared(goose())];
    let mut inputs_of = |session: Session, erased: Option<&str>| {
        write(&home, PATHS[0], session, true);
        if let Some(id) = erased {
            let erase = Erase::Session {
                agent_id: "goose".to_owned(),
                session_id: id.to_owned(),
            };
            ledger.forget(&erase).expect("erased");
            ledger.commit(0).expect("a commit");
        }
        ledger.sync(&agents, &system(&home), &|_, _| {}).expect("a sync");
        ledger.commit(0).expect("a commit");
        let turns = ledger.turns(&Selection::ALL).expect("turns");
        let turns = turns.map(|found| found.expect("a turn").turn.numbers.tokens.input().expect("input"));
        turns.sum::<u64>()
    };
    assert_eq!(inputs_of(FIRST, None), 3000);
    assert_eq!(inputs_of(FIRST, Some(ID)), 0);
    assert_eq!(inputs_of(SECOND, None), 50_000);
    assert_eq!(inputs_of(FIRST, None), 50_000, "the erased session stays erased");
}
