//! Bounds names that other programs chose: a file may hold one of many megabytes, and every row about it would repeat that.

use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

/// A path has no more bytes on Linux, and ids have far fewer.
pub const MOST_BYTES: usize = 4096;
/// What takes the place of the rest: an ellipsis and a hash of the whole name.
const MARK_BYTES: usize = '…'.len_utf8() + 16;

/// The name; of a longer one its beginning and a hash, so that different names stay different.
pub fn bounded(name: &str) -> Cow<'_, str> {
    if name.len() <= MOST_BYTES {
        return Cow::Borrowed(name);
    }
    let start = &name[..name.floor_char_boundary(MOST_BYTES - MARK_BYTES)];
    Cow::Owned(format!("{start}…{:016x}", xxh3_64(name.as_bytes())))
}

/// The same for a name that is held.
pub fn bound(name: &mut String) {
    if let Cow::Owned(short) = bounded(name) {
        *name = short;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_once_and_stay_different() {
        for character in ["a", "é", "🦀"] {
            let [one, other] = ["1", "2"].map(|end| character.repeat(MOST_BYTES) + end);
            let (one, other) = (bounded(&one), bounded(&other));
            assert_ne!(one, other);
            for name in [one, other] {
                assert!((MOST_BYTES - 4..=MOST_BYTES).contains(&name.len()), "{}", name.len());
                assert_eq!(bounded(&name), name);
            }
        }
        let longest = "a".repeat(MOST_BYTES);
        assert_eq!(bounded(&longest), longest);
    }
}
