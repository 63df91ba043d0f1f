//! Up to where the table of conversations was read, and whether its rows are still numbered as they were.

use anyhow::Result;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How many of the newest rows tell whether the numbering of rows is still the same.
const ANCHORS: i64 = 8;

/// Up to where the table was read. A rewritten row gets a new number, so new numbers are all there is to look at.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Number and key of the newest rows, the newest first.
    anchors: Vec<(i64, String)>,
}

impl Mark {
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn of(connection: &Connection) -> Result<Self> {
        let mut newest = connection.prepare(&format!(
            "select rowid, key from cursorDiskKV where octet_length(key) <= {MOST_KEY_BYTES} order by rowid desc limit ?1"
        ))?;
        let anchors = newest.query_map([ANCHORS], |row| Ok((row.get(0)?, text(row.get_ref(1)?).into_owned())))?;
        Ok(Self {
            anchors: anchors.collect::<rusqlite::Result<_>>()?,
        })
    }

    /// The number from which on rows may be new; `None` when the table must be read from its start: numbers fell or
    /// were given anew (as `VACUUM` may do), or nothing was read yet.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn resume(&self, now: &Self, connection: &Connection) -> Result<Option<i64>> {
        let (Some((last, _)), Some((newest, _))) = (self.anchors.first(), now.anchors.first()) else {
            return Ok(None);
        };
        if newest < last {
            return Ok(None);
        }
        let mut find = connection.prepare("select rowid from cursorDiskKV where key = ?1")?;
        for (number, key) in &self.anchors {
            let found: Option<i64> = find.query_row([key], |row| row.get(0)).optional()?;
            if found.is_some_and(|found| found < *number) {
                return Ok(None);
            }
        }
        Ok(Some(*last))
    }
}

/// Cursor's keys are a kind and one or two ids.
pub(super) const MOST_KEY_BYTES: usize = 1024;

/// Keys and values are text or blobs.
pub(super) fn text(value: ValueRef<'_>) -> Cow<'_, str> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => Cow::Borrowed(""),
    }
}
