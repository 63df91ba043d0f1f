//! Databases without end, with a cell of enormous size, or with very many rows: one warning each, and all else is answered.

use crate::floods::measure::{self, Run};
use crate::support::{Home, fixtures, is_database};
use rusqlite::Connection;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

/// Of processor time: in a release, and in a build for tests, which is several times slower. The clock on the
/// wall is bounded by `BUSY` times as much, for machines that do other work.
const MOST_SECONDS: f64 = if cfg!(debug_assertions) { 20.0 } else { 5.0 };
const BUSY: f64 = 10.0;
const MOST_MIB: f64 = 300.0;
/// How many rows of a table are copied.
const TEMPLATES: usize = 8;
const OTHER: &str = "an-answer-from-elsewhere";
/// Each looks at databases in its own way.
const COMMANDS: [&str; 5] = ["turns", "ps", "doctor", "creds", "mcp"];
const ENDLESS: &str = "with recursive r(n) as (select 1 union all select n + 1 from r)";

/// A database of a fixture, in a home that has something else to answer with.
struct Subject {
    agent: &'static str,
    home: Home,
    path: PathBuf,
}

fn sources(agent: &dyn Agent, home: &Home) -> Vec<PathBuf> {
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let found = agent.sources(&system).sources.into_iter().map(|source| source.path);
    found.filter(|path| is_database(path)).collect()
}

/// The first database of each agent that reads any.
fn subjects() -> Vec<Subject> {
    let mut subjects = Vec::new();
    for agent in built_in() {
        let folders = [fixtures().join("agents").join(agent.id()), fixtures().join(agent.id())];
        let cases = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten();
        let mut cases: Vec<_> = cases.map(|case| case.expect("an entry").path().join("home")).collect();
        cases.sort();
        let found = cases.into_iter().filter(|case| case.is_dir()).find_map(|case| {
            let home = Home::new();
            home.copy(
                case.strip_prefix(fixtures()).expect("below").to_str().expect("a name"),
                "",
            );
            let path = sources(*agent, &home).into_iter().next()?;
            Some((home, path))
        });
        let Some((home, path)) = found else { continue };
        let line = serde_json::json!({"type": "assistant", "sessionId": OTHER, "cwd": "/w", "uuid": "u", "requestId": "r",
            "timestamp": "2026-11-20T10:00:00.000Z", "message": {"id": "m", "role": "assistant", "model": "claude-sonnet-4-5",
            "usage": {"input_tokens": 1, "output_tokens": 1}}});
        home.write(&format!(".claude/projects/-w/{OTHER}.jsonl"), format!("{line}\n"));
        subjects.push(Subject {
            agent: agent.id(),
            home,
            path,
        });
    }
    let names: BTreeSet<_> = subjects.iter().map(|subject| subject.agent).collect();
    assert!(names.len() >= 10, "only {names:?}");
    subjects
}

/// Names that a query gives in its first column.
fn names(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).expect("a schema");
    let names = statement.query_map([], |row| row.get(0)).expect("names");
    names.collect::<Result<_, _>>().expect("names")
}

fn tables(connection: &Connection) -> Vec<String> {
    names(
        connection,
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'",
    )
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    names(connection, &format!("select name from pragma_table_info('{table}')"))
}

/// Puts a view in the place of every table.
fn views(connection: &Connection, body: &str) {
    for table in tables(connection) {
        let named: Vec<_> = columns(connection, &table)
            .iter()
            .map(|column| format!("n as \"{column}\""))
            .collect();
        let view = format!(
            "drop table \"{table}\"; create view \"{table}\" as {ENDLESS} select {} from r {body}",
            named.join(", ")
        );
        // A table that belongs to another one cannot be dropped.
        let _ = connection.execute_batch(&view);
    }
}

/// In every table, one row has a cell of that size in every column that takes it.
fn cells(connection: &Connection, bytes: usize) {
    drop_indexes(connection);
    for table in tables(connection) {
        for column in columns(connection, &table) {
            let widen = format!(
                "update \"{table}\" set \"{column}\" = zeroblob({bytes}) where rowid = (select max(rowid) from \"{table}\")"
            );
            if connection.execute(&widen, []).is_ok_and(|rows| rows > 0) {
                break;
            }
        }
    }
}

fn drop_indexes(connection: &Connection) {
    let indexes = names(
        connection,
        "select name from sqlite_schema where type = 'index' and sql is not null",
    );
    for index in indexes {
        connection
            .execute_batch(&format!("drop index \"{index}\""))
            .expect("dropped");
    }
}

/// Copies of the first rows of each table, under keys that nothing else has: `range` of each. What refers to a session or a
/// message refers to its copy of the same number, and sessions have parents.
fn rows(connection: &Connection, range: std::ops::Range<usize>) {
    for table in tables(connection) {
        let keys = names(
            connection,
            &format!(
                "select name from pragma_table_info('{table}') where pk > 0
                 union select part.name from pragma_index_list('{table}') as list, pragma_index_info(list.name) as part
                 where list.\"unique\""
            ),
        );
        let values: Vec<_> = columns(connection, &table)
            .iter()
            .map(|column| match column.as_str() {
                "parent_id" | "parent_session_id" if keys.len() == 1 => format!("\"{}\" || n / 2", keys[0]),
                "session_id" | "message_id" => format!("\"{column}\" || n"),
                _ if keys.contains(column) => format!("\"{column}\" || n"),
                _ => format!("\"{column}\""),
            })
            .collect();
        let copy = format!(
            "insert or ignore into \"{table}\" with recursive r(n) as (select {} union all select n + 1 from r limit {})
             select {} from (select * from \"{table}\" order by rowid limit {TEMPLATES}), r",
            range.start,
            range.len(),
            values.join(", ")
        );
        // Keys that are numbers take no text.
        let _ = connection.execute(&copy, []);
    }
}

/// Runs a command; its stdout and stderr are beside what it took.
fn run(home: &Home, command: &str) -> (Run, String, String) {
    let binary = assert_cmd::cargo::cargo_bin("ttop");
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "exec \"$0\" \"$@\" > ../out 2> ../err"])
        .arg(binary)
        .args([command, "-v"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home.path())
        .env("TTOP_NOW", "2026-11-20T18:00:00Z")
        .env("TTOP_OFFLINE", "1")
        .env("TZ", "UTC")
        .current_dir(home.path());
    let run = measure::run(shell);
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).expect("written");
    (run, read("../out"), read("../err"))
}

/// Attacks the database of every agent that reads one; `warnings` = how many there may be.
fn attack(what: &str, warnings: std::ops::RangeInclusive<usize>, attack: impl Fn(&Connection)) {
    for Subject { agent, home, path } in subjects() {
        let connection = Connection::open(&path).expect("a database");
        connection
            .execute_batch("pragma journal_mode = delete; pragma synchronous = off; pragma foreign_keys = off")
            .expect("set");
        attack(&connection);
        drop(connection);
        for command in COMMANDS {
            let (run, stdout, stderr) = run(&home, command);
            let place = format!("{what}, {agent}, {command}: {stderr}");
            assert!(run.cpu < MOST_SECONDS, "{:.1} s: {place}", run.cpu);
            assert!(run.wall < MOST_SECONDS * BUSY, "{:.1} s: {place}", run.wall);
            assert!(run.peak_mib < MOST_MIB, "{:.0} MiB: {place}", run.peak_mib);
            if command == "turns" {
                assert!(stdout.contains(OTHER), "{place}");
                let name = path.file_name().expect("a name").to_str().expect("text");
                let count = stderr.lines().filter(|line| line.contains(name)).count();
                assert!(warnings.contains(&count), "{count} warnings: {place}");
            }
        }
    }
}

#[test]
fn endless_views_are_one_warning_each() {
    attack("a view without end", 1..=1, |connection| views(connection, ""));
    attack("a view without a row", 1..=1, |connection| {
        views(connection, "where n < 0")
    });
}

#[test]
fn an_enormous_cell_is_one_warning() {
    // All agents read cells by the same limits: the largest that SQLite holds comes to one of them, which has the fewest
    // tables to write it to.
    let count = |subject: &Subject| tables(&Connection::open(&subject.path).expect("a database")).len();
    let fewest = subjects().iter().map(count).min();
    let is_largest = Cell::new(std::env::var_os("TTOP_TEST_ALL").is_some());
    attack("an enormous cell", 0..=4, |connection| {
        let is_fewest = Some(tables(connection).len()) == fewest;
        let bytes = if is_fewest && is_largest.replace(false) {
            999_000_000
        } else {
            50_000_000
        };
        cells(connection, bytes);
    });
    assert!(!is_largest.get(), "no database took the largest cell");
}

#[test]
fn very_many_rows_take_little_time_and_memory() {
    attack("very many rows", 0..=usize::MAX, |connection| {
        rows(connection, 0..10_000 / TEMPLATES);
    });
}

/// Processor time of a first look at a database with so many copies and no index, of one when a row is new, and of live
/// sessions.
fn times(subject: &Subject, copies: usize) -> [f64; 3] {
    let connection = Connection::open(&subject.path).expect("a database");
    connection
        .execute_batch("pragma journal_mode = delete; pragma synchronous = off; pragma foreign_keys = off")
        .expect("set");
    drop_indexes(&connection);
    rows(&connection, 0..copies);
    let first = run(&subject.home, "turns").0.cpu;
    rows(&connection, copies..copies + 1);
    let second = run(&subject.home, "turns").0.cpu;
    std::fs::remove_dir_all(subject.home.path().join(".local/share/tokentop")).expect("a ledger");
    [first, second, run(&subject.home, "ps").0.cpu]
}

#[test]
fn ten_times_the_rows_without_an_index_cost_at_most_fifteen_times_the_time() {
    // What starting takes, below which a ratio has no meaning.
    const LEAST_SECONDS: f64 = 0.2;
    let mut slow = Vec::new();
    for (few, many) in subjects().into_iter().zip(subjects()) {
        let pairs = times(&few, 100).into_iter().zip(times(&many, 1_000));
        for (what, (of_few, of_many)) in ["first", "second", "live"].iter().zip(pairs) {
            if of_many > 15.0 * of_few.max(LEAST_SECONDS) {
                slow.push(format!("{}, {what}: {of_few:.2} s became {of_many:.2} s", many.agent));
            }
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
