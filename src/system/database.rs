//! Opening a database so that neither it nor its folder changes.

use super::open::{self, Most};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const BUSY_MS: u64 = 250;
/// The largest cell that is ever loaded: no agent writes larger ones, and they would be held in memory.
pub const MOST_CELL_BYTES: u32 = 64 * 1024 * 1024;

/// The work a database may cost until it yields the next row.
#[derive(Clone, Debug)]
pub struct Budget(Arc<AtomicU64>);

impl Budget {
    /// Steps of SQLite's machine: about a second.
    const STEPS: u64 = 50_000_000;
    const STEPS_PER_CHECK: i32 = 10_000;

    /// Limits a connection: what it may execute, how much it may work, and how large a cell may be.
    ///
    /// # Errors
    /// When SQLite refuses a limit.
    pub fn limit(connection: &mut Connection) -> rusqlite::Result<Self> {
        // Whoever wrote the file also wrote its schema: functions in it must not have effects.
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_CELL_BYTES as i32)?;
        let left = Self(Arc::new(AtomicU64::new(Self::STEPS)));
        let of_handler = left.clone();
        connection.progress_handler(Self::STEPS_PER_CHECK, Some(move || of_handler.is_spent()))?;
        Ok(left)
    }

    /// A row came: work for the next one begins.
    #[inline]
    pub fn restart(&self) {
        self.0.store(Self::STEPS, Ordering::Relaxed);
    }

    fn is_spent(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0
            .store(left.saturating_sub(Self::STEPS_PER_CHECK as u64), Ordering::Relaxed);
        left == 0
    }
}

/// Whether an error means that SQLite could not create its files next to a database: a folder of another user, a
/// read-only medium, a full disk.
pub fn is_unwritable(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | DiskFull | PermissionDenied | ReadOnly | SystemIoFailure)
    )
}

/// One of SQLite's own files: it puts them beside what a link leads to.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink());
    let target = is_link.then(|| std::fs::canonicalize(path).ok()).flatten();
    let mut name = target.unwrap_or_else(|| path.to_owned()).into_os_string();
    name.push(suffix);
    name.into()
}

/// What is beside a database under the names of SQLite's own files and no regular file: SQLite would wait for a pipe.
pub fn strange_beside(path: &Path) -> Option<PathBuf> {
    let mut files = ["-wal", "-shm", "-journal"]
        .into_iter()
        .map(|suffix| beside(path, suffix));
    files.find(|file| std::fs::metadata(file).is_ok_and(|there| !there.is_file()))
}

/// The size of one of SQLite's own files beside a database; `None` where it is missing.
fn size_beside(path: &Path, suffix: &str) -> Option<u64> {
    std::fs::metadata(beside(path, suffix)).ok().map(|file| file.len())
}

/// Whether it is there with content: a full disk leaves an empty file behind.
fn is_beside(path: &Path, suffix: &str) -> bool {
    size_beside(path, suffix).is_some_and(|size| size > 0)
}

/// Whether SQLite would make files beside a database to read it: it has a write-ahead log, and that or its index is not there.
pub fn would_leave_files(path: &Path) -> bool {
    // Where the log has to be read without its index, it is kept in memory; not all systems can do that.
    let can_be_read = cfg!(unix) || !is_beside(path, "-wal");
    let are_there = ["-wal", "-shm"]
        .iter()
        .all(|suffix| size_beside(path, suffix).is_some());
    can_be_read && !are_there && has_log(path)
}

/// Whether a database has a write-ahead log, by its header.
fn has_log(path: &Path) -> bool {
    // Versions of the format for writing and reading: 2 where there is a log.
    const VERSIONS: std::ops::Range<usize> = 18..20;
    let header = open::read_start(path, Most(VERSIONS.end as u64)).unwrap_or_default();
    match header.get(VERSIONS) {
        Some(versions) => versions == [2, 2],
        // All of it is in the log.
        None => is_beside(path, "-wal"),
    }
}

/// Opens so that nothing appears beside the database, its writer running or not.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    if let Some(file) = strange_beside(path) {
        return Err(rusqlite::Error::InvalidPath(file));
    }
    let has = |suffix| is_beside(path, suffix);
    // A crash leaves a log without its index. SQLite then keeps the index in memory, which needs an exclusive
    // connection.
    let is_crashed = cfg!(unix) && has("-wal") && !has("-shm");
    let how = match () {
        () if is_crashed => "mode=ro&vfs=unix-none",
        () if has("-wal") && has("-shm") => "mode=ro",
        () => "mode=ro&immutable=1",
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(path, how), flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    if is_crashed {
        connection.pragma_update(None, "locking_mode", "exclusive")?;
    }
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens another program's database, which may hold anything: it works and loads within limits.
///
/// # Errors
/// When it cannot be opened.
pub fn open_foreign(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = open(path)?;
    Budget::limit(&mut connection)?;
    Ok(connection)
}

/// Whether a name is a table that is stored: views and virtual tables run what somebody else wrote, which may never end.
/// `None` when nothing has the name.
///
/// # Errors
/// When the schema cannot be read.
pub fn is_table(connection: &Connection, name: &str) -> rusqlite::Result<Option<bool>> {
    let find = "select type = 'table' and rootpage > 0 from sqlite_schema
        where name = ?1 collate nocase and type in ('table', 'view')";
    connection.query_row(find, [name], |row| row.get(0)).optional()
}

/// The `file:` URI of a path, with reserved characters escaped.
fn uri(path: &Path, query: &str) -> String {
    let mut text = path.to_string_lossy().replace('\\', "/");
    if !text.starts_with('/') {
        text.insert(0, '/');
    }
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{escaped}?{query}")
}
