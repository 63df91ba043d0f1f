//! A cursor over JSON text, for records of which a few fields are wanted and which are too many to parse whole.
//!
//! Every step returns `None` where the text is not what was expected; a real parser then decides. Skipped values have
//! only their quotes and brackets checked, and nothing is allocated.

use super::lenient::lossy;
use std::borrow::Cow;

/// A place in JSON text.
pub struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

/// A value as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string without its quotes, free of escapes.
    Text(&'a [u8]),
    /// A string without its quotes that holds escapes.
    Escaped(&'a [u8]),
    /// A number, `true`, `false` or `null`, as written.
    Plain(&'a [u8]),
    /// An object or array, which was skipped.
    Nested,
}

impl<'a> Value<'a> {
    /// The string with its escapes resolved; `None` for what is no string.
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(lossy(text)),
            Self::Escaped(text) => {
                let quoted = format!("\"{}\"", lossy(text));
                serde_json::from_str(&quoted).ok().map(Cow::Owned)
            }
            Self::Plain(_) | Self::Nested => None,
        }
    }
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Goes to a byte, which must be the start of a value or key.
    pub fn jump(&mut self, at: usize) {
        self.at = at;
    }

    pub fn position(&self) -> usize {
        self.at
    }

    /// The next byte that is not white space.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Steps over one byte, if it is this one.
    #[inline]
    pub fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Steps over text that is exactly this.
    #[inline]
    pub fn literal(&mut self, literal: &[u8]) -> Option<()> {
        self.text
            .get(self.at..)?
            .starts_with(literal)
            .then(|| self.at += literal.len())
    }

    /// Whether only white space is left.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Inside an object: the next key, with the cursor at its value; `Some(None)` after the closing brace.
    #[inline]
    pub fn key(&mut self) -> Option<Option<&'a [u8]>> {
        match self.peek()? {
            b'}' => {
                self.at += 1;
                return Some(None);
            }
            b',' => self.at += 1,
            _ => {}
        }
        let key = self.string()?;
        self.eat(b':')?;
        Some(Some(key))
    }

    /// A string as written, between its quotes, with its escapes.
    #[inline]
    pub fn string(&mut self) -> Option<&'a [u8]> {
        match self.string_value()? {
            Value::Text(text) | Value::Escaped(text) => Some(text),
            Value::Plain(_) | Value::Nested => None,
        }
    }

    /// A string without escapes.
    #[inline]
    pub fn text(&mut self) -> Option<&'a str> {
        self.eat(b'"')?;
        let (start, end) = (self.at, find_string_end(self.text, self.at)?);
        if self.text[end] != b'"' {
            return None;
        }
        self.at = end + 1;
        std::str::from_utf8(&self.text[start..end]).ok()
    }

    /// A string without escapes; null is empty.
    pub fn text_or_null(&mut self) -> Option<&'a str> {
        if self.peek()? == b'"' {
            self.text()
        } else {
            self.literal(b"null").map(|()| "")
        }
    }

    pub fn flag(&mut self) -> Option<bool> {
        match self.peek()? {
            b't' => self.literal(b"true").map(|()| true),
            b'f' => self.literal(b"false").map(|()| false),
            _ => self.literal(b"null").map(|()| false),
        }
    }

    /// A count of at most 18 digits; null is 0.
    #[inline]
    pub fn count(&mut self) -> Option<u64> {
        if self.peek()? == b'n' {
            return self.literal(b"null").map(|()| 0);
        }
        let mut count = 0;
        let start = self.at;
        while let Some(digit) = self.text.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            count = count * 10 + u64::from(digit - b'0');
            self.at += 1;
            if self.at - start > 18 {
                return None;
            }
        }
        let is_whole = !matches!(self.text.get(self.at), Some(b'.' | b'e' | b'E'));
        (self.at > start && is_whole).then_some(count)
    }

    /// Steps over any value and returns it as written.
    #[inline]
    pub fn skip(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let start = self.at;
        self.value()?;
        Some(&self.text[start..self.at])
    }

    /// Hands each key of the object here to `field`, which must consume its value.
    pub fn object(&mut self, mut field: impl FnMut(&mut Self, &[u8]) -> Option<()>) -> Option<()> {
        self.eat(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.string_value()?;
            self.eat(b':')?;
            match key {
                Value::Text(key) => field(self, key)?,
                escaped => field(self, escaped.text()?.as_bytes())?,
            }
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Whether the next value is an object.
    pub fn is_object(&mut self) -> bool {
        self.peek() == Some(b'{')
    }

    /// The value here.
    #[inline(always)]
    pub fn value(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'"' => self.string_value(),
            b'{' | b'[' => self.skip_nested().map(|()| Value::Nested),
            b',' | b':' | b'}' | b']' => None,
            _ => {
                let start = self.at;
                let rest = &self.text[start..];
                let is_plain = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'a'..=b'z' | b'A'..=b'Z');
                let length = rest.iter().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
                self.at += length;
                (length > 0).then(|| Value::Plain(&rest[..length]))
            }
        }
    }

    /// The whole number here, if that is what stands here and it has at most 18 digits; else nothing is consumed.
    #[inline(always)]
    pub fn whole_number(&mut self) -> Option<u64> {
        const MOST_DIGITS: usize = 18;
        self.peek()?;
        let (mut at, mut number) = (self.at, 0);
        while let Some(digit @ b'0'..=b'9') = self.text.get(at) {
            number = number * 10 + u64::from(digit - b'0');
            at += 1;
            if at - self.at > MOST_DIGITS {
                return None;
            }
        }
        let is_whole = at > self.at && matches!(self.text.get(at), Some(b',' | b'}'));
        is_whole.then(|| {
            self.at = at;
            number
        })
    }

    #[inline(always)]
    fn string_value(&mut self) -> Option<Value<'a>> {
        self.eat(b'"')?;
        let start = self.at;
        let end = find_string_end(self.text, start)?;
        if self.text[end] == b'"' {
            self.at = end + 1;
            return Some(Value::Text(&self.text[start..end]));
        }
        self.at = end;
        self.finish_string()?;
        Some(Value::Escaped(&self.text[start..self.at - 1]))
    }

    /// From inside a string to behind its closing quote.
    fn finish_string(&mut self) -> Option<()> {
        loop {
            let end = find_string_end(self.text, self.at)?;
            if self.text[end] == b'"' {
                self.at = end + 1;
                return Some(());
            }
            self.at = end + 2;
        }
    }

    /// Goes past an object or array of any depth, looking only at quotes and brackets.
    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => self.finish_string()?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
                _ => {}
            }
        }
    }
}

/// Where the next quote or backslash stands. Most strings here are shorter than a call of `memchr2` is worth: the first
/// bytes are looked at eight at a time.
#[inline]
pub fn find_string_end(text: &[u8], start: usize) -> Option<usize> {
    const NEAR_BYTES: usize = 40;
    let mut at = start;
    while at < start + NEAR_BYTES {
        let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) else {
            break;
        };
        let word = u64::from_le_bytes(*chunk);
        let hits = zero_bytes(word ^ repeat(b'"')) | zero_bytes(word ^ repeat(b'\\'));
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr::memchr2(b'"', b'\\', text.get(at..)?).map(|length| at + length)
}

const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bit of each byte that is zero; bytes behind the first one may be marked wrongly.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeat(1)) & !word & repeat(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_an_object_of_any_shape() {
        let text = br#" { "a" : [1,{"x":"]\"}"}], "n":null ,"s":"t","d":"a\\","f":true,"c":12}"#;
        let mut cursor = Cursor::new(text);
        cursor.eat(b'{').expect("an object");
        let mut keys = Vec::new();
        while let Some(key) = cursor.key().expect("a key or the end") {
            keys.push(String::from_utf8_lossy(key).into_owned());
            match key {
                b"c" => assert_eq!(cursor.count(), Some(12)),
                b"s" => assert_eq!(cursor.text(), Some("t")),
                b"f" => assert_eq!(cursor.flag(), Some(true)),
                _ => drop(cursor.skip().expect("a value")),
            }
        }
        assert_eq!(keys, ["a", "n", "s", "d", "f", "c"]);
        assert!(cursor.is_at_end());
    }

    proptest::proptest! {
        #[test]
        fn finds_what_memchr_finds(text in "[a\"\\\\!#\\[\\]\u{a2}\u{dc}]{0,80}") {
            let text = text.as_bytes();
            proptest::prop_assert_eq!(find_string_end(text, 0), memchr::memchr2(b'"', b'\\', text));
        }
    }

    #[test]
    fn gives_up_on_what_it_does_not_understand() {
        for text in ["1.5,", "-1,", "1e3,", "x,", "1234567890123456789012,", ""] {
            assert_eq!(Cursor::new(text.as_bytes()).count(), None, "{text}");
        }
        for text in ["\"a\\n\"", "\"open", "7", "\"a\\"] {
            assert_eq!(Cursor::new(text.as_bytes()).text(), None, "{text}");
        }
        for text in ["[1,{", "]", "\"", "{\"a\":\"\\"] {
            assert_eq!(Cursor::new(text.as_bytes()).skip(), None, "{text}");
        }
        assert_eq!(Cursor::new(b"null,").count(), Some(0));
    }

    fn fields(text: &str) -> Option<Vec<(String, Value<'_>)>> {
        let mut seen = Vec::new();
        let mut cursor = Cursor::new(text.as_bytes());
        cursor.object(|cursor, key| {
            seen.push((String::from_utf8_lossy(key).into_owned(), cursor.value()?));
            Some(())
        })?;
        cursor.is_at_end().then_some(seen)
    }

    #[test]
    fn hands_out_plain_values_and_skips_nested_ones() {
        let text = r#" { "a" : 1.5e3 , "b":"x","c":{"}":["\"]}",[{}]]},"d":null ,"e":"q\"","f":"a text longer than sixteen bytes"} "#;
        let seen = fields(text).expect("an object");
        let values: Vec<_> = seen.iter().map(|(_, value)| *value).collect();
        assert_eq!(
            values,
            [
                Value::Plain(b"1.5e3"),
                Value::Text(b"x"),
                Value::Nested,
                Value::Plain(b"null"),
                Value::Escaped(b"q\\\""),
                Value::Text(b"a text longer than sixteen bytes"),
            ]
        );
        assert_eq!(fields("{}"), Some(Vec::new()));
    }

    #[test]
    fn a_torn_text_is_refused_wherever_it_was_torn() {
        let text = r#"{"a":{"b":["c\"",{}]},"d":"e","f":12}"#;
        assert!(fields(text).is_some());
        for length in 0..text.len() {
            assert_eq!(fields(&text[..length]), None, "{length}");
        }
        for bad in [
            r#"{"a":1}x"#,
            r#"{"a" 1}"#,
            r#"{"a":}"#,
            r#"{a:1}"#,
            "[]",
            "\0\0\0",
            r#"{"a":1 "b":2}"#,
        ] {
            assert_eq!(fields(bad), None, "{bad}");
        }
    }
}
