//! Storage: texts by key, each plugin's own.

use super::{Answer, plain};
use crate::plugins::message::Refused;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

const MOST_BYTES: usize = 1 << 20;
const MOST_VALUE: usize = 64 << 10;
const MOST_KEY: usize = 256;

/// Whose texts.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub kind: &'a str,
    pub id: &'a str,
}

/// A database; in memory for cases.
#[derive(Debug)]
pub struct Storage(Mutex<Connection>);

const SCHEMA: &str = "create table if not exists storage (
    plugin_type text not null, plugin_id text not null, key text not null, value text not null,
    primary key (plugin_type, plugin_id, key)) without rowid, strict";

impl Storage {
    /// # Errors
    /// When the database cannot be opened or made.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        Self::prepared(crate::system::database::open(path)?)
    }

    /// # Errors
    /// When the engine fails.
    pub fn in_memory() -> rusqlite::Result<Self> {
        Self::prepared(Connection::open_in_memory()?)
    }

    fn prepared(connection: Connection) -> rusqlite::Result<Self> {
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        connection.execute(SCHEMA, [])?;
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text of a key; `null` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn get(&self, owner: Owner<'_>, key: &str) -> Answer {
        let found: Option<String> = self
            .connection()
            .query_row(
                "select value from storage where plugin_type = ?1 and plugin_id = ?2 and key = ?3",
                params![owner.kind, owner.id, key],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| failed(&error))?;
        plain(found.map_or(Value::Null, Value::from))
    }

    /// # Errors
    /// When a bound is passed or the database fails.
    pub fn set(&self, owner: Owner<'_>, key: &str, value: &str) -> Answer {
        if key.len() > MOST_KEY {
            return Err(Refused::failed(format!("storage: a key has at most {MOST_KEY} bytes")));
        }
        if value.len() > MOST_VALUE {
            return Err(Refused::failed(
                "storage: a value has at most 64 KiB, and all of a plugin's at most 1 MiB",
            ));
        }
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(|error| failed(&error))?;
        let others: i64 = transaction
            .query_row(
                "select coalesce(sum(octet_length(key) + octet_length(value)), 0) from storage
                 where plugin_type = ?1 and plugin_id = ?2 and key <> ?3",
                params![owner.kind, owner.id, key],
                |row| row.get(0),
            )
            .map_err(|error| failed(&error))?;
        if usize::try_from(others).unwrap_or(usize::MAX) + key.len() + value.len() > MOST_BYTES {
            return Err(Refused::failed("storage is full: a plugin keeps at most 1 MiB"));
        }
        transaction
            .execute(
                "insert into storage values (?1, ?2, ?3, ?4)
                 on conflict do update set value = excluded.value",
                params![owner.kind, owner.id, key, value],
            )
            .and_then(|_| transaction.commit())
            .map_err(|error| failed(&error))?;
        plain(Value::Null)
    }

    /// # Errors
    /// When the database fails.
    pub fn delete(&self, owner: Owner<'_>, key: &str) -> Answer {
        self.connection()
            .execute(
                "delete from storage where plugin_type = ?1 and plugin_id = ?2 and key = ?3",
                params![owner.kind, owner.id, key],
            )
            .map_err(|error| failed(&error))?;
        plain(Value::Null)
    }

    /// Everything of one plugin is dropped.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget(&self, owner: Owner<'_>) -> rusqlite::Result<usize> {
        self.connection().execute(
            "delete from storage where plugin_type = ?1 and plugin_id = ?2",
            params![owner.kind, owner.id],
        )
    }

    /// Everything, by plugin id: what cases look at.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(&self) -> rusqlite::Result<BTreeMap<String, BTreeMap<String, String>>> {
        let connection = self.connection();
        let mut statement = connection.prepare("select plugin_id, key, value from storage")?;
        let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            all.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
        }
        Ok(all)
    }
}

fn failed(error: &rusqlite::Error) -> Refused {
    Refused::failed(format!("storage: {error}"))
}
