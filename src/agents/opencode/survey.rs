//! The message roles, billed fields and columns that this reader knows, of OpenCode and its relatives.

use crate::agents::shared::survey::{Vocabulary, Words};

const TOKENS: &[&str] = &["cache", "input", "output", "reasoning", "total"];
const CACHE: &[&str] = &["read", "write"];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("message role", "message.data:role", &["assistant", "user"]),
        Words::new("usage field", "message.data:tokens", TOKENS),
        Words::new("usage field", "message.data:tokens.cache", CACHE),
        // What Kilo's own cost, and the cost of several requests, is made of.
        Words::new("usage field", "part.data:type=step-finish/tokens", TOKENS),
        Words::new("usage field", "part.data:type=step-finish/tokens.cache", CACHE),
        Words::new("usage field", "session_message.data:tokens", TOKENS),
        Words::new("usage field", "session_message.data:tokens.cache", CACHE),
    ],
    columns: &[
        "session.cost",
        "session.tokens_cache_read",
        "session.tokens_cache_write",
        "session.tokens_input",
        "session.tokens_output",
        "session.tokens_reasoning",
        "session_v2.cost",
        "session_v2.tokens_cache_read",
        "session_v2.tokens_cache_write",
        "session_v2.tokens_input",
        "session_v2.tokens_output",
        "session_v2.tokens_reasoning",
    ],
    counts: &["cost"],
    ..Vocabulary::EMPTY
};
