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

impl Usage<'_> {
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
