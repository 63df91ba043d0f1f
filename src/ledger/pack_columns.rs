//! The columns of a pack: unpacked without the turns they make up, since a report reads millions of them.

use super::columns::Reader;
use crate::core::fees::{Fees, Region};
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Mode, Presence};

/// Raised when the layout changes; older blobs stay readable.
pub(super) const VERSION: u8 = 4;
/// The first version whose numbers have a column of fees.
const WITH_FEES: u8 = 2;
/// The first version whose numbers have a column of origins.
const WITH_ORIGINS: u8 = 3;

/// What reports need of a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PackEntry {
    /// Whether this copy counts.
    pub counted: bool,
    /// Row in the table of names.
    pub model: u32,
    /// Row in the table of names of what it was made for; 0 where nothing is known.
    pub origin: u32,
    pub numbers: Numbers,
}

/// The columns a report reads, unpacked; reused from pack to pack.
#[derive(Default)]
pub struct Columns {
    pub times: Vec<u64>,
    pub(super) flags: Vec<u64>,
    pub models: Vec<u64>,
    pub(super) tokens: [Vec<u64>; 5],
    pub(super) costs: Vec<u64>,
    pub(super) hours: Vec<u64>,
    pub(super) requests: Vec<u64>,
    pub(super) fees: Vec<u64>,
    pub(super) origins: Vec<u64>,
}

impl Columns {
    /// Unpacks `Blobs::numbers`; `None` when it is damaged.
    pub fn read(&mut self, blob: &[u8]) -> Option<()> {
        let mut reader = Reader::new(blob);
        let version = version(&mut reader)?;
        let count = reader.count()?;
        reader.offset_column(count, &mut self.times)?;
        reader.column(count, &mut self.flags)?;
        reader.column(count, &mut self.models)?;
        for bucket in &mut self.tokens {
            reader.column(count, bucket)?;
        }
        reader.column(count, &mut self.costs)?;
        reader.column(count, &mut self.hours)?;
        reader.column(count, &mut self.requests)?;
        if version >= WITH_FEES {
            reader.column(count, &mut self.fees)?;
        } else {
            self.fees.clear();
            self.fees.resize(count, 0);
        }
        if version >= WITH_ORIGINS {
            reader.column(count, &mut self.origins)?;
        } else {
            self.origins.clear();
            self.origins.resize(count, 0);
        }
        reader.is_done().then_some(())
    }

    pub fn len(&self) -> usize {
        self.times.len()
    }

    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    pub fn timestamp(&self, at: usize) -> i64 {
        time_of(self.times[at])
    }

    pub fn is_counted(&self, at: usize) -> bool {
        self.flags[at] & 1 != 0
    }

    #[inline]
    pub fn turn(&self, at: usize) -> PackEntry {
        let flags = self.flags[at];
        let numbers = Numbers {
            tokens: Tokens::from_parts(
                std::array::from_fn(|bucket| self.tokens[bucket][at]),
                (flags >> 1) as u8 & 0b1_1111,
            ),
            cache_write_1h: self.hours[at],
            requests: (flags & 1 << 6 != 0).then_some(self.requests[at] as u32),
            cost: (flags & 1 << 7 != 0).then(|| Money::from_nanos(unzigzag(self.costs[at]))),
            is_share: flags & 1 << 18 != 0,
            mode: match flags >> 8 & 7 {
                1 => Mode::Fast,
                2 => Mode::Batch,
                3 => Mode::Flex,
                4 => Mode::Priority,
                5 => Mode::Other,
                _ => Mode::Standard,
            },
            fees: Fees::from_bits(self.fees[at]),
            region: match flags >> 16 & 3 {
                0 => Region::Global,
                1 => Region::Us,
                _ => Region::Other,
            },
            accuracy: match flags >> 11 & 3 {
                0 => Accuracy::Exact,
                1 => Accuracy::Partial,
                _ => Accuracy::Estimated,
            },
            presence: match flags >> 13 & 3 {
                0 => Presence::Present,
                1 => Presence::Gone,
                _ => Presence::Reverted,
            },
            timestamp: time_of(self.times[at]),
        };
        PackEntry {
            counted: flags & 1 != 0,
            model: self.models[at] as u32,
            origin: self.origins[at] as u32,
            numbers,
        }
    }
}

/// `Blobs::events`, unpacked.
#[derive(Default)]
pub struct EventColumns {
    pub events: Vec<u64>,
    pub segments: Vec<u64>,
    pub(super) supersedes: Vec<u64>,
}

impl EventColumns {
    pub fn read(&mut self, blob: &[u8]) -> Option<()> {
        let mut reader = Reader::new(blob);
        version(&mut reader)?;
        let count = reader.count()?;
        reader.column(count, &mut self.events)?;
        reader.column(count, &mut self.segments)?;
        reader.column(count, &mut self.supersedes)?;
        reader.is_done().then_some(())
    }
}

/// The version at the start of a blob; `None` for one that no ttop up to this one wrote.
pub(super) fn version(reader: &mut Reader<'_>) -> Option<u8> {
    reader.byte().filter(|version| (1..=VERSION).contains(version))
}

/// Sets which turns of a packed blob count, without unpacking it. `None` when it is damaged.
pub fn set_counted(numbers: &mut [u8], mut counted: impl Iterator<Item = bool>) -> Option<()> {
    let mut reader = Reader::new(numbers);
    reader.take(1)?;
    let count = reader.count()?;
    reader.skip_offset_column(count)?;
    let width = reader.byte()? as usize;
    let start = numbers.len() - reader.rest().len();
    let flags = numbers.get_mut(start..start + count * width)?;
    // An empty pack has a column of width 0.
    for entry in flags.chunks_exact_mut(width.max(1)) {
        entry[0] = entry[0] & !1 | u8::from(counted.next()?);
    }
    Some(())
}

/// Set in every turn, so that the column of flags is never of width 0.
const ALWAYS: u64 = 1 << 15;

/// Bit 0 counted, 1–5 unknown buckets, 6 requests known, 7 cost recorded, 8–10 mode, 11–12 accuracy, 13–14 presence, 15
/// always, 16–17 region, 18 cost is a share.
pub(super) fn flags(counted: bool, numbers: &Numbers) -> u64 {
    ALWAYS
        | u64::from(counted)
        | u64::from(numbers.tokens.unknown_mask()) << 1
        | u64::from(numbers.requests.is_some()) << 6
        | u64::from(numbers.cost.is_some()) << 7
        | (numbers.mode as u64) << 8
        | (numbers.accuracy as u64) << 11
        | (numbers.presence as u64) << 13
        | (numbers.region as u64) << 16
        | u64::from(numbers.is_share) << 18
}

/// A signed time as bits that keep its order.
pub(super) fn order_bits(time: i64) -> u64 {
    time as u64 ^ 1 << 63
}

fn time_of(bits: u64) -> i64 {
    (bits ^ 1 << 63) as i64
}

pub(super) fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn unzigzag(bits: u64) -> i64 {
    (bits >> 1) as i64 ^ -((bits & 1) as i64)
}
