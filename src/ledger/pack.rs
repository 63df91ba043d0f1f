//! Packs: the turns of one session in one source, as three blobs of columns.
//!
//! Reports read only `numbers`. The ownership pass searches `events`. A later read of the same source needs `records`,
//! which also holds the ids that `turns` prints.

pub use super::blobs::Blobs;
use super::columns::{put, put_offset};
pub use super::pack_columns::{Columns, EventColumns, PackEntry, set_counted};
use super::pack_columns::{VERSION, flags, order_bits, zigzag};
use super::record_columns::{RecordColumns, put_records};
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::turn::{EventKey, Rank, RecordKey};

/// Of a pack that is not in the ledger yet.
pub(super) const DAMAGED: &str = "a pack that was just made is damaged";

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
        const OF_EACH: usize = 48;
        let mut bytes = Vec::with_capacity(160 + turns.len() * OF_EACH + self.ids.len() / 2);
        let out = &mut bytes;
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
        let numbers_end = out.len();

        head(out);
        put(out, turns.iter().map(|turn| turn.event.0));
        put(out, turns.iter().map(|turn| turn.segment));
        put(out, turns.iter().map(|turn| u64::from(turn.supersedes)));
        let events_end = out.len();

        head(out);
        put_records(out, self);
        Blobs::joined(bytes, numbers_end..events_end)
    }

    /// `None` when a blob is damaged.
    pub fn decode(blobs: &Blobs) -> Option<Self> {
        let mut columns = Columns::default();
        columns.read(blobs.numbers())?;
        let mut events = EventColumns::default();
        events.read(blobs.events())?;
        let records = RecordColumns::read(blobs.records())?;
        let count = columns.len();
        if events.events.len() != count || records.count() != count {
            return None;
        }
        let mut start = 0;
        let mut turns = Vec::with_capacity(count);
        for at in 0..count {
            let length = records.lengths[at] as usize;
            // A length that cuts a character in two is damage.
            let id = records.ids.get(start..start + length)?;
            let entry = columns.turn(at);
            let event = EventKey(events.events[at]);
            turns.push(PackTurn {
                counted: entry.counted,
                model: entry.model,
                origin: entry.origin,
                numbers: entry.numbers,
                event,
                record: records.key(at, event, id),
                rank: records.rank(at),
                segment: events.segments[at],
                supersedes: events.supersedes[at] != 0,
                place: records.place(at),
                message: (start as u32, length as u32),
            });
            start += length;
        }
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
        (numbers, kinds, any::<[u64; 6]>(), "(same start |)[éèa\\n]{0,9}").prop_map(|(numbers, kinds, keys, id)| {
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
        fn packs_come_back_as_they_went_in(turns in proptest::collection::vec(turn(), 0..20), keys in 0..3) {
            let mut pack = Pack::default();
            for (turn, id) in &turns {
                let record = match keys {
                    0 => turn.record,
                    1 => RecordKey::of(id),
                    _ => RecordKey(turn.event.0),
                };
                pack.push(PackTurn { record, ..*turn }, id);
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
            let blobs = pack.encode();
            let (mut numbers, mut events) = (blobs.numbers().to_vec(), blobs.events().to_vec());
            // Columns that older packs do not have are of width 0 here, which is a byte each.
            numbers.truncate(numbers.len() - if has_fees { 1 } else { 2 });
            // Their records were complete.
            let mut records = numbers[..5].to_vec();
            put(&mut records, pack.turns.iter().map(|turn| turn.record.0));
            put_offset(&mut records, pack.turns.iter().map(|turn| turn.rank.0));
            put_offset(&mut records, pack.turns.iter().map(|turn| turn.rank.1));
            put_offset(&mut records, pack.turns.iter().map(|turn| turn.place));
            put(&mut records, pack.turns.iter().map(|turn| u64::from(turn.message.1)));
            records.extend_from_slice(pack.ids.as_bytes());
            for blob in [&mut numbers, &mut events, &mut records] {
                blob[0] = if has_fees { 2 } else { 1 };
            }
            let blobs = Blobs::of(&numbers, &events, &records);
            prop_assert_eq!(Pack::decode(&blobs).expect("an intact pack"), pack);
        }

        #[test]
        fn what_counts_can_be_set_in_place(turns in proptest::collection::vec((turn(), any::<bool>()), 0..9)) {
            let mut pack = Pack::default();
            for ((turn, id), _) in &turns {
                pack.push(*turn, id);
            }
            let mut blobs = pack.encode();
            prop_assert!(set_counted(blobs.numbers_mut(), turns.iter().map(|(_, counted)| *counted)).is_some());
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
            let blobs = pack.encode();
            let parts = [blobs.numbers(), blobs.events(), blobs.records()];
            let [numbers, events, records] = parts.map(|blob| {
                let mut blob = blob.to_vec();
                let at = at.index(blob.len());
                blob[at] = byte;
                blob
            });
            let _ = Pack::decode(&Blobs::of(&numbers, &events, &records));
            let [numbers, events, records] = parts;
            let cut = |blob: &'static str, whole: &[u8]| (blob, whole[..cut.index(whole.len())].to_vec());
            for (blob, torn) in [cut("numbers", numbers), cut("events", events), cut("records", records)] {
                let torn = match blob {
                    "numbers" => Blobs::of(&torn, events, records),
                    "events" => Blobs::of(numbers, &torn, records),
                    _ => Blobs::of(numbers, events, &torn),
                };
                prop_assert!(Pack::decode(&torn).is_none(), "{blob}");
            }
        }
    }
}
