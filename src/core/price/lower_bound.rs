//! The promise of `≥`: a cost with unknown buckets is never above what it would be if they were known.

use super::{CostFrom, DatedPrice, Found, ModelPrices, Price, Rates, cost_of};
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use proptest::prelude::*;

/// Buckets that agents leave out.
const PARTS: [Bucket; 3] = [Bucket::Reasoning, Bucket::CacheRead, Bucket::CacheWrite];

fn cost(tokens: Tokens, prices: &ModelPrices) -> Money {
    let numbers = Numbers {
        tokens,
        requests: None,
        ..Numbers::PLAIN
    };
    cost_of(&numbers, prices, CostFrom::Auto).cost.unwrap_or_default()
}

proptest! {
    /// Whether what is known contains what is not, as cached input does in some records, or not.
    #[test]
    fn a_lower_bound_holds_whatever_the_unknown_part_is(
        counts in prop::array::uniform5(0_u64..1_000_000),
        rates in prop::array::uniform5(0_u64..40_000_000_000),
        hidden in 1_usize..8,
        is_inside in any::<bool>(),
    ) {
        let is_hidden = |bucket: Bucket| PARTS.iter().position(|part| *part == bucket).is_some_and(|at| hidden >> at & 1 == 1);
        let [input, output, reasoning, read, write] = counts;
        let inside = |bucket, count: u64| if is_inside && is_hidden(bucket) { count } else { 0 };
        let told = [
            input + inside(Bucket::CacheRead, read),
            output + inside(Bucket::Reasoning, reasoning),
            reasoning,
            read,
            write,
        ];
        let known = PARTS.into_iter().filter(|part| is_hidden(*part));
        let known = known.fold(Tokens::from_parts(told, 0), |tokens, part| tokens.without(part));
        let entry = DatedPrice {
            since: None,
            standard: Price::new(
                Rates {
                    input: rates[0],
                    output: rates[1],
                    reasoning: Some(rates[2]),
                    cache_read: Some(rates[3]),
                    cache_write: Some(rates[4]),
                },
                Vec::new(),
            ),
            modes: Vec::new(),
            source: "test".into(),
            reason: None,
        };
        let prices = ModelPrices::new(vec![entry], Found::Exact, false);
        let (bound, truth) = (cost(known, &prices), cost(Tokens::from_parts(counts, 0), &prices));
        prop_assert!(bound <= truth, "{bound:?} > {truth:?}");
    }
}
