//! The update types and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

const USAGE: &[&str] = &[
    "apiDurationMs",
    "cacheCreationTokens",
    "cachedReadTokens",
    "costIsPartial",
    "costUsdTicks",
    "inputTokens",
    "modelCalls",
    "modelUsage",
    "numTurns",
    "outputTokens",
    "reasoningTokens",
    "totalTokens",
    "usageIsIncomplete",
];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("usage field", "params.update.usage", USAGE),
        Words::new("usage field", "params.update.usage.modelUsage.*", USAGE),
    ],
    // The size of a context.
    counts: &["context_window_tokens", "tokens_after", "tokens_before", "tokens_used"],
    ..Vocabulary::EMPTY
};
