//! Gaps: why a cost is a lower bound or unknown although its model has a price.

use super::ModelPrices;
use super::cost::factor;
use crate::core::fees::Fee;
use crate::core::numbers::Numbers;
use crate::core::tokens::BUCKETS;

/// What is billed without a known price or count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Web searches, where a provider's price of one is not known.
    pub searches: u64,
    /// Other items that are billed by the piece.
    pub items: u64,
    /// Turns in a region whose price is not known.
    pub regions: u64,
    /// Turns whose agent left out a count that is billed.
    pub counts: u64,
    /// Turns whose provider reported no usage.
    pub unreported: u64,
}

impl Gaps {
    /// Those of one turn.
    pub fn of(numbers: &Numbers, prices: &ModelPrices) -> Self {
        if numbers.tokens.total().is_none() {
            return Self {
                unreported: 1,
                ..Self::items(numbers, prices)
            };
        }
        let Some(price) = prices.at(numbers.timestamp, numbers.mode) else {
            return Self::items(numbers, prices);
        };
        let is_missing = |bucket| numbers.tokens.count(bucket).is_none() && price.base().of(bucket) > 0;
        let (_, is_factor_known) = factor(numbers.region, prices);
        Self {
            regions: u64::from(!is_factor_known),
            counts: u64::from(BUCKETS.into_iter().any(is_missing)),
            ..Self::items(numbers, prices)
        }
    }

    fn items(numbers: &Numbers, prices: &ModelPrices) -> Self {
        let is_priced = prices.surcharges().web_search.is_some();
        let searches = numbers.fees.count(Fee::WebSearch);
        Self {
            searches: if is_priced { 0 } else { searches.into() },
            items: numbers.fees.count(Fee::Other).into(),
            ..Self::default()
        }
    }

    /// Those of two sets of turns.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            searches: self.searches.saturating_add(other.searches),
            items: self.items.saturating_add(other.items),
            regions: self.regions.saturating_add(other.regions),
            counts: self.counts.saturating_add(other.counts),
            unreported: self.unreported.saturating_add(other.unreported),
        }
    }
}
