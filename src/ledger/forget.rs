//! Forgetting: erases turns and keeps them erased when their source is read again.

use super::merge::Work;
use super::pack::Pack;
use super::sync::{Syncing, load_pack};
use super::{Ledger, ownership_pass, reused_ids};
use crate::core::project::is_below;
use anyhow::Result;
use rusqlite::{Connection, params};
use rustc_hash::FxHashSet;

/// A selection to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erase {
    /// One session, by agent and id.
    Session { agent_id: String, session_id: String },
    /// Every session of a project, and of folders below it.
    Project(String),
    /// Every turn before this time (epoch milliseconds).
    Before(i64),
}

/// Everything that was ever erased.
#[derive(Default)]
pub struct Forgotten {
    sessions: FxHashSet<(String, String)>,
    projects: Vec<String>,
    before: Option<i64>,
}

impl Forgotten {
    pub fn load(connection: Option<&Connection>) -> rusqlite::Result<Self> {
        let mut forgotten = Self::default();
        let Some(connection) = connection else {
            return Ok(forgotten);
        };
        let mut statement = connection.prepare_cached("select kind, agent, text, before from forgotten")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            match row.get_ref(0)?.as_str()? {
                "session" => drop(forgotten.sessions.insert((row.get(1)?, row.get(2)?))),
                "project" => forgotten.projects.push(row.get(2)?),
                _ => forgotten.before = forgotten.before.max(row.get(3)?),
            }
        }
        Ok(forgotten)
    }

    pub fn covers_session(&self, agent_id: &str, session_id: &str, project: Option<&str>) -> bool {
        let is_named =
            !self.sessions.is_empty() && self.sessions.contains(&(agent_id.to_owned(), session_id.to_owned()));
        is_named || project.is_some_and(|project| self.projects.iter().any(|erased| is_below(project, erased)))
    }

    pub fn covers_time(&self, timestamp: i64) -> bool {
        self.before.is_some_and(|before| timestamp < before)
    }
}

impl Ledger {
    /// Erases turns permanently and returns how many counted. The caller commits.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn forget(&mut self, erase: &Erase) -> Result<usize> {
        let sessions = self.sessions()?;
        let names: Vec<String> = (0..self.names.len())
            .map(|row| self.names.text(row as u32).to_owned())
            .collect();
        let is_erased = |session: i64| {
            let Some(known) = sessions.get(&session) else {
                return false;
            };
            let project = known.info.project.as_ref().map(|project| project.path.as_str());
            match erase {
                Erase::Session { agent_id, session_id } => {
                    known.info.id == *session_id && names.get(known.agent as usize) == Some(agent_id)
                }
                Erase::Project(folder) => project.is_some_and(|path| is_below(path, folder)),
                Erase::Before(_) => true,
            }
        };
        let mut erased = 0;
        let mut syncing = Syncing::start(self)?;
        let heads = syncing.heads()?;
        for (id, key) in heads.into_iter().filter(|(_, key)| is_erased(key.session)) {
            let Some(connection) = &syncing.ledger.connection else {
                break;
            };
            let Some(old) = load_pack(connection, id)? else {
                continue;
            };
            let mut kept = Pack::default();
            for turn in &old.turns {
                match erase {
                    Erase::Before(time) if turn.numbers.timestamp >= *time => kept.push(*turn, old.message_id(turn)),
                    _ => erased += usize::from(turn.counted),
                }
            }
            if kept != old {
                syncing.work.push(Work::new(id, key, Some(old), &kept));
            }
        }
        ownership_pass::assign_owners(&mut syncing)?;
        let work = std::mem::take(&mut syncing.work);
        work.into_iter().for_each(|work| syncing.ledger.pending.put_pack(work));
        if let Some(connection) = &self.connection {
            let mut known = sessions.values().filter(|session| is_erased(session.id));
            let (kind, agent, text, before) = match erase {
                Erase::Session { agent_id, session_id } => {
                    let name = known.find_map(|known| reused_ids::erased_name(agent_id, &known.info));
                    (
                        "session",
                        agent_id.as_str(),
                        name.unwrap_or_else(|| session_id.clone()),
                        None,
                    )
                }
                Erase::Project(folder) => ("project", "", folder.clone(), None),
                Erase::Before(time) => ("before", "", String::new(), Some(*time)),
            };
            connection.execute(
                "insert or replace into forgotten (kind, agent, text, before) values (?1, ?2, ?3, ?4)",
                params![kind, agent, text, before],
            )?;
            super::alerts::erase(connection, erase)?;
            for session in sessions
                .values()
                .filter(|session| !matches!(erase, Erase::Before(_)) && is_erased(session.id))
            {
                connection.execute("delete from session where id = ?1", [session.id])?;
            }
        }
        Ok(erased)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_itself_and_what_is_below() {
        assert!(is_below("/home/dev/acme", "/home/dev/acme"));
        assert!(is_below("/home/dev/acme/api", "/home/dev/acme/"));
        assert!(!is_below("/home/dev/acme-api", "/home/dev/acme"));
    }
}
