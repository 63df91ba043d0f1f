//! One assistant record of a transcript: found by its `usage`, read without parsing what was said.

use crate::agents::instant::parse_time;
use crate::agents::json_text::Cursor;
use crate::agents::lenient::{Count, Text, When};
use crate::core::tokens::MAX_COUNT;
use memchr::memmem;
use serde::Deserialize;
use std::borrow::Cow;

/// What a line must contain to be a reply; quotes inside JSON strings are escaped, so only keys (and whole strings) match.
pub const NEEDLE: &str = "\"usage\"";

/// The wanted fields of one record.
#[derive(Debug, Default, PartialEq)]
pub struct Reply<'a> {
    pub session_id: Cow<'a, str>,
    pub uuid: Cow<'a, str>,
    pub cwd: Cow<'a, str>,
    /// Epoch milliseconds; `None` where it is missing or unreadable.
    pub timestamp: Option<i64>,
    pub is_sidechain: bool,
    pub is_api_error: bool,
    /// Dollars; only in very old files.
    pub cost: Option<f64>,
    /// `None` where the record has none: then `uuid` tells replies apart.
    pub message_id: Option<Cow<'a, str>>,
    pub model: Cow<'a, str>,
    pub usage: Usage<'a>,
}

/// `message.usage`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage<'a> {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    /// `None` where the field is missing: then the two parts are all there is.
    pub cache_write: Option<u64>,
    pub cache_write_5m: u64,
    pub cache_write_1h: u64,
    pub service_tier: Cow<'a, str>,
    pub speed: Cow<'a, str>,
}

/// Reads a line that contains [`NEEDLE`]; `None` for another kind of record, and for a reply without counts.
///
/// # Errors
/// When it is not JSON, or a wanted field has an unexpected type.
pub fn parse(line: &[u8]) -> Result<Option<Reply<'_>>, serde_json::Error> {
    match parse_fast(line) {
        Some(parsed) => Ok(parsed),
        None => parse_whole(line),
    }
}

/// Parses what stands before `message.content`, jumps to the usage, and parses the rest. `None`: let a real parser look.
///
/// The jump is safe because what follows must close exactly two objects at the line's end, so the usage was found two
/// levels deep; and because the same object must have a `stop_reason` close to it, which of all objects at that depth
/// only a message has. A usage in tool input lies deeper, one in `toolUseResult` has no `stop_reason`.
fn parse_fast(line: &[u8]) -> Option<Option<Reply<'_>>> {
    let mut reply = Reply::default();
    let mut head = Head::default();
    let mut cursor = Cursor::new(line);
    cursor.eat(b'{')?;
    let jumped = loop {
        match cursor.key()? {
            None => return cursor.is_at_end().then_some(None),
            Some(b"message") => {
                if head.is_other() {
                    return Some(None);
                }
                cursor.eat(b'{')?;
                if message_fields(&mut cursor, &mut reply, &mut head)? {
                    break true;
                }
            }
            Some(key) => root_field(key, &mut cursor, &mut reply, &mut head)?,
        }
        if head.has_usage {
            break false;
        }
    };
    if !jumped {
        return finish(&mut cursor, reply, head, false);
    }
    let content = cursor.position();
    memmem::find_iter(&line[content..], NEEDLE.as_bytes()).find_map(|at| {
        let mut reply = Reply {
            usage: Usage::default(),
            ..reply.share()
        };
        let mut head = head;
        cursor.jump(content + at);
        head.has_stop_reason = follows_stop_reason(line, content + at);
        if message_fields(&mut cursor, &mut reply, &mut head)? {
            return None;
        }
        finish(&mut cursor, reply, head, true)
    })
}

/// What was learned on the way besides the reply itself.
#[derive(Clone, Copy, Default)]
struct Head {
    /// `None` until the record's `type` was read.
    is_assistant: Option<bool>,
    has_usage: bool,
    has_stop_reason: bool,
}

impl Head {
    fn is_other(self) -> bool {
        self.is_assistant == Some(false)
    }
}

/// Reads the record's remaining fields; the record must end with the line.
fn finish<'a>(
    cursor: &mut Cursor<'a>,
    mut reply: Reply<'a>,
    mut head: Head,
    jumped: bool,
) -> Option<Option<Reply<'a>>> {
    while let Some(key) = cursor.key()? {
        root_field(key, cursor, &mut reply, &mut head)?;
    }
    if !cursor.is_at_end() || jumped && !(head.has_usage && head.has_stop_reason) {
        return None;
    }
    match head.is_assistant {
        Some(true) if head.has_usage => Some(Some(reply)),
        Some(_) => Some(None),
        None => None,
    }
}

fn root_field<'a>(key: &[u8], cursor: &mut Cursor<'a>, reply: &mut Reply<'a>, head: &mut Head) -> Option<()> {
    match key {
        b"type" => head.is_assistant = Some(cursor.string()? == b"assistant"),
        b"sessionId" => reply.session_id = cursor.text_or_null()?.into(),
        b"uuid" => reply.uuid = cursor.text_or_null()?.into(),
        b"cwd" => reply.cwd = readable(cursor.skip()?)?,
        b"timestamp" => reply.timestamp = parse_time(cursor.text()?),
        b"isSidechain" => reply.is_sidechain = cursor.flag()?,
        b"isApiErrorMessage" => reply.is_api_error = cursor.flag()?,
        b"costUSD" => reply.cost = std::str::from_utf8(cursor.skip()?).ok()?.parse().ok(),
        // Twice the same object: only a parser of the whole line may say what that means.
        b"message" => return None,
        _ => drop(cursor.skip()?),
    }
    Some(())
}

/// Reads fields of `message` up to its end (false) or up to its content (true).
fn message_fields<'a>(cursor: &mut Cursor<'a>, reply: &mut Reply<'a>, head: &mut Head) -> Option<bool> {
    while let Some(key) = cursor.key()? {
        match key {
            b"content" if !head.has_usage => return Some(true),
            b"model" => reply.model = cursor.text_or_null()?.into(),
            b"id" if cursor.peek()? == b'"' => reply.message_id = Some(cursor.text()?.into()),
            b"stop_reason" => {
                head.has_stop_reason = true;
                cursor.skip()?;
            }
            b"usage" if cursor.peek()? == b'{' => {
                if head.has_usage {
                    return None;
                }
                head.has_usage = true;
                cursor.eat(b'{')?;
                usage_fields(cursor, &mut reply.usage)?;
            }
            _ => drop(cursor.skip()?),
        }
    }
    Some(false)
}

fn usage_fields<'a>(cursor: &mut Cursor<'a>, usage: &mut Usage<'a>) -> Option<()> {
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
            b"service_tier" => usage.service_tier = cursor.text_or_null()?.into(),
            b"speed" => usage.speed = cursor.text_or_null()?.into(),
            _ => drop(cursor.skip()?),
        }
    }
    Some(())
}

/// Whether nothing but whole fields stands between a `stop_reason` and this place: then both are in one object.
fn follows_stop_reason(line: &[u8], place: usize) -> bool {
    const NEAR: usize = 160;
    let from = place.saturating_sub(NEAR);
    let Some(at) = memmem::rfind(&line[from..place], b"\"stop_reason\"") else {
        return false;
    };
    let mut cursor = Cursor::new(&line[..place]);
    cursor.jump(from + at);
    while let Some(Some(_)) = cursor.key() {
        if cursor.skip().is_none() {
            return false;
        }
        if cursor.eat(b',').is_some() && cursor.is_at_end() {
            return true;
        }
    }
    false
}

/// A string as written, quotes included, as text: Windows paths are full of escapes.
fn readable(raw: &[u8]) -> Option<Cow<'_, str>> {
    let inside = raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\""));
    match inside {
        Some(inside) if memchr::memchr(b'\\', inside).is_none() => Some(std::str::from_utf8(inside).ok()?.into()),
        Some(_) => serde_json::from_slice::<Text>(raw).ok().map(|text| text.0),
        None => Some("".into()),
    }
}

impl<'a> Reply<'a> {
    /// The same fields, borrowing from the same line.
    fn share(&self) -> Self {
        Self {
            session_id: self.session_id.clone(),
            uuid: self.uuid.clone(),
            cwd: self.cwd.clone(),
            message_id: self.message_id.clone(),
            model: self.model.clone(),
            usage: self.usage.clone(),
            ..*self
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordJson<'a> {
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    uuid: Option<Text<'a>>,
    #[serde(borrow)]
    cwd: Option<Text<'a>>,
    timestamp: Option<When>,
    is_sidechain: Option<bool>,
    is_api_error_message: Option<bool>,
    #[serde(rename = "costUSD")]
    cost: Option<f64>,
    #[serde(borrow)]
    message: Option<MessageJson<'a>>,
}

#[derive(Deserialize)]
struct MessageJson<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    usage: Option<UsageJson<'a>>,
}

#[derive(Deserialize)]
struct UsageJson<'a> {
    input_tokens: Option<Count>,
    output_tokens: Option<Count>,
    cache_read_input_tokens: Option<Count>,
    cache_creation_input_tokens: Option<Count>,
    cache_creation: Option<CacheCreationJson>,
    #[serde(borrow)]
    service_tier: Option<Text<'a>>,
    #[serde(borrow)]
    speed: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct CacheCreationJson {
    ephemeral_5m_input_tokens: Option<Count>,
    ephemeral_1h_input_tokens: Option<Count>,
}

/// The same by a parser that reads the whole line.
fn parse_whole(line: &[u8]) -> Result<Option<Reply<'_>>, serde_json::Error> {
    // Only the kind first: records of other kinds may hold anything under the same names.
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<Text<'a>>,
    }
    let kind: Kind = serde_json::from_slice(line)?;
    if kind.kind.is_none_or(|kind| kind.0 != "assistant") {
        return Ok(None);
    }
    let record: RecordJson = serde_json::from_slice(line)?;
    let Some(message) = record.message else {
        return Ok(None);
    };
    let Some(usage) = message.usage else {
        return Ok(None);
    };
    let count = |count: Option<Count>| count.unwrap_or_default().0.min(MAX_COUNT);
    let parts = usage.cache_creation;
    let part = |pick: fn(&CacheCreationJson) -> Option<Count>| count(parts.as_ref().and_then(pick));
    Ok(Some(Reply {
        session_id: record.session_id.unwrap_or_default().0,
        uuid: record.uuid.unwrap_or_default().0,
        cwd: record.cwd.unwrap_or_default().0,
        timestamp: record.timestamp.and_then(|when| when.0),
        is_sidechain: record.is_sidechain.unwrap_or_default(),
        is_api_error: record.is_api_error_message.unwrap_or_default(),
        cost: record.cost,
        message_id: message.id.map(|id| id.0),
        model: message.model.unwrap_or_default().0,
        usage: Usage {
            input: count(usage.input_tokens),
            output: count(usage.output_tokens),
            cache_read: count(usage.cache_read_input_tokens),
            cache_write: usage.cache_creation_input_tokens.map(|it| count(Some(it))),
            cache_write_5m: part(|parts| parts.ephemeral_5m_input_tokens),
            cache_write_1h: part(|parts| parts.ephemeral_1h_input_tokens),
            service_tier: usage.service_tier.unwrap_or_default().0,
            speed: usage.speed.unwrap_or_default().0,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USAGE: &str = r#"{"input_tokens":3,"cache_creation_input_tokens":610,"cache_read_input_tokens":17400,"cache_creation":{"ephemeral_5m_input_tokens":600,"ephemeral_1h_input_tokens":10},"output_tokens":418,"service_tier":"standard","speed":"fast"}"#;

    /// An assistant record with this content, these fields of the message after it, and these of the record at its end.
    fn record(content: &str, message: &str, tail: &str) -> String {
        format!(
            r#"{{"parentUuid":null,"isSidechain":true,"cwd":"C:\\dev\\api","sessionId":"s-1","type":"assistant","message":{{"model":"claude-opus-4-6","id":"msg_1","role":"assistant","content":{content}{message}}}{tail},"uuid":"u-1","timestamp":"2026-03-02T09:00:09.050Z"}}"#
        )
    }

    fn usual(content: &str) -> String {
        let message = format!(r#","stop_reason":null,"stop_sequence":null,"usage":{USAGE}"#);
        record(content, &message, r#","requestId":"r""#)
    }

    fn outputs(line: &str) -> Option<u64> {
        let parsed = parse(line.as_bytes()).expect("a record");
        if let Some(fast) = parse_fast(line.as_bytes()) {
            assert_eq!(fast, parse_whole(line.as_bytes()).expect("JSON"), "{line}");
        }
        parsed.map(|reply| reply.usage.output)
    }

    #[test]
    fn takes_every_wanted_field() {
        let line = usual(r#"[{"type":"text","text":"hi"}]"#);
        let reply = parse_fast(line.as_bytes()).flatten().expect("the fast way");
        let expected = Reply {
            session_id: "s-1".into(),
            uuid: "u-1".into(),
            cwd: "C:\\dev\\api".into(),
            timestamp: Some(1_772_442_009_050),
            is_sidechain: true,
            message_id: Some("msg_1".into()),
            model: "claude-opus-4-6".into(),
            usage: Usage {
                input: 3,
                output: 418,
                cache_read: 17400,
                cache_write: Some(610),
                cache_write_5m: 600,
                cache_write_1h: 10,
                service_tier: "standard".into(),
                speed: "fast".into(),
            },
            ..Reply::default()
        };
        assert_eq!(reply, expected);
        assert_eq!(parse_whole(line.as_bytes()).expect("JSON"), Some(expected));
    }

    #[test]
    fn only_the_usage_of_the_message_counts() {
        let decoy = r#"{"usage":{"output_tokens":9}}"#;
        let stop = r#""stop_reason":"end_turn""#;
        for (line, output) in [
            (
                usual(r#"[{"type":"tool_use","input":{"usage":{"output_tokens":9},"id":null}}]"#),
                Some(418),
            ),
            (usual(r#"[{"name":"usage"},"usage"]"#), Some(418)),
            (usual(r#""plain text""#), Some(418)),
            (record("[]", &format!(r#","usage":{USAGE},{stop}"#), ""), Some(418)),
            (record("[]", &format!(r#","usage":{USAGE}"#), ""), Some(418)),
            (
                record(
                    "[]",
                    &format!(r#",{stop},"usage":{USAGE}"#),
                    &format!(r#","toolUseResult":{decoy}"#),
                ),
                Some(418),
            ),
            (
                record("[]", &format!(r#",{stop}"#), &format!(r#","toolUseResult":{decoy}"#)),
                None,
            ),
            (
                record(
                    "[]",
                    "",
                    &format!(r#","toolUseResult":{{"content":[],"usage":{USAGE}}}"#),
                ),
                None,
            ),
            (record(&format!("[{decoy}]"), &format!(",{stop}"), ""), None),
            (record("[]", &format!(r#",{stop},"usage":null"#), ""), None),
            (
                record("[]", r#","usage":{"output_tokens":null,"input_tokens":-1}"#, ""),
                Some(0),
            ),
            (
                record(
                    "[]",
                    r#","stop_reason":null,"usage":{"iterations":[{"output_tokens":7}],"output_tokens":5}"#,
                    "",
                ),
                Some(5),
            ),
            (
                format!(r#"{{"type":"assistant","message":{{"usage":{USAGE},"content":[{decoy}]}},"x":1}}"#),
                Some(418),
            ),
            (
                format!(r#"{{"message":{{"content":[],{stop},"usage":{USAGE}}},"type":"assistant"}}"#),
                Some(418),
            ),
            (
                format!(r#"{{"message":{{"content":[],{stop},"usage":{USAGE}}},"type":"user"}}"#),
                None,
            ),
            (
                format!(r#"{{"type":"user","message":{{"content":[]}},"toolUseResult":{{"usage":{USAGE}}}}}"#),
                None,
            ),
            (
                format!(r#"{{"type":"progress","data":{{"message":{{{stop},"usage":{USAGE}}}}}}}"#),
                None,
            ),
            (format!(r#"{{"message":{{{stop},"usage":{USAGE}}}}}"#), None),
        ] {
            assert_eq!(outputs(&line), output, "{line}");
            assert_eq!(
                outputs(&line.replace(':', " : ").replace(',', " ,\t")),
                output,
                "spaced {line}"
            );
        }
    }

    #[test]
    fn odd_texts_do_not_cost_the_record() {
        let line = usual(r#"[{"text":"\ud83d"}]"#)
            .replace("s-1", "s-\\u0031")
            .replace("C:", "\\ud83d");
        let reply = parse(line.as_bytes()).expect("JSON").expect("a reply");
        assert_eq!((&*reply.session_id, reply.usage.output), ("s-1", 418));
        let mut bytes = usual(r#"["~"]"#).into_bytes();
        for byte in &mut bytes {
            if *byte == b'~' {
                *byte = 0xff;
            }
        }
        assert_eq!(parse(&bytes).expect("JSON").expect("a reply").usage.output, 418);
    }

    #[test]
    fn a_broken_line_is_an_error() {
        let line = usual("[]");
        for cut in 1..line.len() {
            assert!(parse(&line.as_bytes()[..cut]).is_err(), "{}", &line[..cut]);
        }
        assert!(parse(line.replace("418", "\"418\"").as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_both_ways_agree(
            content in r#"[\[\]{}",:\\a usage]{0,40}"#,
            tail in r#"[\[\]{}",:a]{0,12}"#,
            cut in 0usize..900,
        ) {
            let line = record(&content, &format!(r#","stop_reason":null,"usage":{USAGE}"#), &tail);
            let line = &line.as_bytes()[..line.len() - cut.saturating_sub(800).min(line.len())];
            if let (Some(fast), Ok(whole)) = (parse_fast(line), parse_whole(line)) {
                prop_assert_eq!(fast, whole);
            }
        }
    }
}
