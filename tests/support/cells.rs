//! Cells of the databases among the fixtures, to be replaced and read again: SQLite sees a sound database, the agent's reader
//! text that nobody wrote. Of a damaged file, SQLite refuses most before a reader sees any.

use super::subjects::Subject;
use rusqlite::Connection;
use rusqlite::types::Value;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use ttop::agents::Bookmark;
use ttop::agents::shared::zstd;

/// Of each column.
const MOST_CELLS: usize = 8;

pub struct Cell {
    table: String,
    column: String,
    row: i64,
    value: Value,
    /// What is in it: of a packed one, what was packed.
    pub original: Vec<u8>,
    is_packed: bool,
}

/// The cells of a source.
pub struct Cells<'s> {
    subject: &'s Subject,
    connection: Connection,
    pub all: Vec<Cell>,
}

impl<'s> Cells<'s> {
    /// `None` for a source that is no database.
    pub fn of(subject: &'s Subject) -> Option<Self> {
        if !subject.original.starts_with(b"SQLite format 3\0") {
            return None;
        }
        let connection = Connection::open(&subject.source.path).expect("a database");
        connection
            .execute_batch("pragma synchronous = off; pragma foreign_keys = off; pragma ignore_check_constraints = on")
            .expect("set");
        let mut all = Vec::new();
        // A key that is the row's number moves the row.
        let columns = "select s.name, c.name from sqlite_schema as s, pragma_table_info(s.name) as c
            where s.type = 'table' and s.name not like 'sqlite\\_%' escape '\\'
                and not (c.pk = 1 and c.type = 'integer' collate nocase)";
        let mut statement = connection.prepare(columns).expect("a schema");
        let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        let names: Vec<(String, String)> = names.expect("names").map(|name| name.expect("a name")).collect();
        for (table, column) in names {
            all.extend(Cell::of(&connection, &table, &column));
        }
        drop(statement);
        Some(Self {
            subject,
            connection,
            all,
        })
    }

    /// Reads the source with other content in a cell, from its start and on from a bookmark, and puts the cell back.
    pub fn read(&self, cell: &Cell, content: &[u8], from: &Bookmark) {
        let packed = cell
            .is_packed
            .then(|| compress_to_vec(content, CompressionLevel::Fastest));
        let value = match (packed, std::str::from_utf8(content)) {
            (Some(packed), _) => Value::Blob(packed),
            (None, Ok(text)) if !matches!(cell.value, Value::Blob(_)) => Value::Text(text.to_owned()),
            (None, _) => Value::Blob(content.to_vec()),
        };
        // A key that another row has is refused.
        if self.put(cell, &value) {
            self.subject.read_on(from);
            assert!(self.put(cell, &cell.value), "put back");
        }
    }

    fn put(&self, cell: &Cell, value: &Value) -> bool {
        let Cell { table, column, row, .. } = cell;
        let update = format!("update or ignore \"{table}\" set \"{column}\" = ?1 where rowid = ?2");
        let mut statement = self.connection.prepare_cached(&update).expect("a table");
        statement.execute((value, row)).is_ok_and(|rows| rows == 1)
    }
}

impl Cell {
    fn of(connection: &Connection, table: &str, column: &str) -> Vec<Self> {
        let select = format!(
            "select rowid, \"{column}\" from \"{table}\" where \"{column}\" is not null order by rowid limit {MOST_CELLS}"
        );
        // A table without row ids has no cells here.
        let Ok(mut statement) = connection.prepare(&select) else {
            return Vec::new();
        };
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Value>(1)?)));
        let cell = |(row, value): (i64, Value)| {
            let held = match &value {
                Value::Text(text) => text.clone().into_bytes(),
                Value::Blob(bytes) => bytes.clone(),
                Value::Integer(number) => number.to_string().into_bytes(),
                Value::Real(number) => number.to_string().into_bytes(),
                Value::Null => Vec::new(),
            };
            // Some fixtures have a damaged one.
            let unpacked = zstd::unpack(&held[..], zstd::MOST_BYTES).ok();
            Self {
                table: table.to_owned(),
                column: column.to_owned(),
                row,
                value,
                is_packed: unpacked.is_some(),
                original: unpacked.unwrap_or(held),
            }
        };
        let rows = rows.expect("rows").map(|row| cell(row.expect("a row")));
        rows.collect()
    }
}
