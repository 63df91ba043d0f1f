//! The roles and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("role", "role", &["assistant", "system", "user"]),
        Words::new("usage field", "metadata.usage", USAGE),
        Words::new("usage field", "metadata.toolModelUsages.[].usage", USAGE),
        Words::new("usage field", "usage", USAGE),
    ],
    counts: &["cacheCreationInputTokens", "systemMessageTokens"],
    ..Vocabulary::EMPTY
};

const USAGE: &[&str] = &[
    "cachedInputTokens",
    "inputTokens",
    "outputTokens",
    "reasoningTokens",
    "totalTokens",
];
