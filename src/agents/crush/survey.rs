//! The columns of usage that this reader knows.

use crate::agents::shared::survey::Vocabulary;

pub(super) static KNOWN: Vocabulary = Vocabulary {
    columns: &["sessions.completion_tokens", "sessions.cost", "sessions.prompt_tokens"],
    ..Vocabulary::EMPTY
};
