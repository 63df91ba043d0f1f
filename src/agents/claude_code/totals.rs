//! What a session's totals add to its turns: calls that no message records, and the program's own cost.

use super::billed::provider;
use super::cost_state::Counts;
use super::identity::AGENT;
use super::transcript::{Scan, name, scan};
use super::unrecorded::{self, Recorded, Unrecorded};
use crate::agents::shared::batch::Batch;
use crate::agents::shared::source::{Bookmark, Source};
use crate::core::fees::Fee;
use crate::core::money::{Money, share};
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, Rank, RecordKey, Turn};
use anyhow::Result;
use rustc_hash::FxHashMap;

/// Whose prices the program knows.
const PRICED_BY: &str = "anthropic";
/// What a web search costs, in nano-dollars.
const WEB_SEARCH: u64 = 10_000_000;
/// In the ranks of replies outside of sidechains.
const MAIN: u64 = 1 << 63;

/// Adds what the session's totals have beyond its records, and shares out what they say it cost.
///
/// # Errors
/// When a transcript cannot be read.
pub(super) fn add(scan: &mut Scan, source: &Source, into: &mut Batch) -> Result<()> {
    let session_id = name(&source.path);
    let (found, recorded) = if scan.is_resumed {
        let mut batch = Batch::default();
        let whole = self::scan(source, &Bookmark::default(), &mut batch)?;
        unrecorded::find(&source.path, session_id, &whole, &batch)?
    } else {
        unrecorded::find(&source.path, session_id, scan, into)?
    };
    scan.state.has_costs = true;
    let at: FxHashMap<u64, usize> = (into.turns.iter().enumerate())
        .filter(|(_, row)| into.session_id(row) == session_id && row.rank != Rank::SHARED)
        .map(|(at, row)| (row.record.0, at))
        .collect();
    for rest in found {
        let shares = shares(&rest, &recorded);
        for (&reply, &cost) in rest.replies.iter().zip(shares.iter().skip(1)) {
            tell(&recorded[reply], cost, &rest, session_id, &at, into);
        }
        let own = shares.first().copied().filter(|own| *own > Money::ZERO);
        let (place, identity) = rest.total;
        let event = EventKey::of(AGENT, format!("unrecorded\n{identity:x} {place}\n{}", rest.model));
        // A rest of nothing is a turn, too: it stands against one that is larger because records of subagents were not there
        // yet, or are not any more, or did not come along with a copy of the session.
        into.turn(&Turn {
            session_id,
            record: RecordKey(event.0),
            event,
            rank: rest.rank,
            may_know_less: true,
            provider_id: rest.provider.as_deref().unwrap_or_else(|| provider(&rest.model, "")),
            model_id: &rest.model,
            numbers: Numbers {
                cache_write_1h: rest.cache_write_1h,
                cost: own,
                is_share: own.is_some(),
                fees: rest.fees,
                requests: None,
                ..Numbers::of(rest.tokens, rest.time)
            },
            place: rest.place,
            ..Turn::PLAIN
        });
    }
    Ok(())
}

/// What the program reckons for what no record has, and for each reply that the total covers, by Anthropic's ratio of
/// prices. Nothing where another provider bills, whose prices the program does not know.
fn shares(rest: &Unrecorded, recorded: &[Recorded]) -> Vec<Money> {
    let biller = rest.provider.as_deref().unwrap_or_else(|| provider(&rest.model, ""));
    if biller != PRICED_BY || rest.cost <= Money::ZERO {
        return Vec::new();
    }
    let [input, output, reasoning, read, written] = rest.tokens.counts();
    let searches = u64::from(rest.fees.count(Fee::WebSearch));
    let own = [
        input,
        output + reasoning,
        reasoning,
        read,
        written,
        rest.cache_write_1h,
        searches,
        0,
    ];
    let covered = rest.replies.iter().map(|&at| recorded[at].counts);
    let counts: Vec<Counts> = std::iter::once(own).chain(covered).collect();
    let fee = |counts: &Counts| Money::from_nanos((counts[6].min(1_000_000) * WEB_SEARCH).cast_signed());
    let fees = counts.iter().fold(Money::ZERO, |sum, counts| sum.plus(fee(counts)));
    let has_fees = fees <= rest.cost;
    let of_tokens = if has_fees { rest.cost.minus(fees) } else { rest.cost };
    let weights: Vec<u64> = counts.iter().map(weight).collect();
    let shares = share(of_tokens, &weights).into_iter().zip(&counts);
    shares
        .map(|(share, counts)| if has_fees { share.plus(fee(counts)) } else { share })
        .collect()
}

/// What a request costs beside others of its model: output 5 × input, cache reads 0.1 ×, cache writes 1.25 × and, for an
/// hour, 2 ×.
fn weight(counts: &Counts) -> u64 {
    let [input, output, _, read, written, written_1h, ..] = *counts;
    let brief = written.saturating_sub(written_1h);
    let parts = [(input, 20), (output, 100), (read, 2), (brief, 25), (written_1h, 40)];
    let parts = parts.iter().map(|(count, each)| count.saturating_mul(*each));
    parts.fold(0, u64::saturating_add)
}

/// Tells a recorded reply again with its share of a total.
fn tell(
    recorded: &Recorded,
    cost: Money,
    total: &Unrecorded,
    session_id: &str,
    at: &FxHashMap<u64, usize>,
    into: &mut Batch,
) {
    let Some(reply) = &recorded.reply else { return };
    if reply.has_cost() {
        return;
    }
    let mut turn = reply.turn(session_id);
    (turn.numbers.cost, turn.numbers.is_share) = (Some(cost), true);
    // Copies in forks know nothing of the total, and the more records were seen, the better is the share known.
    turn.rank.1 = turn.rank.1.saturating_add(total.rank.0).saturating_add(1);
    if !recorded.is_main() {
        // The session's own transcript has the record: a copy of a greater rank.
        into.turn(&Turn {
            record: RecordKey::of(format!("{:x} priced", turn.event.0)),
            rank: Rank(turn.rank.0 | MAIN, turn.rank.1),
            may_know_less: true,
            place: total.place,
            ..turn
        });
        return;
    }
    match at.get(&turn.record.0) {
        Some(&at) => {
            let row = &mut into.turns[at];
            (row.numbers.cost, row.numbers.is_share, row.rank) = (Some(cost), true, turn.rank);
        }
        None => {
            into.turn(&turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_follow_the_ratio_of_prices() {
        let one = |at: usize| {
            let mut counts = [0; 8];
            counts[at] = 1;
            // An hour's writes are part of all writes.
            counts[4] |= counts[5];
            weight(&counts)
        };
        assert_eq!([0, 1, 3, 4, 5].map(one), [20, 100, 2, 25, 40]);
    }
}
