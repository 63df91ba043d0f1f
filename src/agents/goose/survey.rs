//! The columns of usage that this reader knows.

use crate::agents::shared::survey::Vocabulary;

pub(super) static KNOWN: Vocabulary = Vocabulary {
    // The plain columns are those of the last request.
    columns: &[
        "messages.tokens",
        "sessions.accumulated_cache_read_tokens",
        "sessions.accumulated_cache_write_tokens",
        "sessions.accumulated_cost",
        "sessions.accumulated_input_tokens",
        "sessions.accumulated_output_tokens",
        "sessions.accumulated_total_tokens",
        "sessions.input_tokens",
        "sessions.output_tokens",
        "sessions.total_tokens",
        "usage_ledger.cache_read_tokens",
        "usage_ledger.cache_write_tokens",
        "usage_ledger.cost",
        "usage_ledger.cost_source",
        "usage_ledger.input_tokens",
        "usage_ledger.output_tokens",
        "usage_ledger.total_tokens",
    ],
    ..Vocabulary::EMPTY
};
