//! The columns of usage that this reader knows.

use crate::agents::shared::survey::Vocabulary;

pub(super) static KNOWN: Vocabulary = Vocabulary {
    columns: &[
        "messages.token_count",
        "sessions.actual_cost_usd",
        "sessions.cache_read_tokens",
        "sessions.cache_write_tokens",
        "sessions.estimated_cost_usd",
        "sessions.input_tokens",
        "sessions.output_tokens",
        "sessions.reasoning_tokens",
    ],
    ..Vocabulary::EMPTY
};
