//! The end of a reply, from its counts on: between the replies of one session only numbers, ids and times differ there.

use super::reply::Usage;
use super::usage::usage_fields;
use crate::agents::shared::instant::parse_utc;
use crate::agents::shared::json_text::Cursor;

/// Longer ends, and ends in more parts, are not remembered.
const MOST_BYTES: usize = 2048;
const MOST_PARTS: usize = 48;
/// A count of more digits is left to the parser.
const MOST_DIGITS: usize = 18;

/// How replies end.
pub(super) struct Tail {
    parts: Vec<Part>,
    /// What stands after the last part.
    last: Vec<u8>,
    /// What does not differ.
    usage: Usage,
    is_assistant: Option<bool>,
}

/// What is always the same, and what follows it.
struct Part {
    same: Vec<u8>,
    hole: Hole,
}

#[derive(Clone, Copy, PartialEq)]
enum Hole {
    Number(Field),
    /// A string without escapes, mostly of so many bytes.
    Text(usize),
    Time,
}

#[derive(Clone, Copy, PartialEq)]
enum Field {
    Input,
    Output,
    CacheRead,
    CacheWrite,
    CacheWrite5m,
    CacheWrite1h,
    Unwanted,
}

/// What a reply's end says.
pub(super) struct End {
    /// Where it begins: at the key `usage`.
    pub place: usize,
    pub usage: Usage,
    pub timestamp: Option<i64>,
    /// `None` where it does not say.
    pub is_assistant: Option<bool>,
}

impl Tail {
    /// Reads the end of a line that ends like the one it was learned from: in a usage, its message and its record.
    pub fn read(&self, line: &[u8]) -> Option<End> {
        let mut rest = line.strip_suffix(self.last.as_slice())?;
        let mut usage = self.usage;
        let mut time = None;
        for part in self.parts.iter().rev() {
            match part.hole {
                Hole::Number(field) => {
                    let (before, number) = number_at_end(rest)?;
                    rest = before;
                    field.set(&mut usage, number);
                }
                Hole::Text(length) => rest = before_text(rest, length)?,
                Hole::Time => {
                    let (before, text) = rest.split_at(memchr::memrchr(b'"', rest)? + 1);
                    (rest, time) = (before, Some(text));
                }
            }
            rest = rest.strip_suffix(part.same.as_slice())?;
        }
        Some(End {
            place: rest.len(),
            usage,
            // Any other spelling is left to the parser.
            timestamp: match time {
                Some(time) => Some(parse_utc(time)?),
                None => None,
            },
            is_assistant: self.is_assistant,
        })
    }

    /// Learns how a line ends from the key `usage` at `place` on; `None` where that is not the end of a reply, or says
    /// more than most.
    pub fn learn(line: &[u8], place: usize) -> Option<Self> {
        let mut learning = Learning {
            text: line.get(place..).filter(|text| text.len() <= MOST_BYTES)?,
            cursor: Cursor::new(&line[place..]),
            done: 0,
            parts: Vec::new(),
            is_assistant: None,
        };
        if learning.cursor.key()?? != b"usage" {
            return None;
        }
        let usage = learning.usage()?;
        learning.message()?;
        learning.record()?;
        let Learning {
            text,
            done,
            parts,
            is_assistant,
            ..
        } = learning;
        (parts.len() <= MOST_PARTS).then(|| Self {
            parts,
            last: text[done..].to_vec(),
            usage,
            is_assistant,
        })
    }
}

impl Field {
    fn set(self, usage: &mut Usage, count: u64) {
        match self {
            Self::Input => usage.input = count,
            Self::Output => usage.output = count,
            Self::CacheRead => usage.cache_read = count,
            Self::CacheWrite => usage.cache_write = Some(count),
            Self::CacheWrite5m => usage.cache_write_5m = count,
            Self::CacheWrite1h => usage.cache_write_1h = count,
            Self::Unwanted => {}
        }
    }
}

/// What stands before a string without escapes, of which the closing quote is cut off.
fn before_text(text: &[u8], length: usize) -> Option<&[u8]> {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\');
    let start = match text.len().checked_sub(length + 1) {
        Some(quote) if text[quote] == b'"' => quote + 1,
        _ => memchr::memrchr(b'"', text)? + 1,
    };
    // Not `any`: this one takes many bytes at a time.
    let has_special = text[start..].iter().fold(false, |found, byte| found | is_special(byte));
    (!has_special).then(|| &text[..start])
}

/// What stands before a whole number, and that.
fn number_at_end(text: &[u8]) -> Option<(&[u8], u64)> {
    let (mut number, mut scale, mut at) = (0, 1, text.len());
    while let Some(digit) = at.checked_sub(1).map(|before| text[before]).filter(u8::is_ascii_digit) {
        if text.len() - at == MOST_DIGITS {
            return None;
        }
        number += u64::from(digit - b'0') * scale;
        scale *= 10;
        at -= 1;
    }
    (at < text.len()).then(|| (&text[..at], number))
}

/// A tail half learned.
struct Learning<'a> {
    text: &'a [u8],
    cursor: Cursor<'a>,
    /// Up to where the parts tell of the text.
    done: usize,
    parts: Vec<Part>,
    is_assistant: Option<bool>,
}

impl Learning<'_> {
    /// The fields of the usage; returns what they say but for its numbers.
    fn usage(&mut self) -> Option<Usage> {
        let mut usage = Usage::default();
        let start = self.cursor.position();
        self.cursor.eat(b'{')?;
        usage_fields(&mut self.cursor, &mut usage)?;
        self.cursor.jump(start);
        self.nested(&|key, in_parts| match (key, in_parts) {
            (b"input_tokens", false) => Field::Input,
            (b"output_tokens", false) => Field::Output,
            (b"cache_read_input_tokens", false) => Field::CacheRead,
            (b"cache_creation_input_tokens", false) => Field::CacheWrite,
            (b"ephemeral_5m_input_tokens", true) => Field::CacheWrite5m,
            (b"ephemeral_1h_input_tokens", true) => Field::CacheWrite1h,
            _ => Field::Unwanted,
        })?;
        Some(usage)
    }

    /// An object whose numbers may differ. `field` says what a number is by its key, and whether that lies in the parts of
    /// the cache writes.
    fn nested(&mut self, field: &dyn Fn(&[u8], bool) -> Field) -> Option<()> {
        self.cursor.eat(b'{')?;
        while let Some(key) = self.cursor.key()? {
            match self.cursor.peek()? {
                b'0'..=b'9' => self.number(field(key, false))?,
                b'{' if key == b"cache_creation" => self.nested(&|key, _| field(key, true))?,
                b'{' | b'[' => self.unwanted()?,
                _ => drop(self.cursor.skip()?),
            }
        }
        Some(())
    }

    /// Objects and lists in which only numbers differ, none of them wanted.
    fn unwanted(&mut self) -> Option<()> {
        if self.cursor.peek()? == b'{' {
            return self.nested(&|_, _| Field::Unwanted);
        }
        self.cursor.eat(b'[')?;
        loop {
            match self.cursor.peek()? {
                b']' => return self.cursor.eat(b']'),
                b',' => self.cursor.eat(b',')?,
                b'0'..=b'9' => self.number(Field::Unwanted)?,
                b'{' | b'[' => self.unwanted()?,
                _ => drop(self.cursor.skip()?),
            }
        }
    }

    /// What follows the usage in the message.
    fn message(&mut self) -> Option<()> {
        while let Some(key) = self.cursor.key()? {
            match key {
                // Wanted, and no part of an end as it is known.
                b"id" | b"model" | b"content" | b"usage" => return None,
                _ => drop(self.cursor.skip()?),
            }
        }
        Some(())
    }

    /// What follows the message in the record, which must end with the line.
    fn record(&mut self) -> Option<()> {
        while let Some(key) = self.cursor.key()? {
            match key {
                b"requestId" | b"uuid" if self.cursor.peek()? == b'"' => self.text(Hole::Text)?,
                b"timestamp" => self.text(|_| Hole::Time)?,
                b"type" => self.is_assistant = Some(self.cursor.string()? == b"assistant"),
                b"sessionId" | b"cwd" | b"isSidechain" | b"isApiErrorMessage" | b"costUSD" | b"message" => return None,
                _ => drop(self.cursor.skip()?),
            }
        }
        self.cursor.is_at_end().then_some(())
    }

    fn number(&mut self, field: Field) -> Option<()> {
        let start = self.cursor.position();
        self.cursor.count()?;
        self.hole(start, self.cursor.position(), Hole::Number(field))
    }

    fn text(&mut self, hole: impl FnOnce(usize) -> Hole) -> Option<()> {
        self.cursor.peek()?;
        let start = self.cursor.position() + 1;
        let length = self.cursor.text()?.len();
        self.hole(start, start + length, hole(length))
    }

    fn hole(&mut self, start: usize, end: usize, hole: Hole) -> Option<()> {
        let is_wanted = !matches!(hole, Hole::Number(Field::Unwanted) | Hole::Text(_));
        // The same field twice: only the parser knows which of them counts.
        if is_wanted && self.parts.iter().any(|part| part.hole == hole) {
            return None;
        }
        self.parts.push(Part {
            same: self.text[self.done..start].to_vec(),
            hole,
        });
        self.done = end;
        Some(())
    }
}
