//! The usage object of a reply: its position and fields.

use super::super::reply::{FAST, Tier, Usage, list, region};
use crate::agents::shared::json_cursor::Cursor;

/// The fields of a usage in the order in which the program writes them.
const USUAL: [&[u8]; 6] = [
    b"\"input_tokens\":",
    b",\"cache_creation_input_tokens\":",
    b",\"cache_read_input_tokens\":",
    b",\"cache_creation\":{\"ephemeral_5m_input_tokens\":",
    b",\"ephemeral_1h_input_tokens\":",
    b"},\"output_tokens\":",
];

/// Reads the fields of a usage object whose brace is open; the usual order in one go.
pub(super) fn usage_fields<'a>(cursor: &mut Cursor<'a>, usage: &mut Usage, iterations: &mut &'a [u8]) -> Option<()> {
    let start = cursor.position();
    match usual_counts(cursor) {
        Some([input, cache_write, cache_read, cache_write_5m, cache_write_1h, output]) => {
            *usage = Usage {
                input,
                output,
                cache_read,
                cache_write: Some(cache_write),
                cache_write_5m,
                cache_write_1h,
                ..*usage
            };
        }
        None => cursor.jump(start),
    }
    while let Some(key) = cursor.key()? {
        match key {
            b"input_tokens" => usage.input = cursor.count()?,
            b"output_tokens" => usage.output = cursor.count()?,
            b"cache_read_input_tokens" => usage.cache_read = cursor.count()?,
            b"cache_creation_input_tokens" if cursor.peek()? != b'n' => usage.cache_write = Some(cursor.count()?),
            b"cache_creation" if cursor.peek()? == b'{' => {
                cursor.eat(b'{')?;
                while let Some(key) = cursor.key()? {
                    match key {
                        b"ephemeral_5m_input_tokens" => usage.cache_write_5m = cursor.count()?,
                        b"ephemeral_1h_input_tokens" => usage.cache_write_1h = cursor.count()?,
                        _ => drop(cursor.skip()?),
                    }
                }
            }
            b"output_tokens_details" if cursor.peek()? == b'{' => {
                cursor.eat(b'{')?;
                while let Some(key) = cursor.key()? {
                    match key {
                        b"thinking_tokens" => usage.thinking = cursor.count()?,
                        _ => drop(cursor.skip()?),
                    }
                }
            }
            b"server_tool_use" if cursor.peek()? == b'{' => {
                cursor.eat(b'{')?;
                while let Some(key) = cursor.key()? {
                    match key {
                        b"web_search_requests" => usage.web_searches = cursor.count()?,
                        _ => drop(cursor.skip()?),
                    }
                }
            }
            b"iterations" => *iterations = list(cursor.skip()?),
            b"inference_geo" if cursor.peek()? == b'"' => usage.region = region(cursor.string()?),
            b"service_tier" if cursor.peek()? == b'"' => usage.tier = Tier::named(cursor.string()?),
            b"speed" if cursor.peek()? == b'"' => usage.is_fast = cursor.string()? == FAST.as_bytes(),
            _ => drop(cursor.skip()?),
        }
    }
    Some(())
}

fn usual_counts(cursor: &mut Cursor<'_>) -> Option<[u64; 6]> {
    let mut counts = [0; 6];
    for (count, field) in counts.iter_mut().zip(USUAL) {
        cursor.literal(field)?;
        // Null is not 0 everywhere.
        *count = cursor.peek().filter(u8::is_ascii_digit).and_then(|_| cursor.count())?;
    }
    Some(counts)
}

/// How a reply stopped, in what stands right before a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// `stop_reason` is null.
    Open,
    Ended,
}

/// The `stop_reason` before this place, if nothing but how the reply stopped (`stop_reason`, `stop_sequence` and the like,
/// texts or null) stands between them, as in messages: then both are in one object, which no other record field looks like.
/// Read backwards: mostly it is the field right before. An escaped quote ends no text here, since no colon stands before it.
pub(super) fn stop_before(line: &[u8], place: usize) -> Option<Stop> {
    let mut rest = &line[..place];
    loop {
        rest = rest.strip_suffix(b",")?;
        let (before, is_null) = match rest.strip_suffix(b"null") {
            Some(before) => (before, true),
            None => (text_before(rest)?.0, false),
        };
        let key;
        (rest, key) = text_before(before.strip_suffix(b":")?)?;
        if key == b"stop_reason" {
            return Some(if is_null { Stop::Open } else { Stop::Ended });
        }
        if !key.starts_with(b"stop_") {
            return None;
        }
    }
}

/// What stands before a text, and that text, without its quotes.
fn text_before(line: &[u8]) -> Option<(&[u8], &[u8])> {
    const NEAR: usize = 160;
    let line = line.strip_suffix(b"\"")?;
    let from = line.len().saturating_sub(NEAR);
    let quote = from + memchr::memrchr(b'"', &line[from..])?;
    Some((&line[..quote], &line[quote + 1..]))
}
