//! The ledger's file: where it is, its tables and versions, how it is opened and first written.

use super::steps::{self, VERSION};
use crate::core::problem::Problem;
use crate::system::System;
use crate::system::database;
use crate::system::files::is_network_folder;
use crate::system::open;
use anyhow::{Context, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Marks the file as ttop's: "ttop" in ASCII.
const APPLICATION_ID: i32 = 0x7474_6f70;
/// How long a reader waits on systems whose ledger has no write-ahead log.
const READ_BUSY_MS: u64 = 2_000;

const TABLES: &str = "
create table meta (key text primary key, value) without rowid;
create table name (id integer primary key, kind integer not null, text text not null);
create table source (id integer primary key, agent integer not null, path text not null, kind integer not null,
    gone integer not null, bookmark blob not null, problems text not null);
create unique index source_path on source (agent, path, kind);
-- Every run repeats what could not be read: without this table, each run would look at every source for it.
create index source_problems on source (agent, problems) where problems <> '[]';
create table session (id integer primary key, agent integer not null, name text not null, gone integer not null,
    title_rank integer, title_at integer, title text, project_rank integer, project_at integer, project text,
    parent text, forked_from text, interactive integer, started_at integer, updated_at integer);
create unique index session_name on session (agent, name);
create table pack (id integer primary key, agent integer not null, source integer not null, session integer not null,
    first_at integer not null, last_at integer not null, numbers blob not null);
create index pack_source on pack (source, session);
-- With the times: which sessions are the newest is asked without a look at the numbers beside them.
create index pack_session on pack (session, first_at, last_at);
create table pack_events (id integer primary key, events blob not null);
create table pack_records (id integer primary key, records blob not null);
create table change (seq integer primary key autoincrement, at integer not null, agent integer not null, session integer not null,
    event integer not null, message text not null, old blob, new blob);
create index change_at on change (at);
create table forgotten (kind text not null, agent text not null, text text not null, before integer, primary key (kind, agent, text)) without rowid;
create table seen_limit (provider text not null, label text not null, seen_at integer not null, body text not null,
    primary key (provider, label, seen_at)) without rowid;
create table alert (id text primary key, state text not null, at integer not null) without rowid;
";

/// Where the ledger is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    Memory,
}

/// Where a link leads whose target is not there yet, as managers of settings make them; everything else as it is.
fn followed(path: PathBuf) -> PathBuf {
    const MOST_LINKS: usize = 8;
    if path.exists() {
        return path;
    }
    let mut target = path.clone();
    for _ in 0..MOST_LINKS {
        let Ok(next) = std::fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    let is_possible = !target.is_symlink() && target.parent().is_some_and(Path::is_dir);
    if is_possible { target } else { path }
}

/// `$TTOP_LEDGER` or `ledger.db` in ttop's data folder.
pub fn place(system: &System) -> Place {
    match system.var("TTOP_LEDGER") {
        Some(":memory:") => Place::Memory,
        Some(path) => Place::File(followed(system.expand(path))),
        None => Place::File(followed(system.own_data_dir().join("ledger.db"))),
    }
}

/// How a ledger file was found.
pub enum Opened {
    /// There is none yet.
    Absent,
    Ready(Connection),
    /// Readable but not writable, for this reason: a full disk, a folder of another user, a read-only medium.
    ReadOnly(Connection, String),
    /// Damaged, of a newer ttop, or unreadable: left alone.
    Unusable(Problem),
}

/// Opens an existing ledger.
pub fn open(path: &Path) -> Opened {
    if !path.exists() {
        return match std::fs::read_link(path) {
            Ok(target) => Opened::Unusable(Problem::new(
                path.display(),
                format_args!("is a link to {}, where no file can be made", target.display()),
            )),
            Err(_) => Opened::Absent,
        };
    }
    if !path.is_file() {
        return Opened::Unusable(Problem::new(path.display(), "is no regular file"));
    }
    if let Some(file) = database::strange_beside(path) {
        return Opened::Unusable(Problem::new(file.display(), "is no regular file"));
    }
    match open_existing(path) {
        Ok(connection) => check(path, connection, Opened::Ready),
        Err(error) if database::is_unwritable(&error) => match open_unwritable(path) {
            Ok(connection) => check(path, connection, |connection| {
                Opened::ReadOnly(connection, error.to_string())
            }),
            Err(_) => Opened::Unusable(Problem::new(
                path.display(),
                format!("the ledger cannot be used ({error})"),
            )),
        },
        Err(error) => Opened::Unusable(damaged(path, error)),
    }
}

/// Whether a file starts like a ledger of this version: the only check that does not open it.
///
/// # Errors
///
/// Why it is not usable.
pub fn glance(path: &Path) -> Result<(), Problem> {
    use std::io::Read;
    // SQLite keeps both as big-endian numbers in the first 100 bytes of the file.
    const VERSION_AT: usize = 60;
    const APPLICATION_AT: usize = 68;
    let mut head = [0; 100];
    let read = open::open(path).and_then(|(mut file, _)| file.read_exact(&mut head));
    if let Err(error) = read {
        return Err(damaged(path, error));
    }
    let number = |at: usize| i32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    if !head.starts_with(b"SQLite format 3\0") || number(APPLICATION_AT) != APPLICATION_ID {
        return Err(damaged(path, "is not a ledger"));
    }
    match number(VERSION_AT) {
        version if version > VERSION => Err(newer(path, version)),
        _ => Ok(()),
    }
}

/// An open file, once it is of this version.
fn check(path: &Path, mut connection: Connection, ready: impl FnOnce(Connection) -> Opened) -> Opened {
    match connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0)) {
        Ok(VERSION) => ready(connection),
        Ok(version) if version > VERSION => Opened::Unusable(newer(path, version)),
        Ok(version) if version > 0 => match steps::climb(&mut connection) {
            Ok(()) => ready(connection),
            Err(error) if is_damage(&error) => Opened::Unusable(damaged(path, error)),
            Err(error) if steps::reads_alike(version) => Opened::ReadOnly(connection, error.to_string()),
            Err(error) => Opened::Unusable(Problem::new(
                path.display(),
                format!("was written by an older ttop and cannot be brought up to date ({error})"),
            )),
        },
        Ok(_) => Opened::Unusable(damaged(path, "is not a ledger")),
        Err(error) => Opened::Unusable(damaged(path, error)),
    }
}

fn newer(path: &Path, version: i32) -> Problem {
    Problem::new(
        path.display(),
        format!(
            "was written by a newer ttop (version {version}); update ttop, or run 'ttop ledger rebuild' to start a new ledger"
        ),
    )
}

/// The problem that is shown on every run until the ledger is rebuilt.
pub fn damaged(path: &Path, why: impl std::fmt::Display) -> Problem {
    Problem::new(
        path.display(),
        format!("the ledger cannot be used ({why}); run 'ttop ledger rebuild' to start a new one"),
    )
}

/// Whether an error means that the file itself is damaged.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Whether an error means that another process is writing.
pub fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Opens a ledger without making a file beside it.
fn open_unwritable(path: &Path) -> rusqlite::Result<Connection> {
    let connection = database::open(path)?;
    is_ours(&connection)?;
    Ok(connection)
}

fn open_existing(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let writable = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE);
    let connection = match writable {
        Ok(connection) => connection,
        Err(_) => Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_ONLY)?,
    };
    connection.busy_timeout(Duration::from_millis(READ_BUSY_MS))?;
    is_ours(&connection)?;
    // Plans do not depend on bound values: without this, SQLite prepares the statement that loads a pack anew for each one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "synchronous", "normal")?;
    Ok(connection)
}

fn is_ours(connection: &Connection) -> rusqlite::Result<()> {
    let found: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found == APPLICATION_ID {
        return Ok(());
    }
    Err(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB),
        Some("it is another program's file".to_owned()),
    ))
}

/// An empty ledger in memory: for unwritable homes and `:memory:`.
///
/// # Errors
/// When SQLite has no memory.
pub fn in_memory() -> Result<Connection> {
    let connection = Connection::open_in_memory()?;
    create_tables(&connection)?;
    Ok(connection)
}

fn create_tables(connection: &Connection) -> Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.execute("insert into meta values ('id', ?1)", [new_id()])?;
    Ok(())
}

/// 8 hex digits that identify this ledger; part of every `eventId`.
fn new_id() -> String {
    use std::hash::{BuildHasher, Hasher};
    // `RandomState` is seeded by the system; nothing secret depends on it.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("{:08x}", random as u32)
}

/// Writes the first ledger beside its place and links it in whole: killed anywhere, there is either none or all of it.
/// Another process that was first keeps its own; ours is dropped, and the answer is `false`.
///
/// # Errors
/// When the folder or file cannot be written.
pub fn create(path: &Path, fill: impl FnOnce(&Connection) -> Result<()>) -> Result<bool> {
    let describe = || format!("could not write {}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    create_private_dir(folder).with_context(describe)?;
    remove_leftovers(folder);
    let unique = new_id();
    let temporary = folder.join(format!("ledger.{unique}.new"));
    let result = (|| -> Result<bool> {
        create_private_file(&temporary)?;
        let connection = Connection::open_with_flags(
            &temporary,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.execute_batch(
            "pragma page_size = 16384; pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive; begin;",
        )?;
        create_tables(&connection)?;
        fill(&connection)?;
        connection.execute_batch("commit; pragma locking_mode = normal;")?;
        if !is_network_folder(folder) {
            connection.pragma_update(None, "journal_mode", "wal")?;
        }
        connection.close().map_err(|(_, error)| error)?;
        open::open(&temporary)?.0.sync_all()?;
        match std::fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            // Folders without hard links (some network and FAT ones): a rename is as atomic.
            Err(_) => Ok(std::fs::rename(&temporary, path).map(|()| true)?),
            Ok(()) => Ok(true),
        }
    })();
    // Leftovers are ours; `remove_leftovers` retries after a failure.
    for leftover in [
        temporary.clone(),
        with_suffix(&temporary, "-wal"),
        with_suffix(&temporary, "-shm"),
    ] {
        let _ = std::fs::remove_file(leftover);
    }
    result.with_context(describe)
}

/// Removes first ledgers and weekly copies of killed processes, if they are older than a day and thus no longer being
/// written.
pub fn remove_leftovers(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.starts_with("ledger.") && name.contains(".new");
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|at| at.elapsed().ok());
        if is_ours && age.is_some_and(|age| age > Duration::from_secs(24 * 3600)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(unix)]
pub fn create_private_dir(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
pub fn create_private_dir(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(unix)]
pub fn create_private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map(|_| ())
}

#[cfg(not(unix))]
pub fn create_private_file(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_two_first_ledgers_is_dropped() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("deep/ledger.db");
        for text in ["first", "second"] {
            create(&path, |connection| {
                connection.execute("insert into meta values ('who', ?1)", [text])?;
                Ok(())
            })
            .expect("created");
        }
        let Opened::Ready(connection) = open(&path) else {
            panic!("not ready")
        };
        let who: String = connection
            .query_row("select value from meta where key = 'who'", [], |row| row.get(0))
            .expect("a row");
        assert_eq!(who, "first");
        drop(connection);
        let names: Vec<_> = std::fs::read_dir(dir.path().join("deep"))
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(names, ["ledger.db"]);
    }

    #[test]
    fn a_file_of_the_first_version_goes_up_every_step_and_keeps_what_it_holds() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.db");
        create(&path, |connection| {
            connection.execute("insert into meta values ('who', 'me')", [])?;
            Ok(connection.pragma_update(None, "user_version", 1)?)
        })
        .expect("created");
        for _ in 0..2 {
            let Opened::Ready(connection) = open(&path) else {
                panic!("not ready")
            };
            let version: i32 = connection
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .expect("a version");
            let who: String = connection
                .query_row("select value from meta where key = 'who'", [], |row| row.get(0))
                .expect("a row");
            assert_eq!((version, who.as_str()), (VERSION, "me"));
        }
    }

    #[test]
    fn a_newer_or_foreign_file_is_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.db");
        create(&path, |connection| {
            Ok(connection.pragma_update(None, "user_version", 99)?)
        })
        .expect("created");
        assert!(matches!(open(&path), Opened::Unusable(problem) if problem.reason.contains("newer")));
        std::fs::write(&path, "not a database at all, but long enough to be looked at as one").expect("written");
        assert!(matches!(open(&path), Opened::Unusable(problem) if problem.reason.contains("rebuild")));
    }
}
