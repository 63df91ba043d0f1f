//! Rates: prices per million tokens of each kind, and the tiers of long requests.

use crate::core::tokens::Bucket;

/// Nano-dollars for a million tokens.
pub type Rate = u64;

/// A million dollars per million tokens: higher rates are damage.
pub const MAX_RATE: Rate = 1_000_000_000_000_000;

/// Dollars per million tokens of a list; `None` if the number is not a price (negative, infinite, absurd).
pub fn rate_of_dollars(dollars: f64) -> Option<Rate> {
    let nanos = (dollars * 1e9).round();
    (dollars >= 0.0 && nanos <= MAX_RATE as f64).then_some(nanos as Rate)
}

/// One line of a price list; [`Rates::of`] supplies missing rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub input: Rate,
    pub output: Rate,
    pub reasoning: Option<Rate>,
    pub cache_read: Option<Rate>,
    /// The price of writing for five minutes.
    pub cache_write: Option<Rate>,
}

impl Rates {
    pub const fn flat(input: Rate, output: Rate) -> Self {
        Self {
            input,
            output,
            reasoning: None,
            cache_read: None,
            cache_write: None,
        }
    }

    fn scaled(&self, scale: impl Fn(Rate) -> Rate + Copy) -> Self {
        Self {
            input: scale(self.input),
            output: scale(self.output),
            reasoning: self.reasoning.map(scale),
            cache_read: self.cache_read.map(scale),
            cache_write: self.cache_write.map(scale),
        }
    }

    /// The price of a million tokens of this kind. Without a listed price, reasoning costs the output rate, a cache
    /// read the input rate (no discount), and a cache write 1.25 × input.
    pub fn of(&self, bucket: Bucket) -> Rate {
        match bucket {
            Bucket::Input => self.input,
            Bucket::Output => self.output,
            Bucket::Reasoning => self.reasoning.unwrap_or(self.output),
            Bucket::CacheRead => self.cache_read.unwrap_or(self.input),
            Bucket::CacheWrite => self.cache_write.unwrap_or(self.input + self.input / 4),
        }
    }

    /// A cache write that lasts an hour: always 2 × input, the list has no column for it.
    pub fn cache_write_1h(&self) -> Rate {
        self.input * 2
    }

    fn is_zero(&self) -> bool {
        let listed = [self.reasoning, self.cache_read, self.cache_write];
        self.input == 0 && self.output == 0 && listed.into_iter().flatten().all(|rate| rate == 0)
    }
}

/// Rates as a list writes them, any of them left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListedRates {
    pub input: Option<Rate>,
    pub output: Option<Rate>,
    pub reasoning: Option<Rate>,
    pub cache_read: Option<Rate>,
    pub cache_write: Option<Rate>,
}

impl ListedRates {
    /// As a price; `None` without both input and output: half a price is none.
    pub fn rates(self) -> Option<Rates> {
        Some(Rates {
            input: self.input?,
            output: self.output?,
            reasoning: self.reasoning,
            cache_read: self.cache_read,
            cache_write: self.cache_write,
        })
    }

    /// These rates as a tier over `base`: missing rates keep the base value, but reasoning follows the tier's output.
    pub fn over(self, base: &Rates) -> Rates {
        Rates {
            input: self.input.unwrap_or(base.input),
            output: self.output.unwrap_or(base.output),
            reasoning: self.reasoning.or(match self.output {
                Some(_) => None,
                None => base.reasoning,
            }),
            cache_read: self.cache_read.or(base.cache_read),
            cache_write: self.cache_write.or(base.cache_write),
        }
    }
}

/// The rates of requests whose context is above a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Tokens of input, cache reads and cache writes together; the tier holds strictly above.
    pub above: u64,
    pub rates: Rates,
}

/// The prices of a model in one service mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    base: Rates,
    /// Smallest first.
    tiers: Box<[Tier]>,
    is_zero: bool,
}

impl Price {
    /// `tiers` in any order.
    pub fn new(base: Rates, mut tiers: Vec<Tier>) -> Self {
        tiers.sort_by_key(|tier| tier.above);
        let is_zero = base.is_zero() && tiers.iter().all(|tier| tier.rates.is_zero());
        Self {
            base,
            tiers: tiers.into(),
            is_zero,
        }
    }

    /// Nothing costs anything.
    pub fn free() -> Self {
        Self::new(Rates::flat(0, 0), Vec::new())
    }

    /// With a tier for requests above a size: twice the input and cache prices, half as much again for output.
    #[must_use]
    pub fn with_premium(&self, above: u64) -> Self {
        let base = &self.base;
        let rates = Rates {
            input: base.input * 2,
            output: base.output + base.output / 2,
            reasoning: base.reasoning.map(|rate| rate + rate / 2),
            cache_read: base.cache_read.map(|rate| rate * 2),
            cache_write: base.cache_write.map(|rate| rate * 2),
        };
        Self::new(self.base, vec![Tier { above, rates }])
    }

    /// At other base rates, with tiers that keep their distance from the input price.
    #[must_use]
    pub fn rebased(&self, base: &Rates) -> Self {
        let scale = |rate: Rate| match self.base.input {
            0 => rate,
            input => Rate::try_from(u128::from(rate) * u128::from(base.input) / u128::from(input)).unwrap_or(MAX_RATE),
        };
        self.scaled(*base, scale)
    }

    /// At so many thousandths of every rate.
    #[must_use]
    pub fn times(&self, permille: u32) -> Self {
        let scale = |rate: Rate| Rate::try_from(u128::from(rate) * u128::from(permille) / 1_000).unwrap_or(MAX_RATE);
        self.scaled(self.base.scaled(scale), scale)
    }

    fn scaled(&self, base: Rates, scale: impl Fn(Rate) -> Rate + Copy) -> Self {
        let tiers = self.tiers.iter().map(|tier| Tier {
            above: tier.above,
            rates: tier.rates.scaled(scale),
        });
        Self::new(base, tiers.collect())
    }

    /// Only input and output, in dollars for a million tokens.
    #[cfg(test)]
    pub fn flat(input: f64, output: f64) -> Self {
        let rate = |dollars| rate_of_dollars(dollars).expect("a price");
        Self::new(Rates::flat(rate(input), rate(output)), Vec::new())
    }

    pub fn base(&self) -> &Rates {
        &self.base
    }

    /// Smallest first.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// Whether nothing costs anything.
    pub fn is_zero(&self) -> bool {
        self.is_zero
    }

    /// The rates of one whole request with that much context.
    pub fn for_context(&self, context: u64) -> &Rates {
        let tier = self.tiers.iter().rev().find(|tier| context > tier.above);
        tier.map_or(&self.base, |tier| &tier.rates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_leaves_out_is_derived() {
        let rates = Rates::flat(4_000, 20_000);
        assert_eq!(rates.of(Bucket::Reasoning), 20_000);
        assert_eq!(rates.of(Bucket::CacheRead), 4_000);
        assert_eq!(rates.of(Bucket::CacheWrite), 5_000);
        assert_eq!(rates.cache_write_1h(), 8_000);
        let listed = Rates {
            reasoning: Some(1),
            cache_read: Some(2),
            cache_write: Some(0),
            ..rates
        };
        assert_eq!(listed.of(Bucket::Reasoning), 1);
        assert_eq!(listed.of(Bucket::CacheRead), 2);
        assert_eq!(listed.of(Bucket::CacheWrite), 0);
        assert_eq!(listed.cache_write_1h(), 8_000);
    }

    #[test]
    fn the_largest_tier_below_the_context_holds() {
        let tier = |above, input| Tier {
            above,
            rates: Rates::flat(input, input),
        };
        let price = Price::new(Rates::flat(1, 1), vec![tier(128_000, 3), tier(32_000, 2)]);
        for (context, input) in [(0, 1), (32_000, 1), (32_001, 2), (128_000, 2), (128_001, 3)] {
            assert_eq!(price.for_context(context).input, input, "{context}");
        }
    }

    #[test]
    fn a_tier_keeps_what_it_does_not_name_but_reasoning_follows_output() {
        let base = Rates {
            reasoning: Some(12),
            cache_read: Some(1),
            cache_write: None,
            ..Rates::flat(2, 12)
        };
        let tier = ListedRates {
            input: Some(4),
            output: Some(18),
            ..ListedRates::default()
        };
        let over = tier.over(&base);
        assert_eq!(over.of(Bucket::Reasoning), 18);
        assert_eq!(over.of(Bucket::CacheRead), 1);
        assert_eq!(over.of(Bucket::CacheWrite), 5);
    }

    #[test]
    fn what_is_no_price_is_refused() {
        assert_eq!(rate_of_dollars(0.0255508), Some(25_550_800));
        for dollars in [-0.1, f64::NAN, f64::INFINITY, 2e6] {
            assert_eq!(rate_of_dollars(dollars), None, "{dollars}");
        }
    }
}
