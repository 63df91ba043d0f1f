//! Replies without ids: when they came, and what they used, identifies them.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// How often each reply occurred in a log, of those that look alike.
#[derive(Default, Serialize, Deserialize)]
pub struct Occurrences(FxHashMap<u64, u32>);

impl Occurrences {
    /// Counts one more that looks like this; 1 for the first.
    pub fn number(&mut self, look: &str) -> u32 {
        let number = self.0.entry(xxh3_64(look.as_bytes())).or_default();
        *number += 1;
        *number
    }
}

/// The replies of a log that gives them no id. A copy of the log repeats times and counts, and with them the numbers of replies
/// that agree in both.
#[derive(Default, Serialize, Deserialize)]
pub struct Nameless(Occurrences);

impl Nameless {
    /// The key of a reply of a session with such a model and counts. Without a time, replies of two sessions that agree prove
    /// nothing.
    pub fn key(&mut self, session: &str, time: i64, content: &str) -> String {
        let look = format!("{session}\0{time}\0{content}");
        let number = self.0.number(&look);
        match time {
            ..=0 => format!("{look}\0#{number}"),
            time => format!("{time}\0{content}\0#{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_keys_of_its_original_and_equal_replies_have_their_own() {
        let keys = |session: &str, time| {
            let mut nameless = Nameless::default();
            ["a 1", "a 1", "a 2"].map(|content| nameless.key(session, time, content))
        };
        let original = keys("s1", 5);
        assert_eq!(keys("s2", 5), original);
        assert_ne!(original[0], original[1]);
        assert_ne!(keys("s1", 6)[0], original[0]);
        assert_ne!(keys("s2", 0)[0], keys("s1", 0)[0], "nothing tells that one is a copy");
    }

    #[test]
    fn numbers_go_on_after_a_read() {
        let mut nameless = Nameless::default();
        let first = nameless.key("s", 5, "a 1");
        let state = serde_json::to_string(&nameless).expect("a state");
        let mut read: Nameless = serde_json::from_str(&state).expect("the state");
        assert_ne!(read.key("s", 5, "a 1"), first);
    }
}
