//! Sessions in the ledger: their metadata.

use crate::core::project::canonical;
use crate::core::turn::{Project, SessionInfo, Title};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A session and its row.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownSession {
    pub id: i64,
    /// Row in the table of names.
    pub agent: u32,
    /// The agent deleted it.
    pub gone: bool,
    /// All that is known of it came with an import: the first read of this machine's own takes its place.
    pub is_imported: bool,
    pub info: SessionInfo,
}

/// In the column `gone`.
const GONE: u8 = 1;
pub(super) const IMPORTED: u8 = 2;

const COLUMNS: &str = "id, agent, gone, name, title_rank, title_at, title, project_rank, project_at, project, parent,
    forked_from, interactive, started_at, updated_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<KnownSession> {
    let title = match row.get::<_, Option<String>>(6)? {
        Some(text) => Some(Title {
            rank: row.get(4)?,
            at: row.get(5)?,
            text,
        }),
        None => None,
    };
    let project = match row.get::<_, Option<String>>(9)? {
        Some(path) => Some(Project {
            rank: row.get(7)?,
            at: row.get(8)?,
            // As an older version wrote it.
            path: canonical(&path).into_owned(),
        }),
        None => None,
    };
    let info = SessionInfo {
        id: row.get(3)?,
        title,
        project,
        parent_id: row.get(10)?,
        forked_from: row.get(11)?,
        interactive: row.get(12)?,
        started_at: row.get(13)?,
        updated_at: row.get(14)?,
    };
    let standing: u8 = row.get(2)?;
    Ok(KnownSession {
        id: row.get(0)?,
        agent: row.get(1)?,
        gone: standing == GONE,
        is_imported: standing == IMPORTED,
        info,
    })
}

/// Every session.
pub fn load_all(connection: &Connection) -> rusqlite::Result<Vec<KnownSession>> {
    let mut statement = connection.prepare(&format!("select {COLUMNS} from session"))?;
    statement.query_map([], from_row)?.collect()
}

/// One agent's session by its own id.
pub fn find(connection: &Connection, agent: u32, name: &str) -> rusqlite::Result<Option<KnownSession>> {
    let mut statement =
        connection.prepare_cached(&format!("select {COLUMNS} from session where agent = ?1 and name = ?2"))?;
    statement.query_row(params![agent, name], from_row).optional()
}

/// A session by its row.
pub fn load(connection: &Connection, id: i64) -> rusqlite::Result<Option<KnownSession>> {
    let mut statement = connection.prepare_cached(&format!("select {COLUMNS} from session where id = ?1"))?;
    statement.query_row([id], from_row).optional()
}

/// Writes sessions, in the order of their rows: that way pages fill up one after the other.
pub fn store<'s>(connection: &Connection, sessions: impl Iterator<Item = &'s KnownSession>) -> rusqlite::Result<()> {
    let mut sessions: Vec<_> = sessions.collect();
    sessions.sort_unstable_by_key(|session| session.id);
    let mut statement = connection.prepare(&format!(
        "insert or replace into session ({COLUMNS}) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    ))?;
    for session in sessions {
        let info = &session.info;
        let (title, project) = (info.title.as_ref(), info.project.as_ref());
        statement.execute(params![
            session.id,
            session.agent,
            match session {
                KnownSession { is_imported: true, .. } => IMPORTED,
                KnownSession { gone: true, .. } => GONE,
                _ => 0,
            },
            info.id,
            title.map(|title| title.rank),
            title.map(|title| title.at),
            title.map(|title| &title.text),
            project.map(|project| project.rank),
            project.map(|project| project.at),
            project.map(|project| &project.path),
            info.parent_id,
            info.forked_from,
            info.interactive,
            info.started_at,
            info.updated_at,
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::schema;

    #[test]
    fn a_project_on_windows_is_one_also_where_an_older_version_stored_it() {
        let connection = schema::in_memory().expect("a database");
        let stored = |id: i64, path: &str| KnownSession {
            id,
            agent: 1,
            gone: false,
            is_imported: false,
            info: SessionInfo {
                project: Some(Project::folder(0, path)),
                ..SessionInfo::new(path)
            },
        };
        let sessions = [stored(1, "c:\\work\\app"), stored(2, "C:/work/app")];
        store(&connection, sessions.iter()).expect("stored");
        for session in load_all(&connection).expect("sessions") {
            assert_eq!(session.info.project.expect("a project").path, "C:\\work\\app");
        }
        // As agents record it.
        let info = sessions[0].info.clone().bounded();
        assert_eq!(info.project.expect("a project").path, "C:\\work\\app");
    }
}
