//! Reads assistant records without parsing their content, which is most of a transcript and never counted.

mod place;
mod record;
mod suffix;
mod usage;

use super::reply::{REPLY, Reply, parse_whole};
use crate::agents::shared::json_cursor::Cursor;
use place::{end_of_others_head, near_end};
use record::Record;
use suffix::{End, SuffixTemplate};
use usage::{Stop, stop_before};

/// How many ends of replies are remembered: they differ by the fields of a usage.
const MOST_SUFFIXES: usize = 4;
/// How many are learned from one file: replies that never end alike are not worth it.
const MOST_LEARNED: u8 = 16;

/// The kind of a transcript line.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "made once per line and read at once")]
pub(super) enum Line<'a> {
    Reply(Reply<'a>),
    /// Something with a [`super::reply::NEEDLE`] that is no reply with counts.
    Uncounted,
    Other,
}

/// What earlier lines taught. From one reply to the next hardly anything changes before the message's id and after its
/// content: the same bytes mean the same fields.
#[derive(Default)]
pub(super) struct Scratch {
    /// What stood between the first field, `parentUuid`, and the message's id; empty until a reply was read.
    head: Vec<u8>,
    /// What stood between the id and the content.
    middle: Vec<u8>,
    /// What stood between `parentUuid` and the message in the last record of another type; empty before one was met.
    other: Vec<u8>,
    /// The fields of the head.
    session_id: String,
    cwd: String,
    branch: String,
    model: String,
    is_sidechain: bool,
    is_assistant: Option<bool>,
    is_old: bool,
    /// The last one that fitted comes first.
    suffixes: Vec<SuffixTemplate>,
    learned: u8,
}

/// Reads a line.
///
/// # Errors
/// When there is a [`super::reply::NEEDLE`] in it and it is not JSON, or a wanted field has an unexpected type.
pub(super) fn read<'a>(line: &'a [u8], scratch: &'a mut Scratch) -> serde_json::Result<Line<'a>> {
    scratch.read(line)
}

impl Scratch {
    /// Goes to another file: the same version of the program wrote most of it, so replies end alike.
    #[must_use]
    pub(super) fn for_next_file(self) -> Self {
        Self {
            suffixes: self.suffixes,
            ..Self::default()
        }
    }

    fn read<'a>(&'a mut self, line: &'a [u8]) -> serde_json::Result<Line<'a>> {
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
                is_open: end.is_open,
                uuid: end.uuid.into(),
                request_id: end.request_id.into(),
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

    /// The fields of a reply's head.
    fn known(&self) -> Reply<'_> {
        Reply {
            is_sidechain: self.is_sidechain,
            is_old: self.is_old,
            session_id: self.session_id.as_str().into(),
            cwd: &self.cwd,
            branch: &self.branch,
            model: self.model.as_str().into(),
            ..Reply::default()
        }
    }

    /// The message's id and what stands at the end of a reply of which all but that, the content and the numbers is known.
    /// See [`Record::jump`] for why this is safe.
    fn usual<'a>(&mut self, line: &'a [u8], start: usize) -> Option<(&'a str, End<'a>)> {
        let mut cursor = Cursor::new(line);
        cursor.jump(start + self.head.len());
        // Cheaper than to read any key.
        let _ = cursor.eat(b',');
        cursor.literal(b"\"id\":")?;
        let id = cursor.text()?;
        let after_id = cursor.position();
        let is_usual = !self.middle.is_empty() && line[after_id..].starts_with(&self.middle);
        let mut suffixes = self.suffixes.iter().enumerate().filter(|_| is_usual);
        let (fitting, mut end) = suffixes.find_map(|(at, suffix)| Some((at, suffix.read(line)?)))?;
        let is_after_content = end.place >= after_id + self.middle.len();
        let stop = stop_before(line, end.place);
        end.is_open = stop == Some(Stop::Open);
        let is_proven = is_after_content && end.timestamp.is_some() && stop.is_some();
        let is_assistant = end.is_assistant.or(self.is_assistant) == Some(true);
        self.suffixes.swap(0, fitting);
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
            head.branch.clone_into(&mut self.branch);
            head.model.clone_into(&mut self.model);
            self.is_sidechain = head.is_sidechain;
            self.is_assistant = head.is_assistant;
            self.is_old = head.is_old;
        }
        Some(reply)
    }

    /// Replies of which only the end is not known: remembers it.
    fn learn(&mut self, line: &[u8], place: usize) {
        if self.learned < MOST_LEARNED {
            self.learned += 1;
            self.suffixes.truncate(MOST_SUFFIXES - 1);
            self.suffixes.extend(SuffixTemplate::learn(line, place));
        }
    }
}

#[cfg(test)]
mod tests;
