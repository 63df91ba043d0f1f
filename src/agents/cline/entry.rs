//! What a message of a task counts: one request, or the sum of some.

use super::models::Model;
use crate::agents::shared::lenient::Count;
use crate::core::tokens::Tokens;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The JSON inside `text`. The counts come when the request ends; before, there is only `request`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    #[serde(default)]
    pub tokens_in: Option<Count>,
    #[serde(default)]
    pub tokens_out: Option<Count>,
    #[serde(default)]
    pub cache_writes: Option<Count>,
    #[serde(default)]
    pub cache_reads: Option<Count>,
    #[serde(default)]
    pub cost: Option<f64>,
    #[serde(default)]
    pub api_protocol: Option<String>,
    #[serde(default)]
    pub cancel_reason: Option<IgnoredAny>,
}

/// 0 where the field is missing.
pub(super) fn count(field: Option<Count>) -> u64 {
    field.unwrap_or_default().0
}

impl Usage {
    pub(super) fn is_counted(&self) -> bool {
        self.tokens_in.is_some() || self.tokens_out.is_some()
    }

    pub(super) fn cached(&self) -> u64 {
        count(self.cache_writes).saturating_add(count(self.cache_reads))
    }

    /// The buckets; `tokensIn` may include what was cached.
    pub(super) fn tokens(&self, is_inside: bool) -> Tokens {
        let cached = if is_inside { self.cached() } else { 0 };
        Tokens::new(
            count(self.tokens_in).saturating_sub(cached),
            count(self.tokens_out),
            0,
            count(self.cache_reads),
            count(self.cache_writes),
        )
    }

    pub(super) fn raw_total(&self) -> u64 {
        [self.tokens_in, self.tokens_out, self.cache_writes, self.cache_reads]
            .into_iter()
            .fold(0, |sum, bucket| sum.saturating_add(count(bucket)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One request.
    Request,
    /// The sum of the requests that a restored checkpoint removed; Cline's includes earlier sums among them.
    Removed { with_sums: bool },
    /// The sum of the requests of subagents.
    Subagents,
    /// A request that shortened the context: only its cost is kept.
    Condensed,
}

/// A message that covers requests.
pub(super) struct Entry {
    pub kind: Kind,
    pub ts: i64,
    /// Time of the message before it.
    pub after: i64,
    pub usage: Usage,
    pub model: Option<Model>,
    /// Byte offset in the file.
    pub place: u64,
}
