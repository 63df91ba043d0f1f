//! The billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[Words::new(
        "usage field",
        "message_nodes.chat_message:metadata.metrics",
        &[
            "cache_creation_tokens",
            "cache_read_tokens",
            "input_tokens",
            "output_tokens",
            "tokens_per_second",
            "total_time_ms",
            "ttft_ms",
        ],
    )],
    // The size of a message, not what it cost.
    counts: &["num_tokens", "num_tokens_preceding"],
    ..Vocabulary::EMPTY
};
