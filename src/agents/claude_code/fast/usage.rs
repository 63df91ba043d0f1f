//! The usage object of a reply: its position and fields.

use super::super::reply::{FAST, Tier, Usage, region};
use crate::agents::shared::json_cursor::Cursor;
use memchr::memmem::FinderRev;
use std::sync::LazyLock;

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
            b"iterations" => {
                let list = cursor.skip()?;
                *iterations = if matches!(list, b"[]" | b"null") { b"" } else { list };
            }
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
pub(super) fn stop_before(line: &[u8], place: usize) -> Option<Stop> {
    const KEY: &[u8] = b"\"stop_reason\":";
    if let Some(before) = line[..place].strip_suffix(b",\"stop_sequence\":null,") {
        if let Some(key) = before.strip_suffix(b"null") {
            if key.ends_with(KEY) {
                return Some(Stop::Open);
            }
        } else {
            // An escaped quote is no end: then what stands before is no key either.
            let text = before.strip_suffix(b"\"");
            let key = text.and_then(|text| Some(&text[..memchr::memrchr(b'"', text)?]));
            if key.is_some_and(|key| key.ends_with(KEY)) {
                return Some(Stop::Ended);
            }
        }
    }
    const NEAR: usize = 160;
    let from = place.saturating_sub(NEAR);
    static STOP_REASON: LazyLock<FinderRev<'static>> = LazyLock::new(|| FinderRev::new("\"stop_reason\""));
    let at = STOP_REASON.rfind(&line[from..place])?;
    let mut cursor = Cursor::new(&line[..place]);
    cursor.jump(from + at);
    let mut stop = Stop::Ended;
    while let Some(Some(key)) = cursor.key() {
        let is_null = match cursor.peek()? {
            b'n' => true,
            b'"' => false,
            _ => return None,
        };
        if !key.starts_with(b"stop_") {
            return None;
        }
        if key == b"stop_reason" && is_null {
            stop = Stop::Open;
        }
        cursor.skip()?;
        if cursor.eat(b',').is_some() && cursor.is_at_end() {
            return Some(stop);
        }
    }
    None
}
