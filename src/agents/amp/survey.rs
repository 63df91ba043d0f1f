//! The message roles and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("message role", "messages.[].role", &["assistant", "info", "user"]),
        Words::new("usage field", "usageLedger.events.[].tokens", &["input", "output"]),
        Words::new(
            "usage field",
            "messages.[].usage",
            &[
                "cacheCreationInputTokens",
                "cacheReadInputTokens",
                "credits",
                "inputTokens",
                "maxInputTokens",
                "model",
                "outputTokens",
                "timestamp",
                "totalInputTokens",
            ],
        ),
    ],
    ..Vocabulary::EMPTY
};
