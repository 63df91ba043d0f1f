//! The end of a transcript: its newest complete records, without reading what is before them.

use crate::agents::shared::lenient::lossy;
use crate::system::open::{self, Most};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The newest complete lines within the last `bytes` of a file, and whether that is all of it.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn newest_lines(path: &Path, bytes: u64) -> Result<(String, bool)> {
    let describe = || format!("could not read {}", path.display());
    let (mut file, metadata) = open::open(path).with_context(describe)?;
    let size = metadata.len();
    let start = size.saturating_sub(bytes);
    file.seek(SeekFrom::Start(start)).with_context(describe)?;
    let mut text = Vec::new();
    file.take(bytes).read_to_end(&mut text).with_context(describe)?;
    // What follows the last newline is still being written; what precedes the first began before `start`.
    text.truncate(memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1));
    if start > 0 {
        let first = memchr::memchr(b'\n', &text).map_or(text.len(), |at| at + 1);
        text.drain(..first);
    }
    Ok((lossy(&text).into_owned(), start == 0))
}

/// The complete lines within the first `bytes` of a file; `None` without one.
pub(super) fn first_lines(path: &Path, bytes: u64) -> Option<String> {
    let mut text = open::read_start(path, Most(bytes)).ok()?;
    text.truncate(memchr::memrchr(b'\n', &text)?);
    Some(lossy(&text).into_owned())
}

/// A session that is one JSON object with its messages in an array.
#[derive(Deserialize)]
pub(super) struct Whole<'a> {
    #[serde(borrow, default)]
    pub messages: Vec<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_count() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, "first\nsecond\nthird\nfou").expect("written");
        let lines = |bytes| newest_lines(&path, bytes).expect("read");
        assert_eq!(lines(100), ("first\nsecond\nthird\n".into(), true));
        assert_eq!(lines(12), ("third\n".into(), false));
        assert_eq!(lines(5), (String::new(), false));
        assert_eq!(first_lines(&path, 14).as_deref(), Some("first\nsecond"));
        assert_eq!(first_lines(&path, 3), None);
    }
}
