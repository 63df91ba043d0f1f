//! Ownership: which copy of a turn counts. Knows no agent; needs no order of reading.

use crate::core::turn::{EventKey, Rank, RecordKey};
use rustc_hash::{FxHashMap, FxHashSet};

/// What ownership looks at in one copy of a turn.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub event: EventKey,
    pub rank: Rank,
    pub record: RecordKey,
    /// The last resort between copies of equal rank and record, so that the answer never depends on order.
    pub session_id: &'a str,
    pub source: &'a str,
    /// Hash of the open segment it belongs to, or that it supersedes; 0 for none.
    pub segment: u64,
    pub supersedes: bool,
}

impl Claim<'_> {
    /// Whether this copy counts rather than the other one of the same event.
    pub fn beats(&self, other: &Self) -> bool {
        self.rank
            .cmp(&other.rank)
            .then_with(|| other.record.cmp(&self.record))
            .then_with(|| other.session_id.cmp(self.session_id))
            .then_with(|| other.source.cmp(self.source))
            .is_gt()
    }
}

/// For each claim whether it counts: the best copy of its event, and not of a segment that was superseded.
pub fn decide(claims: &[Claim<'_>]) -> Vec<bool> {
    let closed: FxHashSet<u64> = claims
        .iter()
        .filter(|claim| claim.supersedes)
        .map(|claim| claim.segment)
        .filter(|&segment| segment != 0)
        .collect();
    let mut best: FxHashMap<EventKey, usize> = FxHashMap::default();
    for (at, claim) in claims.iter().enumerate() {
        let owner = best.entry(claim.event).or_insert(at);
        if claim.beats(&claims[*owner]) {
            *owner = at;
        }
    }
    claims
        .iter()
        .enumerate()
        .map(|(at, claim)| best[&claim.event] == at && (claim.supersedes || !closed.contains(&claim.segment)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(event: u64, rank: u64, session_id: &str) -> Claim<'_> {
        Claim {
            event: EventKey(event),
            rank: Rank(rank, 0),
            record: RecordKey(event),
            session_id,
            source: "a.jsonl",
            segment: 0,
            supersedes: false,
        }
    }

    #[test]
    fn one_copy_of_each_event_counts_in_any_order() {
        let (small, large, other) = (claim(1, 5, "b"), claim(1, 9, "c"), claim(2, 0, "a"));
        assert_eq!(decide(&[small, large, other]), [false, true, true]);
        assert_eq!(decide(&[other, large, small]), [true, true, false]);
        let (first, second) = (claim(1, 5, "a"), claim(1, 5, "b"));
        assert_eq!(decide(&[second, first]), [false, true]);
    }

    #[test]
    fn a_closed_segment_replaces_its_open_turns() {
        let open = Claim {
            segment: 7,
            ..claim(1, 0, "s")
        };
        let also_open = Claim {
            segment: 7,
            ..claim(2, 0, "s")
        };
        let closer = Claim {
            segment: 7,
            supersedes: true,
            ..claim(3, 0, "s")
        };
        assert_eq!(decide(&[open, also_open]), [true, true]);
        assert_eq!(decide(&[open, closer, also_open]), [false, true, false]);
    }
}
