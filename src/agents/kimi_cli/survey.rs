//! The record types and billed fields that this reader knows, of Kimi CLI and Kimi Code.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new(
            "usage field",
            "message.payload.token_usage",
            &["input_cache_creation", "input_cache_read", "input_other", "output"],
        ),
        Words::new(
            "usage field",
            "type=usage.record/usage",
            &["inputCacheCreation", "inputCacheRead", "inputOther", "output"],
        ),
    ],
    ..Vocabulary::EMPTY
};
