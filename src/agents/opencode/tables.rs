//! The generations of tables in a database, asked for by the columns they really have.

use super::session::{Projects, Recorded, Revert};
use crate::agents::shared::batch::Batch;
use crate::agents::shared::lenient::lossy;
use crate::agents::shared::sqlite::{Database, MOST_CELL_BYTES, is_too_big};
use crate::agents::shared::table::{self, Cells, IN_LIST, MOST_TEXT_BYTES};
use anyhow::Result;
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Params, Row};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Columns of a session that reports need. No table with credentials is ever named here.
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
pub(super) struct Tables {
    /// Whether messages are written as OpenCode 2 does.
    pub is_second: bool,
    /// Whether the sessions are those of the generation before: late versions 1 write replies of either kind.
    pub shares_sessions: bool,
    pub session: &'static str,
    pub message: &'static str,
    has_sessions: bool,
    has_updated: bool,
    /// Version 2 keeps the role in a column.
    has_type: bool,
    /// `time_created, time_updated` of messages.
    times: String,
}

/// A message row: each column costs on every row, so those are not read that only replies need.
pub(super) struct Stored<'a> {
    row: &'a Row<'a>,
    /// The id of its session as it is stored: mostly that of the row before.
    session: ValueRef<'a>,
    /// Whether the row may be a reply as far as its columns tell.
    pub may_be_reply: bool,
    /// Larger than is ever loaded: it comes without data.
    pub is_oversized: bool,
    pub data: &'a [u8],
}

impl Stored<'_> {
    pub(super) fn rowid(&self) -> Result<i64> {
        Ok(self.row.get(0)?)
    }

    pub(super) fn id(&self) -> Result<Cow<'_, str>> {
        Ok(text(self.row.get_ref(1)?))
    }

    pub(super) fn session_id(&self) -> Cow<'_, str> {
        text(self.session)
    }

    pub(super) fn is_of(&self, session_id: &str) -> bool {
        matches!(self.session, ValueRef::Text(id) if id == session_id.as_bytes())
    }
}

/// When a message row was made and last written, epoch milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    pub created: i64,
    pub updated: i64,
}

impl Tables {
    /// The generations in a database, the newest sessions first. Late versions 1 have `session_message` for what comes in
    /// over the new interface; there it belongs to `session`.
    ///
    /// # Errors
    /// When the schema cannot be read.
    pub(super) fn find(database: &Database) -> Result<Vec<Self>> {
        let mut found: Vec<Self> = Vec::new();
        let kinds = [
            (true, "session_v2", "session_message"),
            (false, "session", "message"),
            (true, "session", "session_message"),
        ];
        for (is_second, session, message) in kinds {
            let sessions = database.columns(session)?;
            let messages = database.columns(message)?;
            let is_read = found.iter().any(|known| known.message == message);
            if is_read || (is_second && sessions.is_empty()) || !has_all(&messages) {
                continue;
            }
            let shares_sessions = found.last().is_some_and(|known| known.session == session);
            if shares_sessions && is_empty(database, message) {
                continue;
            }
            let has = |columns: &[String], wanted: &str| columns.iter().any(|column| column == wanted);
            let time = |name: &'static str| if has(&messages, name) { name } else { "null" };
            found.push(Self {
                is_second,
                shares_sessions,
                session,
                message,
                has_sessions: has(&sessions, "id"),
                has_updated: has(&sessions, "time_updated"),
                has_type: has(&messages, "type"),
                times: format!("{}, {}", time("time_created"), time("time_updated")),
            });
        }
        Ok(found)
    }

    /// Hands the sessions that fit `which` (SQL behind `from`) to `each`, with the columns asked for.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn read_sessions(
        &self,
        database: &Database,
        columns: &[&str],
        which: (&str, impl Params),
        into: &mut Batch,
        mut each: impl FnMut(&Cells<'_>),
    ) -> Result<()> {
        table::read(database, self.session, columns, which, into, |cells, _| {
            each(cells);
            Ok(())
        })?;
        Ok(())
    }

    /// All sessions, with reverts that wait to be undone or made final.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn sessions(&self, database: &Database, into: &mut Batch) -> Result<Vec<Recorded>> {
        self.recorded(database, table::ALL, into)
    }

    /// Some sessions.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn sessions_among(
        &self,
        database: &Database,
        ids: &[String],
        into: &mut Batch,
    ) -> Result<Vec<Recorded>> {
        let mut sessions = Vec::new();
        let which = format!("where id in ({IN_LIST})");
        for list in table::lists(ids) {
            sessions.extend(self.recorded(database, (&which, [list]), into)?);
        }
        Ok(sessions)
    }

    fn recorded(&self, database: &Database, which: (&str, impl Params), into: &mut Batch) -> Result<Vec<Recorded>> {
        let mut sessions = Vec::new();
        self.read_sessions(database, &SESSION_COLUMNS, which, into, |cells| {
            sessions.push(read_session(cells));
        })?;
        self.date_reverts(database, &mut sessions)?;
        Ok(sessions)
    }

    /// Finds out when the messages were made that reverts go back to.
    fn date_reverts(&self, database: &Database, sessions: &mut [Recorded]) -> Result<()> {
        let reverts = || sessions.iter().filter_map(|session| session.revert.as_ref());
        let mut made: FxHashMap<String, i64> = FxHashMap::default();
        for list in table::lists(reverts().map(|revert| &revert.message_id)) {
            let select = format!(
                "select id, {} from {} where id in ({IN_LIST})",
                self.times, self.message
            );
            let mut statement = database.connection.prepare_cached(&select)?;
            let mut rows = statement.query([list])?;
            while let Some(row) = rows.next()? {
                database.budget.restart();
                let id = text(row.get_ref(0)?).into_owned();
                made.entry(id).or_insert(integer(row.get_ref(1)?));
            }
        }
        for revert in sessions.iter_mut().filter_map(|session| session.revert.as_mut()) {
            revert.at = made.get(&revert.message_id).copied();
        }
        Ok(())
    }

    /// The times of the first message that fits `condition` (SQL behind `from`).
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn times(&self, database: &Database, condition: &str, parameters: impl Params) -> Result<Option<Times>> {
        let select = format!("select {} from {} {condition}", self.times, self.message);
        let mut statement = database.connection.prepare_cached(&select)?;
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
    pub(super) fn changes(&self, database: &Database) -> Result<Vec<(String, i64)>> {
        if !self.has_sessions {
            return Ok(Vec::new());
        }
        let updated = if self.has_updated { "time_updated" } else { "0" };
        // An id of many megabytes is none; the whole read warns of it.
        let select = format!(
            "select id, {updated} from {} where octet_length(id) <= {MOST_TEXT_BYTES}",
            self.session
        );
        let mut statement = database.connection.prepare(&select)?;
        let mut rows = statement.query([])?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            database.budget.restart();
            changes.push((text(row.get_ref(0)?).into_owned(), integer(row.get_ref(1)?)));
        }
        Ok(changes)
    }

    /// Hands every message that fits `condition` (SQL behind `from`) to `each`.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn messages(
        &self,
        database: &Database,
        condition: &str,
        parameters: impl Params + Clone,
        mut each: impl FnMut(&Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut delivered = 0;
        // Asking each row for its size costs time, and hardly any database has such a row.
        let plain = self.each_message(database, "data", condition, parameters.clone(), |at, stored| {
            delivered = at + 1;
            each(stored)
        });
        match plain {
            Err(error) if error.downcast_ref().is_some_and(is_too_big) => {}
            other => return other,
        }
        let guarded = format!("iif(octet_length(data) <= {MOST_CELL_BYTES}, data, 0)");
        self.each_message(database, &guarded, condition, parameters, |at, stored| {
            if at < delivered { Ok(()) } else { each(stored) }
        })
    }

    fn each_message(
        &self,
        database: &Database,
        data: &str,
        condition: &str,
        parameters: impl Params,
        mut each: impl FnMut(usize, &Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        let role = if self.has_type { ", type" } else { "" };
        let select = format!(
            "select rowid, id, session_id, {data}{role} from {} {condition}",
            self.message
        );
        let mut statement = database.connection.prepare_cached(&select)?;
        let mut rows = statement.query(parameters)?;
        let mut at = 0;
        while let Some(row) = rows.next()? {
            database.budget.restart();
            let data = row.get_ref(3)?;
            each(
                at,
                &Stored {
                    row,
                    session: row.get_ref(2)?,
                    is_oversized: matches!(data, ValueRef::Integer(0)),
                    data: match data {
                        ValueRef::Text(data) | ValueRef::Blob(data) => data,
                        _ => b"",
                    },
                    may_be_reply: !self.has_type || matches!(row.get_ref(4)?, ValueRef::Text(b"assistant")),
                },
            )?;
            at += 1;
        }
        Ok(())
    }

    /// How many messages there are.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn count(&self, database: &Database) -> Result<u64> {
        let select = format!("select count(*) from {}", self.message);
        let count: i64 = database.connection.query_row(&select, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// How many messages each session has; from the index alone.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn counts(&self, database: &Database) -> Result<Vec<(String, u32)>> {
        let select = format!(
            "select session_id, count(*) from {} where octet_length(session_id) <= {MOST_TEXT_BYTES} group by session_id",
            self.message
        );
        let mut statement = database.connection.prepare(&select)?;
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
    pub(super) fn last(&self, database: &Database) -> Result<(i64, String)> {
        let select = format!("select rowid, id from {} order by rowid desc limit 1", self.message);
        let last = database
            .connection
            .query_row(&select, [], |row| Ok((row.get(0)?, text(row.get_ref(1)?).into_owned())))
            .optional()?;
        Ok(last.unwrap_or_default())
    }

    /// Folders by project id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn projects(&self, database: &Database, into: &mut Batch) -> Result<Projects> {
        let mut projects = Projects::default();
        table::read(
            database,
            "project",
            &["id", "worktree"],
            table::ALL,
            into,
            |cells, _| {
                if let (Some(id), Some(worktree)) = (cells.text("id"), cells.text("worktree")) {
                    projects.insert(id, worktree);
                }
                Ok(())
            },
        )?;
        Ok(projects)
    }
}

/// Whether a table has no rows; what cannot be read may have some.
fn is_empty(database: &Database, table: &str) -> bool {
    let select = format!("select 1 from {table} limit 1");
    let found = database.connection.query_row(&select, [], |_| Ok(())).optional();
    matches!(found, Ok(None))
}

/// Whether a message table has what a message cannot do without.
fn has_all(columns: &[String]) -> bool {
    ["id", "session_id", "data"]
        .iter()
        .all(|wanted| columns.iter().any(|column| column == wanted))
}

fn read_session(cells: &Cells<'_>) -> Recorded {
    let owned = |column: &str| cells.text(column).unwrap_or_default();
    let time = |column: &str| cells.integer(column).unwrap_or(0);
    Recorded {
        id: owned("id"),
        project_id: owned("project_id"),
        parent_id: cells.text("parent_id"),
        forked_from: cells.text("fork_session_id"),
        directory: owned("directory"),
        title: owned("title"),
        version: owned("version"),
        created: time("time_created"),
        updated: time("time_updated"),
        revert: cells.bytes("revert").and_then(Revert::parse),
    }
}

fn text(value: ValueRef<'_>) -> Cow<'_, str> {
    match value {
        ValueRef::Text(text) | ValueRef::Blob(text) => lossy(text),
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
