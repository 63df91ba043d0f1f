//! Messages that an agent took over from the records of other agents, where they count.

use super::extract::parse_message;
use super::message::Message;
use super::reply::{Print, print};
use super::session::Session;
use super::tables::Tables;
use crate::agents::shared::batch::{Batch, session_hash};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table;
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;

/// The messages of a database that came from elsewhere, by hash.
#[derive(Default)]
pub(super) struct Imports {
    messages: FxHashSet<u64>,
    /// Imports that do not list their messages, and when each was made.
    sessions: FxHashMap<u64, i64>,
    /// The ids of the sessions that were imported.
    ids: Vec<String>,
    /// Their messages, once a fork may have copied some.
    originals: OnceCell<FxHashSet<Print>>,
}

impl Imports {
    /// Reads the lists of imports in `tables`; those that do not exist list nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn read(database: &Database, tables: &[&str], into: &mut Batch) -> Result<Self> {
        let mut imports = Self::default();
        let columns = ["session_id", "message_ids", "time_imported"];
        for name in tables {
            table::read(database, name, &columns, table::ALL, into, |cells, _| {
                imports.ids.extend(cells.text("session_id"));
                let ids = cells.bytes("message_ids");
                match ids.and_then(|ids| serde_json::from_slice::<Vec<String>>(ids).ok()) {
                    Some(ids) => imports.messages.extend(ids.iter().map(|id| session_hash(id))),
                    None => {
                        let session = cells.text("session_id").map(|id| session_hash(&id));
                        let imported = cells.time("time_imported").unwrap_or(i64::MAX);
                        imports.sessions.extend(session.map(|session| (session, imported)));
                    }
                }
                Ok(())
            })?;
        }
        Ok(imports)
    }

    /// Whether a message of a session is among them. In a session whose import lists nothing, those made later are its own.
    pub(super) fn have(&self, session: u64, message: &str, created: Option<i64>) -> bool {
        let is_before = |imported: &i64| created.is_none_or(|created| created <= *imported);
        !self.is_empty()
            && (self.messages.contains(&session_hash(message)) || self.sessions.get(&session).is_some_and(is_before))
    }

    /// Whether a message is the copy of one of them that a fork made: it is older than its session.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn have_copied(
        &self,
        database: &Database,
        tables: &Tables,
        message: &Message<'_>,
        session: &Session,
    ) -> Result<bool> {
        if self.is_empty() || message.created.is_none_or(|created| created >= session.created) {
            return Ok(false);
        }
        let originals = match self.originals.get() {
            Some(originals) => originals,
            None => {
                let originals = self.read_originals(database, tables)?;
                self.originals.get_or_init(|| originals)
            }
        };
        Ok(originals.contains(&print(message)))
    }

    fn read_originals(&self, database: &Database, tables: &Tables) -> Result<FxHashSet<Print>> {
        let mut originals = FxHashSet::default();
        let condition = format!("where session_id in ({})", table::IN_LIST);
        for list in table::lists(&self.ids) {
            tables.messages(database, &condition, [list], |stored| {
                let message = parse_message(stored.data).unwrap_or_default();
                if self.have(session_hash(&stored.session_id()), &stored.id()?, message.created) {
                    originals.insert(print(&message));
                }
                Ok(())
            })?;
        }
        Ok(originals)
    }

    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.sessions.is_empty()
    }
}
