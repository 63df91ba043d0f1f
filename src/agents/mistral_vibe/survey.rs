//! The billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[Words::new(
        "usage field",
        "session.tokenUsage",
        &["cachedInputTokens", "inputTokens", "outputTokens", "totalTokens"],
    )],
    ..Vocabulary::EMPTY
};
