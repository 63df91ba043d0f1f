//! A cursor over JSON text that skips unneeded values without allocating.

use std::borrow::Cow;

/// Where it stands in the text. Every method answers `None` where the text is no JSON as far as it looked: skipped
/// values only have their quotes and brackets checked.
pub struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

/// A value as it stands in the text.
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
            // Checking first is faster than what the lossy way does with sound text.
            Self::Text(text) => Some(match std::str::from_utf8(text) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(text),
            }),
            Self::Escaped(text) => {
                let quoted = format!("\"{}\"", String::from_utf8_lossy(text));
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

    /// Hands each key of the object here to `field`, which must consume its value.
    pub fn object(&mut self, mut field: impl FnMut(&mut Self, &[u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.string()?;
            self.expect(b':')?;
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
            b'"' => self.string(),
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

    /// Goes past the value here.
    pub fn skip(&mut self) -> Option<()> {
        self.value().map(drop)
    }

    /// Whether nothing but white space is left.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The next byte that is not white space.
    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    #[inline(always)]
    fn string(&mut self) -> Option<Value<'a>> {
        self.expect(b'"')?;
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
