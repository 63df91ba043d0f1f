//! The Cursor app's session, in the state database that it shares with every other setting.

use super::file::{expiry, mode, origin, owned};
use super::{Search, jwt};
use crate::core::credential::{Content, Credential, Details, Fault, Kind, Rank, Secret};
use crate::system::database;
use rusqlite::OptionalExtension;
use std::path::Path;
use zeroize::Zeroizing;

const PROVIDER: &str = "cursor";
const SOURCE: &str = "cursor-app";
const TABLE: &str = "ItemTable";
const ENTRY: &str = "cursorAuth/accessToken";

pub(super) fn find(search: &Search<'_>, found: &mut Vec<Credential>) {
    let system = search.system;
    let path = system.app_dir().join("Cursor/User/globalStorage/state.vscdb");
    let metadata = match std::fs::metadata(&path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(_) => None,
    };
    let is_file = metadata.as_ref().is_some_and(std::fs::Metadata::is_file);
    let read = if is_file { read_session(&path).ok() } else { None };
    let (entry, session) = match read {
        Some(Some(session)) => (Some(ENTRY.to_owned()), session),
        // The app is installed without a login.
        Some(None) => return,
        None => (None, Session::default()),
    };
    let is_readable = entry.is_some();
    let claims = session.token.as_ref().and_then(|token| jwt::claims(token.expose()));
    found.push(Credential {
        origin: origin(&path, system),
        entry,
        file_mode: metadata.as_ref().and_then(mode),
        expires_at: claims.as_ref().and_then(|claims| expiry(claims, "exp", 1000)),
        account: session.account,
        details: Details {
            user_id: claims.and_then(|claims| owned(&claims, "sub")),
            ..Details::default()
        },
        ..Credential::new(
            PROVIDER,
            Kind::Oauth,
            SOURCE,
            Rank::Tool,
            match session.token {
                Some(token) => Content::Secret(token),
                None if is_readable => Content::RefreshOnly,
                None => Content::Malformed(Fault::Unreadable),
            },
        )
    });
}

#[derive(Default)]
struct Session {
    /// `None` when only a refresh token is left.
    token: Option<Secret>,
    account: Option<String>,
}

/// `None` without a login.
fn read_session(path: &Path) -> rusqlite::Result<Option<Session>> {
    let connection = database::open_foreign(path)?;
    if database::is_table(&connection, TABLE)? != Some(true) {
        return Err(rusqlite::Error::QueryReturnedNoRows);
    }
    let value = |key: &str| {
        connection
            .query_row(
                "select cast(value as text) from ItemTable where key = ?1",
                [key],
                |row| row.get::<_, Option<String>>(0),
            )
            .optional()
            .map(|found| found.flatten().map(Zeroizing::new))
    };
    let plain = |text: &Zeroizing<String>| text.trim().trim_matches('"').to_owned();
    let token = value(ENTRY)?.and_then(|text| Secret::new(text.trim().trim_matches('"')));
    let account = value("cursorAuth/cachedEmail")?
        .as_ref()
        .map(plain)
        .filter(|text| !text.is_empty());
    let has_refresh: bool = connection.query_row(
        "select exists (select 1 from ItemTable where key = 'cursorAuth/refreshToken' and length(value) > 0)",
        [],
        |row| row.get(0),
    )?;
    Ok((token.is_some() || has_refresh).then_some(Session { token, account }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use std::path::PathBuf;

    fn database(folder: &Path) -> (PathBuf, Connection) {
        let path = folder.join("state ?#%.vscdb");
        let connection = Connection::open(&path).expect("a database");
        connection
            .execute_batch("create table ItemTable (key text unique, value blob)")
            .expect("a table");
        (path, connection)
    }

    fn names(folder: &Path) -> Vec<std::ffi::OsString> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn reads_texts_and_blobs_and_leaves_nothing_beside_the_database() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, connection) = database(folder.path());
        assert!(read_session(&path).expect("readable").is_none());
        connection
            .execute(
                "insert into ItemTable values ('cursorAuth/accessToken', ?1)",
                [b"\"tok\"".as_slice()],
            )
            .expect("inserted");
        drop(connection);
        let before = names(folder.path());
        let session = read_session(&path).expect("readable").expect("a session");
        assert_eq!(session.token.expect("a token").expose(), "tok");
        assert_eq!(names(folder.path()), before);
    }

    #[test]
    #[cfg(unix)]
    fn a_log_that_a_crash_left_is_read_and_gets_no_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, connection) = database(folder.path());
        connection.pragma_update(None, "journal_mode", "wal").expect("a log");
        connection
            .execute(
                "insert into ItemTable values ('cursorAuth/accessToken', 'in the log')",
                [],
            )
            .expect("inserted");
        // A copy made while the app runs equals the files after a kill.
        let crashed = tempfile::tempdir().expect("a folder");
        for name in names(folder.path()) {
            if !name.to_string_lossy().ends_with("-shm") {
                std::fs::copy(folder.path().join(&name), crashed.path().join(&name)).expect("copied");
            }
        }
        let before = names(crashed.path());
        let copy = crashed.path().join(path.file_name().expect("a name"));
        for database in [&path, &copy] {
            let session = read_session(database).expect("readable").expect("a session");
            assert_eq!(session.token.expect("a token").expose(), "in the log");
        }
        assert_eq!(names(crashed.path()), before);
    }
}
