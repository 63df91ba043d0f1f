//! The billed fields that this reader knows.

use crate::agents::shared::survey::Vocabulary;

pub(super) static KNOWN: Vocabulary = Vocabulary {
    counts: &[
        "completionTokens",
        "copilotCredits",
        "credits",
        "maxInputTokens",
        "maxOutputTokens",
        "outputTokens",
        "promptTokenDetails",
        "promptTokens",
    ],
    ..Vocabulary::EMPTY
};
