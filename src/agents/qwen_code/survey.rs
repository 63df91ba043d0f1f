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
    counts: &["input_token_count", "output_token_count"],
    ..Vocabulary::EMPTY
};
