//! Messages that an agent took over from the records of other agents, where they count.

use crate::agents::shared::batch::{Batch, session_hash};
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table;
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};

/// The messages of a database that came from elsewhere, by hash.
#[derive(Default)]
pub(super) struct Imports {
    messages: FxHashSet<u64>,
    /// Imports that do not list their messages, and when each was made.
    sessions: FxHashMap<u64, i64>,
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

    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.sessions.is_empty()
    }
}
