//! Export and import: the ledgers of several machines become one total, and nothing counts twice.

use super::pack::{Pack, PackTurn};
use super::query::{Head, Selection};
use super::{Ledger, sessions::KnownSession};
use crate::agents::Batch;
use crate::core::fees::{Fee, Fees, Region};
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::period::Range;
use crate::core::tokens::{BUCKETS, Tokens};
use crate::core::turn::{
    Accuracy, EventKey, Mode, Origin, Presence, Project, Rank, RecordKey, SessionInfo, Title, Turn,
};
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Prefix of an imported ledger's name, in place of a path.
pub(super) const IMPORT: &str = "import:";

/// What stands for the file of an imported ledger.
pub(super) fn import_path(name: &str) -> PathBuf {
    PathBuf::from(format!("{IMPORT}{name}"))
}

/// Whether a source is an imported ledger: no file to look for.
pub fn is_import(path: &Path) -> bool {
    path.to_string_lossy().starts_with(IMPORT)
}

/// The part of a ledger that an export holds.
pub struct Exported {
    /// Of each session that has turns in this time, all turns of the source that has them.
    pub range: Range,
    /// Whether turns are left out that came from other machines.
    pub is_own: bool,
    /// Whether titles of sessions and tasks of subagents are in it.
    pub has_titles: bool,
}

impl Exported {
    pub const ALL: Self = Self {
        range: Range::ALL,
        is_own: false,
        has_titles: true,
    };
}

/// One line of an export: a turn with everything that decides which copy counts, and its session.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    agent_id: String,
    turn_id: String,
    record: u64,
    rank: (u64, u64),
    segment: u64,
    supersedes: bool,
    counted: bool,
    session_id: String,
    message_id: String,
    provider_id: String,
    model_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    branch: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    subagent: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    task: String,
    tokens: [Option<u64>; 5],
    cache_write_1h: u64,
    requests: Option<u32>,
    cost_nanos: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_share: bool,
    mode: u8,
    #[serde(default, skip_serializing_if = "is_zero")]
    fees: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    region: u64,
    accuracy: Accuracy,
    presence: Presence,
    timestamp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<SessionLine>,
}

/// The metadata in the first line of each session.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionLine {
    title: Option<(u8, i64, String)>,
    project: Option<(u8, i64, String)>,
    parent_id: Option<String>,
    forked_from: Option<String>,
    interactive: Option<bool>,
    started_at: Option<i64>,
    updated_at: Option<i64>,
}

const MODES: [Mode; 6] = [
    Mode::Standard,
    Mode::Fast,
    Mode::Batch,
    Mode::Flex,
    Mode::Priority,
    Mode::Other,
];
const REGIONS: [Region; 3] = [Region::Global, Region::Us, Region::Other];

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Ledger {
    /// Writes every turn, copies included, one JSON object a line. Copies of one record in one session are one line: the
    /// same lines come out of every ledger that took them in.
    ///
    /// # Errors
    /// When the ledger cannot be read or a line cannot be written.
    pub fn export(&self, mut write: impl FnMut(&str) -> Result<()>) -> Result<usize> {
        self.export_of(&Exported::ALL, &mut write)
    }

    /// Writes the turns that this machine read itself, in the same way.
    ///
    /// # Errors
    /// When the ledger cannot be read or a line cannot be written.
    pub fn export_own(&self, mut write: impl FnMut(&str) -> Result<()>) -> Result<usize> {
        let own = Exported {
            is_own: true,
            ..Exported::ALL
        };
        self.export_of(&own, &mut write)
    }

    /// Writes a part of the turns, in the same way.
    ///
    /// # Errors
    /// When the ledger cannot be read or a line cannot be written.
    pub fn export_of(&self, part: &Exported, write: &mut dyn FnMut(&str) -> Result<()>) -> Result<usize> {
        let sessions = self.sessions()?;
        let imports = self.imported_sources()?;
        let mut packs: FxHashMap<i64, Vec<Head>> = FxHashMap::default();
        let around = Selection {
            start: part.range.start,
            end: part.range.end,
            ..Selection::ALL
        };
        self.visit(&around, |head, _| {
            if part.is_own && imports.contains(&head.key.source) {
                return Ok(());
            }
            packs.entry(head.key.session).or_default().push(head);
            Ok(())
        })?;
        let mut known: Vec<&KnownSession> = packs.keys().filter_map(|session| sessions.get(session)).collect();
        known.sort_by_key(|session| (self.names.text(session.agent), &session.info.id));
        let mut written = 0;
        for session in known {
            let mut session_line = Some(SessionLine::of(session));
            for (pack, turn) in &self.records_of(&packs[&session.id], &imports)? {
                let mut line = Line {
                    session: session_line.take(),
                    ..self.line(session, pack, turn)
                };
                if !part.has_titles {
                    line.task.clear();
                    line.session.iter_mut().for_each(|session| session.title = None);
                }
                write(&serde_json::to_string(&line)?)?;
                written += 1;
            }
        }
        Ok(written)
    }

    /// The turns of a session, oldest first, each record once: the copy that counts, else one that this machine read.
    fn records_of(&self, heads: &[Head], imports: &FxHashSet<i64>) -> Result<Vec<(Rc<Pack>, PackTurn)>> {
        let mut at: FxHashMap<RecordKey, (usize, (bool, bool))> = FxHashMap::default();
        let mut records: Vec<(Rc<Pack>, PackTurn)> = Vec::new();
        let mut heads = heads.to_vec();
        heads.sort_by_key(|head| head.pack);
        for head in heads {
            let is_own = !imports.contains(&head.key.source);
            let pack = Rc::new(self.pack(head.pack)?);
            for turn in &pack.turns {
                let worth = (turn.counted, is_own);
                match at.entry(turn.record) {
                    Entry::Vacant(entry) => {
                        entry.insert((records.len(), worth));
                        records.push((Rc::clone(&pack), *turn));
                    }
                    Entry::Occupied(mut entry) if worth > entry.get().1 => {
                        entry.get_mut().1 = worth;
                        records[entry.get().0] = (Rc::clone(&pack), *turn);
                    }
                    Entry::Occupied(_) => {}
                }
            }
        }
        records.sort_by_key(|(_, turn)| (turn.numbers.timestamp, turn.record));
        Ok(records)
    }

    /// Sources that are imported ledgers.
    fn imported_sources(&self) -> Result<FxHashSet<i64>> {
        let mut imports = FxHashSet::default();
        if let Some(connection) = &self.connection {
            let mut statement = connection.prepare_cached("select id from source where path like 'import:%'")?;
            for id in statement.query_map([], |row| row.get(0))? {
                imports.insert(id?);
            }
        }
        let pending = self.pending.sources.iter().map(|(_, source)| source);
        imports.extend(pending.filter(|source| is_import(&source.path)).map(|source| source.id));
        Ok(imports)
    }

    fn line(&self, session: &KnownSession, pack: &Pack, turn: &PackTurn) -> Line {
        let numbers = &turn.numbers;
        let (provider_id, model_id) = self.names.model(turn.model);
        let origin = self.names.origin(turn.origin);
        Line {
            agent_id: self.names.text(session.agent).to_owned(),
            turn_id: turn.event.turn_id(),
            record: turn.record.0,
            rank: (turn.rank.0, turn.rank.1),
            segment: turn.segment,
            supersedes: turn.supersedes,
            counted: turn.counted,
            session_id: session.info.id.clone(),
            message_id: pack.message_id(turn).to_owned(),
            provider_id: provider_id.to_owned(),
            model_id: model_id.to_owned(),
            branch: origin.branch.to_owned(),
            subagent: origin.subagent.to_owned(),
            task: origin.task.to_owned(),
            tokens: BUCKETS.map(|bucket| numbers.tokens.count(bucket)),
            cache_write_1h: numbers.cache_write_1h,
            requests: numbers.requests,
            cost_nanos: numbers.cost.map(Money::nanos),
            is_share: numbers.is_share,
            mode: numbers.mode as u8,
            fees: numbers.fees.to_bits(),
            region: numbers.region as u64,
            accuracy: numbers.accuracy,
            presence: numbers.presence,
            timestamp: numbers.timestamp,
            session: None,
        }
    }
}

impl SessionLine {
    fn of(session: &KnownSession) -> Self {
        let info = &session.info;
        Self {
            title: info.title.clone().map(|title| (title.rank, title.at, title.text)),
            project: info
                .project
                .clone()
                .map(|project| (project.rank, project.at, project.path)),
            parent_id: info.parent_id.clone(),
            forked_from: info.forked_from.clone(),
            interactive: info.interactive,
            started_at: info.started_at,
            updated_at: info.updated_at,
        }
    }

    fn info(self, id: &str) -> SessionInfo {
        SessionInfo {
            id: id.to_owned(),
            title: self.title.map(|(rank, at, text)| Title { rank, at, text }),
            project: self.project.map(|(rank, at, path)| Project { rank, at, path }),
            parent_id: self.parent_id,
            forked_from: self.forked_from,
            interactive: self.interactive,
            started_at: self.started_at,
            updated_at: self.updated_at,
        }
    }
}

/// No reply of any model is larger, and no bill either.
const MOST_TOKENS: u64 = 10_000_000_000;
const MOST_NANOS: i64 = 1_000_000 * 1_000_000_000;
const MOST_REQUESTS: u32 = 1_000_000;
/// No agent, provider, model, session or message has a longer id.
const MOST_ID_BYTES: usize = 1024;
/// From 1970, where turns without a time stand, to 2099.
const TIMES_MS: std::ops::Range<i64> = 0..4_102_444_800_000;

impl Line {
    /// What no ledger wrote: an export is a file that anybody can have written.
    fn fault(&self) -> Option<&'static str> {
        let ids = [
            &self.agent_id,
            &self.session_id,
            &self.message_id,
            &self.provider_id,
            &self.model_id,
            &self.branch,
            &self.subagent,
            &self.task,
        ];
        let is_id = |id: &&String| id.len() <= MOST_ID_BYTES && !id.chars().any(char::is_control);
        if self.agent_id.is_empty() || self.session_id.is_empty() || !ids.iter().all(is_id) {
            Some("has an id that is none")
        } else if self.tokens.iter().flatten().any(|&count| count > MOST_TOKENS) || self.cache_write_1h > MOST_TOKENS {
            Some("counts more tokens than a reply can have")
        } else if self.cost_nanos.is_some_and(|nanos| !(0..=MOST_NANOS).contains(&nanos)) {
            Some("has a cost that no reply can have")
        } else if self.requests.is_some_and(|requests| requests > MOST_REQUESTS) {
            Some("counts more requests than a reply can have")
        } else if [Fee::WebSearch, Fee::Other]
            .iter()
            .any(|&fee| Fees::from_bits(self.fees).count(fee) > MOST_REQUESTS)
        {
            Some("is billed for more items than a reply can have")
        } else if !TIMES_MS.contains(&self.timestamp) {
            Some("has a time at which there was no agent")
        } else {
            None
        }
    }

    /// Adds the turn to what was read of its agent.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn take(self, batches: &mut BTreeMap<String, Batch>) -> Result<(), &'static str> {
        if let Some(fault) = self.fault() {
            return Err(fault);
        }
        let event = u64::from_str_radix(&self.turn_id, 16).map_err(|_| "has a turnId that is none")?;
        let event = EventKey(event);
        let mode = *MODES.get(self.mode as usize).ok_or("has a mode that is none")?;
        let region = usize::try_from(self.region).ok().and_then(|at| REGIONS.get(at));
        let region = *region.ok_or("has a region that is none")?;
        let unknown = self
            .tokens
            .iter()
            .enumerate()
            .fold(0, |mask, (at, count)| mask | u8::from(count.is_none()) << at);
        let turn = Turn {
            session_id: &self.session_id,
            message_id: &self.message_id,
            record: RecordKey(self.record),
            event,
            rank: Rank(self.rank.0, self.rank.1),
            provider_id: &self.provider_id,
            model_id: &self.model_id,
            origin: Origin {
                branch: &self.branch,
                subagent: &self.subagent,
                task: &self.task,
            },
            numbers: Numbers {
                tokens: Tokens::from_parts(self.tokens.map(Option::unwrap_or_default), unknown),
                cache_write_1h: self.cache_write_1h,
                requests: self.requests,
                cost: self.cost_nanos.map(Money::from_nanos),
                is_share: self.is_share,
                mode,
                fees: Fees::from_bits(self.fees),
                region,
                accuracy: self.accuracy,
                presence: self.presence,
                timestamp: self.timestamp,
            },
            ..Turn::PLAIN
        };
        let batch = batches.entry(self.agent_id).or_default();
        batch.turn(&turn);
        batch.segment_of_last(self.segment, self.supersedes);
        if let Some(session) = self.session {
            batch.session(session.info(&self.session_id));
        }
        Ok(())
    }
}
