//! Events that may occur more than once: nearly all occur once, and then need no place in a table that outgrows the
//! processor's cache.

use super::merge::Work;
use super::pack::EventColumns;
use crate::core::turn::EventKey;
use anyhow::Result;

/// A filter of the events that were seen twice.
pub struct Repeats {
    seen: Vec<u64>,
    twice: Vec<u64>,
}

impl Repeats {
    /// Bits per event: one in sixteen is taken for a repeated one without need.
    const SPARSE: usize = 16;

    pub fn of(events: impl Iterator<Item = EventKey> + Clone) -> Self {
        let mut repeats = Self::with_capacity(events.clone().count());
        events.for_each(|event| repeats.see(event));
        repeats
    }

    fn with_capacity(events: usize) -> Self {
        let words = (events * Self::SPARSE / 64).next_power_of_two();
        Self {
            seen: vec![0; words],
            twice: vec![0; words],
        }
    }

    fn see(&mut self, event: EventKey) {
        let (word, bit) = self.place(event);
        self.twice[word] |= self.seen[word] & bit;
        self.seen[word] |= bit;
    }

    pub fn may_hold(&self, event: EventKey) -> bool {
        let (word, bit) = self.place(event);
        self.twice[word] & bit != 0
    }

    /// Where an event's bit is; events are hashes already.
    fn place(&self, event: EventKey) -> (usize, u64) {
        let at = event.0 as usize % (self.seen.len() * 64);
        (at / 64, 1 << (at % 64))
    }
}

/// Which packs hold a copy of an event that they or another one has too, or a segment: in all others every turn counts.
///
/// # Errors
/// When a pack is damaged, which is a bug: they were made in this process.
pub fn contested(work: &[Work]) -> Result<Vec<bool>> {
    let mut columns = EventColumns::default();
    let mut repeats = Repeats::with_capacity(work.iter().map(|work| work.turns).sum());
    for work in work {
        work.events(&mut columns)?;
        columns.events.iter().for_each(|event| repeats.see(EventKey(*event)));
    }
    let mut contested = vec![false; work.len()];
    // Where the filter's events are.
    let mut places = Vec::new();
    for (at, work) in work.iter().enumerate() {
        work.events(&mut columns)?;
        contested[at] = columns.segments.iter().any(|segment| *segment != 0);
        let held = columns
            .events
            .iter()
            .filter(|event| repeats.may_hold(EventKey(**event)));
        places.extend(held.map(|event| (*event, at)));
    }
    places.sort_unstable();
    for pair in places.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        contested[pair[0].1] = true;
        contested[pair[1].1] = true;
    }
    Ok(contested)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::numbers::Numbers;
    use crate::core::turn::{Rank, RecordKey};
    use crate::ledger::merge::PackKey;
    use crate::ledger::pack::{Pack, PackTurn};
    use proptest::prelude::*;

    fn work((id, turns): (usize, &Vec<(u64, u64)>)) -> Work {
        let mut pack = Pack::default();
        for (event, segment) in turns {
            let turn = PackTurn {
                counted: true,
                model: 1,
                origin: 0,
                numbers: Numbers::PLAIN,
                // Few hashes are small: the filter takes the low bits.
                event: EventKey(event.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
                record: RecordKey(pack.turns.len() as u64),
                rank: Rank(0, 0),
                segment: *segment,
                supersedes: false,
                place: 0,
                message: (0, 0),
            };
            pack.push(turn, "");
        }
        let key = PackKey {
            agent: 1,
            source: id as i64,
            session: 1,
        };
        Work::new(id as i64, key, None, &pack)
    }

    proptest! {
        #[test]
        fn packs_without_copies_and_segments_are_left_out_and_no_others(
            packs in prop::collection::vec(prop::collection::vec((0_u64..60, prop_oneof![9 => Just(0_u64), 1 => Just(7)]), 0..5), 0..12),
        ) {
            let all: Vec<u64> = packs.iter().flatten().map(|(event, _)| *event).collect();
            let expected: Vec<bool> = packs.iter().map(|turns| {
                turns.iter().any(|(event, segment)| *segment != 0 || all.iter().filter(|other| *other == event).count() > 1)
            }).collect();
            let work: Vec<Work> = packs.iter().enumerate().map(work).collect();
            prop_assert_eq!(contested(&work).expect("sound packs"), expected);
        }
    }
}
