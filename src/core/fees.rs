//! Fees: charges of a request besides tokens, and its region.

use serde::{Deserialize, Serialize};

/// A kind of item that is billed by the piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fee {
    /// A web search that the provider ran.
    WebSearch,
    /// An item without a known price: the cost becomes a lower bound.
    Other,
}

/// How many items of each kind a turn was billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fees {
    counts: [u32; 2],
}

impl Fees {
    pub const NONE: Self = Self { counts: [0; 2] };

    /// With `count` more items of a kind; saturates.
    #[must_use]
    pub const fn with(mut self, fee: Fee, count: u32) -> Self {
        let at = fee as usize;
        self.counts[at] = self.counts[at].saturating_add(count);
        self
    }

    pub const fn count(self, fee: Fee) -> u32 {
        self.counts[fee as usize]
    }

    pub const fn is_none(self) -> bool {
        self.to_bits() == 0
    }

    /// Both counts in one number, for columns.
    pub const fn to_bits(self) -> u64 {
        self.counts[0] as u64 | (self.counts[1] as u64) << 32
    }

    pub const fn from_bits(bits: u64) -> Self {
        Self {
            counts: [bits as u32, (bits >> 32) as u32],
        }
    }
}

/// Where a request was bound to run, as the provider bills it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// Anywhere: the list price.
    #[default]
    Global,
    /// In the United States.
    Us,
    /// Somewhere else: its price is not known.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_saturate_and_come_back_from_bits() {
        let fees = Fees::NONE.with(Fee::WebSearch, 2).with(Fee::WebSearch, 1);
        assert_eq!((fees.count(Fee::WebSearch), fees.count(Fee::Other)), (3, 0));
        let full = fees.with(Fee::Other, u32::MAX).with(Fee::Other, 1);
        assert_eq!(full.count(Fee::Other), u32::MAX);
        for fees in [Fees::NONE, fees, full] {
            assert_eq!(Fees::from_bits(fees.to_bits()), fees);
            assert_eq!(fees.is_none(), fees == Fees::NONE);
        }
    }
}
