//! The end of a reply, from its counts on: between the replies of one session only numbers, ids and times differ there.

use super::super::reply::Usage;
use super::usage::usage_fields;
use crate::agents::shared::instant::parse_utc;
use crate::agents::shared::json_cursor::Cursor;

/// Longer ends, and ends in more parts, are not remembered.
const MOST_BYTES: usize = 2048;
const MOST_PARTS: usize = 48;
/// A count of more digits is left to the parser.
const MOST_DIGITS: usize = 18;

/// How replies end.
pub(super) struct SuffixTemplate {
    parts: Vec<Part>,
    /// What stands after the last part.
    last: Vec<u8>,
    /// The constant fields.
    usage: Usage,
    is_assistant: Option<bool>,
}

/// What is always the same, and what follows it.
struct Part {
    same: Vec<u8>,
    slot: Slot,
}

#[derive(Clone, Copy, PartialEq)]
enum Slot {
    Number(Field),
    /// A string without escapes, mostly of so many bytes.
    Text(Id, usize),
    Time,
}

/// Ids of a record that distinguish replies.
#[derive(Clone, Copy, PartialEq)]
enum Id {
    Record,
    Request,
}

#[derive(Clone, Copy, PartialEq)]
enum Field {
    Input,
    Output,
    CacheRead,
    CacheWrite,
    CacheWrite5m,
    CacheWrite1h,
    Thinking,
    WebSearches,
    Unwanted,
}

/// The fields at the end of a reply.
#[derive(Default)]
pub(super) struct End<'a> {
    /// Where it begins: at the key `usage`.
    pub place: usize,
    pub usage: Usage,
    pub timestamp: Option<i64>,
    pub uuid: &'a [u8],
    pub request_id: &'a [u8],
    /// `None` if not recorded.
    pub is_assistant: Option<bool>,
    /// Set by whoever looks at what stands before the end.
    pub is_open: bool,
}

impl SuffixTemplate {
    /// Reads the end of a line that ends like the one it was learned from: in a usage, its message and its record.
    pub(super) fn read<'a>(&self, line: &'a [u8]) -> Option<End<'a>> {
        let mut rest = line.strip_suffix(self.last.as_slice())?;
        let mut end = End {
            usage: self.usage,
            is_assistant: self.is_assistant,
            ..End::default()
        };
        for part in self.parts.iter().rev() {
            match part.slot {
                Slot::Number(field) => {
                    let (before, number) = number_at_end(rest)?;
                    rest = before;
                    field.set(&mut end.usage, number);
                }
                Slot::Text(id, length) => {
                    let (before, text) = text_at_end(rest, length)?;
                    rest = before;
                    match id {
                        Id::Record => end.uuid = text,
                        Id::Request => end.request_id = text,
                    }
                }
                Slot::Time => {
                    let (before, text) = rest.split_at(memchr::memrchr(b'"', rest)? + 1);
                    // Any other spelling is left to the parser.
                    (rest, end.timestamp) = (before, Some(parse_utc(text)?));
                }
            }
            rest = rest.strip_suffix(part.same.as_slice())?;
        }
        end.place = rest.len();
        Some(end)
    }

    /// Learns how a line ends from the key `usage` at `place` on; `None` where that is not the end of a reply, or states
    /// more than most.
    pub(super) fn learn(line: &[u8], place: usize) -> Option<Self> {
        let mut builder = Builder {
            text: line.get(place..).filter(|text| text.len() <= MOST_BYTES)?,
            cursor: Cursor::new(&line[place..]),
            done: 0,
            parts: Vec::new(),
            is_assistant: None,
        };
        if builder.cursor.key()?? != b"usage" {
            return None;
        }
        let usage = builder.usage()?;
        builder.message()?;
        builder.record()?;
        let Builder {
            text,
            done,
            parts,
            is_assistant,
            ..
        } = builder;
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
            Self::Thinking => usage.thinking = count,
            Self::WebSearches => usage.web_searches = count,
            Self::Unwanted => {}
        }
    }
}

/// What stands before a string without escapes, of which the closing quote is cut off, and that string.
fn text_at_end(text: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\');
    let start = match text.len().checked_sub(length + 1) {
        Some(quote) if text[quote] == b'"' => quote + 1,
        _ => memchr::memrchr(b'"', text)? + 1,
    };
    // Not `any`: this one takes many bytes at a time.
    let has_special = text[start..].iter().fold(false, |found, byte| found | is_special(byte));
    (!has_special).then(|| text.split_at(start))
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
struct Builder<'a> {
    text: &'a [u8],
    cursor: Cursor<'a>,
    /// Up to where the parts tell of the text.
    done: usize,
    parts: Vec<Part>,
    is_assistant: Option<bool>,
}

impl Builder<'_> {
    /// The fields of the usage; returns what they say but for its numbers.
    fn usage(&mut self) -> Option<Usage> {
        let mut usage = Usage::default();
        let mut iterations: &[u8] = b"";
        let start = self.cursor.position();
        self.cursor.eat(b'{')?;
        usage_fields(&mut self.cursor, &mut usage, &mut iterations)?;
        if !iterations.is_empty() {
            return None;
        }
        self.cursor.jump(start);
        self.nested(&|inside, key| match (inside, key) {
            (b"", b"input_tokens") => Field::Input,
            (b"", b"output_tokens") => Field::Output,
            (b"", b"cache_read_input_tokens") => Field::CacheRead,
            (b"", b"cache_creation_input_tokens") => Field::CacheWrite,
            (b"cache_creation", b"ephemeral_5m_input_tokens") => Field::CacheWrite5m,
            (b"cache_creation", b"ephemeral_1h_input_tokens") => Field::CacheWrite1h,
            (b"output_tokens_details", b"thinking_tokens") => Field::Thinking,
            (b"server_tool_use", b"web_search_requests") => Field::WebSearches,
            _ => Field::Unwanted,
        })?;
        Some(usage)
    }

    /// An object whose numbers may differ. `field` maps a number to its meaning by the key of the object it lies in (none for
    /// this one) and its own.
    fn nested(&mut self, field: &dyn Fn(&[u8], &[u8]) -> Field) -> Option<()> {
        self.cursor.eat(b'{')?;
        while let Some(key) = self.cursor.key()? {
            match self.cursor.peek()? {
                b'0'..=b'9' => self.number(field(b"", key))?,
                b'{' if matches!(key, b"cache_creation" | b"output_tokens_details" | b"server_tool_use") => {
                    self.nested(&|inside, inner| match inside {
                        b"" => field(key, inner),
                        _ => Field::Unwanted,
                    })?;
                }
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
                b"id" | b"model" | b"content" | b"usage" | b"stop_reason" | b"pausedResponses" => return None,
                _ => drop(self.cursor.skip()?),
            }
        }
        Some(())
    }

    /// What follows the message in the record, which must end with the line.
    fn record(&mut self) -> Option<()> {
        while let Some(key) = self.cursor.key()? {
            match key {
                b"requestId" if self.cursor.peek()? == b'"' => self.text(|length| Slot::Text(Id::Request, length))?,
                b"uuid" if self.cursor.peek()? == b'"' => self.text(|length| Slot::Text(Id::Record, length))?,
                b"timestamp" => self.text(|_| Slot::Time)?,
                b"type" => self.is_assistant = Some(self.cursor.string()? == b"assistant"),
                // Wanted, and not what one reply's end can tell of the next.
                b"sessionId" | b"cwd" | b"gitBranch" | b"requestId" | b"uuid" | b"version" => return None,
                b"isSidechain" | b"isApiErrorMessage" | b"isAbortedMidStream" | b"requestSessionId" => return None,
                b"costUSD" | b"message" | b"answeredWithoutRequest" => return None,
                _ => drop(self.cursor.skip()?),
            }
        }
        self.cursor.is_at_end().then_some(())
    }

    fn number(&mut self, field: Field) -> Option<()> {
        let start = self.cursor.position();
        self.cursor.count()?;
        self.slot(start, self.cursor.position(), Slot::Number(field))
    }

    fn text(&mut self, slot: impl FnOnce(usize) -> Slot) -> Option<()> {
        self.cursor.peek()?;
        let start = self.cursor.position() + 1;
        let length = self.cursor.text()?.len();
        self.slot(start, start + length, slot(length))
    }

    fn slot(&mut self, start: usize, end: usize, slot: Slot) -> Option<()> {
        let is_same = |other: Slot| match (other, slot) {
            (Slot::Text(one, _), Slot::Text(other, _)) => one == other,
            (one, other) => one == other,
        };
        // The same field twice: only the parser knows which of them counts.
        if slot != Slot::Number(Field::Unwanted) && self.parts.iter().any(|part| is_same(part.slot)) {
            return None;
        }
        self.parts.push(Part {
            same: self.text[self.done..start].to_vec(),
            slot,
        });
        self.done = end;
        Some(())
    }
}
