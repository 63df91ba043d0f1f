//! The message types and billed fields that this reader knows.

use crate::agents::shared::survey::{Vocabulary, Words};

const TYPES: &[&str] = &["error", "gemini", "info", "user", "warning"];
const USAGE: &[&str] = &["cached", "input", "output", "thoughts", "tool", "total"];

pub(super) static KNOWN: Vocabulary = Vocabulary {
    words: &[
        Words::new("message type", "type", TYPES),
        Words::new("message type", "messages.[].type", TYPES),
        Words::new("usage field", "tokens", USAGE),
        Words::new("usage field", "messages.[].tokens", USAGE),
    ],
    ..Vocabulary::EMPTY
};
