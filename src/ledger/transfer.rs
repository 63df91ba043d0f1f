//! Export and import: the ledgers of several machines become one total, and nothing counts twice.

use super::names::Kind;
use super::query::Selection;
use super::sync::{Owner, Syncing};
use super::{Ledger, sessions::KnownSession};
use crate::agents::{Batch, Bookmark, Source};
use crate::core::fees::{Fees, Region};
use crate::core::money::Money;
use crate::core::problem::Problem;
use crate::core::tokens::Tokens;
use crate::core::turn::{
    Accuracy, EventKey, Mode, Origin, Presence, Project, Rank, RecordKey, SessionInfo, Title, Turn,
};
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// Prefix of an imported ledger's name, in place of a path.
const IMPORT: &str = "import:";

/// Whether a source is an imported ledger: no file to look for.
pub fn is_import(path: &Path) -> bool {
    path.to_string_lossy().starts_with(IMPORT)
}

/// One line of an export: a turn with everything that decides which copy counts, and its session.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
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

const MODES: [Mode; 5] = [Mode::Standard, Mode::Fast, Mode::Batch, Mode::Flex, Mode::Priority];
const REGIONS: [Region; 3] = [Region::Global, Region::Us, Region::Other];

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Ledger {
    /// Writes every turn, copies included, one JSON object a line.
    ///
    /// # Errors
    /// When the ledger cannot be read or a line cannot be written.
    pub fn export(&self, mut write: impl FnMut(&str) -> Result<()>) -> Result<usize> {
        let sessions = self.sessions()?;
        let mut told = std::collections::HashSet::new();
        let mut written = 0;
        let mut heads = Vec::new();
        self.visit(&Selection::ALL, |head, _| {
            heads.push(head);
            Ok(())
        })?;
        heads.sort_by_key(|head| head.pack);
        for head in heads {
            let pack = self.pack(head.pack)?;
            let Some(session) = sessions.get(&head.key.session) else {
                continue;
            };
            for turn in &pack.turns {
                let numbers = &turn.numbers;
                let (provider_id, model_id) = self.names.model(numbers.model);
                let origin = self.names.origin(numbers.origin);
                let line = Line {
                    agent_id: self.names.text(head.key.agent).to_owned(),
                    turn_id: turn.event.turn_id(),
                    record: turn.record.0,
                    rank: (turn.rank.0, turn.rank.1),
                    segment: turn.segment,
                    supersedes: turn.supersedes,
                    counted: numbers.counted,
                    session_id: session.info.id.clone(),
                    message_id: pack.message_id(turn).to_owned(),
                    provider_id: provider_id.to_owned(),
                    model_id: model_id.to_owned(),
                    branch: origin.branch.to_owned(),
                    subagent: origin.subagent.to_owned(),
                    task: origin.task.to_owned(),
                    tokens: crate::core::tokens::BUCKETS.map(|bucket| numbers.tokens.count(bucket)),
                    cache_write_1h: numbers.cache_write_1h,
                    requests: numbers.requests,
                    cost_nanos: numbers.cost.map(Money::nanos),
                    mode: numbers.mode as u8,
                    fees: numbers.fees.to_bits(),
                    region: numbers.region as u64,
                    accuracy: numbers.accuracy,
                    presence: numbers.presence,
                    timestamp: numbers.timestamp,
                    session: told.insert(head.key.session).then(|| SessionLine::of(session)),
                };
                write(&serde_json::to_string(&line)?)?;
                written += 1;
            }
        }
        Ok(written)
    }

    /// Imports an export under a name, replacing an earlier import with that name. Returns the number of lines and the
    /// problems. The caller commits.
    ///
    /// # Errors
    /// When the ledger or the stream cannot be read.
    pub fn import(&mut self, name: &str, lines: impl BufRead) -> Result<(usize, Vec<Problem>)> {
        let mut batches: BTreeMap<String, Batch> = BTreeMap::new();
        let (mut problems, mut read) = (Vec::new(), 0);
        for (at, text) in lines.lines().enumerate() {
            let text = text?;
            if text.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<Line>(&text).map(|line| line.take(&mut batches)) {
                Ok(Some(())) => read += 1,
                Ok(None) => problems.push(Problem::new(format!("{name}:{}", at + 1), "is not a turn of an export")),
                Err(error) => problems.push(Problem::new(
                    format!("{name}:{}", at + 1),
                    format!("is not a line of an export: {error}"),
                )),
            }
        }
        if read == 0 && !problems.is_empty() {
            bail!("{name}: is not a ledger export");
        }
        let mut syncing = Syncing::start(self)?;
        for (agent_id, batch) in batches {
            let row = syncing.ledger.names.row(Kind::Agent, &agent_id);
            let path = PathBuf::from(format!("{IMPORT}{name}"));
            let source = Source {
                path,
                kind: 0,
                stamp: Default::default(),
                wal: Default::default(),
            };
            let before = syncing.known_sources(row)?.remove(&(source.path.clone(), 0));
            let rules_version = before.as_ref().map_or(0, |before| before.bookmark.rules_version);
            syncing.take(
                Owner {
                    id: &agent_id,
                    row,
                    rules_version,
                },
                &source,
                before,
                batch,
                Bookmark::default(),
            )?;
        }
        syncing.finish()?;
        Ok((read, problems))
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

impl Line {
    fn take(self, batches: &mut BTreeMap<String, Batch>) -> Option<()> {
        let event = EventKey(u64::from_str_radix(&self.turn_id, 16).ok()?);
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
            tokens: Tokens::from_parts(self.tokens.map(Option::unwrap_or_default), unknown),
            cache_write_1h: self.cache_write_1h,
            requests: self.requests,
            cost: self.cost_nanos.map(Money::from_nanos),
            mode: *MODES.get(self.mode as usize)?,
            fees: Fees::from_bits(self.fees),
            region: *REGIONS.get(usize::try_from(self.region).ok()?)?,
            accuracy: self.accuracy,
            presence: self.presence,
            timestamp: self.timestamp,
            ..Turn::PLAIN
        };
        let batch = batches.entry(self.agent_id).or_default();
        batch.turn(&turn);
        batch.segment_of_last(self.segment, self.supersedes);
        if let Some(session) = self.session {
            batch.session(session.info(&self.session_id));
        }
        Some(())
    }
}
