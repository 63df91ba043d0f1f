//! Every agent with a database: a session whose rows were copied under another id adds nothing, also with another title or
//! in another folder.

use crate::new_ids::counts;
use crate::support;
use crate::support::counting::Counting;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

/// What a copy's ids end with.
const COPY: &str = "-copy";

/// Columns that differ in a copy: its title and its folder.
const OF_COPIES: [&str; 7] = [
    "title",
    "name",
    "description",
    "summary",
    "cwd",
    "folder_paths",
    "working_dir",
];

/// A row, whether each of its columns must be unique, and whether it differs in a copy.
struct Row {
    table: String,
    cells: Vec<Value>,
    is_key: Vec<bool>,
    differs: Vec<bool>,
}

fn homes(agent: &dyn Agent) -> Vec<PathBuf> {
    let mut homes = Vec::new();
    for folder in [format!("agents/{}", agent.id()), agent.id().to_owned()] {
        let cases = std::fs::read_dir(support::fixtures().join(folder));
        homes.extend(
            cases
                .into_iter()
                .flatten()
                .flatten()
                .map(|case| case.path().join("home")),
        );
    }
    homes
}

fn replaced(cell: &Value, from: &str, to: &str) -> Option<Value> {
    match cell {
        Value::Text(text) if text.contains(from) => Some(Value::Text(text.replace(from, to))),
        Value::Blob(bytes) => {
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains(from))?;
            Some(Value::Blob(text.replace(from, to).into_bytes()))
        }
        _ => None,
    }
}

/// Whether a column names the session that started a row's own.
fn is_of_others(column: &str) -> bool {
    ["fork", "parent", "root", "spawned"]
        .iter()
        .any(|start| column.starts_with(start))
}

/// The rows of every table that belong to a session.
fn rows_of(connection: &Connection, session: &str) -> Vec<Row> {
    let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite%'";
    let mut statement = connection.prepare(tables).expect("a statement");
    let tables = statement.query_map([], |row| row.get::<_, String>(0)).expect("tables");
    let mut found = Vec::new();
    for table in tables.map(|table| table.expect("a name")) {
        let mut unique = BTreeSet::new();
        // What is unique by itself; of keys of several columns the session is one.
        let keys = format!(
            "select min(part.name) from pragma_index_list('{table}') as list, pragma_index_info(list.name) as part
             where list.\"unique\" group by list.name having count(*) = 1
             union select min(name) from pragma_table_info('{table}') where pk > 0 having count(*) = 1"
        );
        let mut statement = connection.prepare(&keys).expect("a statement");
        let mut names = statement.query([]).expect("keys");
        while let Some(name) = names.next().expect("a key") {
            unique.extend(name.get::<_, Option<String>>(0).expect("a name"));
        }
        let mut statement = connection
            .prepare(&format!("select * from \"{table}\""))
            .expect("a statement");
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let cells: Vec<Value> = (0..columns.len()).map(|at| row.get(at).expect("a cell")).collect();
            let is_key: Vec<bool> = columns.iter().map(|column| unique.contains(column)).collect();
            let names = |at: usize| match &cells[at] {
                Value::Text(text) if text == session => !is_of_others(&columns[at]),
                cell => is_key[at] && replaced(cell, session, "").is_some(),
            };
            if (0..cells.len()).any(names) {
                found.push(Row {
                    table: table.clone(),
                    differs: columns.iter().map(|column| OF_COPIES.contains(&&**column)).collect(),
                    cells,
                    is_key,
                });
            }
        }
    }
    found
}

/// Copies all that belongs to a session, messages under other ids, too; returns how many rows that were.
fn copy(connection: &Connection, session: &str) -> usize {
    let rows = rows_of(connection, session);
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for row in &rows {
        for (cell, _) in row.cells.iter().zip(&row.is_key).filter(|(_, is_key)| **is_key) {
            match cell {
                Value::Text(id) if !id.contains(session) => drop(ids.insert(id.clone())),
                _ => {}
            }
        }
    }
    let mut copied = 0;
    for row in rows {
        let cells: Vec<Value> = row
            .cells
            .iter()
            .zip(row.is_key.iter().zip(&row.differs))
            .map(|(cell, (is_key, differs))| match cell {
                Value::Text(text) if *differs => Value::Text(format!("{text} (copy)")),
                Value::Text(id) if ids.contains(id) => Value::Text(format!("{id}{COPY}")),
                // A number is given by the database.
                Value::Integer(_) if *is_key => Value::Null,
                _ => replaced(cell, session, &format!("{session}{COPY}")).unwrap_or_else(|| cell.clone()),
            })
            .collect();
        let places = vec!["?"; cells.len()].join(", ");
        copied += connection
            .execute(
                &format!("insert into \"{}\" values ({places})", row.table),
                rusqlite::params_from_iter(&cells),
            )
            .unwrap_or_else(|error| panic!("{} {:?}: {error}", row.table, row.cells));
    }
    copied
}

fn check(agent: &'static (dyn Agent + Sync), case: &Path) -> bool {
    let home = support::Home::new();
    support::copy_tree(case, &home.path());
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let sources = agent.sources(&system).sources;
    let databases: BTreeSet<PathBuf> = sources
        .into_iter()
        .map(|it| it.path)
        .filter(|it| support::is_database(it))
        .collect();
    let mut counting = Counting::of(agent);
    let before = counting.sync(&system).turns;
    let sessions: BTreeSet<&str> = before.iter().map(|turn| turn.session_id.as_str()).collect();
    let mut is_copied = false;
    for path in &databases {
        let connection = Connection::open(path).expect("a database");
        connection
            .pragma_update(None, "foreign_keys", false)
            .expect("no checks");
        for session in &sessions {
            is_copied |= copy(&connection, session) > 0;
        }
    }
    let after = counting.sync(&system).turns;
    assert_eq!(counts(&after), counts(&before), "{}", case.display());
    let once = Counting::of(agent).sync(&system).turns;
    assert_eq!(counts(&once), counts(&before), "{} at once", case.display());
    is_copied
}

#[test]
fn a_session_whose_rows_are_copied_under_another_id_adds_nothing() {
    let mut copied = BTreeSet::new();
    for agent in built_in() {
        for case in homes(*agent) {
            if check(*agent, &case) {
                copied.insert(agent.id());
            }
        }
    }
    assert!(copied.len() >= 10, "only {copied:?}");
}
