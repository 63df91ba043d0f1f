//! What a session's total has beyond the replies in its history: compactions and the replies that they replaced, replies that were
//! taken back, and subagents.
//!
//! The total begins at nothing when the session does, in a fork too: a fork's total does not have the replies it copied.

use super::ID;
use super::identity::{Identity, Pair, Reply};
use crate::agents::Batch;
use crate::agents::shared::lenient::Count;
use crate::core::biller::biller;
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Rank, RecordKey, Turn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The total of a session: `"usage":{"totalCost":0.01,"promptTokens":10532,"completionTokens":222}`. The cost is a guess of
/// Continue, which knows the prices of few models and no caches.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SessionUsage {
    prompt_tokens: Count,
    completion_tokens: Count,
}

impl SessionUsage {
    fn total(self) -> Pair {
        [self.prompt_tokens.0, self.completion_tokens.0]
    }

    /// The position of the first reply that the total has. What a fork copied comes before.
    pub(super) fn first_of(self, replies: &[Reply]) -> usize {
        let mut sum = [0; 2];
        let is_in_total = |reply: &&Reply| {
            sum = plus(sum, reply.counts);
            sum.iter().zip(self.total()).all(|(sum, total)| *sum <= total)
        };
        replies.len() - replies.iter().rev().take_while(is_in_total).count()
    }
}

/// The last summary in the history, and how many replies come before it.
pub(super) struct Summary {
    pub words: u64,
    pub place: u64,
    pub replies_before: usize,
}

/// What was counted for this session so far, by what identifies it: kept from read to read, since compactions and edits take
/// replies out of the history.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Known(BTreeMap<u64, Pair>);

/// A session as it stands now.
pub(super) struct State<'a> {
    pub id: &'a str,
    pub identity: Identity,
    pub at: i64,
    pub usage: SessionUsage,
    pub replies: &'a [Reply],
    pub summary: Option<&'a Summary>,
    /// While a request runs the total may have it and the history not yet.
    pub is_settled: bool,
}

impl Known {
    pub(super) fn unpack(state: &[u8]) -> Self {
        serde_json::from_slice(state).unwrap_or_default()
    }

    pub(super) fn pack(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Adds what the total has beyond the replies; while a request runs, as it was before.
    pub(super) fn add_rest(&mut self, session: &State<'_>, into: &mut Batch) {
        let own = &session.replies[session.usage.first_of(session.replies)..];
        self.0
            .extend(own.iter().map(|reply| (key_of(&reply.content), reply.counts)));
        let content = match (session.summary, own.first()) {
            (Some(summary), _) => format!("compacted\0{:x}", summary.words),
            (None, Some(first)) => format!("beside\0{}", first.content),
            (None, None) => return,
        };
        let key = key_of(&content);
        if session.is_settled {
            let is_there = |id: u64| id == key || session.replies.iter().any(|reply| key_of(&reply.content) == id);
            let gone = self
                .0
                .iter()
                .filter(|(id, _)| !is_there(**id))
                .map(|(_, counts)| *counts);
            let counted = own.iter().map(|reply| reply.counts).chain(gone).fold([0; 2], plus);
            let total = session.usage.total();
            let rest = [0, 1].map(|at| total[at].saturating_sub(counted[at]));
            self.0.insert(key, rest);
        }
        let [prompt, completion] = self.0.get(&key).copied().unwrap_or_default();
        // Both contain parts that the total does not tell.
        let parts = [Bucket::Reasoning, Bucket::CacheRead, Bucket::CacheWrite];
        let tokens = Tokens::new(prompt, completion, 0, 0, 0);
        if tokens.is_zero() {
            return;
        }
        // A subagent may have a model of its own.
        let model = session.summary.map_or("", |summary| {
            let (before, after) = session.replies.split_at(summary.replies_before);
            after.first().or(before.last()).map_or("", |reply| &reply.model)
        });
        let event = session.identity.event(&content, true);
        into.turn(&Turn {
            session_id: session.id,
            record: RecordKey(event.0),
            event,
            rank: Rank(tokens.known_total(), 0),
            provider_id: biller("", model).unwrap_or(""),
            model_id: model,
            numbers: Numbers {
                requests: None,
                accuracy: Accuracy::Partial,
                ..Numbers::of(parts.into_iter().fold(tokens, Tokens::without), session.at)
            },
            place: session.summary.map_or(0, |summary| summary.place),
            ..session.identity.plain(&content, true)
        });
    }
}

fn key_of(content: &str) -> u64 {
    EventKey::of(ID, content).0
}

fn plus(a: Pair, b: Pair) -> Pair {
    [0, 1].map(|at| a[at].saturating_add(b[at]))
}
