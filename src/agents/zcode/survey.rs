//! The columns of usage that this reader knows.

use crate::agents::shared::survey::Vocabulary;

pub(super) static KNOWN: Vocabulary = Vocabulary {
    columns: &[
        "model_usage.cache_creation_input_tokens",
        "model_usage.cache_read_input_tokens",
        "model_usage.computed_total_tokens",
        "model_usage.input_tokens",
        "model_usage.output_tokens",
        "model_usage.reasoning_tokens",
    ],
    ..Vocabulary::EMPTY
};
