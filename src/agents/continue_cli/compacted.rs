//! What a compaction left out of a session: its own request, and the replies that its summary took the place of.
//!
//! Both are in the session's total alone, which begins at nothing when the session does, in a fork too.

use super::ID;
use crate::agents::Batch;
use crate::agents::shared::lenient::Count;
use crate::core::biller::biller;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Rank, RecordKey, Turn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Prompt and completion tokens, as the provider reports them.
pub(super) type Pair = [u64; 2];

/// The total of a session: `"usage":{"totalCost":0.01,"promptTokens":10532,"completionTokens":222}`. The cost is a guess of
/// Continue, which knows the prices of few models and no caches.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SessionUsage {
    prompt_tokens: Count,
    completion_tokens: Count,
}

/// A reply that is in the history.
pub(super) struct Reply {
    pub event: EventKey,
    pub counts: Pair,
    pub model: String,
}

/// The last summary in the history, and how many replies come before it.
pub(super) struct Summary {
    pub words: u64,
    pub place: u64,
    pub replies_before: usize,
}

/// What was counted for this session so far, by event: kept from read to read, since compactions and edits take replies
/// out of the history.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Known(BTreeMap<u64, Pair>);

impl Known {
    pub(super) fn unpack(state: &[u8]) -> Self {
        serde_json::from_slice(state).unwrap_or_default()
    }

    pub(super) fn pack(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Adds what the total has beyond the replies. While a request runs (`is_settled` is false) the total may have it and
    /// the history not yet: then the last known rest stays.
    pub(super) fn add_rest(
        &mut self,
        session: (&str, i64),
        usage: SessionUsage,
        replies: &[Reply],
        summary: Option<&Summary>,
        is_settled: bool,
        into: &mut Batch,
    ) {
        let total = [usage.prompt_tokens.0, usage.completion_tokens.0];
        // A fork's total does not have the replies it copied: they come first.
        let mut own = [0; 2];
        let fits = |sum: &Pair| sum.iter().zip(total).all(|(sum, total)| *sum <= total);
        for reply in replies.iter().rev() {
            let sum = plus(own, reply.counts);
            if !fits(&sum) {
                break;
            }
            own = sum;
            self.0.insert(reply.event.0, reply.counts);
        }
        let Some(summary) = summary else { return };
        let event = EventKey::of(ID, format!("compacted\0{:x}", summary.words));
        if is_settled {
            let is_there = |id: u64| id == event.0 || replies.iter().any(|reply| reply.event.0 == id);
            let gone = self.0.iter().filter(|(id, _)| !is_there(**id));
            let counted = gone.fold(own, |sum, (_, counts)| plus(sum, *counts));
            let rest = [0, 1].map(|at| total[at].saturating_sub(counted[at]));
            self.0.insert(event.0, rest);
        }
        let [prompt, completion] = self.0.get(&event.0).copied().unwrap_or_default();
        // Both contain parts that the total does not tell.
        let parts = [Bucket::Reasoning, Bucket::CacheRead, Bucket::CacheWrite];
        let tokens = Tokens::new(prompt, completion, 0, 0, 0);
        if tokens.is_zero() {
            return;
        }
        let (after, before) = (
            replies.get(summary.replies_before),
            replies[..summary.replies_before].last(),
        );
        let model = after.or(before).map_or("", |reply| &reply.model);
        let (session_id, timestamp) = session;
        into.turn(&Turn {
            session_id,
            record: RecordKey(event.0),
            event,
            rank: Rank(tokens.known_total(), 0),
            provider_id: biller("", model).unwrap_or(""),
            model_id: model,
            tokens: parts.into_iter().fold(tokens, Tokens::without),
            requests: None,
            accuracy: Accuracy::Partial,
            timestamp,
            place: summary.place,
            ..Turn::PLAIN
        });
    }
}

fn plus(a: Pair, b: Pair) -> Pair {
    [0, 1].map(|at| a[at].saturating_add(b[at]))
}
