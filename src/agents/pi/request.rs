//! One request of Pi: its turn, whatever entry records it.

use super::usage::{Cost, Usage};
use crate::agents::Batch;
use crate::agents::shared::jsonl_reader::Line;
use crate::agents::shared::lenient::{Text, dollars, part};
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Rank, RecordKey, Turn};
use serde_json::value::RawValue;

/// What a request takes from its session.
pub(super) struct Session<'a> {
    pub id: &'a str,
    pub started: Option<i64>,
    /// The latest time of an entry.
    pub time: i64,
}

/// One request, whatever entry records it.
pub(super) struct Request<'a> {
    pub provider: &'a str,
    pub model: &'a str,
    /// The model that answered in its place.
    pub answered: Option<&'a str>,
    pub usage: &'a Usage<'a>,
    pub time: Option<i64>,
    pub id: &'a str,
    /// It was stopped or failed: its output, and the cost made of that, are those of the stream's beginning.
    pub is_cut: bool,
    pub requests: Option<u32>,
}

impl Request<'_> {
    /// Adds its turn; false where nothing was used.
    pub(super) fn add(&self, agent_id: &str, session: &Session<'_>, line: &Line, into: &mut Batch) -> bool {
        let (usage, provider, model) = (self.usage, self.provider, self.model);
        let cost = part::<Cost>(usage.cost).unwrap_or_default();
        let is_billed = cost.is_billed();
        let (cost, fees) = (dollars(cost.total), usage.fees());
        let counts = usage.counts();
        let [input, output, read, write] = usage.billed();
        let reasoning = usage.reasoning().min(output);
        let tokens = Tokens::new(input, output - reasoning, reasoning, read, write);
        if tokens.is_zero() && cost.is_none_or(|cost| cost.nanos() == 0) {
            return false;
        }
        if self.time.is_none() && self.id.is_empty() {
            // No entry of a session: extensions keep transcripts of their own beside it.
            return false;
        }
        // Forks copy entries, and old files get new entry ids when they are opened: what stays the same in every copy
        // is when the request began, to the millisecond, and what it used.
        let key = match self.time {
            Some(time) => format!("{provider}\0{model}\0{time}\0{counts:?}"),
            None => format!("{provider}\0{model}\0{}\0{counts:?}", self.id),
        };
        into.turn(&Turn {
            session_id: session.id,
            message_id: self.id,
            record: RecordKey::of(&key),
            event: EventKey::of(agent_id, &key),
            // The older session had it first.
            rank: Rank(
                session.started.map_or(0, |started| u64::MAX - started.unsigned_abs()),
                0,
            ),
            provider_id: provider_id(provider, self.answered.unwrap_or(model)),
            model_id: self.answered.unwrap_or(model),
            numbers: Numbers {
                tokens: if self.is_cut {
                    tokens.without(Bucket::Output)
                } else {
                    tokens
                },
                cache_write_1h: usage.cache_write_1h().min(write),
                requests: self.requests,
                cost: cost.filter(|_| is_billed || !self.is_cut),
                // The figure that the program makes leaves searches out.
                is_share: !is_billed && !fees.is_none(),
                fees,
                accuracy: if self.is_cut {
                    Accuracy::Partial
                } else {
                    Accuracy::Exact
                },
                timestamp: self.time.unwrap_or(session.time),
                ..Numbers::PLAIN
            },
            place: line.offset,
            ..Turn::PLAIN
        });
        true
    }
}

pub(super) fn provider_id<'a>(provider: &'a str, model: &str) -> &'a str {
    biller(provider, model).unwrap_or("")
}

/// Whether a reply failed or was stopped.
pub(super) fn is_cut(stop_reason: Option<&RawValue>) -> bool {
    let stop = part::<Text>(stop_reason);
    matches!(stop.as_deref(), Some("error" | "aborted"))
}
