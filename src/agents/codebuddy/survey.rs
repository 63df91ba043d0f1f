//! The item types and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

const USAGE: &[&str] = &[
    "cacheCreationInputTokens",
    "cacheReadInputTokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "completion_thinking_tokens",
    "completion_tokens",
    "completion_tokens_details",
    "credit",
    "inputTokens",
    "inputTokensDetails",
    "input_tokens",
    "input_tokens_details",
    "outputTokens",
    "outputTokensDetails",
    "output_tokens",
    "output_tokens_details",
    "prompt_cache_hit_tokens",
    "prompt_cache_miss_tokens",
    "prompt_cache_write_tokens",
    "prompt_tokens",
    "prompt_tokens_details",
    "requestUsageEntries",
    "requests",
    "totalTokens",
    "total_tokens",
];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new(
            "item type",
            "type",
            &[
                "ai-title",
                "compaction",
                "computer_call",
                "custom-title",
                "file-history-snapshot",
                "function_call",
                "function_call_output",
                "function_call_result",
                "message",
                "reasoning",
                "session-meta",
                "session_meta",
                "summary",
                "system",
                "topic",
            ],
        ),
        Words::new("usage field", "providerData.rawUsage", USAGE),
        Words::new("usage field", "providerData.usage", USAGE),
        Words::new("usage field", "message.usage", USAGE),
    ],
    counts: &["cached_tokens", "reasoning_tokens"],
    ..Vocabulary::EMPTY
};
