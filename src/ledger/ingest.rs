//! Taking in: one read of one source, into sessions and packs.

use super::intake::Intake;
use super::merge::{Missing, NameRows, PackKey, merge};
use super::pack::Pack;
use super::pending::KnownSource;
use super::sessions::{self, KnownSession};
use super::sync::{Owner, Syncing, load_pack, next};
use super::transfer::is_import;
use crate::agents::shared::batch::{Row, session_hash};
use crate::agents::{Batch, Bookmark, Scope, Source};
use crate::core::problem::Problem;
use crate::core::turn::{Presence, SessionInfo};
use anyhow::Result;
use rusqlite::{OptionalExtension, params};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;

/// In place of the row of a session that the user erased.
const ERASED: i64 = 0;
/// Problems that are kept of one source.
const MOST_PROBLEMS: usize = 200;

impl Syncing<'_> {
    /// Adds a part of a read of a source that the ledger does not know; the rest of it follows.
    pub(super) fn take_part(
        &mut self,
        owner: Owner<'_>,
        source: &Source,
        mut part: Batch,
        intake: &mut Intake,
    ) -> Result<()> {
        self.merge_batch(owner, is_import(&source.path), &mut part, None, intake)
    }

    /// Adds the result of one read: all of it, or what is left after the parts in `intake`.
    pub(super) fn take(
        &mut self,
        owner: Owner<'_>,
        source: &Source,
        (before, intake): (Option<KnownSource>, Option<Intake>),
        batch: &mut Batch,
        mut mark: Bookmark,
    ) -> Result<()> {
        let Owner {
            row: agent_row,
            rules_version,
            ..
        } = owner;
        let rules_changed = before
            .as_ref()
            .is_some_and(|before| before.bookmark.rules_version != rules_version);
        let was_gone = before.as_ref().is_some_and(|before| before.gone);
        let known = before.as_ref().map(|before| Intake::of_known(before.id));
        let mut intake = known.or(intake).unwrap_or_default();
        let id = intake.source(&mut self.next_source);
        mark.rules_version = rules_version;
        let mut problems = std::mem::take(&mut batch.problems);
        if mark.offset > 0
            && let Some(before) = &before
        {
            // Only new bytes were read: earlier problems remain.
            let resumed = !batch.scopes.iter().any(|(scope, _)| *scope == Scope::Source);
            if resumed && !rules_changed {
                let known = before.problems.iter().filter(|problem| !problems.contains(problem));
                problems.extend(known.cloned().collect::<Vec<_>>());
                // Of a file that brings bad lines for ever, the newest are named.
                problems.truncate(MOST_PROBLEMS);
            }
        }
        self.synced.problems.extend(problems.iter().cloned());
        let known = KnownSource {
            id,
            path: source.path.clone(),
            kind: source.kind,
            gone: false,
            bookmark: mark,
            problems,
        };
        self.sources.insert(id, source.path.clone());
        self.ledger.pending.sources.push((agent_row, known));
        self.ledger.pending.limits.append(&mut batch.limits);
        let missing = match (rules_changed, was_gone) {
            (true, true) => Some(Missing::Replace),
            (true, false) => Some(Missing::Drop),
            (false, _) => None,
        };
        self.merge_batch(owner, is_import(&source.path), batch, missing, &mut intake)?;
        self.work.append(&mut intake.work);
        Ok(())
    }

    /// Merges turns and sessions of a batch with those that are known; `by_rules` is the fate of missing ones where other rules
    /// read it.
    fn merge_batch(
        &mut self,
        owner: Owner<'_>,
        is_imported: bool,
        batch: &mut Batch,
        by_rules: Option<Missing>,
        intake: &mut Intake,
    ) -> Result<()> {
        let Owner {
            id: agent_id,
            row: agent_row,
            ..
        } = owner;
        let id = intake.source(&mut self.next_source);
        let renamed = self.tell_apart(agent_id, agent_row, batch)?;
        let names = &mut self.ledger.names;
        let names = NameRows {
            models: batch
                .models
                .iter()
                .map(|(provider, model)| names.model_row(provider, model))
                .collect(),
            origins: batch.origins.iter().map(|origin| names.origin_row(origin)).collect(),
        };
        let mut sessions = Vec::with_capacity(batch.session_ids.len());
        for session_id in &batch.session_ids {
            let info = match (batch.sessions.remove(session_id), intake.sessions.get(session_id)) {
                (Some(info), _) => info,
                (None, Some(&row)) => {
                    sessions.push(row);
                    continue;
                }
                (None, None) => SessionInfo::new(session_id.clone()),
            };
            let row = if self.is_forgotten(agent_id, &info) {
                ERASED
            } else {
                self.session(agent_row, info, is_imported)?
            };
            sessions.push(row);
            intake.sessions.insert(session_id.clone(), row);
        }
        for (_, info) in batch.sessions.drain() {
            if !self.is_forgotten(agent_id, &info) {
                self.session(agent_row, info, is_imported)?;
            }
        }

        let mut counts = vec![0; sessions.len()];
        for row in &batch.turns {
            counts[row.session as usize] += 1;
        }
        let mut by_session: Vec<Vec<&Row>> = counts.into_iter().map(Vec::with_capacity).collect();
        for row in &batch.turns {
            let session = row.session as usize;
            if sessions[session] != ERASED && !self.forgotten.covers_time(row.numbers.timestamp) {
                by_session[session].push(row);
            }
        }
        let mut missing = self.missing(agent_row, id, batch, &sessions, intake.is_known, by_rules)?;
        for (rows, session) in by_session.iter().zip(&sessions) {
            let fate = missing.remove(session).unwrap_or(Missing::Stay);
            if *session != ERASED && (!rows.is_empty() || fate != Missing::Stay) {
                self.merge_session(
                    PackKey {
                        agent: agent_row,
                        source: id,
                        session: *session,
                    },
                    rows,
                    batch,
                    &names,
                    fate,
                    intake,
                )?;
            }
        }
        let mut taken: FxHashMap<i64, usize> = renamed.iter().map(|renamed| (renamed.namesake, renamed.at)).collect();
        for (session, fate) in missing {
            let (rows, fate) = match taken.remove(&session) {
                Some(at) => (&by_session[at][..], Missing::Taken),
                None => (&[][..], fate),
            };
            self.merge_session(
                PackKey {
                    agent: agent_row,
                    source: id,
                    session,
                },
                rows,
                batch,
                &names,
                fate,
                intake,
            )?;
        }
        Ok(())
    }

    fn is_forgotten(&self, agent_id: &str, info: &SessionInfo) -> bool {
        self.forgotten.covers_session(
            agent_id,
            &info.id,
            info.project.as_ref().map(|project| project.path.as_str()),
        )
    }

    /// Handles turns, by session, that are missing from this read.
    fn missing(
        &mut self,
        agent: u32,
        source: i64,
        batch: &Batch,
        sessions: &[i64],
        is_known: bool,
        by_rules: Option<Missing>,
    ) -> Result<FxHashMap<i64, Missing>> {
        let mut fates = FxHashMap::default();
        if !is_known {
            return Ok(fates);
        }
        let fate = |presence| by_rules.unwrap_or(Missing::Mark(presence));
        for (scope, presence) in &batch.scopes {
            match scope {
                Scope::Source => {
                    for session in self.sessions_of(source)? {
                        fates.insert(session, fate(*presence));
                    }
                }
                Scope::Session(id) => {
                    let session = match batch.position_of(id) {
                        Some(at) => Some(sessions[at]),
                        None => self.find_session(agent, id)?.map(|session| session.id),
                    };
                    if let Some(session) = session {
                        fates.insert(session, fate(*presence));
                    }
                }
                Scope::Sessions(present) => {
                    let present: FxHashSet<u64> = present.iter().copied().collect();
                    for session in self.sessions_of(source)? {
                        let Some(mut known) = self.load_session(session)? else {
                            continue;
                        };
                        let is_gone = !present.contains(&session_hash(&known.info.id));
                        if is_gone {
                            fates.insert(session, Missing::Mark(*presence));
                        } else if let Some(by_rules) = by_rules {
                            // Read from the start.
                            fates.entry(session).or_insert(by_rules);
                        }
                        if known.gone != is_gone {
                            known.gone = is_gone;
                            self.ledger.pending.sessions.insert(session, known);
                        }
                    }
                }
            }
        }
        Ok(fates)
    }

    fn merge_session(
        &mut self,
        key: PackKey,
        rows: &[&Row],
        batch: &Batch,
        names: &NameRows,
        missing: Missing,
        intake: &mut Intake,
    ) -> Result<()> {
        let old = if intake.is_known {
            self.load_pack_of(key.source, key.session)?
        } else {
            intake.pack(key.session)
        };
        let pack = merge(old.as_ref().map(|(_, pack)| pack), rows, batch, names, missing);
        let (id, old) = match old {
            Some((_, old)) if old == pack => return Ok(()),
            // What earlier parts brought is not in the ledger.
            Some((id, old)) => (id, intake.is_known.then_some(old)),
            None if pack.turns.is_empty() => return Ok(()),
            None => (next(&mut self.next_pack), None),
        };
        intake.put(id, key, old, &pack);
        Ok(())
    }

    pub(super) fn source_is_gone(&mut self, agent: u32, mut source: KnownSource) -> Result<()> {
        let mut intake = Intake::of_known(source.id);
        for session in self.sessions_of(source.id)? {
            let (batch, key) = (
                Batch::default(),
                PackKey {
                    agent,
                    source: source.id,
                    session,
                },
            );
            self.merge_session(
                key,
                &[],
                &batch,
                &NameRows::default(),
                Missing::Mark(Presence::Gone),
                &mut intake,
            )?;
        }
        self.work.append(&mut intake.work);
        self.sources.insert(source.id, source.path.clone());
        source.gone = true;
        source.problems.clear();
        self.ledger.pending.sources.push((agent, source));
        Ok(())
    }

    /// The row of a session, with what was learned about it taken in.
    fn session(&mut self, agent: u32, info: SessionInfo, is_imported: bool) -> Result<i64> {
        let known = match self.session_rows.get(&(agent, info.id.clone())) {
            Some(&id) => self.load_session(id)?,
            None => match &self.ledger.connection {
                Some(connection) if !self.is_first => sessions::find(connection, agent, &info.id)?,
                _ => None,
            },
        };
        let (before, mut session) = match known {
            Some(session) => (Some(session.clone()), session),
            None => {
                let id = next(&mut self.next_session);
                (
                    None,
                    KnownSession {
                        id,
                        agent,
                        gone: false,
                        is_imported,
                        info: SessionInfo::new(info.id.clone()),
                    },
                )
            }
        };
        match (session.is_imported, is_imported) {
            // What this machine read itself stands.
            (false, true) => {}
            (true, false) => (session.info, session.is_imported, session.gone) = (info, false, false),
            _ => {
                session.info.merge(info);
                session.gone = false;
            }
        }
        if !self.ledger.keeps_titles {
            session.info.title = None;
        }
        let id = session.id;
        self.session_rows.insert((agent, session.info.id.clone()), id);
        if before.as_ref() != Some(&session) {
            self.ledger.pending.sessions.insert(id, session);
        }
        Ok(id)
    }

    pub(super) fn find_session(&self, agent: u32, name: &str) -> Result<Option<KnownSession>> {
        if let Some(&id) = self.session_rows.get(&(agent, name.to_owned())) {
            return self.load_session(id);
        }
        let Some(connection) = &self.ledger.connection else {
            return Ok(None);
        };
        Ok(sessions::find(connection, agent, name)?)
    }

    pub(super) fn load_session(&self, id: i64) -> Result<Option<KnownSession>> {
        self.ledger.session(id)
    }

    /// Every pack with its owner.
    pub(super) fn heads(&self) -> Result<Vec<(i64, PackKey)>> {
        let Some(connection) = &self.ledger.connection else {
            return Ok(Vec::new());
        };
        let mut statement = connection.prepare("select id, agent, source, session from pack")?;
        let heads = statement.query_map([], |row| {
            Ok((
                row.get(0)?,
                PackKey {
                    agent: row.get(1)?,
                    source: row.get(2)?,
                    session: row.get(3)?,
                },
            ))
        })?;
        Ok(heads.collect::<rusqlite::Result<_>>()?)
    }

    /// The agent's own id of a session; empty for one that the ledger lost.
    pub(super) fn session_id(&self, id: i64) -> Result<Cow<'_, str>> {
        if let Some(session) = self.ledger.pending.sessions.get(&id) {
            return Ok(Cow::Borrowed(&session.info.id));
        }
        let loaded = self.load_session(id)?.map(|session| session.info.id);
        Ok(loaded.unwrap_or_default().into())
    }

    pub(super) fn source_path(&self, id: i64) -> Result<Cow<'_, str>> {
        if let Some(path) = self.sources.get(&id) {
            return Ok(path.to_string_lossy());
        }
        let path = self.ledger.source_path(id)?;
        Ok(path.map(|path| path.display().to_string()).unwrap_or_default().into())
    }

    fn sessions_of(&self, source: i64) -> Result<Vec<i64>> {
        let Some(connection) = &self.ledger.connection else {
            return Ok(Vec::new());
        };
        let mut statement = connection.prepare_cached("select session from pack where source = ?1")?;
        Ok(statement
            .query_map([source], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?)
    }

    fn load_pack_of(&mut self, source: i64, session: i64) -> Result<Option<(i64, Pack)>> {
        let Some(connection) = &self.ledger.connection else {
            return Ok(None);
        };
        let found = connection
            .prepare_cached("select id from pack where source = ?1 and session = ?2")?
            .query_row(params![source, session], |row| row.get::<_, i64>(0))
            .optional()?;
        let Some(id) = found else { return Ok(None) };
        let pack = load_pack(connection, id)?;
        if pack.is_none() {
            let path = self
                .sources
                .get(&source)
                .map(|path| path.display().to_string())
                .unwrap_or_default();
            self.synced.problems.push(Problem::new(
                path,
                "a damaged part of the ledger was read again from its source",
            ));
        }
        Ok(Some((id, pack.unwrap_or_default())))
    }
}
