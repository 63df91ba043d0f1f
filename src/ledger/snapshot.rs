//! The snapshot row: what bars read without opening more of the ledger than this.

use super::schema::{self, Opened, Place};
use super::{Ledger, Standing};
use crate::core::problem::Problem;
use crate::core::snapshot::{SHAPE, Snapshot};
use crate::system::System;
use anyhow::{Context, Result};
use rusqlite::OptionalExtension;
use std::time::Duration;

const KEY: &str = "snapshot";

/// What a bar finds.
pub enum Peeked {
    /// Nothing was ever synced, or by another version.
    Nothing,
    Snapshot(Box<Snapshot>),
    /// The ledger cannot be used.
    Unusable(Problem),
}

impl Ledger {
    /// Leaves a snapshot for bars, unless another process is writing: its own will be as good. It is no commit: nobody
    /// else's is given up for it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn leave_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        let (Some(connection), Standing::File(_)) = (&self.connection, &self.standing) else {
            return Ok(());
        };
        if self.read_only.is_some() {
            return Ok(());
        }
        let bytes = serde_json::to_vec(snapshot).context("could not write the snapshot for bars")?;
        connection.busy_timeout(Duration::ZERO)?;
        let query = "insert or replace into meta (key, value) values (?1, ?2)";
        match connection.execute(query, (KEY, bytes)) {
            Err(error) if schema::is_busy(&error) => Ok(()),
            other => other
                .map(drop)
                .context("could not leave the snapshot for bars in the ledger"),
        }
    }

    /// The snapshot that was left last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(self.meta(KEY)?.and_then(|bytes| parse(&bytes)))
    }
}

/// The snapshot of a system's ledger, and nothing else of it.
pub fn peek(system: &System) -> Peeked {
    let Place::File(path) = schema::place(system) else {
        return Peeked::Nothing;
    };
    let connection = match schema::open(&path) {
        Opened::Absent => return Peeked::Nothing,
        Opened::Unusable(problem) => return Peeked::Unusable(problem),
        Opened::Ready(connection) | Opened::ReadOnly(connection, _) => connection,
    };
    let found = connection
        .query_row("select value from meta where key = ?1", [KEY], |row| {
            row.get::<_, Vec<u8>>(0)
        })
        .optional();
    match found {
        Err(error) if schema::is_busy(&error) => Peeked::Nothing,
        Err(error) => Peeked::Unusable(schema::damaged(&path, error)),
        Ok(found) => found
            .and_then(|bytes| parse(&bytes))
            .map_or(Peeked::Nothing, |snapshot| Peeked::Snapshot(Box::new(snapshot))),
    }
}

/// What another version left is as good as nothing.
fn parse(bytes: &[u8]) -> Option<Snapshot> {
    let snapshot: Snapshot = serde_json::from_slice(bytes).ok()?;
    (snapshot.shape == SHAPE).then_some(snapshot)
}
