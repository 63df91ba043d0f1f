//! Sync: what changed on disk since the bookmarks, into pending packs.

use super::intake::Intake;
use super::merge::Work;
use super::names::Kind;
use super::pack::{Blobs, Pack};
use super::pending::KnownSource;
use super::readers::{Delivery, Job};
use super::{Ledger, bookmark, changes, ownership_pass};
use crate::agents::shared::configured;
use crate::agents::shared::watcher::DueAgent;
use crate::agents::{AgentHandle, Found, Skip, Source};
use crate::core::agent_id::AgentId;
use crate::core::problem::Problem;
use crate::system::System;
use anyhow::Result;
use rusqlite::{OptionalExtension, Row, params};
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use xxhash_rust::xxh3::xxh3_64;

/// Behind the fingerprint of an agent that a built-in reader and a plugin both read once.
const MIXED: &[u8] = b"mixed";

/// A source to read, with its known state.
type Due<'a> = (&'a Source, Option<KnownSource>);

/// Whose turns are taken in.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub id: &'a str,
    /// Row in the table of names.
    pub row: u32,
    /// The version of the rules they were read by.
    pub rules_version: u32,
}

/// The result of a sync.
#[derive(Default)]
pub struct Synced {
    pub problems: Vec<Problem>,
    /// Sources that were read.
    pub read: usize,
    /// Whether sources were left for the next sync ([`Ledger::most_turns`]).
    pub is_partial: bool,
    /// Records that are no turns, by agent and reason.
    pub skipped: FxHashMap<(AgentId, Skip), u64>,
    /// The sources of each agent that was listed.
    pub found: Vec<(AgentId, Arc<Found>)>,
}

/// Called while many bytes are read: how many of how many.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

impl Ledger {
    /// Reads the sources that changed since the last sync. The result is pending: reports see it at once,
    /// [`Ledger::commit`] stores it.
    ///
    /// # Errors
    ///
    /// When the ledger itself cannot be read. An unreadable source is a problem, and its known state stays.
    pub fn sync(&mut self, agents: &[AgentHandle], system: &System, progress: Progress<'_>) -> Result<Synced> {
        let due: Vec<DueAgent> = agents.iter().cloned().map(DueAgent::whole).collect();
        self.sync_due(&due, system, progress)
    }

    /// The same, for agents of which only some files may have changed: they are not listed.
    ///
    /// # Errors
    /// Those of [`Ledger::sync`].
    pub fn sync_due(&mut self, due: &[DueAgent], system: &System, progress: Progress<'_>) -> Result<Synced> {
        if !self.pending.is_empty() {
            // The last sync was not committed: start from the committed state, or two halves would mix.
            self.reload()?;
        }
        self.failed.clear();
        let listed = || due.iter().filter(|due| due.files.is_none()).map(|due| &due.agent);
        for agent in listed() {
            let row = self.names.find(Kind::Agent, agent.id());
            self.inactive.retain(|_, agent| Some(*agent) != row);
        }
        let mut syncing = Syncing::start(self)?;
        for agent in listed().filter(|agent| agent.shared().is_none()) {
            syncing.begin(agent, system)?;
        }
        for DueAgent { agent, files } in due {
            match files {
                Some(files) => syncing.files(agent, files, progress)?,
                None => syncing.agent(agent, system, progress)?,
            }
        }
        syncing.finish()
    }
}

/// One sync under way.
pub(super) struct Syncing<'l> {
    pub(super) ledger: &'l mut Ledger,
    pub(super) next_pack: i64,
    pub(super) next_source: i64,
    pub(super) next_session: i64,
    pub(super) work: Vec<Work>,
    pub(super) sources: FxHashMap<i64, PathBuf>,
    pub(super) session_rows: FxHashMap<(u32, String), i64>,
    pub(super) forgotten: super::forget::Forgotten,
    /// Sessions that this sync renamed: agent, id, and name.
    pub(super) renamed: Vec<(u32, String, String)>,
    pub(super) synced: Synced,
    /// Whether this is the first ledger: without an earlier one there are no changes to report.
    pub(super) is_first: bool,
}

impl<'l> Syncing<'l> {
    pub(super) fn start(ledger: &'l mut Ledger) -> Result<Self> {
        let next = |table: &str| -> Result<i64> {
            let Some(connection) = &ledger.connection else {
                return Ok(1);
            };
            let last: Option<i64> =
                connection.query_row(&format!("select max(id) from {table}"), [], |row| row.get(0))?;
            Ok(last.unwrap_or(0) + 1)
        };
        let (next_pack, next_source, next_session) = (next("pack")?, next("source")?, next("session")?);
        let forgotten = super::forget::Forgotten::load(ledger.connection.as_ref())?;
        let is_first = ledger.is_new();
        Ok(Self {
            ledger,
            next_pack,
            next_source,
            next_session,
            work: Vec::new(),
            sources: FxHashMap::default(),
            session_rows: FxHashMap::default(),
            forgotten,
            renamed: Vec::new(),
            synced: Synced::default(),
            is_first,
        })
    }

    /// Lets an agent begin with the sources that differ from their bookmarks.
    fn begin(&self, agent: &AgentHandle, system: &System) -> Result<()> {
        let looked_at = SystemTime::now();
        let found = configured::sources(&**agent, system);
        let rules_version = agent.about().rules_version;
        let print = fingerprint(&found, rules_version);
        let known = self.ledger.meta(&walk_key(agent))?;
        if known.is_some_and(|known| known.starts_with(&print)) {
            return Ok(());
        }
        let row = self.ledger.names.find(Kind::Agent, agent.id());
        let known = row.map(|row| self.known_sources(row)).transpose()?.unwrap_or_default();
        for source in &found.sources {
            let before = known.get(&(source.path.clone(), source.kind));
            let is_known = before.is_some_and(|before| is_unchanged(before, source, rules_version));
            if !(is_known && is_settled(source, looked_at)) {
                agent.begin(source);
            }
        }
        Ok(())
    }

    fn agent(&mut self, agent: &AgentHandle, system: &System, progress: Progress<'_>) -> Result<()> {
        let looked_at = SystemTime::now();
        let found = configured::sources(&**agent, system);
        let result = self.found(agent, &found, looked_at, progress);
        self.synced.found.push((agent.id().into(), Arc::new(found)));
        result
    }

    /// Reads these sources of an agent as far as they differ from their bookmarks.
    fn files(&mut self, agent: &AgentHandle, files: &[Source], progress: Progress<'_>) -> Result<()> {
        let looked_at = SystemTime::now();
        let rules_version = agent.about().rules_version;
        let row = self.ledger.names.row(Kind::Agent, agent.id());
        let mut due: Vec<Due<'_>> = Vec::new();
        for source in files {
            let before = self.known_source(row, source)?;
            let is_known = before
                .as_ref()
                .is_some_and(|before| is_unchanged(before, source, rules_version));
            if !(is_known && is_settled(source, looked_at)) {
                due.push((source, before));
            }
        }
        self.read_due(agent, row, due, progress)
    }

    /// Reads an agent's sources that differ from their bookmarks.
    fn found(
        &mut self,
        agent: &AgentHandle,
        found: &Found,
        looked_at: SystemTime,
        progress: Progress<'_>,
    ) -> Result<()> {
        self.synced.problems.extend(found.problems.iter().cloned());
        let rules_version = agent.about().rules_version;
        let print = fingerprint(found, rules_version);
        let key = walk_key(agent);
        if let Some(known) = self.ledger.meta(&key)?
            && let Some(is_mixed) = known.strip_prefix(print.as_slice())
        {
            if is_mixed == MIXED {
                self.leave_out(agent, found)?;
            }
            self.remembered_problems(agent)?;
            return Ok(());
        }
        if found.sources.is_empty() && self.ledger.names.find(Kind::Agent, agent.id()).is_none() {
            return Ok(());
        }
        let row = self.ledger.names.row(Kind::Agent, agent.id());
        let mut known = self.known_sources(row)?;
        let mut due: Vec<Due<'_>> = Vec::new();
        let mut all_settled = true;
        for source in &found.sources {
            let is_settled = is_settled(source, looked_at);
            all_settled &= is_settled;
            let before = known.remove(&(source.path.clone(), source.kind));
            match before {
                Some(before) if is_unchanged(&before, source, rules_version) && is_settled => {
                    self.synced.problems.extend(before.problems);
                }
                before => due.push((source, before)),
            }
        }
        self.read_due(agent, row, due, progress)?;
        // A folder that could not be looked into does not mean that its files are gone.
        let mut is_mixed = false;
        if found.problems.is_empty() {
            for (_, source) in known {
                if is_of_other(&source, found) {
                    is_mixed = true;
                    self.ledger.inactive.insert(source.id, row);
                } else if !source.gone && !super::transfer::is_import(&source.path) {
                    self.source_is_gone(row, source)?;
                }
            }
        }
        let print = if is_mixed { [&print, MIXED].concat() } else { print };
        if all_settled && !self.synced.is_partial && found.problems.is_empty() && !self.ledger.has_failed(agent.id()) {
            self.ledger.set_meta(&key, print);
        } else if self.ledger.meta(&key)?.is_some_and(|known| !known.is_empty()) {
            // Back to how it was, it would be taken for unchanged.
            self.ledger.set_meta(&key, Vec::new());
        }
        Ok(())
    }

    /// Leaves out what others than this agent's reader recorded under its id.
    fn leave_out(&mut self, agent: &AgentHandle, found: &Found) -> Result<()> {
        if let Some(row) = self.ledger.names.find(Kind::Agent, agent.id()) {
            let known = self.known_sources(row)?;
            let others = known.into_values().filter(|source| is_of_other(source, found));
            self.ledger.inactive.extend(others.map(|source| (source.id, row)));
        }
        Ok(())
    }

    /// Problems of unchanged sources are reported on every run.
    fn remembered_problems(&mut self, agent: &AgentHandle) -> Result<()> {
        let Some(connection) = &self.ledger.connection else {
            return Ok(());
        };
        let Some(row) = self.ledger.names.find(Kind::Agent, agent.id()) else {
            return Ok(());
        };
        let mut statement =
            connection.prepare_cached("select problems from source where agent = ?1 and problems <> '[]'")?;
        for text in statement.query_map([row], |row| row.get::<_, String>(0))? {
            self.synced.problems.extend(parse_problems(&text?));
        }
        Ok(())
    }

    pub(super) fn known_sources(&self, agent: u32) -> Result<FxHashMap<(PathBuf, u8), KnownSource>> {
        let mut known = FxHashMap::default();
        let Some(connection) = &self.ledger.connection else {
            return Ok(known);
        };
        let mut statement = connection
            .prepare_cached("select id, path, kind, gone, bookmark, problems from source where agent = ?1")?;
        let mut rows = statement.query([agent])?;
        while let Some(row) = rows.next()? {
            let source = known_source(row)?;
            known.insert((source.path.clone(), source.kind), source);
        }
        Ok(known)
    }

    /// The known state of one source.
    fn known_source(&self, agent: u32, source: &Source) -> Result<Option<KnownSource>> {
        let Some(connection) = &self.ledger.connection else {
            return Ok(None);
        };
        let mut statement = connection.prepare_cached(
            "select id, path, kind, gone, bookmark, problems from source where agent = ?1 and path = ?2 and kind = ?3",
        )?;
        let mut rows = statement.query(params![agent, source.path.to_string_lossy(), source.kind])?;
        rows.next()?.map(known_source).transpose()
    }

    /// Reads sources, as many as the memory limit allows.
    fn read_due(&mut self, agent: &AgentHandle, row: u32, due: Vec<Due<'_>>, progress: Progress<'_>) -> Result<()> {
        match self.ledger.most_turns {
            usize::MAX => self.read_all(agent, row, due, progress),
            _ => self.read_some(agent, row, due, progress),
        }
    }

    /// Reads until the memory limit, least recently read sources first, so that every source gets its turn.
    fn read_some(
        &mut self,
        agent: &AgentHandle,
        row: u32,
        mut due: Vec<Due<'_>>,
        progress: Progress<'_>,
    ) -> Result<()> {
        due.sort_by_key(|(_, before)| before.as_ref().map_or(0, |before| before.bookmark.stamp.modified_ns));
        // From the end.
        due.reverse();
        while let Some(next) = due.pop() {
            if self.work.iter().map(|work| work.turns).sum::<usize>() >= self.ledger.most_turns {
                self.synced.is_partial = true;
                break;
            }
            self.read_all(agent, row, vec![next], progress)?;
        }
        Ok(())
    }

    fn read_all(&mut self, agent: &AgentHandle, row: u32, mut due: Vec<Due<'_>>, progress: Progress<'_>) -> Result<()> {
        // Biggest first, so that two readers end at about the same time.
        due.sort_by_key(|(source, _)| std::cmp::Reverse(source.stamp.size));
        let rules_version = agent.about().rules_version;
        let jobs: Vec<_> = due
            .iter()
            .map(|(source, before)| {
                let from = before
                    .as_ref()
                    .filter(|before| !before.gone && before.bookmark.rules_version == rules_version);
                Job {
                    source,
                    from: from.map(|before| before.bookmark.clone()).unwrap_or_default(),
                    is_new: before.is_none(),
                }
            })
            .collect();
        let total = jobs
            .iter()
            .map(|job| job.source.stamp.size.saturating_sub(job.from.offset))
            .sum();
        let owner = Owner {
            id: agent.id(),
            row,
            rules_version,
        };
        let mut intakes: FxHashMap<usize, Intake> = FxHashMap::default();
        let mut done = 0;
        super::readers::read(agent, &jobs, total, &mut |at, delivery| {
            let (source, before) = &mut due[at];
            let outcome = match delivery {
                Delivery::Part(part) => {
                    self.take_part(owner, source, part, intakes.entry(at).or_default())?;
                    return Ok(None);
                }
                Delivery::Outcome(outcome) => outcome,
            };
            done += source.stamp.size;
            progress(done.min(total), total);
            self.synced.read += 1;
            let intake = intakes.remove(&at);
            match outcome {
                Ok((mut batch, mark)) => {
                    for (why, count) in &batch.skipped {
                        *self.synced.skipped.entry((agent.id().into(), *why)).or_default() += count;
                    }
                    self.take(owner, source, (before.take(), intake), &mut batch, mark)?;
                    Ok(Some(batch))
                }
                Err(error) => {
                    self.ledger.failed.insert(agent.id().to_owned());
                    self.synced
                        .problems
                        .push(Problem::new(source.path.display(), format!("{error:#}")));
                    Ok(None)
                }
            }
        })
    }

    pub(super) fn finish(mut self) -> Result<Synced> {
        self.sort_namesakes()?;
        ownership_pass::assign_owners(&mut self)?;
        if !self.is_first {
            changes::collect(&mut self)?;
        }
        let work = std::mem::take(&mut self.work);
        for work in work {
            if work.is_dirty {
                self.ledger.pending.put_pack(work);
            }
        }
        Ok(self.synced)
    }
}

/// The next row of a table. No other process can take it, because a commit after another process's commit is canceled.
pub(super) fn next(counter: &mut i64) -> i64 {
    let row = *counter;
    *counter += 1;
    row
}

pub(super) fn load_pack(connection: &rusqlite::Connection, id: i64) -> Result<Option<Pack>> {
    let mut statement = connection.prepare_cached(
        "select numbers, events, records from pack join pack_events using (id) join pack_records using (id) where id = ?1",
    )?;
    let blobs = statement
        .query_row([id], |row| {
            let blob = |at| row.get_ref(at).and_then(|blob| Ok(blob.as_blob()?));
            Ok(Blobs::of(blob(0)?, blob(1)?, blob(2)?))
        })
        .optional()?;
    Ok(blobs.and_then(|blobs| Pack::decode(&blobs)))
}

fn known_source(row: &Row<'_>) -> Result<KnownSource> {
    Ok(KnownSource {
        id: row.get(0)?,
        path: PathBuf::from(row.get::<_, String>(1)?),
        kind: row.get(2)?,
        gone: row.get(3)?,
        bookmark: bookmark::decode(row.get_ref(4)?.as_blob()?),
        problems: parse_problems(row.get_ref(5)?.as_str()?),
    })
}

fn parse_problems(text: &str) -> Vec<Problem> {
    let parsed: Vec<(String, String)> = serde_json::from_str(text).unwrap_or_default();
    parsed
        .into_iter()
        .map(|(place, reason)| Problem { place, reason })
        .collect()
}

/// Whether a plugin read it and none reads now, or the other way round: either history is kept, and one counts.
fn is_of_other(known: &KnownSource, found: &Found) -> bool {
    let is_of_plugin = known.kind == Source::OF_PLUGIN;
    is_of_plugin != found.is_plugin && !super::transfer::is_import(&known.path)
}

fn is_unchanged(known: &KnownSource, source: &Source, rules_version: u32) -> bool {
    let mark = &known.bookmark;
    !known.gone
        && mark.stamp == source.stamp
        && mark.wal == source.wal
        && !source.is_list_entry_new(mark)
        && mark.rules_version == rules_version
}

fn is_settled(source: &Source, looked_at: SystemTime) -> bool {
    source.stamp.is_settled(looked_at) && source.wal.is_settled(looked_at)
}

/// Where the fingerprint of an agent's sources is kept.
fn walk_key(agent: &AgentHandle) -> String {
    format!("walk:{}", agent.id())
}

/// Equal if no source was added, removed or changed, regardless of order.
fn fingerprint(found: &Found, rules_version: u32) -> Vec<u8> {
    let prints = found.sources.iter().map(|source| {
        let mut words = [0; 11];
        words[0] = xxh3_64(source.path.as_os_str().as_encoded_bytes());
        words[1] = u64::from(source.kind);
        words[2] = source.list_entry;
        for (words, stamp) in words[3..].chunks_exact_mut(4).zip([&source.stamp, &source.wal]) {
            words.copy_from_slice(&[stamp.device, stamp.inode, stamp.size, stamp.modified_ns as u64]);
        }
        let mut bytes = [0; 88];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        xxh3_64(&bytes)
    });
    let sum = prints.fold(u64::from(rules_version), u64::wrapping_add);
    sum.to_le_bytes().to_vec()
}
