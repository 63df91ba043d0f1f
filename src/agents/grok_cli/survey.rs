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
];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("usage field", "params.update.usage", USAGE),
        Words::new("usage field", "params.update.usage.modelUsage.*", USAGE),
    ],
    ..Vocabulary::EMPTY
};
