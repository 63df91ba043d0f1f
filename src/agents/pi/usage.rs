//! The usage of a request as Pi records it.

use crate::agents::shared::lenient::Count;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Disjoint but for reasoning, which is inside the output.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Usage<'a> {
    pub input: Count,
    pub output: Count,
    pub cache_read: Count,
    pub cache_write: Count,
    /// The part of `cacheWrite` that is kept for an hour.
    #[serde(rename = "cacheWrite1h")]
    pub cache_write_1h: Count,
    #[serde(alias = "reasoningTokens")]
    pub reasoning: Count,
    #[serde(borrow)]
    pub cost: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Cost {
    #[serde(default)]
    pub total: Option<f64>,
}
