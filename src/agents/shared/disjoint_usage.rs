//! Counts in the words of Anthropic's API, whoever writes them: `input_tokens` holds no cached ones.

use super::lenient::Count;
use crate::core::tokens::Tokens;
use serde::Deserialize;

/// Disjoint but for reasoning, which is inside the output.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Usage {
    pub input_tokens: Count,
    pub output_tokens: Count,
    pub cache_read_input_tokens: Count,
    pub cache_creation_input_tokens: Count,
}

impl Usage {
    pub fn tokens(self) -> Tokens {
        Tokens::new(
            self.input_tokens.0,
            self.output_tokens.0,
            0,
            self.cache_read_input_tokens.0,
            self.cache_creation_input_tokens.0,
        )
    }

    pub fn plus(self, other: Self) -> Self {
        let sum = |ours: Count, theirs: Count| Count(ours.0.saturating_add(theirs.0));
        Self {
            input_tokens: sum(self.input_tokens, other.input_tokens),
            output_tokens: sum(self.output_tokens, other.output_tokens),
            cache_read_input_tokens: sum(self.cache_read_input_tokens, other.cache_read_input_tokens),
            cache_creation_input_tokens: sum(self.cache_creation_input_tokens, other.cache_creation_input_tokens),
        }
    }
}
