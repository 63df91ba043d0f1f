//! Assistant records read without parsing what was said: most of a transcript is content that nobody counts.

use super::place::{end_of_others_head, near_end};
use super::record::Record;
use super::reply::{REPLY, Reply, is_constant, parse_whole};
use super::tail::{End, Tail};
use super::usage::follows_stop_reason;
use crate::agents::shared::json_text::Cursor;
use std::cell::Cell;

/// How many ends of replies are remembered: they differ by what the program says of a usage.
const MOST_TAILS: usize = 4;
/// How often one is learned: replies that never end alike are not worth it.
const MOST_LESSONS: u8 = 16;

/// What a line of a transcript is.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "made once per line and read at once")]
pub enum Line<'a> {
    Reply(Reply<'a>),
    /// Something with a [`super::reply::NEEDLE`] that is no reply with counts.
    Uncounted,
    Other,
}

/// Reads the replies of one transcript. From one to the next hardly anything changes before the message's id and after
/// its content: the same bytes mean the same fields.
#[derive(Default)]
pub struct Parser {
    /// What stood between the first field, `parentUuid`, and the message's id; empty until a reply was read.
    head: Vec<u8>,
    /// What stood between the id and the content.
    middle: Vec<u8>,
    /// What stood between `parentUuid` and the message in the last record of another type; empty before one was met.
    other: Vec<u8>,
    /// What the head says.
    session_id: String,
    cwd: String,
    model: String,
    is_sidechain: bool,
    is_assistant: Option<bool>,
    /// The last one that fitted comes first.
    tails: Vec<Tail>,
    lessons: u8,
}

thread_local! {
    /// How the replies of the last file ended: the same version of the program wrote most of the next one.
    static LAST_TAILS: Cell<Vec<Tail>> = const { Cell::new(Vec::new()) };
}

impl Parser {
    /// A parser for the next of many files.
    pub fn next() -> Self {
        Self {
            tails: LAST_TAILS.take(),
            ..Self::default()
        }
    }

    /// Ends the reading of a file.
    pub fn finish(self) {
        LAST_TAILS.set(self.tails);
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When there is a [`super::reply::NEEDLE`] in it and it is not JSON, or a wanted field has an unexpected type.
    pub fn read<'a>(&'a mut self, line: &'a [u8]) -> serde_json::Result<Line<'a>> {
        let mut cursor = Cursor::new(line);
        let begins = cursor.literal(b"{\"parentUuid\":").is_some() && cursor.skip().is_some();
        let start = begins.then(|| cursor.position());
        let known = start.filter(|&start| self.is_reply(&line[start..]));
        if let Some(start) = known
            && let Some((id, end)) = self.usual(line, start)
        {
            return Ok(Line::Reply(Reply {
                message_id: Some(id.into()),
                timestamp: end.timestamp,
                usage: end.usage,
                ..self.known()
            }));
        }
        let place = match (known, start) {
            (Some(start), _) => near_end(line, start),
            (None, Some(start)) => self.place(line, start, &mut cursor),
            (None, None) => REPLY.find(line),
        };
        let Some(place) = place else {
            return Ok(Line::Other);
        };
        let parsed = match known {
            Some(start) => self.parse_known(line, place, start),
            None => self.parse_new(line, place, start),
        };
        let parsed = match parsed {
            Some(parsed) => parsed,
            None => parse_whole(line)?,
        };
        Ok(parsed.map_or(Line::Uncounted, Line::Reply))
    }

    /// Whether what follows `parentUuid` is known to be the beginning of a reply.
    fn is_reply(&self, rest: &[u8]) -> bool {
        !self.head.is_empty() && rest.starts_with(&self.head)
    }

    /// What a reply's head says.
    fn known(&self) -> Reply<'_> {
        Reply {
            is_sidechain: self.is_sidechain,
            session_id: self.session_id.as_str().into(),
            cwd: &self.cwd,
            model: self.model.as_str().into(),
            ..Reply::default()
        }
    }

    /// The message's id and what stands at the end of a reply of which all but that, the content and the numbers is known.
    /// See [`Record::jump`] for why this is safe.
    fn usual<'a>(&mut self, line: &'a [u8], start: usize) -> Option<(&'a str, End)> {
        let mut cursor = Cursor::new(line);
        cursor.jump(start + self.head.len());
        // Cheaper than to read any key.
        let _ = cursor.eat(b',');
        cursor.literal(b"\"id\":")?;
        let id = cursor.text()?;
        let after_id = cursor.position();
        let is_usual = !is_constant(id) && !self.middle.is_empty() && line[after_id..].starts_with(&self.middle);
        let mut tails = self.tails.iter().enumerate().filter(|_| is_usual);
        let (fitting, end) = tails.find_map(|(at, tail)| Some((at, tail.read(line)?)))?;
        let is_after_content = end.place >= after_id + self.middle.len();
        let is_proven = is_after_content && end.timestamp.is_some() && follows_stop_reason(line, end.place);
        let is_assistant = end.is_assistant.or(self.is_assistant) == Some(true);
        self.tails.swap(0, fitting);
        (is_proven && is_assistant).then_some((id, end))
    }

    /// Where [`super::reply::NEEDLE`] stands in a line that is not known to be a reply; `None` where there is none, or when
    /// the record is known to be no reply. The cursor stands after `parentUuid`, at `start`.
    fn place(&mut self, line: &[u8], start: usize, cursor: &mut Cursor<'_>) -> Option<usize> {
        if !self.other.is_empty() && line[start..].starts_with(&self.other) {
            return None;
        }
        let place = REPLY.find(line);
        if place.is_none()
            && let Some(end) = end_of_others_head(cursor)
        {
            line[start..end].clone_into(&mut self.other);
        }
        place
    }

    /// Reads a reply of which the head is known; `None`: let a parser of the whole line look.
    fn parse_known<'a>(&'a mut self, line: &'a [u8], place: usize, start: usize) -> Option<Option<Reply<'a>>> {
        self.learn(line, place);
        let at = start + self.head.len();
        Record::new(line, place, self.known()).message_on(at, self.is_assistant, &self.middle)
    }

    /// Reads any other record, and remembers its head; `None` as for a known one.
    fn parse_new<'a>(&mut self, line: &'a [u8], place: usize, start: Option<usize>) -> Option<Option<Reply<'a>>> {
        let mut record = Record::new(line, place, Reply::default());
        let reply = record.fields(start)?;
        if let Some(head) = record.head {
            head.bytes.clone_into(&mut self.head);
            head.middle.clone_into(&mut self.middle);
            head.session_id.clone_into(&mut self.session_id);
            head.cwd.clone_into(&mut self.cwd);
            head.model.clone_into(&mut self.model);
            self.is_sidechain = head.is_sidechain;
            self.is_assistant = head.is_assistant;
        }
        Some(reply)
    }

    /// Replies of which only the end is not known: remembers it.
    fn learn(&mut self, line: &[u8], place: usize) {
        if self.lessons < MOST_LESSONS {
            self.lessons += 1;
            self.tails.truncate(MOST_TAILS - 1);
            self.tails.extend(Tail::learn(line, place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::NEAR_END_BYTES;
    use super::super::reply::{Tier, Usage};
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

    /// Parsers that know nothing, the beginning of the records made here, that and their end, and that of another type.
    fn parsers() -> [Parser; 4] {
        let reply = usual("[]");
        let other = record("[]", "", "").replace("assistant", "user");
        let lines: [&[&str]; 4] = [&[], &[&reply], &[&reply, &reply], &[&reply, &reply, &other]];
        let parsers = lines.map(|lines| {
            let mut parser = Parser::default();
            for line in lines {
                parser.read(line.as_bytes()).expect("a record");
            }
            parser
        });
        assert!(!parsers[1].head.is_empty() && parsers[1].tails.is_empty());
        assert!(!parsers[2].tails.is_empty() && parsers[2].other.is_empty());
        assert!(!parsers[3].other.is_empty());
        parsers
    }

    fn read<'a>(parser: &'a mut Parser, line: &'a [u8]) -> serde_json::Result<Option<Reply<'a>>> {
        Ok(match parser.read(line)? {
            Line::Reply(reply) => Some(reply),
            Line::Uncounted | Line::Other => None,
        })
    }

    /// The output tokens in a line, which all ways of reading it must agree on.
    fn outputs(line: &str) -> Option<u64> {
        let line = line.as_bytes();
        let whole = parse_whole(line).expect("JSON");
        for mut parser in parsers() {
            assert_eq!(read(&mut parser, line).expect("a record"), whole);
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
        for mut parser in parsers() {
            assert_eq!(
                read(&mut parser, line.as_bytes()).expect("a record").as_ref(),
                Some(&expected)
            );
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
    fn where_an_id_tells_nothing_the_record_has_its_own() {
        for (id, uuid) in [("msg_1", ""), ("msg_0", "u-1"), ("", "u-1")] {
            let line = usual("[]").replace("msg_1", id);
            for mut parser in parsers() {
                let reply = read(&mut parser, line.as_bytes()).expect("JSON").expect("a reply");
                assert_eq!(&*reply.uuid, uuid, "{id}");
                assert_eq!(parse_whole(line.as_bytes()).expect("JSON"), Some(reply));
            }
        }
    }

    #[test]
    fn odd_texts_do_not_cost_the_record() {
        let line = usual(r#"[{"text":"\ud83d"}]"#)
            .replace("s-1", "s-\\u0031")
            .replace("C:", "\\ud83d");
        for mut parser in parsers() {
            let reply = read(&mut parser, line.as_bytes()).expect("JSON").expect("a reply");
            assert_eq!((&*reply.session_id, reply.usage.output), ("s-1", 418));
        }
        let mut bytes = usual(r#"["~"]"#).into_bytes();
        for byte in &mut bytes {
            if *byte == b'~' {
                *byte = 0xff;
            }
        }
        for mut parser in parsers() {
            let reply = read(&mut parser, &bytes).expect("JSON").expect("a reply");
            assert_eq!(reply.usage.output, 418);
        }
    }

    #[test]
    fn a_broken_line_is_an_error() {
        let line = usual("[]");
        let needle = line.find("\"usage\"").expect("there") + 7;
        for mut parser in parsers() {
            for cut in needle..line.len() {
                assert!(read(&mut parser, &line.as_bytes()[..cut]).is_err(), "{cut}");
            }
            let line = line.replace("418", "\"418\"");
            assert!(read(&mut parser, line.as_bytes()).is_err());
        }
    }

    #[test]
    fn counts_are_found_wherever_they_stand() {
        let decoy = r#"{"usage":{"output_tokens":9}}"#;
        let long = format!(r#""{}""#, "x".repeat(2 * NEAR_END_BYTES));
        let end = format!(r#","stop_reason":"tool_use","stop_sequence":null,"usage":{USAGE}"#);
        for content in [
            format!("[{decoy}]"),
            format!("[{decoy},{long}]"),
            format!("[{long},{decoy}]"),
        ] {
            assert_eq!(outputs(&record(&content, &end, r#","requestId":"r""#)), Some(418));
        }
        let other = format!(r#","x":{{"stop_reason":[],"usage":{{"output_tokens":9}}}},"y":{long}"#);
        let near = format!(r#","y":{long},"x":{{"stop_reason":null,"speed":null,"usage":{{"output_tokens":9}}}}"#);
        let after = format!(r#","y":{long},"x":{{"usage":{{"output_tokens":9}},"stop_reason":null}}"#);
        let message_like = r#"{"stop_reason":null,"stop_sequence":null,"usage":{"output_tokens":9}}"#;
        let line = usual("[]");
        let line = line.strip_suffix('}').expect("an object");
        assert_eq!(
            outputs(&format!(r#"{line},"y":{long},"x":{message_like}}}"#)),
            Some(418)
        );
        for tail in [
            format!(r#","x":{long}"#),
            format!(r#","x":[{long},{decoy}]"#),
            other,
            near,
            after,
        ] {
            assert_eq!(outputs(&record("[]", &end, &tail)), Some(418));
        }
    }

    /// As the program's second version writes them: the type after the message.
    #[test]
    fn a_type_at_the_end_is_as_good() {
        let line = |kind: &str, output: u32| {
            usual(r#"[{"type":"text","text":"hi"}]"#)
                .replace(r#""type":"assistant","#, "")
                .replace(r#","uuid""#, &format!(r#","type":"{kind}","uuid""#))
                .replace("418", &output.to_string())
        };
        let mut parser = Parser::default();
        for output in [1, 22, 333] {
            let line = line("assistant", output);
            let reply = read(&mut parser, line.as_bytes()).expect("JSON").expect("a reply");
            assert_eq!(reply.usage.output, u64::from(output));
        }
        assert!(!parser.tails.is_empty());
        let other = line("user", 4);
        assert_eq!(read(&mut parser, other.as_bytes()).expect("JSON"), None);
    }

    proptest! {
        #[test]
        fn all_ways_agree(
            kind in prop::sample::select(vec!["assistant", "user", "system"]),
            content in r#"("[a-z]{0,9}",|\{"usage":\{"output_tokens":7\}\},|\{"type":"user","message":1\},){0,3}"#,
            filler in 0usize..2_000,
            usage in prop::sample::select(vec![USAGE, r#"{"output_tokens":5}"#, r#"{"output_tokens":[5]}"#, "null"]),
            request in r#"[a-z\\"{},]{0,9}"#,
            tail in r#"(,"usage":\{\}|,"x":\{"usage":\{"output_tokens":8\}\}){0,2}"#,
        ) {
            let content = format!("[{content}\"{}\"]", "y".repeat(filler));
            let tail = format!(r#","requestId":{}{tail}"#, serde_json::to_string(&request).expect("JSON"));
            let line = record(&content, &format!(r#","stop_reason":null,"stop_sequence":null,"usage":{usage}"#), &tail);
            let line = line.replace(r#""type":"assistant""#, &format!(r#""type":"{kind}""#));
            let whole = parse_whole(line.as_bytes()).ok();
            for mut parser in parsers() {
                prop_assert_eq!(&read(&mut parser, line.as_bytes()).ok(), &whole);
            }
        }

        #[test]
        fn never_panics_and_agrees_with_what_is_json(
            content in r#"[\[\]{}",:\\a usage]{0,40}"#,
            tail in r#"[\[\]{}",:a]{0,12}"#,
            cut in 0usize..900,
        ) {
            let line = record(&content, &format!(r#","stop_reason":null,"stop_sequence":null,"usage":{USAGE}"#), &tail);
            let line = &line.as_bytes()[..line.len() - cut.saturating_sub(800).min(line.len())];
            for mut parser in parsers() {
                if let (Ok(fast), Ok(whole)) = (read(&mut parser, line), parse_whole(line)) {
                    prop_assert_eq!(fast, whole);
                }
            }
        }
    }
}
