//! Whose call a `token_count` tells of: forks of older versions begin with a copy of their parent's records.

use super::lineage::Lineage;
use super::record::Meta;
use super::usage::{Counter, Info, Usage};
use crate::core::turn::EventKey;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Copies are written in one go, most within the same millisecond. A longer pause speaks against a copy,
const PAUSE_MS: i64 = 5;
/// and one that leaves time for a request decides where nothing else can: writing may be held up, too.
const REQUEST_MS: i64 = 50;
/// Slack between the clock readings of a fork and of its parent's last record.
const SLACK_MS: i64 = 1000;

/// What a session's records up to some line tell about the next one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Thread {
    pub id: String,
    /// Epoch milliseconds.
    created: i64,
    is_paginated: bool,
    /// The session this one was forked from, then those whose records were copied along with it.
    pub ancestors: Vec<String>,
    /// Of the current turn; `None` where the version writes none.
    turn: Option<String>,
    /// Whether the turn was announced and its context not yet written.
    is_announced: bool,
    counter: Counter,
    /// `token_count`s with numbers so far, counted or not.
    told: usize,
    replay: Replay,
    has_own_record: bool,
    #[serde(skip)]
    lineage: Lineage,
}

/// Whether a fork's own records have begun, where turn ids do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Replay {
    /// They have; or nothing was copied.
    #[default]
    Over,
    /// Not as far as known. The time of the last line, and the longest pause before a line that may be an own one.
    Going { last: Option<i64>, pause: i64 },
}

/// What one `token_count` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The session that made the call; `None` for this one.
    pub owner: Option<String>,
    /// The call, if there was a new one.
    pub usage: Option<Usage>,
    pub event: EventKey,
    /// Hash of the counters as written.
    pub print: u64,
}

impl Thread {
    /// Says where the session's file is, so that its parent's can be found beside it.
    #[must_use]
    pub fn at(mut self, lineage: Lineage) -> Self {
        self.lineage = lineage;
        self
    }

    /// Takes the session's own `session_meta`, the first in the file.
    pub fn begin(&mut self, meta: &Meta, time: Option<i64>) {
        self.id.clone_from(&meta.id);
        self.created = meta.created.or(time).unwrap_or_default();
        self.is_paginated = meta.is_paginated;
        if let Some(parent) = &meta.forked_from {
            self.ancestor(parent);
        }
    }

    /// Takes the id of a copied `session_meta`, or of the parent that the own one names.
    pub fn ancestor(&mut self, id: &str) {
        if id == self.id || self.ancestors.iter().any(|known| known == id) {
            return;
        }
        self.ancestors.push(id.to_owned());
        if !self.is_paginated && self.told == 0 && self.replay == Replay::Over {
            self.replay = Replay::Going { last: None, pause: 0 };
        }
    }

    /// Whether the records at hand are copies as far as known.
    pub fn is_replaying(&self) -> bool {
        match self.by_turn() {
            Some(owner) => owner.is_some(),
            None => matches!(self.replay, Replay::Going { pause, .. } if pause <= PAUSE_MS),
        }
    }

    /// Takes the time of any line but `session_meta`, wanted or not.
    pub fn line(&mut self, time: Option<i64>) {
        if let (Replay::Going { last, pause }, Some(time)) = (&mut self.replay, time) {
            // Copies may keep their times, which are older than the fork.
            if let Some(last) = last.filter(|_| time >= self.created) {
                *pause = (*pause).max(time - last);
            }
            *last = Some(time);
        }
    }

    /// Takes the start (`task_started`) or the context (`turn_context`) of the turn the following records belong to.
    pub fn turn(&mut self, id: Option<String>, is_context: bool) {
        if id.is_some() || !(is_context && self.is_announced) {
            self.turn = id;
        }
        self.is_announced = !is_context;
        if self.by_turn() == Some(None) {
            self.replay = Replay::Over;
        }
    }

    /// Takes the usage of a `token_usage_record` of this session.
    pub fn recorded(&mut self, usage: Usage) {
        self.counter.recorded(usage);
        self.has_own_record = true;
    }

    /// Takes a `token_count`.
    pub fn count(&mut self, info: &Info) -> Told {
        let print = print(info);
        let owner = self.owner(print);
        self.told += 1;
        let mut usage = self.counter.count(info);
        if self.is_paginated && !self.ancestors.is_empty() && !self.has_own_record {
            // The parent's numbers, told once more before the fork's first call.
            usage = None;
        }
        let caller = owner.as_deref().unwrap_or(&self.id);
        let event = format!("{caller}\n{}\n{print:x}", self.counter.restarts);
        Told {
            event: EventKey::of("codex", event),
            owner,
            usage,
            print,
        }
    }

    fn owner(&mut self, print: u64) -> Option<String> {
        if let Some(owner) = self.by_turn() {
            return owner;
        }
        let Replay::Going { pause, .. } = self.replay else {
            return None;
        };
        let copied = self.lineage.copied(&self.ancestors, self.created + SLACK_MS);
        let is_own = match copied.map(|copied| (copied.is_of_parent, copied.calls.get(self.told))) {
            Some((_, Some(call))) if call.print == print => return Some(call.owner.clone()),
            // The parent told something else here.
            Some((true, Some(_))) => true,
            // The parent told no more; or its file is not there as a whole (yet).
            Some((true, None)) => pause > PAUSE_MS,
            _ => pause > REQUEST_MS,
        };
        if is_own {
            self.replay = Replay::Over;
            return None;
        }
        self.ancestors.first().cloned()
    }

    /// The owner by the current turn's id, if that decides: ids of turns and sessions are UUIDs that sort by time.
    fn by_turn(&self) -> Option<Option<String>> {
        let turn = self
            .turn
            .as_deref()
            .filter(|turn| is_sorted(turn) && is_sorted(&self.id))?;
        if *turn >= *self.id {
            return Some(None);
        }
        let is_older = |id: &&String| !is_sorted(id) || id.as_str() <= turn;
        let owner = self.ancestors.iter().find(is_older).or(self.ancestors.last())?;
        Some(Some(owner.clone()))
    }
}

/// `019cab00-1000-7000-8000-000000000001`: version 7, whose digits begin with the time.
pub fn is_sorted(id: &str) -> bool {
    id.len() == 36 && id.as_bytes()[14] == b'7' && !id.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn print(info: &Info) -> u64 {
    let fields = |usage: &Usage| {
        [
            usage.input_tokens,
            usage.cached_input_tokens,
            usage.cache_write_input_tokens,
            usage.output_tokens,
            usage.reasoning_output_tokens,
            usage.total_tokens,
        ]
    };
    let numbers = fields(&info.total).into_iter().chain(info.last.iter().flat_map(fields));
    xxh3_64(&numbers.flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
}
