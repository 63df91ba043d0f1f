//! The billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

const USAGE: &[&str] = &[
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "input_tokens",
    "output_tokens",
    "prompt_tokens",
    "reasoning_output_tokens",
];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("usage field", "messages.[].token_usage", USAGE),
        Words::new("usage field", "append_messages.[].token_usage", USAGE),
    ],
    ..Vocabulary::EMPTY
};
