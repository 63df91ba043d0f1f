//! Places in a line that are found without a look at most of its text.

use super::super::reply::REPLY;
use crate::agents::shared::json_cursor::Cursor;

/// How far from a reply's end its counts mostly are.
pub(super) const NEAR_END_BYTES: usize = 768;

/// The needle near the end of a reply, or its first one.
pub(super) fn near_end(line: &[u8], start: usize) -> Option<usize> {
    let near = line.len().saturating_sub(NEAR_END_BYTES).max(start);
    match REPLY.find(&line[near..]) {
        Some(at) => Some(near + at),
        None => REPLY.find(line),
    }
}

/// Reads on to the message of a record that is of another type than replies: as for replies, the same bytes will mean
/// the same fields again.
pub(super) fn end_of_others_head(cursor: &mut Cursor<'_>) -> Option<usize> {
    let mut is_other = false;
    loop {
        match cursor.key()?? {
            b"message" => return is_other.then_some(cursor.position()),
            b"type" => is_other = cursor.string()? != b"assistant",
            _ => drop(cursor.skip()?),
        }
    }
}
