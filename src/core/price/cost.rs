//! The cost of one turn: the agent's own figure or tokens times the price list, and how well it is known.

use super::{ModelPrices, PERMILLE, Price};
use crate::core::fees::{Fee, Fees, Region};
use crate::core::money::{CostStatus, Money};
use crate::core::numbers::Numbers;
use crate::core::tokens::{BUCKETS, Bucket, Tokens};

/// Where costs come from: `--cost-from`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CostFrom {
    /// The agent's own figure when it is above zero, else the list.
    #[default]
    Auto,
    /// Only what agents recorded.
    Agent,
    /// Everything by the price list.
    List,
}

/// The cost of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnCost {
    /// `None` exactly when the status is `unknown`.
    pub cost: Option<Money>,
    pub status: CostStatus,
    /// Tokens that no price was found for.
    pub unpriced_tokens: u64,
}

impl TurnCost {
    fn known(cost: Money, status: CostStatus) -> Self {
        Self {
            cost: Some(cost),
            status,
            unpriced_tokens: 0,
        }
    }

    fn unknown(tokens: &Tokens) -> Self {
        Self {
            cost: None,
            status: CostStatus::Unknown,
            unpriced_tokens: tokens.known_total(),
        }
    }
}

/// The cost of one turn. Integer arithmetic, rounded once to nano-dollars, saturating.
#[inline]
pub fn cost_of(numbers: &Numbers, prices: &ModelPrices, from: CostFrom) -> TurnCost {
    let price = prices.at(numbers.timestamp, numbers.mode);
    let is_listed = numbers.is_share && from == CostFrom::Auto && price.is_some();
    if from != CostFrom::List
        && !is_listed
        && let Some(recorded) = numbers.cost
        && recorded > Money::ZERO
    {
        return TurnCost::known(recorded, CostStatus::Recorded);
    }
    let of_tokens = match (price, from) {
        // Without recorded usage, not even "free" is known.
        _ if numbers.tokens.total().is_none() => TurnCost::unknown(&numbers.tokens),
        (Some(price), _) if price.is_zero() && (from != CostFrom::Agent || numbers.cost == Some(Money::ZERO)) => {
            if prices.is_plan() {
                return TurnCost::known(Money::ZERO, CostStatus::Plan);
            }
            TurnCost::known(Money::ZERO, CostStatus::Free)
        }
        (_, CostFrom::Agent) if numbers.cost == Some(Money::ZERO) => {
            return TurnCost::known(Money::ZERO, CostStatus::Recorded);
        }
        (_, CostFrom::Agent) => return TurnCost::unknown(&numbers.tokens),
        (None, _) => TurnCost::unknown(&numbers.tokens),
        (Some(price), _) => estimate(numbers, price, prices),
    };
    if numbers.fees.is_none() {
        return of_tokens;
    }
    with_fees(of_tokens, numbers.fees, prices)
}

/// Adds charges per item. An item without a price, like tokens without one, makes the cost a lower bound.
#[cold]
fn with_fees(of_tokens: TurnCost, fees: Fees, prices: &ModelPrices) -> TurnCost {
    let searches = fees.count(Fee::WebSearch);
    let searched = prices.surcharges().web_search.filter(|_| searches > 0);
    let fee = searched.map_or(Money::ZERO, |each| {
        let nanos = u128::from(searches) * u128::from(each);
        Money::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    });
    let is_whole = fees.count(Fee::Other) == 0 && (searches == 0 || searched.is_some());
    let status = match of_tokens.status {
        CostStatus::Unknown if fee == Money::ZERO => return of_tokens,
        CostStatus::Unknown | CostStatus::Partial => CostStatus::Partial,
        _ if !is_whole => CostStatus::Partial,
        _ => CostStatus::Estimated,
    };
    TurnCost {
        cost: Some(of_tokens.cost.unwrap_or_default().plus(fee)),
        status,
        ..of_tokens
    }
}

/// How many thousandths of its list price a request costs in its region, and whether that is known.
pub(super) fn factor(region: Region, prices: &ModelPrices) -> (u32, bool) {
    match (region, prices.surcharges().us) {
        (Region::Global, _) => (PERMILLE, true),
        (Region::Us, Some(factor)) => (factor, true),
        (Region::Us, None) | (Region::Other, _) => (PERMILLE, false),
    }
}

fn estimate(numbers: &Numbers, price: &Price, prices: &ModelPrices) -> TurnCost {
    let counts = numbers.tokens.counts();
    let [input, output, reasoning, cache_read, cache_write] = counts;
    let rates = match numbers.requests {
        Some(1) => price.for_context(input + cache_read + cache_write),
        // The size of each of several requests is unknown.
        _ => price.base(),
    };
    let one_hour = numbers.cache_write_1h.min(cache_write);
    let product = |count: u64, rate: u64| u128::from(count) * u128::from(rate);
    let is_unknown = |bucket| numbers.tokens.count(bucket).is_none();
    // A count may contain what is not told apart: then all of it may be of the cheaper kind.
    let least = |bucket, part| {
        let rate = rates.of(bucket);
        if is_unknown(part) {
            rate.min(rates.of(part))
        } else {
            rate
        }
    };
    let (factor, is_factor_known) = factor(numbers.region, prices);
    // Counts are below 2^53, rates below 2^51 and factors below 2^12: no sum of these leaves 128 bits.
    let sum = product(input, least(Bucket::Input, Bucket::CacheRead))
        + product(output, least(Bucket::Output, Bucket::Reasoning))
        + product(reasoning, rates.of(Bucket::Reasoning))
        + product(cache_read, rates.of(Bucket::CacheRead))
        + product(cache_write - one_hour, rates.of(Bucket::CacheWrite))
        + product(one_hour, rates.cache_write_1h());
    let has_unknown = !is_factor_known
        || numbers.tokens.unknown_mask() != 0
            && BUCKETS.iter().any(|&bucket| is_unknown(bucket) && rates.of(bucket) > 0);
    let status = if has_unknown {
        CostStatus::Partial
    } else {
        CostStatus::Estimated
    };
    let nanos = if factor == PERMILLE {
        per_million(sum)
    } else {
        // Rounded once: the factor is applied before the division.
        let divisor = u128::from(PERMILLE) * 1_000_000;
        i64::try_from((sum * u128::from(factor) + divisor / 2) / divisor).unwrap_or(i64::MAX)
    };
    TurnCost::known(Money::from_nanos(nanos), status)
}

/// Divides by a million, rounded to the nearest, saturating. Almost every turn fits 64 bits, where this is a
/// multiplication.
fn per_million(sum: u128) -> i64 {
    const MILLION: u64 = 1_000_000;
    match u64::try_from(sum + u128::from(MILLION / 2)) {
        // At most 2^64 / 10^6.
        Ok(small) => (small / MILLION) as i64,
        Err(_) => i64::try_from((sum + u128::from(MILLION / 2)) / u128::from(MILLION)).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DatedPrice, Found, ListedRates, Rates, Surcharges, Tier, rate_of_dollars};
    use super::*;
    use crate::core::tokens::MAX_COUNT;
    use crate::core::turn::Mode;

    fn rate(dollars: f64) -> Option<u64> {
        Some(rate_of_dollars(dollars).expect("a price"))
    }

    fn rates(input: f64, output: f64, cache_read: f64, cache_write: f64) -> Rates {
        let listed = ListedRates {
            input: rate(input),
            output: rate(output),
            reasoning: None,
            cache_read: rate(cache_read),
            cache_write: rate(cache_write),
        };
        listed.rates().expect("input and output")
    }

    fn model(price: Price) -> ModelPrices {
        let entry = DatedPrice {
            since: None,
            standard: price,
            modes: Vec::new(),
            source: "test".into(),
            reason: None,
        };
        ModelPrices::new(vec![entry], Found::Exact, false)
    }

    /// Claude Sonnet 4.5 as it was priced with its premium above 200,000 tokens.
    fn sonnet() -> ModelPrices {
        let premium = Tier {
            above: 200_000,
            rates: rates(6.0, 22.5, 0.6, 7.5),
        };
        model(Price::new(rates(3.0, 15.0, 0.3, 3.75), vec![premium]))
    }

    fn haiku() -> ModelPrices {
        model(Price::new(rates(1.0, 5.0, 0.1, 1.25), Vec::new()))
    }

    fn zero(is_plan: bool) -> ModelPrices {
        let mut prices = model(Price::flat(0.0, 0.0));
        prices.is_plan = is_plan;
        prices
    }

    fn plain(tokens: Tokens) -> Numbers {
        Numbers {
            tokens,
            ..Numbers::PLAIN
        }
    }

    fn dollars(numbers: &Numbers, prices: &ModelPrices) -> f64 {
        cost_of(numbers, prices, CostFrom::Auto).cost.expect("a cost").dollars()
    }

    #[test]
    fn every_bucket_has_its_price() {
        let tokens = Tokens::new(500_000, 250_000, 0, 100_000, 50_000);
        let prices = model(Price::new(rates(2.0, 4.0, 1.0, 3.0), Vec::new()));
        let cost = cost_of(&plain(tokens), &prices, CostFrom::Auto);
        assert_eq!(cost, TurnCost::known(Money::from_dollars(2.25), CostStatus::Estimated));
    }

    #[test]
    fn reasoning_costs_what_output_does_unless_listed() {
        let tokens = Tokens::new(0, 0, 1_000_000, 0, 0);
        assert_eq!(dollars(&plain(tokens), &haiku()), 5.0);
        let own = Rates {
            reasoning: rate(7.0),
            ..rates(1.0, 5.0, 0.1, 1.25)
        };
        assert_eq!(dollars(&plain(tokens), &model(Price::new(own, Vec::new()))), 7.0);
    }

    #[test]
    fn an_hour_of_cache_costs_twice_the_input() {
        let tokens = Tokens::new(0, 0, 0, 0, 1_000_000);
        let mut turn = plain(tokens);
        assert_eq!(dollars(&turn, &haiku()), 1.25);
        turn.cache_write_1h = 1_000_000;
        assert_eq!(dollars(&turn, &haiku()), 2.0);
        turn.cache_write_1h = 400_000;
        assert_eq!(dollars(&turn, &haiku()), 0.4 * 2.0 + 0.6 * 1.25);
        // More than was written at all is damage.
        turn.cache_write_1h = u64::MAX;
        assert_eq!(dollars(&turn, &haiku()), 2.0);
        // In a tier twice the tier's input.
        turn.cache_write_1h = 1_000_000;
        assert_eq!(dollars(&turn, &sonnet()), 12.0);
    }

    #[test]
    fn a_tier_holds_for_the_whole_request() {
        assert_eq!(dollars(&plain(Tokens::new(150_000, 0, 0, 150_000, 0)), &sonnet()), 0.99);
        let at_the_limit = Tokens::new(150_000, 0, 0, 30_000, 20_000);
        assert_eq!(dollars(&plain(at_the_limit), &sonnet()), 0.45 + 0.009 + 0.075);
        let above = Tokens::new(150_000, 0, 0, 30_001, 20_000);
        assert_eq!(dollars(&plain(above), &sonnet()), 1.068_000_6);
        // Output and reasoning are no context.
        let long_answer = Tokens::new(100_000, 100_000, 100_000, 0, 0);
        assert_eq!(dollars(&plain(long_answer), &sonnet()), 0.3 + 1.5 + 1.5);
    }

    #[test]
    fn a_tier_is_never_applied_to_a_sum_of_requests() {
        let tokens = Tokens::new(150_000, 0, 0, 150_000, 0);
        for requests in [None, Some(2), Some(0)] {
            let turn = Numbers {
                requests,
                ..plain(tokens)
            };
            assert_eq!(dollars(&turn, &sonnet()), 0.495, "{requests:?}");
        }
    }

    #[test]
    fn the_agents_own_figure_wins_when_it_is_above_zero() {
        let tokens = Tokens::new(1_000_000, 0, 0, 0, 0);
        let turn = Numbers {
            cost: Some(Money::from_dollars(0.5)),
            ..plain(tokens)
        };
        let own = TurnCost::known(Money::from_dollars(0.5), CostStatus::Recorded);
        assert_eq!(cost_of(&turn, &haiku(), CostFrom::Auto), own);
        assert_eq!(cost_of(&turn, &haiku(), CostFrom::Agent), own);
        assert_eq!(cost_of(&turn, &ModelPrices::missing(), CostFrom::Auto), own);
        let listed = TurnCost::known(Money::from_dollars(1.0), CostStatus::Estimated);
        let share = Numbers { is_share: true, ..turn };
        assert_eq!(cost_of(&share, &haiku(), CostFrom::Auto), listed, "a share gives way");
        assert_eq!(cost_of(&share, &ModelPrices::missing(), CostFrom::Auto), own);
        assert_eq!(cost_of(&turn, &haiku(), CostFrom::List), listed);
    }

    #[test]
    fn a_recorded_zero_is_free_or_covered_only_where_the_list_says_so() {
        let tokens = Tokens::new(1_000_000, 0, 0, 0, 0);
        let turn = Numbers {
            cost: Some(Money::ZERO),
            ..plain(tokens)
        };
        let status = |prices: &ModelPrices, from| cost_of(&turn, prices, from).status;
        for from in [CostFrom::Auto, CostFrom::Agent, CostFrom::List] {
            assert_eq!(status(&zero(false), from), CostStatus::Free);
            assert_eq!(status(&zero(true), from), CostStatus::Plan);
        }
        assert_eq!(status(&haiku(), CostFrom::Auto), CostStatus::Estimated);
        assert_eq!(status(&haiku(), CostFrom::Agent), CostStatus::Recorded);
        let missing = cost_of(&turn, &ModelPrices::missing(), CostFrom::Auto);
        assert_eq!(
            (missing.cost, missing.status, missing.unpriced_tokens),
            (None, CostStatus::Unknown, 1_000_000)
        );
    }

    #[test]
    fn without_a_record_agent_knows_nothing() {
        let tokens = Tokens::new(1_000_000, 0, 0, 0, 0);
        for prices in [haiku(), zero(true)] {
            assert_eq!(
                cost_of(&plain(tokens), &prices, CostFrom::Agent).status,
                CostStatus::Unknown
            );
        }
    }

    #[test]
    fn an_unknown_bucket_that_is_billed_makes_a_lower_bound() {
        let tokens = Tokens::new(1_000_000, 0, 0, 0, 0).without(Bucket::Output);
        let cost = cost_of(&plain(tokens), &haiku(), CostFrom::Auto);
        assert_eq!(cost, TurnCost::known(Money::from_dollars(1.0), CostStatus::Partial));
        // The list gives cache writes a price of zero: nothing is missing.
        let tokens = Tokens::new(1_000_000, 0, 0, 0, 0).without(Bucket::CacheWrite);
        let prices = model(Price::new(rates(1.0, 5.0, 0.1, 0.0), Vec::new()));
        assert_eq!(
            cost_of(&plain(tokens), &prices, CostFrom::Auto).status,
            CostStatus::Estimated
        );
        assert_eq!(
            cost_of(&plain(tokens), &zero(false), CostFrom::Auto).status,
            CostStatus::Free
        );
    }

    #[test]
    fn unreported_tokens_are_unknown_even_of_a_free_model() {
        let tokens = Tokens::unreported();
        for prices in [zero(false), haiku(), ModelPrices::missing()] {
            let cost = cost_of(&plain(tokens), &prices, CostFrom::Auto);
            assert_eq!((cost.status, cost.unpriced_tokens), (CostStatus::Unknown, 0));
        }
    }

    #[test]
    fn a_mode_without_a_price_is_unknown() {
        let tokens = Tokens::new(1_000_000, 0, 0, 0, 0);
        let turn = Numbers {
            mode: Mode::Fast,
            ..plain(tokens)
        };
        assert_eq!(cost_of(&turn, &haiku(), CostFrom::Auto).status, CostStatus::Unknown);
        let mut prices = haiku();
        prices.entries[0].modes.push((Mode::Fast, Price::flat(6.0, 30.0)));
        assert_eq!(dollars(&turn, &prices), 6.0);
    }

    fn surcharged(mut prices: ModelPrices) -> ModelPrices {
        prices.surcharges = Surcharges {
            web_search: Some(10_000_000),
            us: Some(1_100),
        };
        prices
    }

    #[test]
    fn fees_and_regions_are_billed_beside_tokens() {
        let tokens = Tokens::new(1_000_000, 0, 0, 0, 0);
        let turn = |fees, region| Numbers {
            fees,
            region,
            ..plain(tokens)
        };
        let searched = Fees::NONE.with(Fee::WebSearch, 3);
        let other = Fees::NONE.with(Fee::Other, 1);
        let listed = surcharged(haiku());
        use CostStatus::{Estimated, Free, Partial, Plan, Unknown};
        let unlisted = surcharged(ModelPrices::missing());
        for (prices, fees, region, cost, status) in [
            (&listed, searched, Region::Global, Some(1.03), Estimated),
            (&listed, searched, Region::Us, Some(1.13), Estimated),
            (&listed, Fees::NONE, Region::Us, Some(1.1), Estimated),
            (&listed, Fees::NONE, Region::Other, Some(1.0), Partial),
            (&listed, other, Region::Global, Some(1.0), Partial),
            (
                &listed,
                searched.with(Fee::Other, 1),
                Region::Global,
                Some(1.03),
                Partial,
            ),
            (&haiku(), searched, Region::Global, Some(1.0), Partial),
            (&haiku(), Fees::NONE, Region::Us, Some(1.0), Partial),
            (&unlisted, searched, Region::Global, Some(0.03), Partial),
            (&unlisted, other, Region::Global, None, Unknown),
            (&surcharged(zero(true)), searched, Region::Us, Some(0.0), Plan),
            (
                &surcharged(zero(false)),
                searched,
                Region::Global,
                Some(0.03),
                Estimated,
            ),
            (&zero(false), Fees::NONE, Region::Us, Some(0.0), Free),
        ] {
            let found = cost_of(&turn(fees, region), prices, CostFrom::Auto);
            let expected = (cost.map(Money::from_dollars), status);
            assert_eq!((found.cost, found.status), expected, "{fees:?} {region:?}");
        }
        // The agent's own figure holds all of it.
        let recorded = Numbers {
            cost: Some(Money::from_dollars(0.5)),
            ..turn(searched, Region::Us)
        };
        assert_eq!(dollars(&recorded, &listed), 0.5);
    }

    #[test]
    fn rounds_once_and_saturates() {
        // 3 tokens at $0.0000005 a token and 1 at half a nano-dollar: 1500.5 nano-dollars.
        let prices = model(Price::flat(0.5, 0.000_5));
        let cost = cost_of(&plain(Tokens::new(3, 1, 0, 0, 0)), &prices, CostFrom::Auto);
        assert_eq!(cost.cost.map(Money::nanos), Some(1_501));
        let huge = Tokens::new(MAX_COUNT, MAX_COUNT, MAX_COUNT, MAX_COUNT, MAX_COUNT);
        let prices = model(Price::flat(1e6, 1e6));
        let cost = cost_of(&plain(huge), &prices, CostFrom::Auto);
        assert_eq!(cost.cost.map(Money::nanos), Some(i64::MAX));
    }
}
