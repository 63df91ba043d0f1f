//! Databases made to hang, to fill memory or to lie: every agent that reads one warns, and reads on.

use super::sqlite::MOST_CELL_BYTES;
use crate::agents::{Agent, Batch, Bookmark, Source, built_in};
use crate::system::{Os, System};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// Hands every database of every agent's fixtures to `attack`, in a copy of its home, then reads it.
fn attack(mut attack: impl FnMut(&Connection) -> bool, mut judge: impl FnMut(&str, &Result<Bookmark, String>, &Batch)) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut attacked = std::collections::BTreeSet::new();
    for agent in built_in() {
        let folder = match agent.id() {
            "opencode" => fixtures.join("opencode"),
            id => fixtures.join("agents").join(id),
        };
        let mut cases: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
        cases.sort_by_key(std::fs::DirEntry::file_name);
        for case in cases.into_iter().take(2) {
            let dir = tempfile::tempdir().expect("a folder");
            copy(&case.path().join("home"), dir.path());
            for source in sources(*agent, dir.path()) {
                let is_database = std::fs::read(&source.path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3"));
                if !is_database || !attack(&Connection::open(&source.path).expect("a database")) {
                    continue;
                }
                let source = Source::find_database(&source.path, source.kind).expect("still there");
                let mut batch = Batch::default();
                let read = agent.read(&source, &Bookmark::default(), &mut batch);
                judge(agent.id(), &read.map_err(|error| format!("{error:#}")), &batch);
                attacked.insert(agent.id());
            }
        }
    }
    assert!(attacked.len() >= 7, "only {attacked:?}");
}

fn sources(agent: &dyn Agent, home: &Path) -> Vec<Source> {
    agent.sources(&System::new(Os::Linux, home, BTreeMap::new())).sources
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("copied");
        }
    }
}

fn names(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).expect("a schema");
    let names = statement.query_map([], |row| row.get(0)).expect("names");
    names.collect::<Result<_, _>>().expect("names")
}

/// The tables that hold what agents are asked for.
fn tables(connection: &Connection) -> Vec<String> {
    names(
        connection,
        "select name from sqlite_schema where type = 'table' and name in ('session', 'session_v2', 'message',
         'session_message', 'sessions', 'threads', 'cursorDiskKV', 'ItemTable')",
    )
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    names(
        connection,
        &format!("select name from pragma_table_info('{table}') where pk = 0"),
    )
}

fn is_reported(agent: &str, read: &Result<Bookmark, String>, batch: &Batch) {
    assert!(read.is_err() || !batch.problems.is_empty(), "{agent}: {read:?}");
}

#[test]
fn views_and_virtual_tables_in_the_place_of_tables_never_run() {
    let endless = "with recursive r(n) as (select 1 union all select n + 1 from r)";
    for what in [
        format!("create view \"TABLE\" as {endless} select COLUMNS from r"),
        format!("create view \"TABLE\" as {endless} select COLUMNS from r where n < 0"),
        "create virtual table \"TABLE\" using fts5(LIST)".to_owned(),
    ] {
        attack(
            |connection| {
                let tables = tables(connection);
                for table in &tables {
                    let mut columns = columns(connection, table);
                    columns.push("id".to_owned());
                    columns.dedup();
                    let named: Vec<_> = columns.iter().map(|column| format!("n as \"{column}\"")).collect();
                    let sql = what
                        .replace("TABLE", table)
                        .replace("COLUMNS", &named.join(", "))
                        .replace("LIST", &columns.join(", "));
                    connection
                        .execute_batch(&format!("drop table \"{table}\"; {sql}"))
                        .expect("replaced");
                }
                !tables.is_empty()
            },
            is_reported,
        );
    }
}

/// An index over an expression refuses cells that it cannot work out.
fn drop_indexes(connection: &Connection) {
    let select = "select 'drop index \"' || name || '\"' from sqlite_master where type = 'index' and sql is not null";
    let mut statement = connection.prepare(select).expect("indexes");
    let drops = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    let drops: Vec<String> = drops.map(|drop| drop.expect("a name")).collect();
    connection.execute_batch(&drops.join(";")).expect("dropped");
}

#[test]
fn oversized_cells_are_skipped_with_a_warning() {
    let mut turns = BTreeMap::<&str, usize>::new();
    attack(
        |connection| {
            let mut is_attacked = false;
            drop_indexes(connection);
            for table in tables(connection) {
                for column in columns(connection, &table) {
                    let bytes = match column.as_str() {
                        "data" | "value" => MOST_CELL_BYTES + 1,
                        "title" | "name" | "summary" => 2 << 20,
                        _ => continue,
                    };
                    let largest = format!(
                        "update \"{table}\" set \"{column}\" = zeroblob({bytes})
                         where rowid = (select max(rowid) from \"{table}\" {})",
                        if table == "cursorDiskKV" {
                            "where key like 'bubbleId:%'"
                        } else {
                            ""
                        }
                    );
                    is_attacked |= connection.execute(&largest, []).expect("updated") > 0;
                }
            }
            is_attacked
        },
        |agent, read, batch| {
            is_reported(agent, read, batch);
            if read.is_ok() {
                *turns
                    .entry(built_in().iter().find(|it| it.id() == agent).expect("an agent").id())
                    .or_default() += batch.turns.len();
            }
        },
    );
    for agent in ["opencode", "goose", "hermes", "crush"] {
        assert!(turns.get(agent).is_some_and(|turns| *turns > 0), "{agent}: {turns:?}");
    }
}

#[test]
fn text_that_is_no_utf8_is_reported() {
    attack(
        |connection| {
            let mut is_attacked = false;
            for table in tables(connection) {
                // What the key is damaged of is found by nobody.
                for column in columns(connection, &table).iter().filter(|column| *column != "key") {
                    let damage = format!("update \"{table}\" set \"{column}\" = cast(x'c328ff' as text)");
                    is_attacked |= connection.execute(&damage, []).is_ok_and(|rows| rows > 0);
                }
            }
            is_attacked
        },
        is_reported,
    );
}

#[test]
fn work_without_a_row_ends() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.db");
    Connection::open(&path)
        .expect("a database")
        .execute_batch("create table t (id text)")
        .expect("a table");
    let database = super::sqlite::Database::open(&path).expect("opens");
    let endless = "with recursive r(n) as (select 1 union all select n + 1 from r) select n from r where n < 0";
    let found = database.connection.query_row(endless, [], |row| row.get::<_, i64>(0));
    assert_eq!(
        found.expect_err("interrupted").sqlite_error_code(),
        Some(rusqlite::ErrorCode::OperationInterrupted)
    );
    database.budget.restart();
    let counted = database
        .connection
        .query_row("select count(*) from t", [], |row| row.get::<_, i64>(0));
    assert_eq!(counted.expect("a count"), 0);
}
