//! The event types and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

const USAGE: &[&str] = &[
    "cacheReadTokens",
    "cacheWriteTokens",
    "inputTokens",
    "outputTokens",
    "reasoningTokens",
];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    version: &["data.copilotVersion"],
    words: &[Words::new("usage field", "data.modelMetrics.*.usage", USAGE)],
    counts: &["postCompactionTokens", "preCompactionTokens"],
    ..Vocabulary::EMPTY
};
