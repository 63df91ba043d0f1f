//! The two generations of tables in a database, asked for by the columns they really have.

use super::session::{Projects, Recorded, Revert};
use crate::agents::shared::sqlite::Database;
use anyhow::Result;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use std::borrow::Cow;

/// Columns of a session, in the order [`read_session`] takes them. No table with credentials is ever named here.
const SESSION_COLUMNS: [&str; 10] = [
    "id",
    "project_id",
    "parent_id",
    "fork_session_id",
    "directory",
    "title",
    "version",
    "time_created",
    "time_updated",
    "revert",
];

/// One generation: its session table, its message table, and which columns they have.
pub struct Tables {
    session: &'static str,
    message: &'static str,
    has_sessions: bool,
    session_columns: String,
    /// Version 2 keeps the role in a column.
    has_type: bool,
    /// `time_created, time_updated` of messages.
    times: String,
    has_projects: bool,
}

/// A message row, without the columns that are seldom needed: each costs on every row.
pub struct Stored<'a> {
    pub rowid: i64,
    pub id: Cow<'a, str>,
    pub session_id: Cow<'a, str>,
    /// Whether the row may be a reply as far as its columns tell.
    pub may_be_reply: bool,
    pub data: &'a [u8],
}

/// When a message row was made and last written, epoch milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub created: i64,
    pub updated: i64,
}

impl Tables {
    /// The generations in a database, the newer one first. `session_message` alone is no sign of version 2: late
    /// versions 1 have it too, empty.
    ///
    /// # Errors
    /// When the schema cannot be read.
    pub fn find(database: &Database) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for (session, message) in [("session_v2", "session_message"), ("session", "message")] {
            let sessions = database.columns(session)?;
            let messages = database.columns(message)?;
            let is_there = if session == "session_v2" {
                !sessions.is_empty()
            } else {
                has_all(&messages)
            };
            if !is_there || !has_all(&messages) {
                continue;
            }
            found.push(Self {
                session,
                message,
                has_sessions: sessions.iter().any(|column| column == "id"),
                session_columns: select_list(&SESSION_COLUMNS, &sessions),
                has_type: messages.iter().any(|column| column == "type"),
                times: select_list(&["time_created", "time_updated"], &messages),
                has_projects: ["id", "worktree"].iter().all(|wanted| {
                    database
                        .columns("project")
                        .is_ok_and(|has| has.iter().any(|column| column == wanted))
                }),
            });
        }
        Ok(found)
    }

    /// All sessions, with reverts that wait to be undone or made final.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn sessions(&self, connection: &Connection) -> Result<Vec<Recorded>> {
        if !self.has_sessions {
            return Ok(Vec::new());
        }
        let mut statement = connection.prepare(&format!("select {} from {}", self.session_columns, self.session))?;
        let mut rows = statement.query([])?;
        let mut sessions = Vec::new();
        while let Some(row) = rows.next()? {
            sessions.push(read_session(row)?);
        }
        for session in &mut sessions {
            self.date_revert(connection, session)?;
        }
        Ok(sessions)
    }

    /// One session.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn session(&self, connection: &Connection, id: &str) -> Result<Option<Recorded>> {
        if !self.has_sessions {
            return Ok(None);
        }
        let select = format!("select {} from {} where id = ?1", self.session_columns, self.session);
        let mut statement = connection.prepare_cached(&select)?;
        let Some(mut session) = statement.query_row([id], read_session).optional()? else {
            return Ok(None);
        };
        self.date_revert(connection, &mut session)?;
        Ok(Some(session))
    }

    /// Finds out when the message was made that a revert goes back to.
    fn date_revert(&self, connection: &Connection, session: &mut Recorded) -> Result<()> {
        if let Some(revert) = &mut session.revert {
            let condition = "where id = ?1";
            revert.at = self
                .times(connection, condition, [&revert.message_id])?
                .map(|times| times.created);
        }
        Ok(())
    }

    /// The times of the first message that fits `condition` (SQL behind `from`).
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn times(&self, connection: &Connection, condition: &str, parameters: impl Params) -> Result<Option<Times>> {
        let select = format!("select {} from {} {condition}", self.times, self.message);
        let mut statement = connection.prepare_cached(&select)?;
        let times = statement.query_row(parameters, |row| {
            Ok(Times {
                created: integer(row.get_ref(0)?),
                updated: integer(row.get_ref(1)?),
            })
        });
        Ok(times.optional()?)
    }

    /// Ids and times of change of all sessions.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn changes(&self, connection: &Connection) -> Result<Vec<(String, i64)>> {
        if !self.has_sessions {
            return Ok(Vec::new());
        }
        let updated = if self.session_columns.contains("time_updated") {
            "time_updated"
        } else {
            "0"
        };
        let mut statement = connection.prepare(&format!("select id, {updated} from {}", self.session))?;
        let mut rows = statement.query([])?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            changes.push((text(row.get_ref(0)?).into_owned(), integer(row.get_ref(1)?)));
        }
        Ok(changes)
    }

    /// Hands every message that fits `condition` (SQL behind `from`) to `each`.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn messages(
        &self,
        connection: &Connection,
        condition: &str,
        parameters: impl Params,
        mut each: impl FnMut(&Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        let role = if self.has_type { ", type" } else { "" };
        let select = format!(
            "select rowid, id, session_id, data{role} from {} {condition}",
            self.message
        );
        let mut statement = connection.prepare_cached(&select)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            each(&Stored {
                rowid: row.get(0)?,
                id: text(row.get_ref(1)?),
                session_id: text(row.get_ref(2)?),
                data: match row.get_ref(3)? {
                    ValueRef::Text(data) | ValueRef::Blob(data) => data,
                    _ => b"",
                },
                may_be_reply: !self.has_type || matches!(row.get_ref(4)?, ValueRef::Text(b"assistant")),
            })?;
        }
        Ok(())
    }

    /// How many messages there are.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn count(&self, connection: &Connection) -> Result<u64> {
        let select = format!("select count(*) from {}", self.message);
        let count: i64 = connection.query_row(&select, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// How many messages each session has; from the index alone.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn counts(&self, connection: &Connection) -> Result<Vec<(String, u32)>> {
        let select = format!("select session_id, count(*) from {} group by session_id", self.message);
        let mut statement = connection.prepare(&select)?;
        let mut rows = statement.query([])?;
        let mut counts = Vec::new();
        while let Some(row) = rows.next()? {
            counts.push((text(row.get_ref(0)?).into_owned(), row.get(1)?));
        }
        Ok(counts)
    }

    /// The greatest rowid and the id of the message there; zero and an empty id where there is none.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn last(&self, connection: &Connection) -> Result<(i64, String)> {
        let select = format!("select rowid, id from {} order by rowid desc limit 1", self.message);
        let last = connection
            .query_row(&select, [], |row| Ok((row.get(0)?, text(row.get_ref(1)?).into_owned())))
            .optional()?;
        Ok(last.unwrap_or_default())
    }

    /// Folders by project id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn projects(&self, connection: &Connection) -> Result<Projects> {
        let mut projects = Projects::default();
        if self.has_projects {
            let mut statement = connection.prepare("select id, worktree from project")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                projects.insert(text(row.get_ref(0)?).into_owned(), text(row.get_ref(1)?).into_owned());
            }
        }
        Ok(projects)
    }
}

/// Whether a message table has what a message cannot do without.
fn has_all(columns: &[String]) -> bool {
    ["id", "session_id", "data"]
        .iter()
        .all(|wanted| columns.iter().any(|column| column == wanted))
}

/// The wanted columns, with `null` for those a table lacks: fresh and upgraded databases differ in columns and their order.
fn select_list(wanted: &[&str], columns: &[String]) -> String {
    let named = wanted.iter().map(|wanted| {
        let has = columns.iter().any(|column| column == wanted);
        if has { *wanted } else { "null" }
    });
    named.collect::<Vec<_>>().join(", ")
}

fn read_session(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let owned = |at: usize| row.get_ref(at).map(|value| text(value).into_owned());
    let filled = |at: usize| owned(at).map(|text| Some(text).filter(|text| !text.is_empty()));
    Ok(Recorded {
        id: owned(0)?,
        project_id: owned(1)?,
        parent_id: filled(2)?,
        forked_from: filled(3)?,
        directory: owned(4)?,
        title: owned(5)?,
        version: owned(6)?,
        created: integer(row.get_ref(7)?),
        updated: integer(row.get_ref(8)?),
        revert: match row.get_ref(9)? {
            ValueRef::Text(revert) | ValueRef::Blob(revert) => Revert::parse(revert),
            _ => None,
        },
    })
}

fn text(value: ValueRef<'_>) -> Cow<'_, str> {
    match value {
        // Checking first is faster than what the lossy way does with sound text.
        ValueRef::Text(text) | ValueRef::Blob(text) => match std::str::from_utf8(text) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(text),
        },
        ValueRef::Integer(number) => Cow::Owned(number.to_string()),
        ValueRef::Real(number) => Cow::Owned(number.to_string()),
        ValueRef::Null => Cow::Borrowed(""),
    }
}

fn integer(value: ValueRef<'_>) -> i64 {
    match value {
        ValueRef::Integer(number) => number,
        // `as` saturates.
        ValueRef::Real(number) => number as i64,
        ValueRef::Text(text) => std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0),
        ValueRef::Blob(_) | ValueRef::Null => 0,
    }
}
