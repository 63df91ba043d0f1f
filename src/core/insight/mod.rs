//! Insights: where money went that a change of habit would have saved, from the token counts of turns.

mod cache;
mod thresholds;

pub use cache::{CacheUse, rewritten, unread_writes};
pub use thresholds::{
    COSTLY_REQUEST_USD, HIT_PERCENT_LOW, HIT_PERCENT_MIN, InsightLevel, LEAST_INPUT, LEAST_REQUESTS, MANY_TIMES,
    OUTPUT_PERCENT_HIGH, OUTPUT_PERCENT_MAX, SMALL_CONTEXT, SMALL_OUTPUT, SUBAGENT_PERCENT, VERY_COSTLY_REQUEST_USD,
    hit_percent, tokens_to_reach,
};
