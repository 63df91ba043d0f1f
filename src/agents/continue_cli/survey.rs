//! The message roles and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new(
            "message role",
            "history.[].message.role",
            &["assistant", "system", "thinking", "tool", "user"],
        ),
        Words::new(
            "usage field",
            "history.[].message.usage",
            &[
                "completion_tokens",
                "completion_tokens_details",
                "cost_cents",
                "model",
                "prompt_tokens",
                "prompt_tokens_details",
                "total_tokens",
            ],
        ),
        Words::new(
            "usage field",
            "history.[].message.usage.prompt_tokens_details",
            &[
                "cache_creation_tokens",
                "cache_read_tokens",
                "cache_write_tokens",
                "cached_tokens",
            ],
        ),
        Words::new(
            "usage field",
            "history.[].message.usage.completion_tokens_details",
            &["reasoning_tokens"],
        ),
    ],
    // Sums of the session, and what Continue counted itself.
    counts: &[
        "cacheWriteTokens",
        "cachedTokens",
        "completionTokens",
        "promptTokens",
        "totalCost",
    ],
    ..Vocabulary::EMPTY
};
