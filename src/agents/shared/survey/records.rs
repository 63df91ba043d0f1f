//! A sample of records: the ends of the newest files, parsed plainly, whatever kind of file they are.

use super::vocabulary::{Vocabulary, is_usage_column};
use crate::agents::shared::source::Source;
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::zstd;
use crate::system::open;
use rusqlite::types::ValueRef;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

/// Of one file.
const MOST_FILE_BYTES: u64 = 8 << 20;
/// Of one agent.
const MOST_BYTES: u64 = 64 << 20;
/// Of one table.
const MOST_ROWS: u32 = 2000;

const DATABASE: &[u8] = b"SQLite format 3\0";
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The newest sources first.
pub(super) fn newest(sources: &[Source]) -> Vec<&Source> {
    let mut newest: Vec<&Source> = sources.iter().collect();
    newest.sort_by_key(|source| std::cmp::Reverse(source.stamp.modified_ns));
    newest
}

/// Reads records until its budget is spent.
pub(super) struct Sample<'v> {
    vocabulary: &'v Vocabulary,
    left: u64,
}

type Each<'a> = &'a mut dyn FnMut(&str, &Value);

impl<'v> Sample<'v> {
    pub(super) fn new(vocabulary: &'v Vocabulary) -> Self {
        let left = MOST_BYTES;
        Self { vocabulary, left }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Hands out the records of a file with their place, and returns the columns of a database that have usage and are
    /// not in the vocabulary. The reader reports files that cannot be read; a survey skips them.
    pub(super) fn read(&mut self, path: &Path, each: Each<'_>) -> BTreeMap<String, u64> {
        let Ok((mut file, metadata)) = open::open(path) else {
            return BTreeMap::new();
        };
        self.left = self.left.saturating_sub(metadata.len().min(MOST_FILE_BYTES));
        let mut start = Vec::new();
        if (&file).take(DATABASE.len() as u64).read_to_end(&mut start).is_err() {
            return BTreeMap::new();
        }
        if start == DATABASE {
            return self.database(path, each).unwrap_or_default();
        }
        let is_log = path.to_string_lossy().contains(".jsonl");
        if file.rewind().is_err() {
            return BTreeMap::new();
        }
        if !start.starts_with(ZSTD) {
            records(file, metadata.len(), is_log, each);
        } else if let Ok(text) = zstd::unpack(file, MOST_BYTES) {
            let size = text.len() as u64;
            records(Cursor::new(text), size, is_log, each);
        }
        BTreeMap::new()
    }

    fn database(&self, path: &Path, each: Each<'_>) -> anyhow::Result<BTreeMap<String, u64>> {
        let database = Database::open(path)?;
        let cells: BTreeSet<&str> = self.vocabulary.words.iter().map(|words| words.cell()).collect();
        for cell in cells {
            let Some((table, column)) = cell.split_once('.') else {
                continue;
            };
            if database.columns(table)?.iter().any(|known| known == column) {
                documents(&database, cell, table, column, each)?;
            }
        }
        self.columns(&database)
    }

    fn columns(&self, database: &Database) -> anyhow::Result<BTreeMap<String, u64>> {
        let mut found = BTreeMap::new();
        let tables: Vec<String> = {
            let select = "select name from sqlite_schema where type = 'table' and rootpage > 0";
            let mut statement = database.connection.prepare(select)?;
            let names = statement.query_map([], |row| row.get(0))?;
            names.collect::<rusqlite::Result<_>>()?
        };
        for table in tables.iter().filter(|table| is_plain(table)) {
            for column in database.columns(table)? {
                let name = format!("{table}.{column}");
                if !is_usage_column(&column) || !is_plain(&column) || self.vocabulary.columns.contains(&&*name) {
                    continue;
                }
                let select = format!(
                    "select count(*) from (select \"{column}\" as it from \"{table}\" order by rowid desc limit {MOST_ROWS})
                     where it > 0 and typeof(it) in ('integer', 'real')"
                );
                database.budget.restart();
                let count: i64 = database.connection.query_row(&select, [], |row| row.get(0))?;
                if count > 0 {
                    found.insert(name, count.unsigned_abs());
                }
            }
        }
        Ok(found)
    }
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn documents(database: &Database, cell: &str, table: &str, column: &str, each: Each<'_>) -> anyhow::Result<()> {
    let select = format!(
        "select \"{column}\" from \"{table}\" where octet_length(\"{column}\") < {MOST_FILE_BYTES}
         order by rowid desc limit {MOST_ROWS}"
    );
    let mut statement = database.connection.prepare(&select)?;
    let mut rows = statement.query([])?;
    let mut left = MOST_FILE_BYTES;
    while let Some(row) = rows.next()? {
        database.budget.restart();
        let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = row.get_ref(0)? else {
            continue;
        };
        if bytes.starts_with(ZSTD) {
            if let Ok(text) = zstd::unpack(bytes, MOST_FILE_BYTES) {
                document(cell, &text, each);
            }
        } else {
            document(cell, bytes, each);
        }
        left = left.saturating_sub(bytes.len() as u64);
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// The records of a text: the end of a log with its first line, or one document.
fn records(mut text: impl Read + Seek, size: u64, is_log: bool, each: Each<'_>) {
    let mut bytes = Vec::new();
    if !is_log {
        // A document without its end is none.
        if size <= MOST_FILE_BYTES && text.read_to_end(&mut bytes).is_ok() {
            document("", &bytes, each);
        }
        return;
    }
    let skipped = size.saturating_sub(MOST_FILE_BYTES);
    if skipped > 0 {
        let mut first = Vec::new();
        if (&mut text).take(MOST_FILE_BYTES / 8).read_to_end(&mut first).is_ok() {
            let end = first.iter().position(|byte| *byte == b'\n').unwrap_or(0);
            document("", &first[..end], each);
        }
    }
    if text.seek(SeekFrom::Start(skipped)).is_err() || text.take(MOST_FILE_BYTES).read_to_end(&mut bytes).is_err() {
        return;
    }
    let lines = bytes.split(|byte| *byte == b'\n');
    for line in lines.skip(usize::from(skipped > 0)) {
        document("", line, each);
    }
}

/// One document. An array is a list of records.
fn document(place: &str, bytes: &[u8], each: Each<'_>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if !matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return;
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Array(items)) => items.iter().for_each(|item| each(place, item)),
        Ok(value) => each(place, &value),
        // The reader names damaged records.
        Err(_) => {}
    }
}
