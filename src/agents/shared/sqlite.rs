//! Opening somebody else's database without disturbing it, and without letting it disturb ttop.

use super::source::wal_path;
use crate::system::database::{self, is_table, is_unwritable, strange_beside, would_leave_files};
use anyhow::{Context, Result, bail};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

pub use crate::system::database::{Budget, MOST_CELL_BYTES};

/// How long another process's lock is waited for.
const BUSY_MS: u64 = 250;

/// Somebody else's database, read-only. Keeps the folder of a private copy alive where one had to be made.
pub struct Database {
    pub connection: Connection,
    pub path: PathBuf,
    /// Restarted by whoever reads many rows.
    pub budget: Budget,
    _copy: Option<CopyDir>,
}

/// Whether a row failed because one of its cells is larger than [`MOST_CELL_BYTES`].
pub fn is_too_big(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::TooBig)
}

/// Whether a read failed because of a damaged page.
pub fn is_damaged(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}

impl Database {
    /// Opens read-only with the write-ahead log in view. Where SQLite would make files beside the database, or cannot (somebody
    /// else's folder, a full disk), the log's index is kept in memory; where that does not do, `.db` and `-wal` are copied to a
    /// temporary folder first.
    ///
    /// # Errors
    /// When the file is no database, cannot be read, or stays locked.
    pub fn open(path: &Path) -> Result<Self> {
        let describe = || format!("could not open {}", path.display());
        if let Some(file) = strange_beside(path) {
            bail!(
                "could not open {}: {} is no regular file",
                path.display(),
                file.display()
            );
        }
        let limited = |(connection, budget): (Connection, Budget), copy: Option<CopyDir>| Self {
            connection,
            path: path.to_owned(),
            budget,
            _copy: copy,
        };
        // They would belong to whoever runs ttop, and its writer may be somebody else.
        let leaves_files = would_leave_files(path);
        let opened = match leaves_files {
            true => database::open(path).and_then(touched),
            false => open_in_place(path),
        };
        match opened {
            Ok(opened) => Ok(limited(opened, None)),
            Err(error) if is_unwritable(&error) => {
                let still = (!leaves_files).then(|| database::open(path).and_then(touched));
                if let Some(Ok(opened)) = still {
                    return Ok(limited(opened, None));
                }
                if !wal_path(path).exists() {
                    return Err(error).with_context(describe);
                }
                let copy = CopyDir::new(path).with_context(describe)?;
                let opened = open_in_place(&copy.database).with_context(describe)?;
                Ok(limited(opened, Some(copy)))
            }
            Err(error) => Err(error).with_context(describe),
        }
    }

    /// The names of the columns a table stores; empty when there is no such table. Generated columns are left out:
    /// they compute.
    ///
    /// # Errors
    /// When the schema cannot be read, or gives the name to a view or a virtual table: those run what somebody else
    /// wrote, which may never end.
    pub fn columns(&self, table: &str) -> Result<Vec<String>> {
        match is_table(&self.connection, table)? {
            None => return Ok(Vec::new()),
            Some(false) => bail!("{table} in {} is no table", self.path.display()),
            Some(true) => {}
        }
        let mut statement = self.connection.prepare("select name from pragma_table_info(?1)")?;
        let names = statement
            .query_map([table], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(names)
    }
}

fn open_in_place(path: &Path) -> rusqlite::Result<(Connection, Budget)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.pragma_update(None, "query_only", true)?;
    touched(connection)
}

/// Limited, and after the first real access: opening alone touches neither the file nor its log.
fn touched(mut connection: Connection) -> rusqlite::Result<(Connection, Budget)> {
    let budget = Budget::limit(&mut connection)?;
    connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
    Ok((connection, budget))
}

/// A private copy of a database and its log, removed when dropped.
struct CopyDir {
    database: PathBuf,
    folder: PathBuf,
}

impl CopyDir {
    fn new(path: &Path) -> std::io::Result<Self> {
        use std::sync::atomic::AtomicU32;
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
