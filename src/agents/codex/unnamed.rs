//! Calls of which no record has named the model yet: a resumed session repeats counters before its first turn.

use super::usage::Usage;
use crate::core::fees::Fees;
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, Mode, Rank, RecordKey, Turn};
use serde::{Deserialize, Serialize};

/// A call that waits for the name of its model.
#[derive(Serialize, Deserialize)]
pub(super) struct Unnamed {
    session: String,
    message_id: String,
    record: u64,
    event: u64,
    rank: (u64, u64),
    segment: Option<String>,
    supersedes: Option<String>,
    usage: Usage,
    fees: Fees,
    mode: Mode,
    time: i64,
    place: u64,
}

impl Unnamed {
    pub(super) fn of(call: &Turn<'_>, usage: Usage) -> Self {
        Self {
            session: call.session_id.to_owned(),
            message_id: call.message_id.to_owned(),
            record: call.record.0,
            event: call.event.0,
            rank: (call.rank.0, call.rank.1),
            segment: call.segment.map(str::to_owned),
            supersedes: call.supersedes.map(str::to_owned),
            usage,
            fees: call.numbers.fees,
            mode: call.numbers.mode,
            time: call.numbers.timestamp,
            place: call.place,
        }
    }

    pub(super) fn turn(&self) -> Turn<'_> {
        Turn {
            session_id: &self.session,
            message_id: &self.message_id,
            record: RecordKey(self.record),
            event: EventKey(self.event),
            rank: Rank(self.rank.0, self.rank.1),
            segment: self.segment.as_deref(),
            supersedes: self.supersedes.as_deref(),
            numbers: Numbers {
                mode: self.mode,
                fees: self.fees,
                ..Numbers::of(self.usage.tokens(), self.time)
            },
            place: self.place,
            ..Turn::PLAIN
        }
    }
}
