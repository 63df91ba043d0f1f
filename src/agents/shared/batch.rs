//! Batch: the compact result of one read of one source.

use crate::core::biller::biller;
use crate::core::bounded::{bound, bounded};
use crate::core::numbers::Numbers;
use crate::core::problem::Problem;
pub use crate::core::quota::LimitSeen;
use crate::core::turn::{EventKey, Origin, Presence, Rank, RecordKey, SessionInfo, Turn};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Why a record is no turn, for `doctor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Skip {
    /// The reply was not finished when it was read.
    Unfinished,
    /// The request failed; nothing was recorded for it.
    Failed,
    /// A repetition of a record in the same source.
    Repeated,
    /// Not a reply of a provider (`<synthetic>` and the like).
    Synthetic,
    /// The agent wrote no counts.
    Uncounted,
}

impl Skip {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Failed => "failed",
            Self::Repeated => "repeated",
            Self::Synthetic => "synthetic",
            Self::Uncounted => "uncounted",
        }
    }
}

/// The part that a read covers completely: known turns that are missing from the batch are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole source was read from its start.
    Source,
    /// This session of the source was read whole.
    Session(String),
    /// Every session of this source whose id hash ([`session_hash`]) is not listed is gone; the listed ones are as they were.
    Sessions(Vec<u64>),
}

/// The hash of a session id in [`Scope::Sessions`].
pub fn session_hash(id: &str) -> u64 {
    xxh3_64(bounded(id).as_bytes())
}

/// The hash of a segment in a row, which is 0 where there is none.
pub fn segment_hash(segment: &str) -> u64 {
    xxh3_64(segment.as_bytes()).max(1)
}

/// The result of one read. Adapters only add; the ledger decides. Names are bounded here, for all adapters.
#[derive(Default)]
pub struct Batch {
    pub turns: Vec<Row>,
    /// Message ids, one after the other; see [`Row::message`].
    ids: String,
    /// Session ids by position.
    pub session_ids: Vec<String>,
    session_at: FxHashMap<String, u32>,
    last_session: u32,
    /// (provider, model) by position.
    pub models: Vec<(String, String)>,
    /// Positions of models, by provider and model as they were recorded.
    model_at: FxHashMap<String, FxHashMap<String, u32>>,
    last_model: u32,
    /// Branch, subagent and task by position.
    pub origins: Vec<[String; 3]>,
    origin_at: FxHashMap<[String; 3], u32>,
    last_origin: u32,
    pub sessions: FxHashMap<String, SessionInfo>,
    pub limits: Vec<LimitSeen>,
    pub problems: Vec<Problem>,
    pub skipped: FxHashMap<Skip, u64>,
    pub scopes: Vec<(Scope, Presence)>,
    /// What an adapter passes on to its next read in the same thread: only speed may depend on it.
    pub scratch: Option<Box<dyn std::any::Any + Send>>,
    /// Whether what describes the source was bad, half written or not all there: its records lack something.
    pub is_undescribed: bool,
    /// Takes parts of the batch before it is complete; `None` where it must stay whole.
    pub parts: Option<PartTaker>,
    has_handed_over: bool,
}

/// Takes one part of a batch after the other.
pub type PartTaker = Box<dyn FnMut(Batch) + Send>;

/// A turn with its texts interned in the batch.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub record: RecordKey,
    pub event: EventKey,
    pub rank: Rank,
    pub place: u64,
    pub numbers: Numbers,
    pub session: u32,
    pub model: u32,
    pub origin: u32,
    message: (u32, u32),
    /// Hash of the segment it belongs to or supersedes; 0 for none.
    pub segment: u64,
    pub supersedes: bool,
    /// See [`Turn::may_know_less`].
    pub may_know_less: bool,
}

/// How many turns a part has: few enough to stay in the processor's cache, so many that few sessions are in two parts.
const PART_TURNS: usize = 2 * 1024;

impl Batch {
    /// Hands on what was added so far, once it is worth it: memory stays small however large the source is. The turns in it
    /// cannot be corrected any more.
    #[inline]
    pub fn hand_over(&mut self) {
        if self.turns.len() >= PART_TURNS
            && let Some(mut taker) = self.parts.take()
        {
            taker(self.part());
            self.parts = Some(taker);
        }
    }

    /// Takes out the turns with what is known of their sessions.
    pub fn part(&mut self) -> Self {
        let mut part = Self {
            turns: std::mem::take(&mut self.turns),
            ids: std::mem::take(&mut self.ids),
            session_ids: std::mem::take(&mut self.session_ids),
            session_at: std::mem::take(&mut self.session_at),
            models: std::mem::take(&mut self.models),
            model_at: std::mem::take(&mut self.model_at),
            origins: std::mem::take(&mut self.origins),
            origin_at: std::mem::take(&mut self.origin_at),
            ..Self::default()
        };
        for id in &part.session_ids {
            if let Some(info) = self.sessions.remove(id) {
                part.sessions.insert(id.clone(), info);
            }
        }
        self.has_handed_over = true;
        self.expect(part.turns.len());
        part
    }

    /// Nothing, in the room that this one took.
    #[must_use]
    pub fn emptied(mut self) -> Self {
        self.turns.clear();
        self.ids.clear();
        self.session_ids.clear();
        self.session_at.clear();
        self.models.clear();
        self.model_at.clear();
        self.origins.clear();
        self.origin_at.clear();
        self.sessions.clear();
        Self {
            turns: self.turns,
            ids: self.ids,
            session_ids: self.session_ids,
            session_at: self.session_at,
            models: self.models,
            model_at: self.model_at,
            origins: self.origins,
            origin_at: self.origin_at,
            sessions: self.sessions,
            ..Self::default()
        }
    }

    /// Whether no turn was added, nor handed over.
    pub fn has_no_turns(&self) -> bool {
        self.turns.is_empty() && !self.has_handed_over
    }

    /// Makes room for about so many more turns: growing step by step would move them again and again.
    pub fn expect(&mut self, turns: usize) {
        const ID_BYTES: usize = 32;
        // What was counted may be wrong in a damaged file.
        let most = if self.parts.is_some() { PART_TURNS } else { 1 << 20 };
        let turns = turns.min(most);
        self.turns.reserve(turns);
        self.ids.reserve(turns * ID_BYTES);
    }

    /// Adds a turn; returns its position in `turns`.
    pub fn turn(&mut self, turn: &Turn<'_>) -> usize {
        let id = bounded(turn.message_id);
        let start = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        let message = if start == u32::MAX {
            (0, 0)
        } else {
            (start, id.len() as u32)
        };
        if start != u32::MAX {
            self.ids.push_str(&id);
        }
        let segment = turn.supersedes.or(turn.segment).map_or(0, segment_hash);
        let row = self.row(turn);
        self.turns.push(Row {
            message,
            segment,
            supersedes: turn.supersedes.is_some(),
            ..row
        });
        self.turns.len() - 1
    }

    /// Takes a later copy of the record at a position (same message, same segment) for the earlier one.
    pub fn correct(&mut self, at: usize, turn: &Turn<'_>) {
        let Row {
            message,
            segment,
            supersedes,
            ..
        } = self.turns[at];
        self.turns[at] = Row {
            message,
            segment,
            supersedes,
            ..self.row(turn)
        };
    }

    /// A turn as a row, without its message and segment.
    #[inline]
    fn row(&mut self, turn: &Turn<'_>) -> Row {
        Row {
            record: turn.record,
            event: turn.event,
            rank: turn.rank,
            place: turn.place,
            numbers: turn.numbers,
            session: self.session_position(turn.session_id),
            model: self.model_position(turn.provider_id, turn.model_id),
            origin: self.origin_position(turn.origin),
            message: (0, 0),
            segment: 0,
            supersedes: false,
            may_know_less: turn.may_know_less,
        }
    }

    /// Sets the segment of the turn that was added last, by its hash ([`segment_hash`]).
    pub fn segment_of_last(&mut self, segment: u64, supersedes: bool) {
        if let Some(row) = self.turns.last_mut() {
            (row.segment, row.supersedes) = (segment, supersedes);
        }
    }

    /// Adds a piece of knowledge about a session.
    pub fn session(&mut self, info: SessionInfo) {
        let info = info.bounded();
        match self.sessions.get_mut(&info.id) {
            Some(known) => known.merge(info),
            None => {
                self.sessions.insert(info.id.clone(), info);
            }
        }
    }

    /// Takes other ids for its sessions.
    pub fn rename_sessions(&mut self, names: &FxHashMap<String, String>) {
        for (id, name) in names {
            if let Some(at) = self.session_at.remove(id) {
                self.session_ids[at as usize].clone_from(name);
                self.session_at.insert(name.clone(), at);
            }
        }
        for (_, mut info) in std::mem::take(&mut self.sessions) {
            info.rename(names);
            self.session(info);
        }
    }

    pub fn problem(&mut self, problem: Problem) {
        // A file of millions of bad lines is one finding, not millions.
        const MOST: usize = 100;
        if self.problems.len() < MOST {
            self.problems.push(problem);
        }
    }

    pub fn skip(&mut self, why: Skip) {
        *self.skipped.entry(why).or_default() += 1;
    }

    pub fn limit(&mut self, mut limit: LimitSeen) {
        let names = [&mut limit.provider_id, &mut limit.label];
        names.into_iter().chain(&mut limit.plan).for_each(bound);
        self.limits.push(limit);
    }

    /// Marks the batch as complete for a scope: turns of the ledger that are missing from it get `presence`.
    pub fn replace(&mut self, mut scope: Scope, missing: Presence) {
        if let Scope::Session(id) = &mut scope {
            bound(id);
        }
        self.scopes.push((scope, missing));
    }

    pub fn message_id(&self, row: &Row) -> &str {
        let (start, length) = (row.message.0 as usize, row.message.1 as usize);
        self.ids.get(start..start + length).unwrap_or("")
    }

    pub fn session_id(&self, row: &Row) -> &str {
        &self.session_ids[row.session as usize]
    }

    pub fn provider_id(&self, row: &Row) -> &str {
        &self.models[row.model as usize].0
    }

    pub fn model_id(&self, row: &Row) -> &str {
        &self.models[row.model as usize].1
    }

    /// Where a session stands in `session_ids`.
    pub fn position_of(&self, session_id: &str) -> Option<usize> {
        self.session_at.get(session_id).map(|&at| at as usize)
    }

    fn session_position(&mut self, id: &str) -> u32 {
        // Records of one session mostly follow each other.
        if self
            .session_ids
            .get(self.last_session as usize)
            .is_some_and(|last| last == id)
        {
            return self.last_session;
        }
        self.last_session = match self.session_at.get(id) {
            Some(&at) => at,
            None => {
                let at = self.session_ids.len() as u32;
                let short = bounded(id).into_owned();
                if short != id {
                    self.session_at.insert(id.to_owned(), at);
                }
                self.session_at.insert(short.clone(), at);
                self.session_ids.push(short);
                at
            }
        };
        self.last_session
    }

    fn model_position(&mut self, provider: &str, model: &str) -> u32 {
        if self
            .models
            .get(self.last_model as usize)
            .is_some_and(|last| last.1 == model && last.0 == provider)
        {
            return self.last_model;
        }
        self.last_model = match self.model_at.get(provider).and_then(|models| models.get(model)) {
            Some(&at) => at,
            None => {
                // Every agent's spelling of a provider ends here. An empty one stays: its reader found none.
                let named = Some(provider).filter(|named| !named.is_empty());
                let billing = named.map_or("", |named| biller(named, model).unwrap_or(named));
                let known = self.model_at.get(billing).and_then(|models| models.get(model)).copied();
                let at = known.unwrap_or_else(|| {
                    self.models
                        .push((bounded(billing).into_owned(), bounded(model).into_owned()));
                    self.models.len() as u32 - 1
                });
                for provider in [provider, billing] {
                    let models = self.model_at.entry(provider.to_owned()).or_default();
                    models.insert(model.to_owned(), at);
                }
                at
            }
        };
        self.last_model
    }

    fn origin_position(&mut self, origin: Origin<'_>) -> u32 {
        // Git's answer where a commit and no branch is checked out. Git refuses a branch of this name.
        let branch = if origin.branch == "HEAD" { "" } else { origin.branch };
        let texts = [branch, origin.subagent, origin.task];
        // Mostly all are empty. Without the look at the lengths, each pair of empty texts costs some hundred cycles: they
        // have no address, and comparing what is there takes the processor's slow path.
        let is_same = |(known, text): (&String, &str)| known.len() == text.len() && (text.is_empty() || known == text);
        if self
            .origins
            .get(self.last_origin as usize)
            .is_some_and(|last| last.iter().zip(texts).all(is_same))
        {
            return self.last_origin;
        }
        let key = texts.map(str::to_owned);
        self.last_origin = match self.origin_at.get(&key) {
            Some(&at) => at,
            None => {
                let at = self.origins.len() as u32;
                self.origins.push(texts.map(|name| bounded(name).into_owned()));
                self.origin_at.insert(key, at);
                at
            }
        };
        self.last_origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(batch: &mut Batch, turns: &[(&str, &str, &str)]) {
        for (session, message, model) in turns {
            batch.turn(&Turn {
                session_id: session,
                message_id: message,
                provider_id: "p",
                model_id: model,
                ..Turn::PLAIN
            });
        }
    }

    #[test]
    fn a_detached_head_is_no_branch() {
        let mut batch = Batch::default();
        for branch in ["HEAD", "main", "HEAD", "head/HEAD"] {
            let origin = Origin { branch, ..Origin::NONE };
            batch.turn(&Turn { origin, ..Turn::PLAIN });
        }
        let branches: Vec<&str> = batch
            .turns
            .iter()
            .map(|row| &*batch.origins[row.origin as usize][0])
            .collect();
        assert_eq!(branches, ["", "main", "", "head/HEAD"]);
    }

    #[test]
    fn texts_come_back_as_they_went_in_also_where_others_were() {
        let mut used = Batch::default();
        add(&mut used, &[("s2", "m9", "b"), ("s9", "m8", "z")]);
        used.session(SessionInfo::new("s9"));
        used.problem(Problem::new("place", "reason"));
        used.skip(Skip::Failed);
        used.replace(Scope::Source, Presence::Gone);
        for mut batch in [Batch::default(), used.emptied()] {
            assert!(batch.has_no_turns() && batch.sessions.is_empty());
            assert!(batch.problems.is_empty() && batch.skipped.is_empty() && batch.scopes.is_empty());
            let turns = [("s1", "m1", "a"), ("s2", "", "b"), ("s1", "m3", "a")];
            add(&mut batch, &turns);
            let rows = batch.turns.iter();
            let seen: Vec<_> = rows
                .map(|row| (batch.session_id(row), batch.message_id(row), batch.model_id(row)))
                .collect();
            assert_eq!(seen, turns);
            assert_eq!(batch.session_ids, ["s1", "s2"]);
        }
    }
}
