//! Thresholds of insights: TokenTop's for cache hits, output share and cost per request, and ttop's own.

use schemars::JsonSchema;
use serde::Serialize;

/// How much an insight matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InsightLevel {
    Info,
    Warning,
}

/// A cache that serves less of the context is an insight (TokenTop).
pub const HIT_PERCENT_MIN: f64 = 80.0;
/// One that serves less is a warning (TokenTop).
pub const HIT_PERCENT_LOW: f64 = 20.0;
/// Fewer tokens have no rate worth a word (TokenTop).
pub const LEAST_INPUT: u64 = 1_000;
/// Output above this part of input and output is an insight (TokenTop).
pub const OUTPUT_PERCENT_MAX: f64 = 65.0;
/// Above this part it is a warning (TokenTop).
pub const OUTPUT_PERCENT_HIGH: f64 = 75.0;
/// Fewer requests have no price worth a word (TokenTop).
pub const LEAST_REQUESTS: u64 = 10;
/// A mean request above this price is an insight (TokenTop).
pub const COSTLY_REQUEST_USD: f64 = 0.15;
/// Above this price it is a warning (TokenTop).
pub const VERY_COSTLY_REQUEST_USD: f64 = 0.25;
/// An answer of at most so many output and reasoning tokens is small …
pub const SMALL_OUTPUT: u64 = 200;
/// … if it needed at most so much context.
pub const SMALL_CONTEXT: u64 = 20_000;
/// A model is expensive beside one that answers for a third of its price.
pub const MANY_TIMES: u64 = 3;
/// Subagents that take this part of the cost are an insight.
pub const SUBAGENT_PERCENT: f64 = 25.0;

/// The part of the context that the cache served, as TokenTop defines it: cache writes do not count.
pub fn hit_percent(input: u64, cache_read: u64) -> Option<f64> {
    let all = input.saturating_add(cache_read);
    (all > 0).then(|| cache_read as f64 / all as f64 * 100.0)
}

/// How many tokens of input had to be cache reads for the rate to be `percent`.
pub fn tokens_to_reach(percent: f64, input: u64, cache_read: u64) -> u64 {
    let all = input.saturating_add(cache_read);
    let wanted = (all as f64 * percent / 100.0).floor() as u64;
    wanted.saturating_sub(cache_read).min(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hit_rate_is_reads_in_what_was_sent() {
        assert_eq!(hit_percent(0, 0), None);
        assert_eq!(hit_percent(300, 100), Some(25.0));
        assert_eq!(tokens_to_reach(80.0, 300, 100), 220);
        assert_eq!(tokens_to_reach(80.0, 10, 100), 0);
    }
}
