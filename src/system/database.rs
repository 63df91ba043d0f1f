//! Opening a database so that neither it nor its folder changes.

use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

const BUSY_MS: u64 = 250;

/// Whether an error means that SQLite could not create its files next to a database: a folder of another user, a
/// read-only medium, a full disk.
pub fn is_unwritable(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | DiskFull | PermissionDenied | ReadOnly | SystemIoFailure)
    )
}

/// Opens so that nothing appears beside the database, its writer running or not.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    // A full disk leaves an empty file behind: treat it as missing.
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(PathBuf::from(name)).is_ok_and(|file| file.len() > 0)
    };
    // A crash leaves a log without its index. SQLite then keeps the index in memory, which needs an exclusive
    // connection.
    let is_crashed = cfg!(unix) && beside("-wal") && !beside("-shm");
    let how = match () {
        () if is_crashed => "mode=ro&vfs=unix-none",
        () if beside("-wal") && beside("-shm") => "mode=ro",
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

/// The `file:` URI of a path, with reserved characters escaped.
fn uri(path: &Path, query: &str) -> String {
    let mut text = path.to_string_lossy().replace('\\', "/");
    if !text.starts_with('/') {
        text.insert(0, '/');
    }
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{escaped}?{query}")
}
