//! Variants: what a turn would cost if a program priced it in another way.

use super::ours::Way;
use crate::core::fees::{Fees, Region};
use crate::core::money::{CostStatus, Money};
use crate::core::numbers::Numbers;
use crate::core::price::{CostFrom, Rates, cost_of};
use crate::core::rows::DiffReason;
use crate::core::tokens::{BUCKETS, Tokens};
use crate::core::turn::Mode;
use crate::reports::Priced;

/// A turn, to be priced in other ways.
pub(super) struct Variants<'p> {
    priced: &'p Priced<'p>,
    from: CostFrom,
    /// Nano-dollars; `None` where no price is known, or the agent recorded the cost.
    listed: Option<i64>,
}

impl<'p> Variants<'p> {
    pub(super) fn of(priced: &'p Priced<'p>, from: CostFrom) -> Self {
        use CostStatus::{Estimated, Partial};
        let is_listed = matches!(priced.cost.status, Estimated | Partial);
        Self {
            priced,
            from,
            listed: priced.cost.cost.map(Money::nanos).filter(|_| is_listed),
        }
    }

    /// What another way of pricing adds, in nano-dollars.
    fn change(&self, numbers: &Numbers, from: CostFrom) -> Option<i64> {
        let own = self.priced.cost.cost?.nanos();
        let other = cost_of(numbers, &self.priced.model.prices, from).cost?.nanos();
        Some(other - own).filter(|change| *change != 0)
    }

    fn listed_change(&self, numbers: &Numbers) -> Option<i64> {
        self.listed?;
        self.change(numbers, self.from)
    }

    /// The part of the cost that is billed by the piece, in nano-dollars.
    pub(super) fn fees(&self) -> i64 {
        let numbers = self.priced.numbers;
        if numbers.fees.is_none() {
            return 0;
        }
        let without = Numbers {
            fees: Fees::NONE,
            ..numbers
        };
        -self.listed_change(&without).unwrap_or(0)
    }

    /// What the cost changes without reasoning tokens; `None` if there are none.
    pub(super) fn without_reasoning(&self) -> Option<i64> {
        let numbers = self.priced.numbers;
        numbers.tokens.reasoning().filter(|count| *count > 0)?;
        let [input, output, _, read, write] = numbers.tokens.counts();
        let without = Numbers {
            tokens: Tokens::from_parts([input, output, 0, read, write], numbers.tokens.unknown_mask()),
            ..numbers
        };
        Some(self.listed_change(&without).unwrap_or(0))
    }

    /// Every other way that changes the cost, with the change in nano-dollars.
    pub(super) fn prices(&self) -> Vec<(Way, i64)> {
        let numbers = self.priced.numbers;
        let mut ways = Vec::new();
        let mut add = |reason, number, change: Option<i64>| {
            ways.extend(change.map(|change| ((reason, number), change)));
        };
        if self.priced.cost.status == CostStatus::Recorded {
            add(DiffReason::RecordedCost, 0, self.change(&numbers, CostFrom::List));
            return ways;
        }
        if numbers.cache_write_1h > 0 {
            let short = Numbers {
                cache_write_1h: 0,
                ..numbers
            };
            add(DiffReason::CacheWrites, 0, self.listed_change(&short));
        }
        if let Some(marginal) = self.marginal() {
            let base = Numbers {
                requests: None,
                ..numbers
            };
            add(DiffReason::LongContext, 0, self.listed_change(&base));
            add(DiffReason::LongContext, 1, Some(marginal));
        }
        if numbers.mode != Mode::Standard {
            let standard = Numbers {
                mode: Mode::Standard,
                ..numbers
            };
            add(DiffReason::ServiceTier, 0, self.listed_change(&standard));
        }
        if numbers.region != Region::Global {
            let global = Numbers {
                region: Region::Global,
                ..numbers
            };
            add(DiffReason::Region, 0, self.listed_change(&global));
        }
        if self.fees() != 0 {
            add(DiffReason::Fees, 0, Some(-self.fees()));
        }
        if let [first, .., last] = self.priced.model.prices.entries() {
            for (number, at) in [last, first].iter().enumerate() {
                let dated = Numbers {
                    timestamp: at.since.unwrap_or(i64::MIN),
                    ..numbers
                };
                add(DiffReason::DatedPrice, number as u8, self.listed_change(&dated));
            }
        }
        ways
    }

    /// What the cost changes if a tier only holds for the tokens of each kind above its size, as in ccusage; `None` for
    /// a request below every tier.
    fn marginal(&self) -> Option<i64> {
        let own = self.listed?;
        let numbers = &self.priced.numbers;
        let price = self.priced.model.prices.at(numbers.timestamp, numbers.mode)?;
        let [input, _, _, read, write] = numbers.tokens.counts();
        if numbers.requests != Some(1) {
            return None;
        }
        let tier = price
            .tiers()
            .iter()
            .rev()
            .find(|tier| input + read + write > tier.above)?;
        let rate = |rates: &Rates, bucket| u128::from(rates.of(bucket));
        let counts = numbers.tokens.counts();
        let millionths: u128 = BUCKETS
            .iter()
            .zip(counts)
            .map(|(&bucket, count)| {
                // Those programs have no price for writes of an hour.
                let (below, above) = (count.min(tier.above), count.saturating_sub(tier.above));
                u128::from(below) * rate(price.base(), bucket) + u128::from(above) * rate(&tier.rates, bucket)
            })
            .sum();
        i64::try_from(millionths / 1_000_000).ok().map(|cost| cost - own)
    }
}
