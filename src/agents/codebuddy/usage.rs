//! The usage of a response, in the spellings of the providers that CodeBuddy asks.

use crate::agents::shared::lenient::Count;
use crate::core::tokens::Tokens;
use serde::Deserialize;

/// Several spellings may be there at once.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    prompt_tokens: Option<Count>,
    input_tokens: Option<Count>,
    #[serde(rename = "inputTokens")]
    input_camel: Option<Count>,
    completion_tokens: Option<Count>,
    output_tokens: Option<Count>,
    #[serde(rename = "outputTokens")]
    output_camel: Option<Count>,
    total_tokens: Option<Count>,
    #[serde(rename = "totalTokens")]
    total_camel: Option<Count>,
    cache_read_input_tokens: Option<Count>,
    #[serde(rename = "cacheReadInputTokens")]
    cache_read_camel: Option<Count>,
    prompt_cache_hit_tokens: Option<Count>,
    prompt_tokens_details: Option<Details>,
    input_tokens_details: Option<Details>,
    cache_creation_input_tokens: Option<Count>,
    #[serde(rename = "cacheCreationInputTokens")]
    cache_write_camel: Option<Count>,
    prompt_cache_write_tokens: Option<Count>,
    completion_thinking_tokens: Option<Count>,
    completion_tokens_details: Option<Details>,
    output_tokens_details: Option<Details>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<Count>,
    reasoning_tokens: Option<Count>,
}

impl Usage {
    /// Cached tokens are inside the input and reasoning inside the output, unless only the sum makes the total.
    pub(super) fn tokens(self) -> Tokens {
        let first = |counts: &[Option<Count>]| {
            let counts = counts.iter().flatten().map(|count| count.0);
            counts.clone().find(|count| *count > 0).unwrap_or(0)
        };
        let cached = |details: Option<Details>| details.and_then(|details| details.cached_tokens);
        let thought = |details: Option<Details>| details.and_then(|details| details.reasoning_tokens);
        let input = first(&[self.prompt_tokens, self.input_tokens, self.input_camel]);
        let output = first(&[self.completion_tokens, self.output_tokens, self.output_camel]);
        let total = first(&[self.total_tokens, self.total_camel]);
        let read = first(&[
            self.cache_read_input_tokens,
            self.cache_read_camel,
            cached(self.prompt_tokens_details),
            cached(self.input_tokens_details),
            self.prompt_cache_hit_tokens,
        ]);
        let write = first(&[
            self.cache_creation_input_tokens,
            self.cache_write_camel,
            self.prompt_cache_write_tokens,
        ]);
        let reasoning = first(&[
            thought(self.completion_tokens_details),
            thought(self.output_tokens_details),
            self.completion_thinking_tokens,
        ])
        .min(output);
        let caches = read.saturating_add(write);
        let sum = input.saturating_add(output);
        let is_beside = caches > 0 && (caches > input || (total != sum && total == sum.saturating_add(caches)));
        let fresh = if is_beside { input } else { input - caches };
        Tokens::new(fresh, output - reasoning, reasoning, read, write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_gives_disjoint_counts() {
        for (usage, expected) in [
            (
                r#"{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":10},"credit":0.5}"#,
                [40, 20, 10, 60, 0],
            ),
            (
                r#"{"input_tokens":24486,"output_tokens":3,"total_tokens":24489,"cache_read_input_tokens":14720}"#,
                [9766, 3, 0, 14720, 0],
            ),
            (
                r#"{"input_tokens":5,"output_tokens":3,"cache_read_input_tokens":700,"cache_creation_input_tokens":20}"#,
                [5, 3, 0, 700, 20],
            ),
            (
                r#"{"inputTokens":900,"outputTokens":3,"totalTokens":1603,"cacheReadInputTokens":700}"#,
                [900, 3, 0, 700, 0],
            ),
            (
                r#"{"prompt_tokens":10,"input_tokens":10,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6,"completion_tokens":1}"#,
                [6, 1, 0, 4, 0],
            ),
        ] {
            let tokens = serde_json::from_str::<Usage>(usage).expect("a usage").tokens();
            let [input, output, reasoning, read, write] = expected;
            assert_eq!(tokens, Tokens::new(input, output, reasoning, read, write), "{usage}");
        }
    }
}
