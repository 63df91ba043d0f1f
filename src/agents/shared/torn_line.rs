//! Records on a line that is no JSON: what a crash, or an append that was interrupted, left beside them.

use serde::de::IgnoredAny;
use serde_json::Deserializer;
use std::ops::Range;

/// So many starts of a record are tried after one that is torn: a line of them takes linear time.
const MOST_STARTS: usize = 8;

/// Hands a line to its reader, with 0, and the whole records of one that cannot be read, with where they begin.
///
/// # Errors
/// When the line cannot be read, whatever its records are.
pub fn read(line: &[u8], mut reader: impl FnMut(&[u8], usize) -> Result<(), String>) -> Result<(), String> {
    // Readers that look at the beginning of a line alone would pass over the record behind zero bytes.
    let outcome = match line {
        [0, ..] | [.., 0] => Err("zero bytes, as a crash leaves them".to_owned()),
        _ => reader(line, 0),
    };
    if outcome.is_err() {
        for record in records(line) {
            let _ = reader(&line[record.clone()], record.start);
        }
    }
    outcome
}

/// Where the whole records of a line are that cannot be parsed: several without the newline between them, or one beside zero
/// bytes or the first part of another. None where the line is a sound value: then its reader has the last word.
fn records(line: &[u8]) -> Vec<Range<usize>> {
    let is_padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let (Some(start), Some(last)) = (
        line.iter().position(|byte| !is_padding(byte)),
        line.iter().rposition(|byte| !is_padding(byte)),
    ) else {
        return Vec::new();
    };
    let text = &line[..=last];
    let mut records = Vec::new();
    let mut at = start;
    for _ in 0..MOST_STARTS {
        at = sound(text, at, &mut records);
        match text.get(at..).and_then(|rest| next_start(text, at, rest)) {
            Some(next) => at = next,
            None => break,
        }
    }
    match &records[..] {
        [only] if *only == (0..line.trim_ascii_end().len()) => Vec::new(),
        _ => records,
    }
}

/// Adds the objects that follow each other from `at` on; returns where what follows is none.
fn sound(text: &[u8], at: usize, records: &mut Vec<Range<usize>>) -> usize {
    let mut values = Deserializer::from_slice(&text[at..]).into_iter::<IgnoredAny>();
    let mut start = at;
    while let Some(Ok(_)) = values.next() {
        let end = at + values.byte_offset();
        let skipped = text[start..end]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        start += skipped;
        if text.get(start) != Some(&b'{') {
            return start;
        }
        records.push(start..end);
        start = end;
    }
    start
}

/// The next place after `at` where a record may begin. An object inside another follows `:`, `,` or `[`; one that follows
/// anything else was written after what broke off there. What broke off right behind these hides the record after it: to take
/// a part of a record for one would be worse.
fn next_start(text: &[u8], at: usize, rest: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(rest, b"{\"")
        .map(|place| at + place)
        .find(|&place| place > at && !matches!(text[place - 1], b':' | b',' | b'[' | b' ' | b'\t' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &[u8]) -> Vec<&str> {
        let text = |range: Range<usize>| std::str::from_utf8(&line[range]).expect("text");
        records(line).into_iter().map(text).collect()
    }

    #[test]
    fn whole_records_are_found_beside_what_broke() {
        let (one, two) = (r#"{"a":[{"b":"}{"}]}"#, r#"{"a":2}"#);
        for (line, expected) in [
            (format!("{one}{two}"), vec![one, two]),
            (format!("{one} {two}{one}"), vec![one, two, one]),
            (format!("\0\0\0{one}"), vec![one]),
            (format!("{one}\0\0\0"), vec![one]),
            (format!(r#"{{"a":"words{two}"#), vec![two]),
            (format!(r#"{{"a":{{"b":12{one}{two}"#), vec![one, two]),
            (format!(r#"{one}{{"a":"words{two}"#), vec![one, two]),
            (format!(r#"{one}\u0000{{"a":"#), vec![one]),
        ] {
            assert_eq!(found(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_part_of_a_record_is_none() {
        for line in [
            "",
            "\0\0",
            r#"{"a":{"b":1}"#,
            r#"{"a":[{"b":1},{"b":2}"#,
            r#"{"a": {"b":1}"#,
            r#"{"a":"{\"b\":1}"#,
            r#"{"a":1}"#,
            " 12 13",
            "[{\"a\":1}",
            "\"text\"",
        ] {
            assert!(found(line.as_bytes()).is_empty(), "{line}");
        }
    }

    #[test]
    fn many_starts_take_little_time() {
        let line = b"x{\"".repeat(200_000);
        assert!(records(&line).is_empty());
    }
}
