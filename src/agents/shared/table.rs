//! Tables of other programs: selects the columns that exist, and reads cells of any type.

use super::instant::{self, parse_time, time_of};
use super::lenient::lossy;
use super::sqlite::{Database, MOST_CELL_BYTES};
use crate::agents::Batch;
use crate::core::problem::Problem;
use anyhow::{Context, Result};
use rusqlite::types::ValueRef;
use rusqlite::{Params, Row};
use rustc_hash::FxHasher;
use serde_json::Value;
use std::hash::{Hash, Hasher};
use xxhash_rust::xxh3::xxh3_64;

/// Columns that hold whole documents; a cell of any other column is at most [`MOST_TEXT_BYTES`] long.
const DOCUMENTS: [&str; 7] = [
    "data",
    "revert",
    "event_json",
    "event_zstd",
    "chat_message",
    "content_json",
    "message_ids",
];
pub(crate) const MOST_TEXT_BYTES: u32 = 1024 * 1024;

/// Every row of a table.
pub const ALL: (&str, ()) = ("", ());

/// What `in (…)` holds to find the values of a list, the parameter; see [`lists`]. One statement for many values: SQLite
/// seeks each in an index, and passes once over a table that has none.
pub const IN_LIST: &str = "select value from json_each(?1)";

/// Values as parameters of [`IN_LIST`], few enough in each that SQLite takes it.
pub fn lists<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    // The longest escape takes six bytes for one.
    const MOST_BYTES: usize = MOST_CELL_BYTES as usize / 8;
    let (mut lists, mut list, mut bytes) = (Vec::new(), Vec::new(), 0);
    for value in values {
        let text = value.as_ref();
        if bytes + text.len() > MOST_BYTES && !list.is_empty() {
            lists.push(Value::from(std::mem::take(&mut list)).to_string());
            bytes = 0;
        }
        // No agent makes ids that long, and no parameter holds them.
        if text.len() <= MOST_TEXT_BYTES as usize {
            bytes += text.len();
            list.push(text.to_owned());
        }
    }
    if !list.is_empty() {
        lists.push(Value::from(list).to_string());
    }
    lists
}

/// Reads a table; columns it does not have come as null, oversized cells too, with a warning. Returns whether it is
/// there with its first column.
///
/// `rest` is SQL behind the table's name, with its parameters; see [`ALL`].
///
/// # Errors
/// When the database cannot be read, or `each` fails.
pub fn read(
    database: &Database,
    table: &str,
    columns: &[&str],
    (rest, parameters): (&str, impl Params),
    into: &mut Batch,
    mut each: impl FnMut(&Cells<'_>, &mut Batch) -> Result<()>,
) -> Result<bool> {
    let describe = || format!("could not read {}", database.path.display());
    let there = database.columns(table).with_context(describe)?;
    let has = |wanted: &str| there.iter().any(|column| column == wanted);
    if !columns.first().is_some_and(|first| has(first)) {
        return Ok(false);
    }
    let (mut list, mut oversized) = (String::new(), String::from("0"));
    for column in columns {
        if has(column) {
            let most = if DOCUMENTS.contains(column) {
                MOST_CELL_BYTES
            } else {
                MOST_TEXT_BYTES
            };
            // The length stands in a row's head: an oversized cell is never loaded.
            list.push_str(&format!(
                "case when octet_length(\"{column}\") <= {most} then \"{column}\" end, "
            ));
            oversized.push_str(&format!(" or coalesce(octet_length(\"{column}\"), 0) > {most}"));
        } else {
            list.push_str("null, ");
        }
    }
    let select = format!("select {list}{oversized}, rowid from \"{table}\" {rest}");
    let mut statement = database.connection.prepare_cached(&select).with_context(describe)?;
    let mut rows = statement.query(parameters).with_context(describe)?;
    while let Some(row) = rows.next().with_context(describe)? {
        database.budget.restart();
        let cells = Cells { row, columns };
        let place = || format!("{}:row {}", database.path.display(), cells.rowid());
        let fault = if matches!(row.get_ref(columns.len()), Ok(ValueRef::Integer(1))) {
            Some("an oversized cell is skipped")
        } else {
            cells.has_damaged_text().then_some("holds text that is no UTF-8")
        };
        let known = into.problems.len();
        instant::impossible();
        each(&cells, into)?;
        let impossible = instant::impossible();
        // What the reader finds wrong with a damaged row is the same fault once more.
        if let Some(fault) = fault {
            into.problems.truncate(known);
            into.problem(Problem::new(place(), fault));
        } else if let Some(fault) = impossible {
            into.problem(Problem::new(place(), fault));
        }
    }
    Ok(true)
}

/// One row; its cells are asked for by the names of their columns.
pub struct Cells<'r> {
    row: &'r Row<'r>,
    columns: &'r [&'r str],
}

impl Cells<'_> {
    fn cell(&self, column: &str) -> ValueRef<'_> {
        let at = self.columns.iter().position(|known| *known == column);
        debug_assert!(at.is_some(), "{column} was not asked for");
        at.and_then(|at| self.row.get_ref(at).ok()).unwrap_or(ValueRef::Null)
    }

    fn has_damaged_text(&self) -> bool {
        (0..self.columns.len())
            .any(|at| matches!(self.row.get_ref(at), Ok(ValueRef::Text(text)) if std::str::from_utf8(text).is_err()))
    }

    /// Text that is not empty; bytes that are no UTF-8 are replaced.
    pub fn text(&self, column: &str) -> Option<String> {
        let text = match self.cell(column) {
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => lossy(bytes).into_owned(),
            ValueRef::Real(_) | ValueRef::Null => String::new(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// A whole number, however it is stored.
    pub fn integer(&self, column: &str) -> Option<i64> {
        match self.cell(column) {
            ValueRef::Integer(number) => Some(number),
            // `as` saturates.
            ValueRef::Real(number) => Some(number as i64),
            ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
            ValueRef::Blob(_) | ValueRef::Null => None,
        }
    }

    pub fn bytes(&self, column: &str) -> Option<&[u8]> {
        match self.cell(column) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub fn number(&self, column: &str) -> Option<f64> {
        match self.cell(column) {
            ValueRef::Integer(number) => Some(number as f64),
            ValueRef::Real(number) if number.is_finite() => Some(number),
            _ => None,
        }
    }

    /// A count; negative ones are 0, null and words unknown.
    pub fn count(&self, column: &str) -> Option<u64> {
        let number = match self.cell(column) {
            ValueRef::Integer(number) => return Some(u64::try_from(number).unwrap_or(0)),
            ValueRef::Real(number) => number,
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text).ok()?.trim();
                match text.parse() {
                    Ok(count) => return Some(count),
                    Err(_) => text.parse().ok()?,
                }
            }
            ValueRef::Blob(_) | ValueRef::Null => return None,
        };
        // `as` saturates.
        number.is_finite().then_some(number as u64)
    }

    /// Epoch milliseconds of a time as text or as a number.
    pub fn time(&self, column: &str) -> Option<i64> {
        match self.number(column) {
            Some(number) => time_of(number),
            None => parse_time(&self.text(column)?),
        }
    }

    /// A hash of all cells but those of some columns: equal in rows that differ in nothing else.
    pub fn hash_without(&self, columns: &[&str]) -> u64 {
        let mut hasher = FxHasher::default();
        for (at, name) in self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, name)| !columns.contains(name))
        {
            name.hash(&mut hasher);
            match self.row.get_ref(at).unwrap_or(ValueRef::Null) {
                ValueRef::Null => 0_u8.hash(&mut hasher),
                ValueRef::Integer(number) => number.hash(&mut hasher),
                ValueRef::Real(number) => number.to_bits().hash(&mut hasher),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => xxh3_64(bytes).hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    pub fn rowid(&self) -> u64 {
        let number = self.row.get_ref(self.columns.len() + 1);
        number
            .ok()
            .and_then(|number| number.as_i64().ok())
            .map_or(0, i64::unsigned_abs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn missing_columns_are_null_and_a_missing_table_is_reported() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.db");
        let connection = Connection::open(&path).expect("a database");
        connection
            .execute_batch(
                "create table t (id text, n, at);
                 insert into t values ('a', 5, '2026-03-02 09:00:00'), (x'ff', -1.5, 1772442000.5), ('', 'x', null);",
            )
            .expect("rows");
        let database = Database::open(&path).expect("opens");
        let (mut seen, mut batch) = (Vec::new(), Batch::default());
        let is_there = read(
            &database,
            "t",
            &["id", "n", "at", "absent"],
            ("order by rowid", ()),
            &mut batch,
            |cells, _| {
                seen.push((
                    cells.text("id"),
                    cells.count("n"),
                    cells.time("at"),
                    cells.text("absent"),
                    cells.rowid(),
                ));
                Ok(())
            },
        );
        assert!(is_there.expect("readable"));
        assert_eq!(
            seen,
            [
                (Some("a".into()), Some(5), Some(1_772_442_000_000), None, 1),
                (Some("\u{fffd}".into()), Some(0), Some(1_772_442_000_500), None, 2),
                (None, None, None, None, 3),
            ]
        );
        for (table, column) in [("absent", "id"), ("t", "absent")] {
            assert!(!read(&database, table, &[column], ALL, &mut batch, |_, _| Ok(())).expect("readable"));
        }
    }

    #[test]
    fn lists_find_each_value_once_with_an_index_and_without() {
        let connection = Connection::open_in_memory().expect("a database");
        connection
            .execute_batch("create table t (id text); insert into t values ('a'), ('\"b\\'), ('c'), ('a')")
            .expect("rows");
        let long = "x".repeat(MOST_TEXT_BYTES as usize);
        let values: Vec<String> = ["a", "\"b\\", "absent"].map(str::to_owned).into();
        let many = std::iter::repeat_n(long, 20);
        let lists = lists(values.into_iter().chain(many));
        assert!(lists.len() > 1, "one list of 20 MB");
        for index in ["", "create index by_id on t(id)"] {
            connection.execute_batch(index).expect("an index");
            let count = |list: &String| -> i64 {
                let select = format!("select count(*) from t where id in ({IN_LIST})");
                connection
                    .query_row(&select, [list], |row| row.get(0))
                    .expect("a count")
            };
            assert_eq!(lists.iter().map(count).sum::<i64>(), 3, "{index}");
        }
    }
}
