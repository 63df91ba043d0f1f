//! `cost-state` records: a session's totals by model, written when the program ends.

use crate::agents::shared::instant::possible;
use crate::agents::shared::lenient::{Count, Text};
use crate::core::money::Money;
use memchr::memmem;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// What the record is called.
pub(super) const KIND: &str = "cost-state";

/// Input, output with thinking, thinking, cache reads, cache writes, the part of those for one hour, web searches, and
/// nano-dollars.
pub(super) type Counts = [u64; 8];

/// One `cost-state`.
#[derive(Clone, Debug, Default)]
pub(super) struct CostState {
    /// Its offset in the transcript.
    pub place: u64,
    /// Hash of its content, but for its session: a copy under another id has the same.
    pub identity: u64,
    /// When the reply before it was made; before the first one, when the session began.
    pub time: i64,
    pub models: BTreeMap<String, Counts>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CostStateJson<'a> {
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(default)]
    start_time: Count,
    #[serde(borrow, default)]
    model_usage: BTreeMap<Cow<'a, str>, UsageJson>,
    /// Whether some model has no price: the program takes another one's.
    #[serde(default)]
    has_unknown_model_cost: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct UsageJson {
    input_tokens: Count,
    output_tokens: Count,
    thinking_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
    #[serde(rename = "cacheCreationEphemeral1hInputTokens")]
    cache_write_1h: Count,
    web_search_requests: Count,
    #[serde(rename = "costUSD")]
    cost: Option<f64>,
}

impl CostState {
    /// Reads the record of a session; `None` for another session's.
    ///
    /// # Errors
    /// When it is not JSON, or a count is none.
    pub(super) fn parse(line: &[u8], session: &str, place: u64, time: i64) -> serde_json::Result<Option<Self>> {
        let record: CostStateJson<'_> = serde_json::from_slice(line)?;
        let is_priced = !record.has_unknown_model_cost;
        let models = record.model_usage.into_iter().map(|(model, usage)| {
            let cost = usage.cost.filter(|cost| is_priced && (0.0..1e9).contains(cost));
            let nanos = cost.map_or(0, |cost| Money::from_dollars(cost).nanos().unsigned_abs());
            let counts = [
                usage.input_tokens,
                usage.output_tokens,
                usage.thinking_tokens,
                usage.cache_read_input_tokens,
                usage.cache_creation_input_tokens,
                usage.cache_write_1h,
                usage.web_search_requests,
            ];
            let [a, b, c, d, e, f, g] = counts.map(|count| count.0);
            (plain(&model).to_owned(), [a, b, c, d, e, f, g, nanos])
        });
        let id = record.session_id.unwrap_or_default();
        let state = Self {
            place,
            identity: xxh3_64(String::from_utf8_lossy(line).replace(&*id, "").as_bytes()),
            time: if time == 0 {
                let started = i64::try_from(record.start_time.0).ok().filter(|&at| at != 0);
                started.and_then(possible).unwrap_or_default()
            } else {
                time
            },
            models: models.collect(),
        };
        Ok((*id == *session).then_some(state))
    }
}

/// Whether a line that is no reply is a record of this kind, in whatever order its keys are.
pub(super) fn is_kind(line: &[u8], kind: &str) -> bool {
    #[derive(Deserialize)]
    struct KindJson<'a> {
        #[serde(borrow, default, rename = "type")]
        kind: Option<Text<'a>>,
    }
    // As the program writes nearly all lines.
    if let Some(rest) = line.strip_prefix(b"{\"type\":\"") {
        return rest
            .strip_prefix(kind.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"\""));
    }
    !line.starts_with(b"{\"parentUuid\":")
        && memmem::find(line, kind.as_bytes()).is_some()
        && serde_json::from_slice::<KindJson<'_>>(line).is_ok_and(|record| record.kind.as_deref() == Some(kind))
}

/// A model without what the program adds to its id: `claude-opus-4-8[1m]`.
pub(super) fn plain(model: &str) -> &str {
    model.split_once('[').map_or(model, |(model, _)| model)
}
