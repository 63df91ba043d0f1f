//! From a task's messages to its turns: what was cached, which model, and what a restored checkpoint took back.

use super::entry::{Entry, Kind, Usage, count};
use super::models::Models;
use crate::agents::shared::batch::{Batch, Skip};
use crate::agents::shared::lenient;
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{Accuracy, EventKey, Presence, Rank, RecordKey, Turn};
use rustc_hash::FxHashSet;

/// Adds the turns of a task (its id, when it began) and returns the records it ever had, for the next read's `state`.
pub(super) fn turns(
    agent: &str,
    (task, started_at): (&str, i64),
    entries: &[Entry],
    models: &Models,
    state: &[u8],
    into: &mut Batch,
) -> Vec<u8> {
    // A copy of a task under another id began when the task did.
    let event = |ts: i64| EventKey::of(agent, format!("{started_at}:{ts}"));
    let plain = |ts: i64, rank: Rank| Turn {
        session_id: task,
        record: RecordKey::of(ts.to_string()),
        event: event(ts),
        rank,
        ..Turn::PLAIN
    };
    let inside = inside(entries);
    let mut seen = Seen::parse(state);
    let mut sums = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let cost = lenient::dollars(entry.usage.cost);
        if entry.usage.raw_total() == 0 && cost.is_none_or(|cost| cost == Money::ZERO) {
            into.skip(match entry.usage.cancel_reason {
                Some(_) => Skip::Failed,
                None if entry.usage.is_counted() || entry.kind != Kind::Request => Skip::Uncounted,
                None => Skip::Unfinished,
            });
            continue;
        }
        let next = entries[at + 1..].iter().find(|next| next.kind == Kind::Request);
        let model = entry
            .model
            .clone()
            .unwrap_or_else(|| models.at(entry.ts, next.map(|next| next.ts)));
        if model.is_other_agent {
            into.skip(Skip::Repeated);
            continue;
        }
        let is_condensed = entry.kind == Kind::Condensed;
        // Its output, and the cost made of that, are what had arrived when it was stopped.
        let is_cut = entry.kind == Kind::Request && entry.usage.cancel_reason.is_some();
        let tokens = entry.usage.tokens(inside[at]);
        into.turn(&Turn {
            message_id: &entry.ts.to_string(),
            provider_id: &model.provider,
            model_id: &model.id,
            numbers: Numbers {
                tokens: if is_condensed {
                    Tokens::unreported()
                } else if is_cut {
                    tokens.without(Bucket::Output)
                } else {
                    tokens
                },
                requests: matches!(entry.kind, Kind::Request | Kind::Condensed).then_some(1),
                cost: cost.filter(|_| !is_cut),
                accuracy: if is_condensed || is_cut {
                    Accuracy::Partial
                } else {
                    Accuracy::Exact
                },
                timestamp: entry.ts,
                ..Numbers::PLAIN
            },
            place: entry.place,
            ..plain(entry.ts, entry.rank())
        });
        seen.add(entry);
        if let Kind::Removed { with_sums } = entry.kind {
            sums.push((entry, with_sums));
        }
    }
    // A restored checkpoint replaced these requests by a sum: from now on they are copies of it.
    for (ts, is_sum) in seen.missing(entries) {
        let sum = sums
            .iter()
            .find(|(sum, with_sums)| sum.after < ts && ts < sum.ts && (*with_sums || !is_sum));
        if let Some((sum, _)) = sum {
            into.turn(&Turn {
                event: event(sum.ts),
                numbers: Numbers {
                    presence: Presence::Gone,
                    timestamp: ts,
                    ..Numbers::PLAIN
                },
                ..plain(ts, Rank(2, ts.unsigned_abs()))
            });
        }
    }
    seen.into_bytes()
}

impl Entry {
    /// Above its own earlier states (counts only grow), and for a sum above whatever it removed.
    fn rank(&self) -> Rank {
        match self.kind {
            Kind::Removed { .. } => Rank(2, self.ts.unsigned_abs()),
            _ => Rank(1, self.usage.raw_total()),
        }
    }
}

/// Whether each entry's `tokensIn` includes what was cached.
///
/// Cline takes it out. Roo and Kilo Code write the provider's number where `apiProtocol` is `openai`: it includes
/// it. Where it is `anthropic` they took it out at first and later added it: each request of such a task then
/// has at least as many `tokensIn` as cached ones, which otherwise does not happen three times in a row.
fn inside(entries: &[Entry]) -> Vec<bool> {
    const LEAST_REQUESTS: usize = 3;
    let is = |usage: &Usage, name: &str| usage.api_protocol.as_deref() == Some(name);
    let cached: Vec<&Usage> = entries
        .iter()
        .map(|entry| &entry.usage)
        .filter(|usage| is(usage, "anthropic") && usage.cached() > 0)
        .collect();
    let anthropic =
        cached.len() >= LEAST_REQUESTS && cached.iter().all(|usage| count(usage.tokens_in) >= usage.cached());
    // A sum names no protocol: it was made of requests like the one before it.
    let mut before = entries.iter().find_map(|entry| entry.usage.api_protocol.as_deref());
    let mut inside = Vec::with_capacity(entries.len());
    for entry in entries {
        before = entry.usage.api_protocol.as_deref().or(before);
        inside.push(match before {
            Some("openai") => true,
            Some("anthropic") => anthropic,
            _ => false,
        });
    }
    inside
}

/// What a task ever had, kept in the bookmark: times of records, doubled, plus 1 for sums.
struct Seen(Vec<i64>);

impl Seen {
    fn parse(state: &[u8]) -> Self {
        let (times, _) = state.as_chunks::<8>();
        Self(times.iter().map(|time| i64::from_le_bytes(*time)).collect())
    }

    fn add(&mut self, entry: &Entry) {
        let is_sum = matches!(entry.kind, Kind::Removed { .. });
        let record = entry.ts.saturating_mul(2).saturating_add(is_sum.into());
        if let Err(at) = self.0.binary_search(&record) {
            self.0.insert(at, record);
        }
    }

    /// (time, is a sum) of what is not in the file any more.
    fn missing(&self, entries: &[Entry]) -> Vec<(i64, bool)> {
        let there: FxHashSet<i64> = entries.iter().map(|entry| entry.ts).collect();
        let records = self.0.iter().map(|record| (record >> 1, record & 1 == 1));
        records.filter(|(ts, _)| !there.contains(ts)).collect()
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0.into_iter().flat_map(i64::to_le_bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_anthropic_requests_do_not_prove_that_cached_tokens_are_inside() {
        let usage = |tokens_in: u64| {
            let json = format!(r#"{{"apiProtocol":"anthropic","tokensIn":{tokens_in},"cacheReads":100}}"#);
            Entry {
                kind: Kind::Request,
                ts: 1,
                after: 0,
                usage: serde_json::from_str(&json).expect("usage"),
                model: None,
                place: 0,
            }
        };
        let two = [usage(100), usage(500)];
        let three = [usage(100), usage(500), usage(101)];
        let mixed = [usage(100), usage(99), usage(500), usage(100)];
        assert_eq!(inside(&two), [false; 2]);
        assert_eq!(inside(&three), [true; 3]);
        assert_eq!(inside(&mixed), [false; 4]);
    }
}
