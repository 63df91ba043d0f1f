//! Who made the call of a `token_count`: forks of older versions begin with a copy of their parent's records.

use super::lineage::{self, Lineage, is_sorted};
use super::meta::Meta;
use super::usage::{Counter, Info, Usage};
use crate::core::turn::{EventKey, RecordKey};
use serde::{Deserialize, Serialize};

/// Copies are written in one go, most within the same millisecond. A longer pause speaks against a copy,
const PAUSE_MS: i64 = 5;
/// one that leaves time for a request does so even without other evidence: writing may be held up, too,
const HELD_UP_MS: i64 = 50;
/// but not so long.
const REQUEST_MS: i64 = 1000;
/// Slack between the clock readings of a fork and of its parent's last record.
const SLACK_MS: i64 = 1000;
/// Ancestors that are remembered.
const MOST_ANCESTORS: usize = 256;

/// What a session's records up to some line tell about the next one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Thread {
    pub id: String,
    /// Whether the session's own `session_meta` was read.
    pub is_described: bool,
    /// Epoch milliseconds.
    created: i64,
    is_paginated: bool,
    /// The session this one was forked from, then those whose records were copied along with it.
    pub ancestors: Vec<String>,
    /// The session that started this one as a subagent. Some versions copy its turns and name no fork.
    parent: Option<String>,
    /// Of the current turn; `None` where the version writes none.
    turn: Option<String>,
    /// Whether the turn was announced and its context not yet written.
    is_announced: bool,
    counter: Counter,
    /// `token_count`s with numbers so far, counted or not.
    seen: usize,
    replay: Replay,
    /// Whether counters may still be those of the parent, from which nothing was copied.
    inherits: bool,
    /// Whether some were counted that a first record of this session would show to be the parent's.
    is_doubted: bool,
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

/// The call of one `token_count`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenCount {
    pub caller: Caller,
    /// The call, if there was a new one.
    pub usage: Option<Usage>,
    pub record: RecordKey,
    pub event: EventKey,
    /// What a fork's call and every copy of it have in common, where the copies do not tell who made it.
    pub trace: Option<String>,
}

/// The session that made a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// This one.
    Own,
    /// This one, as far as pauses tell.
    Presumed,
    /// The one of this id, or one forked from it that was forked again.
    Other(String),
}

impl Thread {
    /// Says where the session's file is, so that its parent's can be found beside it.
    #[must_use]
    pub(super) fn at(mut self, lineage: Lineage) -> Self {
        self.lineage = lineage;
        self
    }

    /// Takes the session's id, where its own `session_meta` is damaged or not there yet.
    pub(super) fn begin(&mut self, id: &str, time: Option<i64>) {
        id.clone_into(&mut self.id);
        self.created = lineage::created(id).or(time).unwrap_or_default();
    }

    /// Takes the session's own `session_meta`, the first in the file if nothing is damaged.
    pub(super) fn describe(&mut self, meta: &Meta, time: Option<i64>) {
        self.id.clone_from(&meta.id);
        self.is_described = true;
        self.created = meta.created.or(time).unwrap_or_default();
        self.is_paginated = meta.is_paginated;
        self.parent.clone_from(&meta.parent);
        self.inherits = meta.has_base;
        if self.is_paginated {
            self.replay = Replay::Over;
        }
        if let Some(parent) = &meta.forked_from {
            let told_before = std::mem::take(&mut self.ancestors);
            self.ancestor(parent);
            told_before.iter().for_each(|id| self.ancestor(id));
        }
    }

    /// Takes the id of a copied `session_meta`, or of the parent that the own one names.
    pub(super) fn ancestor(&mut self, id: &str) {
        // A line of so many forks is none that a person made, and each is compared with all others.
        if id == self.id || self.ancestors.len() >= MOST_ANCESTORS || self.ancestors.iter().any(|known| known == id) {
            return;
        }
        self.ancestors.push(id.to_owned());
        if !self.is_paginated && self.seen == 0 && self.replay == Replay::Over {
            self.replay = Replay::Going { last: None, pause: 0 };
        }
    }

    /// Whether the records at hand are copies as far as known.
    pub(super) fn is_replaying(&self) -> bool {
        match self.by_turn() {
            Some(caller) => caller != Caller::Own,
            None => matches!(self.replay, Replay::Going { pause, .. } if pause <= PAUSE_MS),
        }
    }

    /// Takes the time of any line but `session_meta`, wanted or not.
    pub(super) fn line(&mut self, time: Option<i64>) {
        if let (Replay::Going { last, pause }, Some(time)) = (&mut self.replay, time) {
            match *last {
                // The clock was set back: no copy where the parent wrote no more, but nothing to decide by elsewhere.
                Some(before) if time < before => *pause = (*pause).max(PAUSE_MS + 1),
                // Copies may keep their times, which are older than the fork.
                Some(before) if time >= self.created => *pause = (*pause).max(time - before.max(self.created)),
                _ => {}
            }
            *last = (*last).max(Some(time));
        }
    }

    /// Takes the start (`task_started`) or the context (`turn_context`) of the turn the following records belong to.
    pub(super) fn turn(&mut self, id: Option<String>, is_context: bool) {
        if id.is_some() || !(is_context && self.is_announced) {
            self.turn = id;
        }
        self.is_announced = !is_context;
        if self.by_turn() == Some(Caller::Own) {
            self.replay = Replay::Over;
        }
    }

    /// Takes the usage of a `token_usage_record` of this session, or of another one of which it is a copy. Returns the trace of
    /// what it takes the place of.
    pub(super) fn recorded(
        &mut self,
        thread: &str,
        usage: Usage,
        answer: Option<&str>,
        after: &Usage,
    ) -> Option<String> {
        self.counter.recorded(usage, answer, after);
        if thread != self.id {
            return None;
        }
        self.inherits = false;
        std::mem::take(&mut self.is_doubted).then(|| self.base_trace())
    }

    /// The trace of what was counted before the first call of a fork that has records.
    fn base_trace(&self) -> String {
        format!("{}\nbase", self.id)
    }

    /// Takes a `token_count`.
    ///
    /// A call is identified by its turn, or by when its session was made, and by its counters. Turn ids stay in every copy.
    /// Where there are none a copy only shows from which first session all of it was copied: such copies are identified
    /// by that one, whichever of its forks they are in and whatever else is on disk, and a call that a fork surely made
    /// itself takes the place of its copies by their trace.
    pub(super) fn count(&mut self, info: &Info, time: Option<i64>) -> TokenCount {
        let print = info.print();
        let by_turn = self.by_turn();
        let is_numbered = by_turn.is_some();
        let mut caller = by_turn.unwrap_or_else(|| self.by_sequence(print, time));
        self.seen += 1;
        let is_first = !self.counter.has_begun();
        let mut usage = self.counter.count(info);
        let is_doubted = usage.is_some() && self.inherits && {
            let parent = self.ancestors.first();
            let known = parent.and_then(|parent| self.lineage.is_inherited(parent, info));
            // Where the parent's file is gone its numbers are the first.
            self.inherits = known.unwrap_or(is_first);
            usage = usage.filter(|_| !self.inherits);
            // An earlier reading, of a part of that file, may have counted them.
            self.is_doubted |= is_first;
            // Or its file is not there as a whole (yet): a record will tell.
            is_first && !self.inherits
        };
        if is_doubted {
            caller = Caller::Presumed;
        }
        let key = |origin: &str| format!("{origin}\n{}\n{print:x}", self.counter.restarts);
        let first = self.first();
        let turn = self.turn.as_deref().filter(|_| is_numbered);
        let event = match (&caller, turn) {
            (Caller::Own | Caller::Other(_), Some(turn)) => key(turn),
            (Caller::Own, None) => key(time_of(&self.id)),
            (Caller::Other(_) | Caller::Presumed, _) => key(time_of(first)),
        };
        let event = EventKey::of("codex", event);
        let record = match caller {
            Caller::Presumed => EventKey::of("codex", key(time_of(&self.id))),
            _ => event,
        };
        TokenCount {
            record: RecordKey(record.0),
            event,
            trace: if is_doubted {
                Some(self.base_trace())
            } else {
                (!is_numbered && first != self.id).then(|| key(first))
            },
            caller,
            usage,
        }
    }

    /// The session with which a chain of forks began that copied everything before them.
    fn first(&self) -> &str {
        let copied_from = self.ancestors.last().filter(|_| !self.is_paginated);
        copied_from.unwrap_or(&self.id)
    }

    /// Who made a call, by what the files of ancestors tell at the same place, and by pauses.
    fn by_sequence(&mut self, print: u64, time: Option<i64>) -> Caller {
        let Replay::Going { pause, .. } = self.replay else {
            return Caller::Own;
        };
        let forked_at = self.created + SLACK_MS;
        let copied = self.lineage.copied(&self.ancestors);
        let nearest = copied.map(|copied| (copied.at, copied.calls.get(self.seen)));
        let (is_own, held_up) = match nearest {
            Some((_, Some(call))) if call.print == print => {
                // Clocks are set back; but what the parent wrote later and at another time may be its own.
                let is_later = call.time > Some(forked_at) && call.time != time;
                (is_later && pause > HELD_UP_MS, i64::MAX)
            }
            // The parent wrote something else here.
            Some((0, Some(_))) => (true, 0),
            // The parent wrote no more; or its file is not there as a whole (yet).
            Some((0, None)) => (pause > REQUEST_MS, PAUSE_MS),
            _ => (pause > REQUEST_MS, HELD_UP_MS),
        };
        if is_own {
            self.replay = Replay::Over;
            return Caller::Own;
        }
        if pause > held_up {
            return Caller::Presumed;
        }
        // The oldest that can have made it: every fork that has a copy comes to the same one.
        let owner = match nearest {
            Some((at, call)) if call.is_none_or(|call| call.print != print) => at.checked_sub(1),
            _ => None,
        };
        let owner = owner.map_or(self.ancestors.last(), |at| self.ancestors.get(at));
        owner.map_or(Caller::Presumed, |owner| Caller::Other(owner.clone()))
    }

    /// Who made a call by the current turn's id, if that decides: ids of turns and sessions are UUIDs that sort by time.
    fn by_turn(&self) -> Option<Caller> {
        let turn = self
            .turn
            .as_deref()
            .filter(|turn| is_sorted(turn) && is_sorted(&self.id))?;
        if *turn >= *self.id {
            return Some(Caller::Own);
        }
        let is_older = |id: &&String| !is_sorted(id) || id.as_str() <= turn;
        let nearest = self.ancestors.iter().find(is_older).or(self.ancestors.last());
        let owner = nearest.or(self.parent.as_ref())?;
        Some(Caller::Other(owner.clone()))
    }
}

/// The part of a session's id that is its creation time, to the millisecond: a copy under another id keeps it. An id of
/// another kind as it is.
pub(super) fn time_of(id: &str) -> &str {
    const TIME: usize = 13;
    if is_sorted(id) { &id[..TIME] } else { id }
}
