//! The usage of a request as Pi records it.

use crate::agents::shared::lenient::{Count, Text, part};
use crate::core::fees::{Fee, Fees};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Disjoint but for reasoning, which is inside the output.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Usage<'a> {
    input: Count,
    output: Count,
    cache_read: Count,
    cache_write: Count,
    /// The part of `cacheWrite` that is kept for an hour.
    #[serde(rename = "cacheWrite1h")]
    cache_write_1h: Count,
    /// The same in omp: `{"ephemeral5m":0,"ephemeral1h":1000}`.
    #[serde(borrow)]
    cttl: Option<&'a RawValue>,
    /// What the provider asked of models for this reply, in omp: billed beside the other counts.
    #[serde(borrow)]
    orchestration: Option<&'a RawValue>,
    /// What the provider's own tools did, in omp: `{"webSearch":3}`.
    #[serde(borrow)]
    server: Option<&'a RawValue>,
    /// What the last request of the reply sent, in OpenClaw: `{"state":"available","promptTokens":12000}`.
    #[serde(borrow)]
    context_usage: Option<&'a RawValue>,
    reasoning: Count,
    /// The same in omp.
    reasoning_tokens: Count,
    #[serde(borrow)]
    pub cost: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Lifetimes {
    #[serde(rename = "ephemeral1h")]
    hour: Count,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Orchestration {
    input: Count,
    output: Count,
    cache_read: Count,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ServerTools {
    web_search: Count,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Cost<'a> {
    pub total: Option<f64>,
    /// Whether the provider said what it billed; else the program made the figure of counts.
    #[serde(borrow)]
    total_from_provider: Option<&'a RawValue>,
    /// The same in OpenClaw.
    #[serde(borrow)]
    total_origin: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    prompt_tokens: Count,
}

impl Usage<'_> {
    /// How many requests it is of: one, or an unknown number whose last one sent less than all together.
    pub(super) fn requests(&self) -> Option<u32> {
        let last = part::<Context>(self.context_usage).map_or(0, |context| context.prompt_tokens.0);
        let [input, _, cache_read, cache_write] = self.counts();
        let sent = input.saturating_add(cache_read).saturating_add(cache_write);
        (last == 0 || last >= sent).then_some(1)
    }

    /// Input, output, cache read and cache write.
    pub(super) fn counts(&self) -> [u64; 4] {
        [self.input, self.output, self.cache_read, self.cache_write].map(|count| count.0)
    }

    /// The same with orchestration.
    pub(super) fn billed(&self) -> [u64; 4] {
        let more = part::<Orchestration>(self.orchestration).unwrap_or_default();
        let more = [more.input, more.output, more.cache_read, Count(0)];
        let counts = self.counts();
        std::array::from_fn(|at| counts[at].saturating_add(more[at].0))
    }

    pub(super) fn reasoning(&self) -> u64 {
        self.reasoning.0.max(self.reasoning_tokens.0)
    }

    pub(super) fn cache_write_1h(&self) -> u64 {
        let lifetimes = part::<Lifetimes>(self.cttl).unwrap_or_default();
        self.cache_write_1h.0.max(lifetimes.hour.0)
    }

    pub(super) fn fees(&self) -> Fees {
        let tools = part::<ServerTools>(self.server).unwrap_or_default();
        Fees::NONE.with(Fee::WebSearch, u32::try_from(tools.web_search.0).unwrap_or(u32::MAX))
    }
}

impl Cost<'_> {
    /// Whether the figure is the provider's own.
    pub(super) fn is_billed(&self) -> bool {
        part(self.total_from_provider) == Some(true)
            || part::<Text>(self.total_origin).is_some_and(|origin| &*origin == "provider-billed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_requests_is_larger_than_what_the_last_one_sent() {
        for (context, requests) in [
            ("", Some(1)),
            (r#","contextUsage":{"state":"unavailable"}"#, Some(1)),
            (
                r#","contextUsage":{"state":"available","promptTokens":1000000}"#,
                Some(1),
            ),
            (r#","contextUsage":{"state":"available","promptTokens":120000}"#, None),
        ] {
            let usage = format!(r#"{{"input":100000,"output":1800,"cacheRead":900000,"cacheWrite":0{context}}}"#);
            let usage: Usage<'_> = serde_json::from_str(&usage).expect("usage");
            assert_eq!(usage.requests(), requests, "{context}");
        }
    }
}
