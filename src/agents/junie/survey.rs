//! The billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[Words::new(
        "usage field",
        "event.agentEvent.modelUsage.[]",
        &[
            "cacheCreateTokens",
            "cacheInputTokens",
            "cost",
            "inputTokens",
            "model",
            "outputTokens",
            "provider",
            "reasoningTokens",
            "time",
        ],
    )],
    ..Vocabulary::EMPTY
};
