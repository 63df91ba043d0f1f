//! Names in the ledger, without reading turns, for completions.

use super::Ledger;
use super::names::Kind;
use crate::core::turn::Origin;
use anyhow::Result;

/// A session as a completion offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionName {
    pub id: String,
    pub title: Option<String>,
    /// Epoch milliseconds UTC.
    pub updated_at: Option<i64>,
}

impl Ledger {
    /// Committed sessions whose id begins with `prefix`, the newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn recent_sessions(&self, prefix: &str, most: u32) -> Result<Vec<SessionName>> {
        let Some(connection) = &self.connection else {
            return Ok(Vec::new());
        };
        let mut statement = connection.prepare(
            "select name, title, updated_at from session where substr(name, 1, length(?1)) = ?1
             order by updated_at desc limit ?2",
        )?;
        let session = |row: &rusqlite::Row<'_>| {
            Ok(SessionName {
                id: row.get(0)?,
                title: row.get(1)?,
                updated_at: row.get(2)?,
            })
        };
        Ok(statement
            .query_map((prefix, most), session)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// The id of every session, those that are not committed yet, too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn session_ids(&self) -> Result<Vec<String>> {
        let pending = self.pending.sessions.values().map(|session| session.info.id.clone());
        let mut ids: Vec<String> = pending.collect();
        if let Some(connection) = &self.connection {
            let mut statement = connection.prepare("select name from session")?;
            let committed = statement.query_map([], |row| row.get(0))?;
            ids.extend(committed.collect::<rusqlite::Result<Vec<String>>>()?);
        }
        Ok(ids)
    }

    /// The project paths of committed sessions.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn project_paths(&self) -> Result<Vec<String>> {
        let Some(connection) = &self.connection else {
            return Ok(Vec::new());
        };
        let mut statement =
            connection.prepare("select distinct project from session where project is not null order by project")?;
        Ok(statement
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// Provider and model of every model that was ever read.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str)> {
        let rows = 0..u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        rows.filter(|&row| self.names.kind(row) == Some(Kind::Model))
            .map(|row| self.names.model(row))
    }

    /// Every branch that a turn was ever made on.
    pub fn branches(&self) -> impl Iterator<Item = &str> {
        self.origins()
            .map(|origin| origin.branch)
            .filter(|branch| !branch.is_empty())
    }

    /// Every kind of subagent that a turn was ever made by.
    pub fn subagents(&self) -> impl Iterator<Item = &str> {
        self.origins()
            .map(|origin| origin.subagent)
            .filter(|kind| !kind.is_empty())
    }

    fn origins(&self) -> impl Iterator<Item = Origin<'_>> {
        let rows = 0..u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        rows.map(|row| self.names.origin(row))
    }
}
