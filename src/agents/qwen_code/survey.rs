//! The record types and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    version: &["version"],
    words: &[
        Words::new("record type", "type", &["assistant", "system", "tool_result", "user"]),
        Words::new(
            "usage field",
            "usageMetadata",
            &[
                "cachedContentTokenCount",
                "candidatesTokenCount",
                "promptTokenCount",
                "promptTokensDetails",
                "thoughtsTokenCount",
                "toolUsePromptTokenCount",
                "totalTokenCount",
            ],
        ),
    ],
    // The list of all requests, events of telemetry, and sizes before and after a compression.
    counts: &[
        "cachedTokens",
        "cached_content_token_count",
        "inputTokens",
        "input_token_count",
        "newTokenCount",
        "originalTokenCount",
        "outputTokens",
        "output_token_count",
        "thoughtsTokens",
        "thoughts_token_count",
        "totalTokens",
        "total_token_count",
    ],
    ..Vocabulary::EMPTY
};
