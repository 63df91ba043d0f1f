//! Which sessions of a database changed since the last read; they are read again whole.

use super::reply::Replies;
use super::session::{Place, Projects, Recorded, Session, describe};
use super::sqlite::{DAY_NS, Pass, Sessions, mark_hash};
use super::state::{Known, Progress, State};
use super::tables::Tables;
use crate::agents::shared::batch::{Batch, Scope, session_hash};
use crate::core::turn::Presence;
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};

/// Sessions touched this long before the newest one are read again at every change: `time_updated` of a session may be
/// older than its last message.
const RECENT_MS: i64 = DAY_NS / 1_000_000;

impl Pass<'_> {
    /// Whether rowids still mean what they meant: no restored backup, no VACUUM, no last rows deleted.
    pub(super) fn is_continued(&self, known: &State) -> Result<bool> {
        if known.generations.len() != self.tables.len() {
            return Ok(false);
        }
        for (tables, generation) in self.tables.iter().zip(&known.generations) {
            let mut mark_id = 0;
            tables.messages(self.database, "where rowid = ?1", [generation.mark], |stored| {
                mark_id = session_hash(&stored.id()?);
                Ok(())
            })?;
            if mark_id != generation.mark_id {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the sessions that changed.
    pub(super) fn catch_up(&self, agent_id: &'static str, known: &State, into: &mut Batch) -> Result<State> {
        let mut state = State {
            whole_at_ns: known.whole_at_ns,
            generations: Vec::new(),
        };
        let (mut present, mut were_present) = (FxHashSet::default(), FxHashSet::default());
        let generations: Vec<_> = self.tables.iter().zip(&known.generations).collect();
        for group in generations.chunk_by(|_, (next, _)| next.shares_sessions) {
            let mut rounds = Vec::with_capacity(group.len());
            for (tables, before) in group {
                rounds.push(Round {
                    pass: self,
                    tables,
                    before,
                    projects: tables.projects(self.database, into)?,
                    sessions: Sessions::beside(&present),
                });
            }
            let listed = group[0].0.changes(self.database)?;
            let has_moved = |hash| present.contains(&hash) != were_present.contains(&hash);
            // A session that is read again is read from all tables it is in: what is not read counts as taken back.
            let mut suspects = FxHashSet::default();
            for round in &rounds {
                suspects.extend(round.suspects(&listed, has_moved)?);
            }
            let suspects: Vec<String> = suspects.into_iter().collect();
            for round in &mut rounds {
                round.read_again(agent_id, &suspects, into)?;
            }
            let mut merged: Vec<_> = rounds.iter().map(|round| round.merged(&listed)).collect();
            let mut miscounted = FxHashSet::default();
            for (round, sessions) in rounds.iter().zip(&merged) {
                miscounted.extend(round.miscounted(sessions, &listed)?);
            }
            if !miscounted.is_empty() {
                let miscounted: Vec<String> = miscounted.into_iter().collect();
                for round in &mut rounds {
                    round.read_again(agent_id, &miscounted, into)?;
                }
                merged = rounds.iter().map(|round| round.merged(&listed)).collect();
            }
            for (round, sessions) in rounds.into_iter().zip(merged) {
                present.extend(sessions.keys());
                were_present.extend(round.before.sessions.keys());
                let was_read = &round.sessions.at;
                let mut open = round.sessions.open;
                let still_open = |session| sessions.contains_key(&session) && !was_read.contains_key(&session);
                open.extend(round.before.open.iter().filter(|open| still_open(open.session)));
                let (mark, mark_id) = round.tables.last(self.database)?;
                state.generations.push(Progress {
                    mark,
                    mark_id: mark_hash(mark, &mark_id),
                    sessions,
                    open,
                });
            }
        }
        if !were_present.is_subset(&present) {
            into.replace(Scope::Sessions(present.into_iter().collect()), Presence::Gone);
        }
        Ok(state)
    }
}

/// Catching up with one generation of tables.
struct Round<'a> {
    pass: &'a Pass<'a>,
    tables: &'a Tables,
    before: &'a Progress,
    projects: Projects,
    /// Those that were read again.
    sessions: Sessions,
}

impl Round<'_> {
    /// Sessions that are new, were touched, have new rows, or have replies that were not complete and were written since.
    fn suspects(&self, listed: &[(String, i64)], has_moved: impl Fn(u64) -> bool) -> Result<FxHashSet<String>> {
        let before = self.before;
        let newest = listed.iter().map(|(_, updated)| *updated).max().unwrap_or(0);
        // A session from the future must not keep the others from being recent.
        let recent = newest.min(self.pass.now_ns / 1_000_000).saturating_sub(RECENT_MS);
        let mut rewritten = FxHashSet::default();
        for open in &before.open {
            let times = self
                .tables
                .times(self.pass.database, "where rowid = ?1", [open.rowid])?;
            if times.map(|times| times.updated) != Some(open.updated) {
                rewritten.insert(open.session);
            }
        }
        let mut suspects: FxHashMap<u64, &str> = FxHashMap::default();
        for (id, updated) in listed {
            let hash = session_hash(id);
            let known = before.sessions.get(&hash);
            if known.is_none_or(|known| known.updated != *updated)
                || *updated > recent
                || rewritten.contains(&hash)
                || has_moved(hash)
            {
                suspects.insert(hash, id);
            }
        }
        let mut ids: FxHashSet<String> = suspects.into_values().map(str::to_owned).collect();
        self.tables
            .messages(self.pass.database, "where rowid > ?1", [before.mark], |stored| {
                let id = stored.session_id();
                if !ids.contains(id.as_ref()) {
                    ids.insert(id.into_owned());
                }
                Ok(())
            })?;
        Ok(ids)
    }

    /// Sessions whose number of rows is not what it should be: something was deleted, or belongs to no session.
    fn miscounted(&self, sessions: &FxHashMap<u64, Known>, listed: &[(String, i64)]) -> Result<Vec<String>> {
        let rows: u64 = sessions.values().map(|known| u64::from(known.rows)).sum();
        let mut recorded = self.before.sessions.values();
        let has_unrecorded = recorded.any(|known| known.updated == Session::UNRECORDED);
        if !has_unrecorded && rows == self.tables.count(self.pass.database)? {
            return Ok(Vec::new());
        }
        let mut ids = Vec::new();
        let mut counted = FxHashSet::default();
        for (id, rows) in self.tables.counts(self.pass.database)? {
            let hash = session_hash(&id);
            counted.insert(hash);
            if sessions.get(&hash).is_none_or(|known| known.rows != rows) {
                ids.push(id);
            }
        }
        let emptied = listed.iter().filter(|(id, _)| {
            let hash = session_hash(id);
            !counted.contains(&hash) && sessions.get(&hash).is_some_and(|known| known.rows > 0)
        });
        ids.extend(emptied.map(|(id, _)| id.clone()));
        ids.retain(|id| !self.sessions.at.contains_key(&session_hash(id)));
        Ok(ids)
    }

    /// Reads sessions from their start, all in one pass over each table.
    fn read_again(&mut self, agent_id: &'static str, ids: &[String], into: &mut Batch) -> Result<()> {
        let recorded = self.tables.sessions_among(self.pass.database, ids, into)?;
        let recorded: FxHashMap<&str, &Recorded> = recorded.iter().map(|session| (&*session.id, session)).collect();
        for id in ids {
            let recorded = recorded.get(id.as_str());
            let session = match recorded {
                Some(recorded) => Session::new(recorded, Place::Database),
                None => Session::unrecorded(id, Place::Database),
            };
            if self.sessions.add(session) {
                into.replace(Scope::Session(id.to_owned()), Presence::Reverted);
                if let Some(recorded) = recorded {
                    into.session(describe(recorded, &self.projects));
                }
            }
        }
        let mut replies = Replies::new(agent_id, into);
        self.pass
            .read_rows(self.tables, Some(ids), &mut self.sessions, &mut replies)
    }

    /// The merged state of every session.
    fn merged(&self, listed: &[(String, i64)]) -> FxHashMap<u64, Known> {
        let unchanged = listed.iter().filter_map(|(id, _)| {
            let hash = session_hash(id);
            self.before.sessions.get(&hash).map(|known| (hash, *known))
        });
        let read = self.sessions.known();
        let mut merged: FxHashMap<u64, Known> = unchanged.collect();
        merged.extend(read.filter(|(_, known)| known.updated != Session::UNRECORDED || known.rows > 0));
        merged
    }
}
