//! Assistant records read without parsing what was said: most of a transcript is content that nobody counts.

use super::reply::{Reply, parse_whole};
use super::usage::{follows_stop_reason, usage_fields};
use crate::agents::instant::parse_time;
use crate::agents::json_text::Cursor;

/// Reads the replies of one transcript. From one to the next hardly anything changes before the message's id: the same
/// bytes mean the same fields.
#[derive(Default)]
pub struct Parser {
    /// What stood between the first field, `parentUuid`, and the message's id; empty until a reply was read.
    head: Vec<u8>,
    /// What stood between the id and the content.
    middle: Vec<u8>,
    /// What stood between `parentUuid` and the message in the last record of another type; empty before one was met.
    pub(super) other: Vec<u8>,
    session_id: String,
    cwd: String,
    model: String,
    is_sidechain: bool,
}

impl Parser {
    /// Whether what follows `parentUuid` is known to be the beginning of a reply.
    pub(super) fn is_reply(&self, rest: &[u8]) -> bool {
        !self.head.is_empty() && rest.starts_with(&self.head)
    }

    /// Reads a line with a [`super::reply::NEEDLE`] at `place`; `None` for another kind of record, and for a
    /// reply without counts.
    ///
    /// # Errors
    /// When it is not JSON, or a wanted field has an unexpected type.
    pub fn parse<'a>(&'a mut self, line: &'a [u8], place: usize) -> serde_json::Result<Option<Reply<'a>>> {
        match self.parse_fast(line, place) {
            Some(parsed) => Ok(parsed),
            None => parse_whole(line),
        }
    }

    /// `None`: let a parser of the whole line look.
    fn parse_fast<'a>(&'a mut self, line: &'a [u8], place: usize) -> Option<Option<Reply<'a>>> {
        let mut record = Record::new(line, place);
        if record.cursor.literal(b"{\"parentUuid\":").is_some() {
            record.cursor.skip()?;
            let start = record.cursor.position();
            if self.is_reply(&line[start..]) {
                record.cursor.jump(start + self.head.len());
                record.is_assistant = Some(true);
                record.reply.is_sidechain = self.is_sidechain;
                record.reply.session_id = self.session_id.as_str().into();
                record.reply.cwd = &self.cwd;
                record.reply.model = self.model.as_str().into();
                return record.message_on(&self.middle);
            }
            record.start = Some(start);
        } else {
            record.cursor.eat(b'{')?;
        }
        let reply = record.fields()?;
        if let Some(head) = record.head {
            head.bytes.clone_into(&mut self.head);
            head.middle.clone_into(&mut self.middle);
            head.session_id.clone_into(&mut self.session_id);
            head.cwd.clone_into(&mut self.cwd);
            head.model.clone_into(&mut self.model);
            self.is_sidechain = head.is_sidechain;
        }
        Some(reply)
    }
}

/// What a record's beginning told.
struct Head<'a> {
    bytes: &'a [u8],
    /// Empty where something wanted stood there.
    middle: &'a [u8],
    session_id: String,
    cwd: &'a str,
    model: String,
    is_sidechain: bool,
}

/// A record half read.
struct Record<'a> {
    line: &'a [u8],
    /// Of the needle.
    place: usize,
    /// Where a head begins that may be worth keeping.
    start: Option<usize>,
    cursor: Cursor<'a>,
    reply: Reply<'a>,
    /// `None` until the `type` was read.
    is_assistant: Option<bool>,
    has_usage: bool,
    has_stop_reason: bool,
    /// As written.
    uuid: &'a [u8],
    head: Option<Head<'a>>,
}

impl<'a> Record<'a> {
    fn new(line: &'a [u8], place: usize) -> Self {
        Self {
            line,
            place,
            start: None,
            cursor: Cursor::new(line),
            reply: Reply::default(),
            is_assistant: None,
            has_usage: false,
            has_stop_reason: false,
            uuid: b"",
            head: None,
        }
    }

    /// Reads fields of the record from its start.
    fn fields(&mut self) -> Option<Option<Reply<'a>>> {
        loop {
            match self.cursor.key()? {
                None => return self.finish(),
                Some(b"message") => {
                    if self.is_assistant == Some(false) {
                        return Some(None);
                    }
                    self.cursor.eat(b'{')?;
                    if self.message()? {
                        return self.jump();
                    }
                    if self.has_usage {
                        return self.rest();
                    }
                }
                Some(key) => self.field(key)?,
            }
        }
    }

    /// Reads on inside the message, at its id.
    fn message_on(&mut self, middle: &[u8]) -> Option<Option<Reply<'a>>> {
        if self.cursor.key()?? != b"id" {
            return None;
        }
        self.reply.message_id = Some(self.cursor.text()?.into());
        let at = self.cursor.position();
        if !middle.is_empty() && self.line[at..].starts_with(middle) {
            self.cursor.jump(at + middle.len());
            return self.jump();
        }
        if self.message()? { self.jump() } else { self.rest() }
    }

    /// Goes from the content to the usage and reads the rest.
    ///
    /// This is safe because what follows must close exactly two objects at the line's end, so the usage was found two
    /// levels deep; and because the same object must have a `stop_reason` close to it, which of all objects at that depth
    /// only a message has. A usage in tool input lies deeper, one in `toolUseResult` has no `stop_reason`. What was jumped
    /// over can hide nothing wanted, because the id and the model were seen.
    fn jump(&mut self) -> Option<Option<Reply<'a>>> {
        if self.place < self.cursor.position() {
            return None;
        }
        self.cursor.jump(self.place);
        self.has_stop_reason = follows_stop_reason(self.line, self.place);
        if self.message()? {
            return None;
        }
        let is_proven = self.has_usage && self.has_stop_reason;
        let is_complete = self.reply.message_id.is_some() && !self.reply.model.is_empty();
        if is_proven && is_complete { self.rest() } else { None }
    }

    /// Reads the remaining fields, after the message.
    fn rest(&mut self) -> Option<Option<Reply<'a>>> {
        while let Some(key) = self.cursor.key()? {
            self.field(key)?;
        }
        self.finish()
    }

    /// The record must end with the line.
    fn finish(&mut self) -> Option<Option<Reply<'a>>> {
        if !self.cursor.is_at_end() {
            return None;
        }
        if self.reply.message_id.as_ref().is_none_or(|id| id.is_empty()) && !self.uuid.is_empty() {
            self.reply.uuid = Cursor::new(self.uuid).text_or_null()?.into();
        }
        match self.is_assistant? {
            true if self.has_usage => Some(Some(std::mem::take(&mut self.reply))),
            _ => Some(None),
        }
    }

    fn field(&mut self, key: &[u8]) -> Option<()> {
        let Self { cursor, reply, .. } = self;
        match key {
            b"type" => self.is_assistant = Some(cursor.string()? == b"assistant"),
            b"sessionId" => reply.session_id = cursor.text_or_null()?.into(),
            b"uuid" => self.uuid = cursor.skip()?,
            b"cwd" => reply.cwd = std::str::from_utf8(cursor.skip()?).ok()?,
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
    fn message(&mut self) -> Option<bool> {
        // Where what follows the id begins, as long as nothing wanted was there.
        let mut after_id = None;
        loop {
            let before = self.cursor.position();
            let Some(key) = self.cursor.key()? else {
                return Some(false);
            };
            let Self { cursor, reply, .. } = self;
            match key {
                b"content" if !self.has_usage => {
                    if let (Some(head), Some(after_id)) = (&mut self.head, after_id) {
                        head.middle = &self.line[after_id..self.cursor.position()];
                    }
                    return Some(true);
                }
                b"model" => {
                    after_id = None;
                    reply.model = cursor.text_or_null()?.into();
                }
                b"id" if cursor.peek()? == b'"' => {
                    self.head = self.head(before);
                    self.reply.message_id = Some(self.cursor.text()?.into());
                    after_id = Some(self.cursor.position());
                }
                b"stop_reason" => {
                    self.has_stop_reason = true;
                    cursor.skip()?;
                }
                b"usage" if cursor.peek()? == b'{' => {
                    if self.has_usage {
                        return None;
                    }
                    self.has_usage = true;
                    cursor.eat(b'{')?;
                    usage_fields(cursor, &mut reply.usage)?;
                }
                _ => drop(cursor.skip()?),
            }
        }
    }

    /// What was read up to `end`, if it is what all replies of a session have in common.
    fn head(&self, end: usize) -> Option<Head<'a>> {
        let Reply {
            session_id,
            cwd,
            model,
            is_sidechain,
            timestamp: None,
            cost: None,
            is_api_error: false,
            message_id: None,
            ..
        } = &self.reply
        else {
            return None;
        };
        let is_usual = self.is_assistant == Some(true) && !self.has_usage && self.uuid.is_empty() && !model.is_empty();
        is_usual.then_some(Head {
            bytes: &self.line[self.start?..end],
            middle: b"",
            session_id: session_id.to_string(),
            cwd,
            model: model.to_string(),
            is_sidechain: *is_sidechain,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::NEEDLE;
    use super::super::reply::{Tier, Usage};
    use super::*;
    use memchr::memmem;
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

    fn place(line: &[u8]) -> usize {
        memmem::find(line, NEEDLE.as_bytes()).unwrap_or_default()
    }

    /// A parser that knows the beginning of the records made here.
    fn parser() -> Parser {
        let (mut parser, line) = (Parser::default(), usual("[]"));
        let reply = parser.parse(line.as_bytes(), place(line.as_bytes()));
        assert!(reply.expect("a record").is_some());
        assert!(!parser.head.is_empty());
        parser
    }

    /// The output tokens in a line, which all ways of reading it must agree on.
    fn outputs(line: &str) -> Option<u64> {
        let (line, place) = (line.as_bytes(), place(line.as_bytes()));
        let whole = parse_whole(line).expect("JSON");
        for mut parser in [Parser::default(), parser()] {
            assert_eq!(parser.parse(line, place).expect("a record"), whole);
        }
        whole.map(|reply| reply.usage.output)
    }

    #[test]
    fn takes_every_wanted_field() {
        let line = usual(r#"[{"type":"text","text":"hi"}]"#);
        let expected = Reply {
            session_id: "s-1".into(),
            cwd: r#""C:\\dev\\api""#,
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
                is_fast: true,
                tier: Tier::Standard,
            },
            ..Reply::default()
        };
        for mut parser in [Parser::default(), parser()] {
            let fast = parser.parse_fast(line.as_bytes(), place(line.as_bytes()));
            assert_eq!(fast.flatten().as_ref(), Some(&expected));
        }
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
        let mut parser = parser();
        let reply = parser.parse(line.as_bytes(), place(line.as_bytes()));
        let reply = reply.expect("JSON").expect("a reply");
        assert_eq!((&*reply.session_id, reply.usage.output), ("s-1", 418));
        let mut bytes = usual(r#"["~"]"#).into_bytes();
        for byte in &mut bytes {
            if *byte == b'~' {
                *byte = 0xff;
            }
        }
        let reply = parser.parse(&bytes, place(&bytes)).expect("JSON").expect("a reply");
        assert_eq!(reply.usage.output, 418);
    }

    #[test]
    fn a_broken_line_is_an_error() {
        let line = usual("[]");
        for cut in 1..line.len() {
            let line = &line.as_bytes()[..cut];
            assert!(parser().parse(line, place(line)).is_err(), "{cut}");
        }
        let line = line.replace("418", "\"418\"");
        assert!(parser().parse(line.as_bytes(), place(line.as_bytes())).is_err());
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
            for mut parser in [Parser::default(), parser()] {
                if let (Some(fast), Ok(whole)) = (parser.parse_fast(line, place(line)), parse_whole(line)) {
                    prop_assert_eq!(fast, whole);
                }
            }
        }
    }
}
