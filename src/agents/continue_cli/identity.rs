//! Which replies are copies of each other: replies have neither ids nor times, so all words and calls up to one identify it, and
//! the time at which the session that asked for it was made.
//!
//! Sessions that are equal word for word and count for count are two where the list of sessions has a time for each. A fork has
//! such a time, too, but not the replies that it copied: its total shows which these are.

use super::ID;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Turn};

/// Prompt and completion tokens, as the provider reports them.
pub(super) type Pair = [u64; 2];

/// A reply in the history.
pub(super) struct Reply {
    /// Its words and those before it, and its counts.
    pub content: String,
    pub counts: Pair,
    pub tokens: Tokens,
    pub model: String,
    pub place: u64,
}

/// When a session was made; without a time it is a copy of any other with the same content.
#[derive(Clone, Copy)]
pub(super) struct Identity(pub Option<i64>);

impl Identity {
    fn own(self, is_own: bool) -> Option<i64> {
        self.0.filter(|_| is_own)
    }

    pub(super) fn event(self, content: &str, is_own: bool) -> EventKey {
        match self.own(is_own) {
            Some(made) => EventKey::of(ID, format!("{made}\0{content}")),
            None => EventKey::of(ID, content),
        }
    }

    /// A turn that replaces the copies of a content, or is one.
    pub(super) fn plain(self, content: &str, is_own: bool) -> Turn<'_> {
        let is_original = self.own(is_own).is_some();
        Turn {
            segment: Some(content).filter(|_| !is_original),
            supersedes: Some(content).filter(|_| is_original),
            ..Turn::PLAIN
        }
    }
}
