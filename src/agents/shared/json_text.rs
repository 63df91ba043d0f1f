//! A cursor over JSON text, for records of which a few fields are wanted and which are too many to parse whole.
//!
//! Every step returns `None` where the text is not what was expected; a real parser then has the last word.

/// A place in JSON text.
pub struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
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
                b' ' | b'\t' | b'\r' => self.at += 1,
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
        self.eat(b'"')?;
        let start = self.at;
        loop {
            let at = self.at + find_special(self.text.get(self.at..)?)?;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return Some(&self.text[start..at]);
            }
            self.at = at + 2;
        }
    }

    /// A string without escapes.
    #[inline]
    pub fn text(&mut self) -> Option<&'a str> {
        self.eat(b'"')?;
        let rest = self.text.get(self.at..)?;
        let end = find_special(rest)?;
        if rest[end] != b'"' {
            return None;
        }
        self.at += end + 1;
        std::str::from_utf8(&rest[..end]).ok()
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
    pub fn skip(&mut self) -> Option<&'a [u8]> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => drop(self.string()?),
            b'{' | b'[' => self.skip_nested()?,
            b'}' | b']' | b',' | b':' => return None,
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
                self.at += self.text[self.at..].iter().position(ends)?;
            }
        }
        Some(&self.text[start..self.at])
    }

    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match *self.text.get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// Where the next quote or backslash is. Most strings are short: eight bytes at a time beat a call of `memchr2`.
#[inline]
fn find_special(text: &[u8]) -> Option<usize> {
    const SHORT_BYTES: usize = 48;
    const ONES: u64 = u64::MAX / 255;
    const HIGH_BITS: u64 = ONES << 7;
    let mut at = 0;
    while at < SHORT_BYTES
        && let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk)
    {
        let word = u64::from_le_bytes(*bytes);
        // A byte that is zero borrows from its high bit; bytes below the lowest such one are never marked.
        let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
        let found = (zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64))) & HIGH_BITS;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr::memchr2(b'"', b'\\', &text[at..]).map(|found| at + found)
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
            proptest::prop_assert_eq!(find_special(text), memchr::memchr2(b'"', b'\\', text));
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
}
