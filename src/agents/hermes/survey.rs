//! The columns of usage that this reader knows.

use crate::agents::shared::survey::Vocabulary;

pub(super) static KNOWN: Vocabulary = Vocabulary {
    columns: &[
        "messages.token_count",
        "session_model_usage.actual_cost_usd",
        "session_model_usage.cache_read_tokens",
        "session_model_usage.cache_write_tokens",
        "session_model_usage.estimated_cost_usd",
        "session_model_usage.input_tokens",
        "session_model_usage.output_tokens",
        "session_model_usage.reasoning_tokens",
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
