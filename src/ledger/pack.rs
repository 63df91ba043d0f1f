//! Packs: the turns of one session in one source, as three blobs of columns.
//!
//! Reports read only `numbers`. The ownership pass searches `events`. A later read of the same source needs `records`,
//! which also holds the ids that `turns` prints.

use super::columns::{put, put_offset};
pub use super::pack_columns::{Columns, EventColumns, PackEntry, set_counted};
use super::pack_columns::{RecordColumns, VERSION, flags, order_bits, zigzag};
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, Rank, RecordKey};

/// One turn as the ledger keeps it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PackTurn {
    /// Whether this copy counts.
    pub counted: bool,
    /// Row in the table of names.
    pub model: u32,
    /// Row in the table of names of what it was made for; 0 where nothing is known.
    pub origin: u32,
    pub numbers: Numbers,
    pub event: EventKey,
    pub record: RecordKey,
    pub rank: Rank,
    /// Hash of the open segment it belongs to or supersedes; 0 for none.
    pub segment: u64,
    pub supersedes: bool,
    pub place: u64,
    /// Position of its message id in [`Pack::ids`]; [`Pack::push`] sets it.
    pub(super) message: (u32, u32),
}

/// The turns of one session in one source, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pack {
    pub turns: Vec<PackTurn>,
    ids: String,
}

/// A pack as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Blobs {
    pub numbers: Vec<u8>,
    pub events: Vec<u8>,
    pub records: Vec<u8>,
}

impl Pack {
    pub fn with_capacity(turns: usize) -> Self {
        const ID_BYTES: usize = 32;
        Self {
            turns: Vec::with_capacity(turns),
            ids: String::with_capacity(turns * ID_BYTES),
        }
    }

    /// Adds a turn; its message id is copied.
    pub fn push(&mut self, mut turn: PackTurn, message_id: &str) {
        turn.message = (self.ids.len() as u32, message_id.len() as u32);
        self.ids.push_str(message_id);
        self.turns.push(turn);
    }

    pub fn message_id(&self, turn: &PackTurn) -> &str {
        let (start, length) = (turn.message.0 as usize, turn.message.1 as usize);
        self.ids.get(start..start + length).unwrap_or("")
    }

    /// Oldest first; equal times by record, so that the order never depends on the order of reading.
    pub fn sort(&mut self) {
        let key = |turn: &PackTurn| (turn.numbers.timestamp, turn.record);
        if !self.turns.is_sorted_by_key(key) {
            self.turns.sort_by_key(key);
        }
    }

    /// First and last timestamp.
    pub fn span(&self) -> (i64, i64) {
        let time = |turn: Option<&PackTurn>| turn.map_or(0, |turn| turn.numbers.timestamp);
        (time(self.turns.first()), time(self.turns.last()))
    }

    pub fn encode(&self) -> Blobs {
        let turns = &self.turns;
        let head = |blob: &mut Vec<u8>| {
            blob.push(VERSION);
            blob.extend_from_slice(&(turns.len() as u32).to_le_bytes());
        };
        let numbers = || turns.iter().map(|turn| &turn.numbers);
        // About what packs need: most never grow.
        let room = |of_each: usize, more: usize| Vec::with_capacity(64 + turns.len() * of_each + more);
        let mut blobs = Blobs {
            numbers: room(24, 0),
            events: room(8, 0),
            records: room(14, self.ids.len()),
        };
        let out = &mut blobs.numbers;
        head(out);
        put_offset(out, numbers().map(|n| order_bits(n.timestamp)));
        put(out, turns.iter().map(|turn| flags(turn.counted, &turn.numbers)));
        put(out, turns.iter().map(|turn| u64::from(turn.model)));
        for bucket in 0..5 {
            put(out, numbers().map(move |n| n.tokens.counts()[bucket]));
        }
        put(out, numbers().map(|n| zigzag(n.cost.map_or(0, Money::nanos))));
        put(out, numbers().map(|n| n.cache_write_1h));
        put(out, numbers().map(|n| u64::from(n.requests.unwrap_or(0))));
        put(out, numbers().map(|n| n.fees.to_bits()));
        put(out, turns.iter().map(|turn| u64::from(turn.origin)));

        let out = &mut blobs.events;
        head(out);
        put(out, turns.iter().map(|turn| turn.event.0));
        put(out, turns.iter().map(|turn| turn.segment));
        put(out, turns.iter().map(|turn| u64::from(turn.supersedes)));

        let out = &mut blobs.records;
        head(out);
        put(out, turns.iter().map(|turn| turn.record.0));
        put_offset(out, turns.iter().map(|turn| turn.rank.0));
        put_offset(out, turns.iter().map(|turn| turn.rank.1));
        put_offset(out, turns.iter().map(|turn| turn.place));
        put(out, turns.iter().map(|turn| u64::from(turn.message.1)));
        for turn in turns {
            out.extend_from_slice(self.message_id(turn).as_bytes());
        }
        for blob in [&mut blobs.numbers, &mut blobs.events, &mut blobs.records] {
            blob.shrink_to_fit();
        }
        blobs
    }

    /// `None` when a blob is damaged.
    pub fn decode(blobs: &Blobs) -> Option<Self> {
        let mut columns = Columns::default();
        columns.read(&blobs.numbers)?;
        let mut events = EventColumns::default();
        events.read(&blobs.events)?;
        let mut records = RecordColumns::default();
        records.read(&blobs.records)?;
        let count = columns.len();
        if events.events.len() != count || records.records.len() != count {
            return None;
        }
        let mut start = 0;
        let turns = (0..count)
            .map(|at| {
                let message = (start, records.lengths[at] as u32);
                start += message.1;
                let entry = columns.turn(at);
                PackTurn {
                    counted: entry.counted,
                    model: entry.model,
                    origin: entry.origin,
                    numbers: entry.numbers,
                    event: EventKey(events.events[at]),
                    record: RecordKey(records.records[at]),
                    rank: Rank(records.ranks.0[at], records.ranks.1[at]),
                    segment: events.segments[at],
                    supersedes: events.supersedes[at] != 0,
                    place: records.places[at],
                    message,
                }
            })
            .collect();
        Some(Self {
            turns,
            ids: records.ids,
        })
    }
}

impl PackTurn {
    /// What reports need of it.
    pub fn entry(&self) -> PackEntry {
        PackEntry {
            counted: self.counted,
            model: self.model,
            origin: self.origin,
            numbers: self.numbers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fees::{Fees, Region};
    use crate::core::money::Money;
    use crate::core::tokens::Tokens;
    use proptest::prelude::*;

    fn turn() -> impl Strategy<Value = (PackTurn, String)> {
        let numbers = (
            any::<i64>(),
            any::<bool>(),
            any::<u32>(),
            any::<[u64; 5]>(),
            0u8..32,
            any::<Option<i64>>(),
        );
        let kinds = (0u64..5, 0u64..3, 0u64..3, any::<Option<u32>>(), 0u64..3, any::<u64>());
        (numbers, kinds, any::<[u64; 6]>(), "[a-zé\\n]{0,9}").prop_map(|(numbers, kinds, keys, id)| {
            let (timestamp, counted, model, counts, unknown, cost) = numbers;
            let mut columns = Columns::default();
            for column in [
                &mut columns.times,
                &mut columns.models,
                &mut columns.costs,
                &mut columns.hours,
            ] {
                column.push(0);
            }
            columns.tokens.iter_mut().for_each(|bucket| bucket.push(0));
            columns.requests.push(0);
            columns.origins.push(0);
            columns.fees.push(kinds.5);
            columns
                .flags
                .push(kinds.0 << 8 | kinds.1 << 11 | kinds.2 << 13 | kinds.4 << 16);
            let turn = PackTurn {
                counted,
                model,
                origin: keys[1] as u32,
                numbers: Numbers {
                    tokens: Tokens::from_parts(counts, unknown),
                    cache_write_1h: keys[0],
                    requests: kinds.3,
                    cost: cost.map(Money::from_nanos),
                    timestamp,
                    ..columns.turn(0).numbers
                },
                event: EventKey(keys[1]),
                record: RecordKey(keys[2]),
                rank: Rank(keys[3], keys[4]),
                segment: keys[5],
                supersedes: counted,
                place: keys[0],
                message: (0, 0),
            };
            (turn, id)
        })
    }

    proptest! {
        #[test]
        fn packs_come_back_as_they_went_in(turns in proptest::collection::vec(turn(), 0..20)) {
            let mut pack = Pack::default();
            for (turn, id) in &turns {
                pack.push(*turn, id);
            }
            let again = Pack::decode(&pack.encode()).expect("an intact pack");
            prop_assert_eq!(&again, &pack);
            let ids: Vec<_> = again.turns.iter().map(|turn| again.message_id(turn).to_owned()).collect();
            prop_assert_eq!(ids, turns.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>());
        }

        #[test]
        fn packs_of_older_versions_are_read(turns in proptest::collection::vec(turn(), 0..9), has_fees: bool) {
            let mut pack = Pack::default();
            for (turn, id) in &turns {
                let fees = if has_fees { turn.numbers.fees } else { Fees::NONE };
                let numbers = Numbers { fees, region: Region::Global, ..turn.numbers };
                pack.push(PackTurn { origin: 0, numbers, ..*turn }, id);
            }
            let mut blobs = pack.encode();
            // Columns that older packs do not have are of width 0 here, which is a byte each.
            blobs.numbers.truncate(blobs.numbers.len() - if has_fees { 1 } else { 2 });
            for blob in [&mut blobs.numbers, &mut blobs.events, &mut blobs.records] {
                blob[0] = if has_fees { 2 } else { 1 };
            }
            prop_assert_eq!(Pack::decode(&blobs).expect("an intact pack"), pack);
        }

        #[test]
        fn what_counts_can_be_set_in_place(turns in proptest::collection::vec((turn(), any::<bool>()), 0..9)) {
            let mut pack = Pack::default();
            for ((turn, id), _) in &turns {
                pack.push(*turn, id);
            }
            let mut blobs = pack.encode();
            prop_assert!(set_counted(&mut blobs.numbers, turns.iter().map(|(_, counted)| *counted)).is_some());
            let again = Pack::decode(&blobs).expect("an intact pack");
            for (turn, (_, counted)) in again.turns.iter().zip(&turns) {
                prop_assert_eq!(turn.counted, *counted);
            }
        }

        #[test]
        fn a_damaged_pack_is_refused_without_a_panic(turns in proptest::collection::vec(turn(), 1..6), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut pack = Pack::default();
            for (turn, id) in &turns {
                pack.push(*turn, id);
            }
            let mut blobs = pack.encode();
            for blob in [&mut blobs.numbers, &mut blobs.events, &mut blobs.records] {
                let at = at.index(blob.len());
                blob[at] = byte;
            }
            let _ = Pack::decode(&blobs);
            let cut = cut.index(blobs.numbers.len());
            blobs.numbers.truncate(cut);
            prop_assert!(Pack::decode(&blobs).is_none());
        }
    }
}
