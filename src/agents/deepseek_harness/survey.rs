//! The billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

const USAGE: &[&str] = &[
    "cacheReadTokens",
    "cacheWriteTokens",
    "inputTokens",
    "outputTokens",
    "reasoningTokens",
    "totalTokens",
];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("usage field", "data.usage", USAGE),
        Words::new("usage field", "data.stream.[].chunk.usage", USAGE),
    ],
    ..Vocabulary::EMPTY
};
