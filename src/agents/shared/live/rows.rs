//! The newest messages of a session in a database, as the records a transcript would hold.

use crate::agents::shared::lenient::lossy;
use crate::agents::shared::sqlite::Database;
use anyhow::Result;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};
use std::path::Path;

/// Tables of messages, and the columns that order them.
const TABLES: [(&str, &str); 3] = [
    ("messages", "rowid"),
    ("message", "rowid"),
    ("transcript_events", "seq"),
];
/// Columns of a message, by the keys that transcripts have for the same.
const COLUMNS: [(&str, &str); 12] = [
    ("role", "role"),
    ("content_json", "content"),
    ("parts", "parts"),
    ("content", "content"),
    ("created_timestamp", "timestamp"),
    ("created_at", "timestamp"),
    ("timestamp", "timestamp"),
    ("model", "model"),
    ("finish_reason", "stopReason"),
    ("tool_calls", "tool_calls"),
    ("tool_call_id", "tool_call_id"),
    ("provider", "provider"),
];

/// The newest messages of a session, oldest first; empty where no table holds any.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn newest(path: &Path, session_id: &str, most: usize) -> Result<Vec<String>> {
    let database = Database::open(path)?;
    for (table, order) in TABLES {
        let columns = database.columns(table)?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        if !has("session_id") {
            continue;
        }
        let select = if has("event_json") {
            format!("select event_json from {table} where session_id = ?1 and event_json is not null")
        } else {
            let found: Vec<&str> = COLUMNS
                .iter()
                .map(|(column, _)| *column)
                .filter(|column| has(column))
                .collect();
            format!("select {} from {table} where session_id = ?1", found.join(", "))
        };
        let select = format!("{select} order by {order} desc limit {most}");
        let mut statement = database.connection.prepare(&select)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([session_id])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(match names.as_slice() {
                [only] if only == "event_json" => row.get(0)?,
                names => record(names, row)?,
            });
        }
        records.reverse();
        return Ok(records);
    }
    Ok(Vec::new())
}

fn record(names: &[String], row: &rusqlite::Row<'_>) -> rusqlite::Result<String> {
    let mut record = Map::new();
    for (at, name) in names.iter().enumerate() {
        let value = match row.get_ref(at)? {
            ValueRef::Integer(number) => Value::from(number),
            ValueRef::Real(number) => Value::from(number),
            ValueRef::Text(text) => parse(&lossy(text)),
            ValueRef::Null | ValueRef::Blob(_) => continue,
        };
        let key = COLUMNS
            .iter()
            .find(|(column, _)| column == name)
            .map_or("", |(_, key)| key);
        record.entry(key).or_insert(value);
    }
    Ok(Value::Object(record).to_string())
}

/// Lists of calls and blocks are stored as JSON; anything else is a text.
fn parse(text: &str) -> Value {
    let is_nested = text.starts_with(['[', '{']);
    let nested = is_nested.then(|| serde_json::from_str(text).ok()).flatten();
    nested.unwrap_or_else(|| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn the_newest_messages_come_oldest_first_with_the_keys_of_transcripts() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.db");
        let database = Connection::open(&path).expect("a database");
        database
            .execute_batch(
                r#"create table messages(id integer primary key, session_id text, role text, content_json text, created_timestamp integer);
                insert into messages values (1, 's', 'user', 'old', 1), (2, 's', 'user', 'go', 2),
                  (3, 's', 'assistant', '[{"type":"text","text":"ok"}]', 3), (4, 'other', 'user', 'x', 4);"#,
            )
            .expect("rows");
        let found = newest(&path, "s", 2).expect("reads");
        assert_eq!(
            found,
            [
                r#"{"role":"user","content":"go","timestamp":2}"#,
                r#"{"role":"assistant","content":[{"type":"text","text":"ok"}],"timestamp":3}"#
            ]
        );
        assert!(newest(&path, "nobody", 2).expect("reads").is_empty());
    }
}
