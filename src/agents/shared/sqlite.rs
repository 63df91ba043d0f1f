//! Opening somebody else's database without disturbing it.

use super::source::wal_path;
use crate::system::database::{self, is_unwritable};
use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long another process's lock is waited for.
const BUSY_MS: u64 = 250;

/// Somebody else's database, read-only. Keeps the folder of a private copy alive where one had to be made.
pub struct Database {
    pub connection: Connection,
    _copy: Option<CopyDir>,
}

impl Database {
    /// Opens read-only with the write-ahead log in view. Where the log's index cannot be made (somebody else's folder,
    /// a full disk), it is kept in memory; where that does not do either, `.db` and `-wal` are copied to a temporary
    /// folder first.
    ///
    /// # Errors
    /// When the file is no database, cannot be read, or stays locked.
    pub fn open(path: &Path) -> Result<Self> {
        let describe = || format!("could not open {}", path.display());
        match open_in_place(path) {
            Ok(connection) => Ok(Self {
                connection,
                _copy: None,
            }),
            Err(error) if is_unwritable(&error) => {
                let still = database::open(path).and_then(touched);
                if let Ok(connection) = still {
                    return Ok(Self {
                        connection,
                        _copy: None,
                    });
                }
                if !wal_path(path).exists() {
                    return Err(error).with_context(describe);
                }
                let copy = CopyDir::new(path).with_context(describe)?;
                let connection = open_in_place(&copy.database).with_context(describe)?;
                Ok(Self {
                    connection,
                    _copy: Some(copy),
                })
            }
            Err(error) => Err(error).with_context(describe),
        }
    }

    /// The names of a table's columns; empty when there is no such table.
    ///
    /// # Errors
    /// When the schema cannot be read.
    pub fn columns(&self, table: &str) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare("select name from pragma_table_info(?1)")?;
        let names = statement
            .query_map([table], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(names)
    }
}

fn open_in_place(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.pragma_update(None, "query_only", true)?;
    touched(connection)
}

/// After the first real access: opening alone touches neither the file nor its log.
fn touched(connection: Connection) -> rusqlite::Result<Connection> {
    connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// A private copy of a database and its log, removed when dropped.
struct CopyDir {
    database: std::path::PathBuf,
    folder: std::path::PathBuf,
}

impl CopyDir {
    fn new(path: &Path) -> std::io::Result<Self> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("ttop-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(unique);
        create_private(&folder)?;
        let copy = Self {
            database: folder.join("copy.db"),
            folder,
        };
        std::fs::copy(path, &copy.database)?;
        std::fs::copy(wal_path(path), wal_path(&copy.database))?;
        Ok(copy)
    }
}

impl Drop for CopyDir {
    fn drop(&mut self) {
        // Nothing is lost when a temporary folder stays: the system clears it.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(unix)]
fn create_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir(folder)
}
