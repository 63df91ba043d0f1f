//! The billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[Words::new(
        "usage field",
        "cursorDiskKV.value:tokenCount",
        &["inputTokens", "outputTokens"],
    )],
    ..Vocabulary::EMPTY
};
