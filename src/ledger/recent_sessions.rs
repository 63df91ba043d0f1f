//! The newest sessions, without loading the others.

use super::Ledger;
use super::sessions::{self, KnownSession};
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

/// First and last time of the turns of each session, copies included.
pub type Spans = FxHashMap<i64, (i64, i64)>;

impl Ledger {
    /// The most recently updated sessions (of some agents, by row) and those that tie with the last of them, plus the
    /// times of all sessions' turns, which the search reads anyway.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn newest_sessions(
        &self,
        agents: Option<&FxHashSet<u32>>,
        most: usize,
    ) -> Result<(FxHashMap<i64, KnownSession>, Spans)> {
        let spans = self.spans()?;
        let mut updates: Vec<(i64, Option<i64>)> = Vec::new();
        let mut look_at = |row: i64, agent: u32, updated: Option<i64>| {
            if agents.is_none_or(|agents| agents.contains(&agent)) {
                updates.push((row, updated.max(spans.get(&row).map(|span| span.1))));
            }
        };
        if let Some(connection) = &self.connection {
            let mut statement = connection.prepare_cached("select id, agent, updated_at from session")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                if !self.pending.sessions.contains_key(&id) {
                    look_at(id, row.get(1)?, row.get(2)?);
                }
            }
        }
        for (id, session) in &self.pending.sessions {
            look_at(*id, session.agent, session.info.updated_at);
        }
        if let Some(last) = most.checked_sub(1).filter(|last| *last < updates.len()) {
            let (_, &mut (_, oldest), _) = updates.select_nth_unstable_by_key(last, |(_, updated)| Reverse(*updated));
            updates.retain(|(_, updated)| *updated >= oldest);
        }
        let mut newest = FxHashMap::default();
        for (row, _) in updates {
            let pending = self.pending.sessions.get(&row).cloned();
            let session = match (pending, &self.connection) {
                (None, Some(connection)) => sessions::load(connection, row)?,
                (pending, _) => pending,
            };
            newest.extend(session.map(|session| (row, session)));
        }
        Ok((newest, spans))
    }
}
