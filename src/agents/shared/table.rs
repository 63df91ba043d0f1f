//! Tables of other programs: asked for by the columns they really have, and read whatever type a cell has.

use super::instant::parse_time;
use super::sqlite::Database;
use crate::agents::{Batch, Bookmark, Scope, Source};
use crate::core::problem::Problem;
use crate::core::turn::Presence;
use anyhow::Result;
use rusqlite::Row;
use rusqlite::types::ValueRef;

/// Reads a database whose table `sessions` holds running totals: the whole of it, each time it changed.
///
/// # Errors
/// When the database cannot be read.
pub fn read_sessions(
    source: &Source,
    columns: &[&str],
    rules_version: u32,
    into: &mut Batch,
    mut each: impl FnMut(&Cells<'_>, &mut Batch),
) -> Result<Bookmark> {
    let database = Database::open(&source.path)?;
    let is_there = read(&database, "sessions", columns, "", |cells| {
        each(cells, into);
        Ok(())
    })?;
    if is_there {
        into.replace(Scope::Source, Presence::Gone);
    } else {
        into.problem(Problem::new(source.path.display(), "has no table of sessions"));
    }
    Ok(Bookmark {
        rules_version,
        ..Bookmark::whole(source)
    })
}

/// Reads a table; columns it does not have come as null. Returns whether it is there with its first column.
///
/// `rest` may order the rows. The row number stands behind the columns.
///
/// # Errors
/// When the database cannot be read, or `each` fails.
pub fn read(
    database: &Database,
    table: &str,
    columns: &[&str],
    rest: &str,
    mut each: impl FnMut(&Cells<'_>) -> Result<()>,
) -> Result<bool> {
    let there = database.columns(table)?;
    let has = |wanted: &str| there.iter().any(|column| column == wanted);
    if !columns.first().is_some_and(|first| has(first)) {
        return Ok(false);
    }
    let list: Vec<String> = columns
        .iter()
        .map(|column| {
            if has(column) {
                format!("\"{column}\"")
            } else {
                "null".to_owned()
            }
        })
        .collect();
    let mut statement = database
        .connection
        .prepare(&format!("select {}, rowid from \"{table}\" {rest}", list.join(", ")))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(&Cells {
            row,
            rowid: columns.len(),
        })?;
    }
    Ok(true)
}

/// One row.
pub struct Cells<'r> {
    row: &'r Row<'r>,
    rowid: usize,
}

impl Cells<'_> {
    fn cell(&self, at: usize) -> ValueRef<'_> {
        self.row.get_ref(at).unwrap_or(ValueRef::Null)
    }

    /// Text that is not empty; bytes that are no UTF-8 are replaced.
    pub fn text(&self, at: usize) -> Option<String> {
        let bytes = self.bytes(at)?;
        (!bytes.is_empty()).then(|| String::from_utf8_lossy(bytes).into_owned())
    }

    pub fn bytes(&self, at: usize) -> Option<&[u8]> {
        match self.cell(at) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub fn number(&self, at: usize) -> Option<f64> {
        match self.cell(at) {
            ValueRef::Integer(number) => Some(number as f64),
            ValueRef::Real(number) if number.is_finite() => Some(number),
            _ => None,
        }
    }

    /// A count; negative ones are 0, null and text unknown.
    pub fn count(&self, at: usize) -> Option<u64> {
        match self.cell(at) {
            ValueRef::Integer(number) => Some(u64::try_from(number).unwrap_or(0)),
            // `as` saturates.
            ValueRef::Real(number) if number.is_finite() => Some(number as u64),
            _ => None,
        }
    }

    /// Epoch milliseconds of `2026-03-02 09:00:00` (UTC, as SQLite writes it), of RFC 3339, or of a number of
    /// seconds.
    pub fn time(&self, at: usize) -> Option<i64> {
        match self.number(at) {
            Some(number) => parse_seconds(number),
            None => {
                let text = self.text(at)?;
                parse_time(&text).or_else(|| parse_zoneless(&text))
            }
        }
    }

    pub fn rowid(&self) -> u64 {
        self.count(self.rowid).unwrap_or(0)
    }
}

/// Epoch milliseconds of seconds; what would be tens of thousands of years away are milliseconds.
fn parse_seconds(number: f64) -> Option<i64> {
    const LATEST_SECOND: f64 = 253_402_300_799.0;
    let ms = if number > LATEST_SECOND {
        number
    } else {
        number * 1000.0
    };
    (ms > 0.0 && ms <= LATEST_SECOND * 1000.0).then_some(ms as i64)
}

/// Without a zone it is UTC, as SQLite writes it.
fn parse_zoneless(text: &str) -> Option<i64> {
    let at: jiff::civil::DateTime = text.parse().ok()?;
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn missing_columns_are_null_and_a_missing_table_is_said() {
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
        let mut seen = Vec::new();
        let is_there = read(
            &database,
            "t",
            &["id", "n", "at", "absent"],
            "order by rowid",
            |cells| {
                seen.push((
                    cells.text(0),
                    cells.count(1),
                    cells.time(2),
                    cells.text(3),
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
            assert!(!read(&database, table, &[column], "", |_| Ok(())).expect("readable"));
        }
    }

    #[test]
    fn times_come_in_every_spelling() {
        assert_eq!(parse_zoneless("2026-03-02 09:00:00.5"), Some(1_772_442_000_500));
        assert_eq!(parse_zoneless("yesterday"), None);
        assert_eq!(parse_seconds(1_772_442_000_000.0), Some(1_772_442_000_000));
        assert_eq!(parse_seconds(0.0), None);
        assert_eq!(parse_seconds(f64::MAX), None);
    }
}
