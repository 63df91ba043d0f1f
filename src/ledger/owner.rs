//! Ownership: which copy of a turn counts. Knows no agent; needs no order of reading.

use super::pack::PackTurn;
use super::repeats::Repeats;
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, Presence, Rank, RecordKey};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

/// What ownership looks at in one copy of a turn.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub event: EventKey,
    pub rank: Rank,
    pub record: RecordKey,
    /// Hash of the open segment it belongs to, or that it supersedes; 0 for none.
    pub segment: u64,
    pub supersedes: bool,
    /// Whether the agent still has it.
    pub is_present: bool,
    pub counted: bool,
    /// It counts nothing, and neither does any copy of a lower rank.
    pub is_void: bool,
}

impl Claim {
    pub fn of(turn: &PackTurn) -> Self {
        Self {
            event: turn.event,
            rank: turn.rank,
            record: turn.record,
            segment: turn.segment,
            supersedes: turn.supersedes,
            is_present: turn.numbers.presence == Presence::Present,
            counted: turn.counted,
            is_void: is_void(&turn.numbers),
        }
    }
}

/// Whether a turn counts nothing.
pub fn is_void(numbers: &Numbers) -> bool {
    numbers.tokens.is_zero() && numbers.requests.is_none() && numbers.cost.is_none() && numbers.fees.is_none()
}

/// The copies in one source and session.
pub trait Group {
    fn claims(&self) -> &[Claim];
    fn claims_mut(&mut self) -> &mut [Claim];
    /// Orders two groups so that the answer never depends on the order of reading; of copies of equal rank and record the
    /// one in the smaller group counts.
    fn order(&self, other: &Self) -> Ordering;
    fn is_same_session(&self, other: &Self) -> bool;
    /// Whether they come from another machine's ledger: such copies give way to what this machine read itself.
    fn is_imported(&self) -> bool;
}

/// Sets `counted` in every copy whose event is in `events` (all, for `None`): a copy that this machine read counts before
/// an imported one, then that of the greatest rank, then that of the smaller record, unless a turn exists that supersedes
/// its segment.
pub fn decide<G: Group>(groups: &mut [G], events: Option<&FxHashSet<u64>>) {
    let all = groups.iter().flat_map(Group::claims).map(|claim| claim.event);
    let repeats = Repeats::of(all);
    let mut segments = Segments::default();
    let mut best: FxHashMap<EventKey, (u32, u32)> = FxHashMap::default();
    for group in 0..groups.len() {
        let is_imported = groups[group].is_imported();
        for at in 0..groups[group].claims().len() {
            let claim = &mut groups[group].claims_mut()[at];
            segments.see(claim, is_imported);
            if events.is_some_and(|events| !events.contains(&claim.event.0)) {
                continue;
            }
            claim.counted = !claim.is_void;
            if !repeats.may_hold(claim.event) {
                continue;
            }
            let claim = *claim;
            let owner = *best.entry(claim.event).or_insert((group as u32, at as u32));
            let (other_group, other_at) = (owner.0 as usize, owner.1 as usize);
            if (other_group, other_at) == (group, at) {
                continue;
            }
            let other = groups[other_group].claims()[other_at];
            let order = groups[other_group]
                .is_imported()
                .cmp(&is_imported)
                .then_with(|| claim.rank.cmp(&other.rank))
                .then_with(|| other.record.cmp(&claim.record));
            if order.then_with(|| groups[other_group].order(&groups[group])).is_gt() {
                best.insert(claim.event, (group as u32, at as u32));
                groups[other_group].claims_mut()[other_at].counted = false;
            } else {
                groups[group].claims_mut()[at].counted = false;
            }
        }
    }
    prefer_present(groups, best);
    if segments.are_none_closed() {
        return;
    }
    for group in groups {
        let is_imported = group.is_imported();
        for claim in group.claims_mut() {
            claim.counted &= !segments.replace(claim, is_imported);
        }
    }
}

/// Segments that were closed, and whose word that is.
#[derive(Default)]
struct Segments {
    closed_here: FxHashSet<u64>,
    closed_elsewhere: FxHashSet<u64>,
    /// Only those that an import may say are closed matter, and which these are is known at the end.
    open_here: FxHashSet<u64>,
}

impl Segments {
    fn see(&mut self, claim: &Claim, is_imported: bool) {
        if claim.segment != 0 {
            match (claim.supersedes, is_imported) {
                (true, false) => drop(self.closed_here.insert(claim.segment)),
                (true, true) => drop(self.closed_elsewhere.insert(claim.segment)),
                (false, false) => drop(self.open_here.insert(claim.segment)),
                (false, true) => {}
            }
        }
    }

    fn are_none_closed(&self) -> bool {
        self.closed_here.is_empty() && self.closed_elsewhere.is_empty()
    }

    /// Whether something else counts in a turn's place: an import closes no segment that this machine has open turns of.
    fn replace(&self, claim: &Claim, is_imported: bool) -> bool {
        if claim.segment == 0 {
            false
        } else if claim.supersedes {
            is_imported && self.open_here.contains(&claim.segment)
        } else {
            self.closed_here.contains(&claim.segment) || is_imported && self.closed_elsewhere.contains(&claim.segment)
        }
    }
}

/// A moved file is deleted at one path and exists at another: among equal copies in one session, an existing one
/// counts.
fn prefer_present<G: Group>(groups: &mut [G], mut best: FxHashMap<EventKey, (u32, u32)>) {
    best.retain(|_, &mut (group, at)| !groups[group as usize].claims()[at as usize].is_present);
    if best.is_empty() {
        return;
    }
    for group in 0..groups.len() {
        for at in 0..groups[group].claims().len() {
            let claim = groups[group].claims()[at];
            let Some(&(other_group, other_at)) = best.get(&claim.event) else {
                continue;
            };
            let (new, known) = (&groups[group], &groups[other_group as usize]);
            let other = known.claims()[other_at as usize];
            let is_equal = (claim.rank, claim.record) == (other.rank, other.record)
                && new.is_same_session(known)
                && new.is_imported() == known.is_imported();
            if claim.is_present && is_equal && (!other.is_present || new.order(known).is_lt()) {
                groups[other_group as usize].claims_mut()[other_at as usize].counted = false;
                groups[group].claims_mut()[at].counted = !claim.is_void;
                best.insert(claim.event, (group as u32, at as u32));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Claims of one source: session, then path.
    struct Session(&'static str, Vec<Claim>);

    impl Group for Session {
        fn claims(&self) -> &[Claim] {
            &self.1
        }

        fn claims_mut(&mut self) -> &mut [Claim] {
            &mut self.1
        }

        fn order(&self, other: &Self) -> Ordering {
            self.0.cmp(other.0)
        }

        fn is_same_session(&self, other: &Self) -> bool {
            self.0.split('/').next() == other.0.split('/').next()
        }

        fn is_imported(&self) -> bool {
            self.0.starts_with("import:")
        }
    }

    fn claim(event: u64, rank: u64) -> Claim {
        let (event, record) = (EventKey(event), RecordKey(event));
        Claim {
            event,
            rank: Rank(rank, 0),
            record,
            segment: 0,
            supersedes: false,
            is_present: true,
            counted: false,
            is_void: false,
        }
    }

    fn decided(mut groups: Vec<Session>) -> Vec<Vec<bool>> {
        decide(&mut groups, None);
        groups
            .iter()
            .map(|group| group.1.iter().map(|claim| claim.counted).collect())
            .collect()
    }

    #[test]
    fn one_copy_of_each_event_counts_in_any_order() {
        let small = || Session("b", vec![claim(1, 5), claim(2, 0)]);
        let large = || Session("c", vec![claim(1, 9)]);
        assert_eq!(decided(vec![small(), large()]), [vec![false, true], vec![true]]);
        assert_eq!(decided(vec![large(), small()]), [vec![true], vec![false, true]]);
        let twin = |name| Session(name, vec![claim(1, 5)]);
        assert_eq!(decided(vec![twin("b"), twin("a")]), [[false], [true]]);
        assert_eq!(decided(vec![twin("a"), twin("b")]), [[true], [false]]);
    }

    #[test]
    fn what_was_deleted_gives_way_to_its_copy_in_the_same_session_alone() {
        let gone = |name, rank| {
            let is_present = false;
            Session(
                name,
                vec![Claim {
                    is_present,
                    ..claim(1, rank)
                }],
            )
        };
        let here = |name| Session(name, vec![claim(1, 5)]);
        assert_eq!(decided(vec![gone("a/1", 5), here("a/2")]), [[false], [true]]);
        assert_eq!(decided(vec![here("a/2"), gone("a/1", 5)]), [[true], [false]]);
        assert_eq!(
            decided(vec![here("a/3"), gone("a/1", 5), here("a/2")]),
            [[false], [false], [true]]
        );
        assert_eq!(decided(vec![gone("a/1", 5), here("b/2")]), [[true], [false]]);
        assert_eq!(decided(vec![gone("a/1", 6), here("a/2")]), [[true], [false]]);
    }

    #[test]
    fn a_closed_segment_replaces_its_open_turns() {
        let open = |event| Claim {
            segment: 7,
            ..claim(event, 0)
        };
        let closer = Claim {
            segment: 7,
            supersedes: true,
            ..claim(3, 0)
        };
        assert_eq!(decided(vec![Session("s", vec![open(1), open(2)])]), [[true, true]]);
        assert_eq!(
            decided(vec![Session("s", vec![open(1), closer]), Session("t", vec![open(2)])]),
            [vec![false, true], vec![false]]
        );
    }

    #[test]
    fn a_turn_of_nothing_does_not_count() {
        let void = Claim {
            is_void: true,
            ..claim(1, 9)
        };
        assert_eq!(decided(vec![Session("a", vec![void, claim(2, 0)])]), [[false, true]]);
        // Whoever wrote it knew more than a copy of a lower rank.
        for (rank, counts) in [(0, false), (10, true)] {
            for is_present in [true, false] {
                let void = || Session("a", vec![Claim { is_present, ..void }]);
                let copy = || Session("b", vec![claim(1, rank)]);
                assert_eq!(decided(vec![void(), copy()]), [[false], [counts]]);
                assert_eq!(decided(vec![copy(), void()]), [[counts], [false]]);
            }
        }
    }

    #[test]
    fn an_imported_copy_counts_only_where_there_is_no_other() {
        let forged = || Session("import:x", vec![claim(1, u64::MAX), claim(2, 0)]);
        let own = || Session("z", vec![claim(1, 0)]);
        assert_eq!(decided(vec![forged(), own()]), [vec![false, true], vec![true]]);
        assert_eq!(decided(vec![own(), forged()]), [vec![true], vec![false, true]]);
        let mut deleted = own();
        deleted.1[0].is_present = false;
        assert_eq!(decided(vec![deleted, forged()]), [vec![true], vec![false, true]]);
    }

    #[test]
    fn an_import_closes_no_segment_that_this_machine_has_open() {
        let open = |event| Claim {
            segment: 7,
            ..claim(event, 0)
        };
        let closer = || Claim {
            segment: 7,
            supersedes: true,
            ..claim(3, 0)
        };
        assert_eq!(
            decided(vec![
                Session("s", vec![open(1)]),
                Session("import:x", vec![open(2), closer()])
            ]),
            [vec![true], vec![false, false]]
        );
        assert_eq!(
            decided(vec![
                Session("s", vec![open(1), closer()]),
                Session("import:x", vec![open(2)])
            ]),
            [vec![false, true], vec![false]]
        );
    }

    #[test]
    fn events_out_of_question_keep_what_was_decided() {
        let mut groups = vec![Session(
            "a",
            vec![
                Claim {
                    counted: true,
                    ..claim(1, 0)
                },
                claim(2, 0),
            ],
        )];
        decide(&mut groups, Some(&FxHashSet::from_iter([2])));
        assert!(groups[0].1[0].counted && groups[0].1[1].counted);
    }
}
