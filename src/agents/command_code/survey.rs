//! The entry types and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new(
            "entry type",
            "type",
            &[
                "branch_summary",
                "compaction",
                "custom",
                "custom_message",
                "effort_change",
                "label",
                "message",
                "model_change",
                "session",
                "session_info",
            ],
        ),
        Words::new(
            "usage field",
            "usage",
            &[
                "cacheReadTokens",
                "cacheWriteTokens",
                "cacheWriteTokens1h",
                "costUsd",
                "inputTokens",
                "outputTokens",
            ],
        ),
    ],
    counts: &["tokensBefore"],
    ..Vocabulary::EMPTY
};
