//! A cursor over one JSON text that skips what nobody asked for, without allocating.

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
            Self::Text(text) => Some(String::from_utf8_lossy(text)),
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

    /// Whether an object stands here.
    pub fn is_object(&mut self) -> bool {
        self.peek() == Some(b'{')
    }

    /// The value here.
    pub fn value(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' | b'[' => self.skip_nested().map(|()| Value::Nested),
            b',' | b':' | b'}' | b']' => None,
            _ => {
                let start = self.at;
                let rest = &self.text[start..];
                let length = rest
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace())
                    .unwrap_or(rest.len());
                self.at += length;
                Some(Value::Plain(&rest[..length]))
            }
        }
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

    fn string(&mut self) -> Option<Value<'a>> {
        self.expect(b'"')?;
        let start = self.at;
        self.at += string_length(&self.text[start..])?;
        let is_plain = self.text[self.at] == b'"';
        self.finish_string()?;
        let text = &self.text[start..self.at - 1];
        Some(if is_plain {
            Value::Text(text)
        } else {
            Value::Escaped(text)
        })
    }

    /// From inside a string to behind its closing quote.
    fn finish_string(&mut self) -> Option<()> {
        loop {
            let rest = self.text.get(self.at..)?;
            let end = memchr::memchr2(b'"', b'\\', rest)?;
            if rest[end] == b'"' {
                self.at += end + 1;
                return Some(());
            }
            self.at += end + 2;
        }
    }

    /// Goes past an object or array of any depth, looking only at quotes and brackets.
    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match *self.text.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    self.finish_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Some(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }
}

/// How far away the next quote or backslash is. Most strings here are shorter than a call to `memchr2` is worth.
fn string_length(text: &[u8]) -> Option<usize> {
    const SHORT: usize = 16;
    let head = &text[..text.len().min(SHORT)];
    match head.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        Some(at) => Some(at),
        None => memchr::memchr2(b'"', b'\\', &text[head.len()..]).map(|at| at + head.len()),
    }
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
