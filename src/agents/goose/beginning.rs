//! How a session began: with nothing, or with the history of another one.
//!
//! An import copies messages and totals of the session it was exported from, a fork its messages alone. Neither names that
//! session; its first message identifies it.

use crate::agents::Batch;
use crate::agents::shared::live::program::is_uuid;
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table::{self, IN_LIST};
use anyhow::Result;
use rustc_hash::FxHashMap;

/// Messages have whole seconds.
const SECOND_MS: i64 = 1000;

/// Where the counts of a session that its requests do not have come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// From the session itself, whose first message is this one; `None` where that is unknown.
    Own(Option<String>),
    /// From the session itself, which has the messages of another one.
    Forked,
    /// From another session of Goose, whose first message is this one.
    Imported(String),
    /// From a session of another agent.
    Foreign,
}

/// The beginning of a session that has messages.
struct First {
    created: i64,
    /// Whether Goose gave the message its id when it added it to this session.
    is_named_here: bool,
    root: String,
}

/// The beginnings of all sessions.
#[derive(Default)]
pub(super) struct Beginnings {
    created: FxHashMap<String, i64>,
    first: FxHashMap<String, First>,
    /// Of sessions that have messages of others: when the model began to answer in the session itself, each time.
    answers: FxHashMap<String, Vec<i64>>,
}

impl Beginnings {
    /// Reads what the messages tell.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn read(database: &Database, into: &mut Batch) -> Result<Self> {
        let mut found = Self::default();
        table::read(
            database,
            "sessions",
            &["id", "created_at"],
            table::ALL,
            into,
            |cells, _| {
                found.created.extend(cells.text("id").zip(cells.time("created_at")));
                Ok(())
            },
        )?;
        let columns = ["session_id", "message_id", "role", "content_json", "created_timestamp"];
        let firsts = (
            "where rowid in (select min(rowid) from messages group by session_id)",
            (),
        );
        table::read(database, "messages", &columns, firsts, into, |cells, _| {
            let session = cells.text("session_id");
            let Some((session, created)) = session.zip(cells.time("created_timestamp")) else {
                return Ok(());
            };
            let id = cells.text("message_id").unwrap_or_default();
            let own = id.strip_prefix("msg_").and_then(|rest| rest.strip_prefix(&*session));
            let first = First {
                created,
                is_named_here: own.and_then(|rest| rest.strip_prefix('_')).is_some_and(is_uuid),
                root: format!("{:x}", cells.hash_without(&["session_id", "message_id"])),
            };
            found.first.insert(session, first);
            Ok(())
        })?;
        let older = found.first.keys().filter(|id| found.is_older(id));
        for list in table::lists(older) {
            found.read_answers(database, list, into)?;
        }
        Ok(found)
    }

    /// Whether the first message of a session was there before the session.
    fn is_older(&self, session: &str) -> bool {
        let times = self.first.get(session).zip(self.created.get(session));
        times.is_some_and(|(first, created)| first.created < created - SECOND_MS)
    }

    fn read_answers(&mut self, database: &Database, sessions: String, into: &mut Batch) -> Result<()> {
        let columns = ["session_id", "role", "created_timestamp"];
        let which = format!("where session_id in ({IN_LIST}) order by rowid");
        let mut was_answer: FxHashMap<String, bool> = FxHashMap::default();
        table::read(
            database,
            "messages",
            &columns,
            (&which, [sessions]),
            into,
            |cells, _| {
                let session = cells.text("session_id");
                let Some((session, time)) = session.zip(cells.time("created_timestamp")) else {
                    return Ok(());
                };
                let is_own = self.created.get(&session).is_some_and(|created| time >= *created);
                let is_answer = is_own && cells.text("role").as_deref() == Some("assistant");
                if !was_answer.insert(session.clone(), is_answer).unwrap_or(false) && is_answer {
                    self.answers.entry(session).or_default().push(time);
                }
                Ok(())
            },
        )?;
        Ok(())
    }

    /// The beginning of a session whose first listed request was answered at `listed`. What a fork used before its requests
    /// were listed has answers without one; what an import brought has none.
    pub(super) fn of(&self, session: &str, listed: Option<i64>) -> Beginning {
        let Some(first) = self.first.get(session) else {
            return Beginning::Own(None);
        };
        if !self.is_older(session) {
            return Beginning::Own(Some(first.root.clone()));
        }
        let answers = self.answers.get(session).map_or(&[][..], Vec::as_slice);
        let is_before = |time: &&i64| listed.is_none_or(|listed| **time < listed);
        // A request is listed when its answer ends.
        if answers.iter().filter(is_before).count() > usize::from(listed.is_some()) {
            Beginning::Forked
        } else if first.is_named_here {
            Beginning::Foreign
        } else {
            Beginning::Imported(first.root.clone())
        }
    }
}
