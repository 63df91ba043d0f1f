//! `usage.iterations`: the requests one reply took. Some are billed beside its own usage, perhaps at another model.

use crate::agents::shared::lenient::{Count, Text, reason};
use crate::core::tokens::Tokens;
use serde::Deserialize;

/// A request that is not part of the reply's own usage.
#[derive(Debug, PartialEq)]
pub(super) struct Extra<'a> {
    /// Its place in the list.
    pub at: usize,
    /// `None`: that of the reply.
    pub model: Option<Text<'a>>,
    pub tokens: Tokens,
    pub cache_write_1h: u64,
}

#[derive(Deserialize)]
struct IterationJson<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_read_input_tokens: Count,
    #[serde(default)]
    cache_creation_input_tokens: Count,
    cache_creation: Option<CacheCreationJson>,
    output_tokens_details: Option<OutputDetailsJson>,
}

#[derive(Deserialize)]
struct CacheCreationJson {
    #[serde(default)]
    ephemeral_1h_input_tokens: Count,
}

#[derive(Deserialize)]
struct OutputDetailsJson {
    #[serde(default)]
    thinking_tokens: Count,
}

/// The requests billed beside the reply's usage: `advisor_message` and `compaction`. A `message` is in that usage already;
/// what was declined before a `fallback_message` is free.
///
/// # Errors
/// The reason why the list cannot be read.
pub(super) fn extras(list: &[u8]) -> Result<Vec<Extra<'_>>, String> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let iterations: Vec<IterationJson<'_>> =
        serde_json::from_slice(list).map_err(|error| format!("iterations of a reply hold {}", reason(&error)))?;
    let extras = iterations.into_iter().enumerate().filter_map(|(at, iteration)| {
        let is_extra = matches!(iteration.kind.as_deref(), Some("advisor_message" | "compaction"));
        let thinking = iteration
            .output_tokens_details
            .map_or(0, |details| details.thinking_tokens.0);
        let tokens = Tokens::new(
            iteration.input_tokens.0,
            iteration.output_tokens.0.saturating_sub(thinking),
            thinking.min(iteration.output_tokens.0),
            iteration.cache_read_input_tokens.0,
            iteration.cache_creation_input_tokens.0,
        );
        let written = iteration
            .cache_creation
            .map_or(0, |parts| parts.ephemeral_1h_input_tokens.0);
        (is_extra && !tokens.is_zero()).then(|| Extra {
            at,
            model: iteration.model.filter(|model| !model.is_empty()),
            tokens,
            cache_write_1h: written.min(tokens.counts()[4]),
        })
    });
    Ok(extras.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_billed_beside_the_reply_is_taken() {
        let list = br#"[
            {"type":"compaction","input_tokens":180000,"output_tokens":3500,"cache_read_input_tokens":null},
            {"type":"message","input_tokens":1,"output_tokens":45},
            {"type":"advisor_message","model":"claude-opus-4-8","input_tokens":5,"output_tokens":9,
             "cache_creation_input_tokens":7,"cache_creation":{"ephemeral_1h_input_tokens":7},"output_tokens_details":{"thinking_tokens":4}},
            {"type":"fallback_message","model":"m","input_tokens":5}, {"type":"advisor_message"}]"#;
        let extras = extras(list).expect("a list");
        let shown: Vec<_> = extras
            .iter()
            .map(|extra| (extra.at, extra.model.as_deref(), extra.tokens))
            .collect();
        assert_eq!(
            shown,
            [
                (0, None, Tokens::new(180_000, 3500, 0, 0, 0)),
                (2, Some("claude-opus-4-8"), Tokens::new(5, 5, 4, 0, 7)),
            ]
        );
        assert_eq!(extras[1].cache_write_1h, 7);
    }

    #[test]
    fn a_damaged_list_is_named() {
        assert!(extras(br#"[{"type":1}]"#).is_err() && extras(b"{}").is_err());
    }
}
