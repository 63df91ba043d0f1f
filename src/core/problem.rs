//! Problem: skipped input, with its place and the reason.

use std::fmt;

/// Something that could not be read or used; the rest was answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// The file (with `:line` or `:row` where known), command or URL host.
    pub place: String,
    /// Why, in lower case, without a full stop, never with the content.
    pub reason: String,
}

impl Problem {
    pub fn new(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self {
            place: place.to_string(),
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}
