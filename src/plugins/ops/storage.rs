//! Storage: texts by key, each plugin's own.

use super::{Answer, plain};
use crate::plugins::message::Refused;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const MOST_BYTES: usize = 1 << 20;
const MOST_VALUE: usize = 64 << 10;
const MOST_KEY: usize = 256;

/// Whose texts.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub kind: &'a str,
    pub id: &'a str,
}

/// A database, opened when it is first needed; in memory for cases.
#[derive(Debug)]
pub struct Storage {
    place: Option<PathBuf>,
    connection: Mutex<Option<Connection>>,
}

const SCHEMA: &str = "create table if not exists storage (
    plugin_type text not null, plugin_id text not null, key text not null, value text not null,
    primary key (plugin_type, plugin_id, key)) without rowid, strict";

impl Storage {
    pub fn at(place: PathBuf) -> Self {
        Self {
            place: Some(place),
            connection: Mutex::default(),
        }
    }

    pub fn in_memory() -> Self {
        Self {
            place: None,
            connection: Mutex::default(),
        }
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = match &self.place {
            Some(place) => {
                if let Some(folder) = place.parent() {
                    // Opening the file says what is wrong.
                    let _ = crate::system::replace::create_private_folder(folder);
                }
                let mut options = std::fs::File::options();
                options.append(true).create(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                // As above.
                let _ = crate::system::open::regular(&mut options, place);
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(place, flags)?
            }
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        connection.execute(SCHEMA, [])?;
        Ok(connection)
    }

    fn with<T>(&self, job: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match connection.take() {
            Some(open) => open,
            None => self.open()?,
        };
        job(connection.insert(open))
    }

    /// The text of a key; `null` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn get(&self, owner: Owner<'_>, key: &str) -> Answer {
        let found: Option<String> = self
            .with(|connection| {
                let row = connection.query_row(
                    "select value from storage where plugin_type = ?1 and plugin_id = ?2 and key = ?3",
                    params![owner.kind, owner.id, key],
                    |row| row.get(0),
                );
                row.optional()
            })
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
        let is_kept = self
            .with(|connection| {
                let transaction = connection.transaction()?;
                let others: i64 = transaction.query_row(
                    "select coalesce(sum(octet_length(key) + octet_length(value)), 0) from storage
                     where plugin_type = ?1 and plugin_id = ?2 and key <> ?3",
                    params![owner.kind, owner.id, key],
                    |row| row.get(0),
                )?;
                if usize::try_from(others).unwrap_or(usize::MAX) + key.len() + value.len() > MOST_BYTES {
                    return Ok(false);
                }
                transaction.execute(
                    "insert into storage values (?1, ?2, ?3, ?4)
                     on conflict do update set value = excluded.value",
                    params![owner.kind, owner.id, key, value],
                )?;
                transaction.commit().map(|()| true)
            })
            .map_err(|error| failed(&error))?;
        match is_kept {
            true => plain(Value::Null),
            false => Err(Refused::failed("storage is full: a plugin keeps at most 1 MiB")),
        }
    }

    /// # Errors
    /// When the database fails.
    pub fn delete(&self, owner: Owner<'_>, key: &str) -> Answer {
        self.with(|connection| {
            connection.execute(
                "delete from storage where plugin_type = ?1 and plugin_id = ?2 and key = ?3",
                params![owner.kind, owner.id, key],
            )
        })
        .map_err(|error| failed(&error))?;
        plain(Value::Null)
    }

    /// Everything of one plugin is dropped.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget(&self, owner: Owner<'_>) -> rusqlite::Result<usize> {
        self.with(|connection| {
            connection.execute(
                "delete from storage where plugin_type = ?1 and plugin_id = ?2",
                params![owner.kind, owner.id],
            )
        })
    }

    /// Everything, by plugin id: what cases look at.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(&self) -> rusqlite::Result<BTreeMap<String, BTreeMap<String, String>>> {
        self.with(|connection| {
            let mut statement = connection.prepare("select plugin_id, key, value from storage")?;
            let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                all.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
            }
            Ok(all)
        })
    }
}

fn failed(error: &rusqlite::Error) -> Refused {
    Refused::failed(format!("storage: {error}"))
}
