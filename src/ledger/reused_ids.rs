//! Session ids that an agent gives more than once: sessions of one id that began at different times are told apart.
//!
//! The oldest of them keeps the id. The others have their beginning behind it, and event keys of their own. That is decided
//! here because no source knows the others: one is on another machine, or was deleted before the next got its id.

use super::merge::Work;
use super::pack::{DAMAGED, Pack};
use super::sessions::KnownSession;
use super::sync::{Syncing, load_pack};
use crate::agents::{Batch, reuses_session_ids};
use crate::core::turn::SessionInfo;
use anyhow::{Context, Result};
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::xxh3_64;

/// A session of a batch whose id an older one has.
pub(super) struct Renamed {
    /// Its position in the batch.
    pub at: usize,
    /// The row of the session that has the id.
    pub namesake: i64,
}

/// The id of a session that is not the oldest of its id: `20261119_1@20261119T153000Z`.
fn name_of(id: &str, started_at: i64) -> Option<String> {
    let time = Timestamp::from_millisecond(started_at).ok()?;
    Some(format!("{id}@{}", time.strftime("%Y%m%dT%H%M%SZ")))
}

/// The id that its agent gave to a session, what distinguishes it from others of that id, and when it began. An export has a
/// session as the other machine named it.
fn plain(info: &SessionInfo) -> Option<(&str, String, i64)> {
    let started_at = info.started_at?;
    let suffix = name_of("", started_at).unwrap_or_default();
    let id = info.id.strip_suffix(&suffix).unwrap_or(&info.id);
    Some((id, suffix, started_at))
}

/// The name under which a session stays erased: a later one may get its id.
pub(super) fn erased_name(agent_id: &str, info: &SessionInfo) -> Option<String> {
    let started_at = info.started_at.filter(|_| reuses_session_ids(agent_id))?;
    let suffix = name_of("", started_at)?;
    Some(info.id.strip_suffix(&suffix).unwrap_or(&info.id).to_owned() + &suffix)
}

/// Turns the event keys of a session into those under another name, and back.
fn key_of(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

impl Syncing<'_> {
    /// Renames the sessions of a batch whose id another one has, with their turns.
    pub(super) fn tell_apart(&mut self, agent_id: &str, agent: u32, batch: &mut Batch) -> Result<Vec<Renamed>> {
        let mut renamed = Vec::new();
        if !reuses_session_ids(agent_id) {
            return Ok(renamed);
        }
        let (mut names, mut keys) = (FxHashMap::default(), FxHashMap::default());
        let mut oldest: FxHashMap<&str, i64> = FxHashMap::default();
        for (id, _, started_at) in batch.sessions.values().filter_map(plain) {
            let known = oldest.entry(id).or_insert(started_at);
            *known = started_at.min(*known);
        }
        for info in batch.sessions.values() {
            let Some((id, suffix, started_at)) = plain(info) else {
                continue;
            };
            let long = format!("{id}{suffix}");
            // An export may hold several of one id.
            let is_younger = oldest.get(id).is_some_and(|oldest| *oldest < started_at);
            let namesake = self.find_session(agent, id)?;
            let is_other = |known: &KnownSession| known.info.started_at.is_some_and(|at| at != started_at);
            let namesake = namesake.filter(is_other);
            let is_erased = self.forgotten.covers_session(agent_id, &long, None);
            let is_long = is_erased || is_younger || namesake.is_some() || self.find_session(agent, &long)?.is_some();
            let name = if is_long { &*long } else { id };
            if let Some(namesake) = namesake {
                if let Some(at) = batch.session_ids.iter().position(|known| *known == info.id) {
                    let namesake = namesake.id;
                    renamed.push(Renamed { at, namesake });
                }
                self.renamed.push((agent, id.to_owned(), long.clone()));
            }
            if name != info.id {
                keys.insert(info.id.clone(), key_of(&long));
                names.insert(info.id.clone(), name.to_owned());
            }
        }
        if !names.is_empty() {
            let keys: Vec<u64> = (batch.session_ids.iter())
                .map(|id| keys.get(id).copied().unwrap_or(0))
                .collect();
            for row in &mut batch.turns {
                row.event.0 ^= keys[row.session as usize];
            }
            batch.rename_sessions(&names);
        }
        Ok(renamed)
    }

    /// Gives the id of each session that was renamed to the oldest that has it: which one was read first does not matter.
    pub(super) fn sort_namesakes(&mut self) -> Result<()> {
        for (agent, id, long) in std::mem::take(&mut self.renamed) {
            let Some((first, other)) = self.find_session(agent, &id)?.zip(self.find_session(agent, &long)?) else {
                continue;
            };
            let began = |session: &KnownSession| session.info.started_at;
            let Some(name) = began(&first).and_then(|at| name_of(&id, at)) else {
                continue;
            };
            if began(&other) < began(&first) {
                let keys = [(first.id, key_of(&name)), (other.id, key_of(&long))];
                self.session_rows.remove(&(agent, long.clone()));
                let names = FxHashMap::from_iter([(id.clone(), name), (long, id)]);
                for mut session in self.ledger.sessions()?.into_values() {
                    if session.agent == agent && session.info.rename(&names) {
                        self.session_rows.insert((agent, session.info.id.clone()), session.id);
                        self.ledger.pending.sessions.insert(session.id, session);
                    }
                }
                for (session, key) in keys {
                    self.change_events(session, key)?;
                }
            }
        }
        Ok(())
    }

    /// Changes the event keys of all turns of a session.
    fn change_events(&mut self, session: i64, key: u64) -> Result<()> {
        let change = |mut pack: Pack| {
            pack.turns.iter_mut().for_each(|turn| turn.event.0 ^= key);
            pack
        };
        let mut changed = FxHashSet::default();
        for work in self.work.iter_mut().filter(|work| work.key.session == session) {
            let pack = change(Pack::decode(&work.blobs).context(DAMAGED)?);
            *work = Work::new(work.id, work.key, work.old.take(), &pack);
            changed.insert(work.id);
        }
        let heads = self.heads()?;
        let others = heads
            .into_iter()
            .filter(|(id, key)| key.session == session && !changed.contains(id));
        for (id, key) in others {
            let Some(connection) = &self.ledger.connection else {
                break;
            };
            if let Some(old) = load_pack(connection, id)? {
                let pack = change(old.clone());
                self.work.push(Work::new(id, key, Some(old), &pack));
            }
        }
        Ok(())
    }
}
