//! Where the counts of a line stand: found without a look at most of what was said.

use super::fast::Parser;
use super::reply::REPLY;
use crate::agents::json_text::Cursor;

/// How far from a reply's end its counts mostly are.
const NEAR_END_BYTES: usize = 768;

impl Parser {
    /// Where [`super::reply::NEEDLE`] stands in a line, for [`Parser::parse`]: the first one, or the first of those near
    /// the end of what is known to be a reply. `None` where there is none, or when the record is known to be no reply.
    pub fn place(&mut self, line: &[u8]) -> Option<usize> {
        let mut cursor = Cursor::new(line);
        let begins = cursor.literal(b"{\"parentUuid\":").is_some() && cursor.skip().is_some();
        if !begins {
            return REPLY.find(line);
        }
        let start = cursor.position();
        if self.is_reply(&line[start..]) {
            let near = line.len().saturating_sub(NEAR_END_BYTES).max(start);
            return match REPLY.find(&line[near..]) {
                Some(at) => Some(near + at),
                None => REPLY.find(line),
            };
        }
        if !self.other.is_empty() && line[start..].starts_with(&self.other) {
            return None;
        }
        let place = REPLY.find(line);
        if place.is_none()
            && let Some(end) = end_of_others_head(&mut cursor)
        {
            line[start..end].clone_into(&mut self.other);
        }
        place
    }
}

/// Reads on to the message of a record that is of another type than replies: as for replies, the same bytes will mean
/// the same fields again.
fn end_of_others_head(cursor: &mut Cursor<'_>) -> Option<usize> {
    let mut is_other = false;
    loop {
        match cursor.key()?? {
            b"message" => return is_other.then_some(cursor.position()),
            b"type" => is_other = cursor.string()? != b"assistant",
            _ => drop(cursor.skip()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::parse_whole;
    use super::*;
    use proptest::prelude::*;

    const USAGE: &str = r#""usage":{"input_tokens":3,"output_tokens":418}"#;

    fn record(kind: &str, content: &str, tail: &str) -> String {
        format!(
            r#"{{"parentUuid":null,"isSidechain":false,"cwd":"/w","sessionId":"s","type":"{kind}","message":{{"model":"m","id":"i","content":[{content}],"stop_reason":null,{USAGE}}}{tail},"uuid":"u"}}"#
        )
    }

    /// What is read of a line, after some that teach the parser how lines begin.
    fn read(line: &str) -> Option<u64> {
        let mut parser = Parser::default();
        for (kind, usage) in [("assistant", USAGE), ("user", r#""other":1"#)] {
            let known = record(kind, "", "").replace(USAGE, usage);
            if let Some(place) = parser.place(known.as_bytes()) {
                parser.parse(known.as_bytes(), place).expect("a record");
            }
        }
        assert!(!parser.other.is_empty());
        let place = parser.place(line.as_bytes())?;
        let reply = parser.parse(line.as_bytes(), place).expect("a record");
        assert_eq!(reply, parse_whole(line.as_bytes()).expect("JSON"));
        reply.map(|reply| reply.usage.output)
    }

    #[test]
    fn counts_are_found_wherever_they_stand() {
        let decoy = r#"{"usage":{"output_tokens":9}}"#;
        let long = format!(r#""{}""#, "x".repeat(2 * NEAR_END_BYTES));
        assert_eq!(read(&record("assistant", decoy, "")), Some(418));
        assert_eq!(read(&record("assistant", &format!("{decoy},{long}"), "")), Some(418));
        assert_eq!(read(&record("assistant", "", &format!(r#","x":{long}"#))), Some(418));
        assert_eq!(
            read(&record("assistant", &long, &format!(r#","x":{decoy}"#))),
            Some(418)
        );
        assert_eq!(read(&record("user", decoy, "")), None);
        assert_eq!(read(&record("progress", decoy, "")), None);
        assert_eq!(
            read(&record("assistant", "", "").replace(USAGE, r#""usage":null"#)),
            None
        );
    }

    proptest! {
        #[test]
        fn what_was_skipped_can_hide_no_reply(
            kind in prop::sample::select(vec!["assistant", "user", "system"]),
            content in r#"("[a-z]{0,9}",|\{"usage":\{"output_tokens":7\}\},|\{"type":"user","message":1\},){0,3}"#,
            filler in 0usize..2_000,
            tail in r#"(,"usage":\{\}|,"x":\{"usage":\{"output_tokens":8\}\}){0,2}"#,
        ) {
            let line = record(kind, &format!("{content}\"{}\"", "y".repeat(filler)), &tail);
            let whole = parse_whole(line.as_bytes()).expect("JSON").map(|reply| reply.usage.output);
            prop_assert_eq!(read(&line), whole);
        }
    }
}
