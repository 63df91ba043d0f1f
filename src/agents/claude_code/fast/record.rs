//! One assistant record, read field by field.

use super::super::reply::{Reply, is_old, list};
use super::usage::{Stop, stop_before, usage_fields};
use crate::agents::shared::instant::parse_time;
use crate::agents::shared::json_cursor::Cursor;

/// The fields at the start of a record.
pub(super) struct Head<'a> {
    /// Up to the message's id.
    pub bytes: &'a [u8],
    /// Between the id and the content; empty where something wanted stood there.
    pub middle: &'a [u8],
    pub session_id: String,
    pub cwd: &'a str,
    pub branch: &'a str,
    pub model: String,
    pub is_sidechain: bool,
    pub is_assistant: Option<bool>,
    pub is_old: bool,
}

/// A record half read.
pub(super) struct Record<'a> {
    line: &'a [u8],
    /// Of the needle.
    place: usize,
    /// Where a head begins that may be worth keeping.
    start: Option<usize>,
    cursor: Cursor<'a>,
    reply: Reply<'a>,
    /// `None` until the `type` was read.
    is_assistant: Option<bool>,
    has_usage: bool,
    has_stop: bool,
    has_time: bool,
    /// Set where other replies may begin like this one.
    pub head: Option<Head<'a>>,
}

impl<'a> Record<'a> {
    /// With the needle at `place`, and with what is known of the reply.
    pub(super) fn new(line: &'a [u8], place: usize, known: Reply<'a>) -> Self {
        Self {
            line,
            place,
            start: None,
            cursor: Cursor::new(line),
            reply: known,
            is_assistant: None,
            has_usage: false,
            has_stop: false,
            has_time: false,
            head: None,
        }
    }

    /// Reads the record; `start` is where its fields but `parentUuid` begin, if that is the first.
    pub(super) fn fields(&mut self, start: Option<usize>) -> Option<Option<Reply<'a>>> {
        self.start = start;
        match start {
            Some(start) => self.cursor.jump(start),
            None => self.cursor.eat(b'{')?,
        }
        loop {
            match self.cursor.key()? {
                None => return self.finish(),
                Some(b"message") => {
                    if self.is_assistant == Some(false) {
                        return Some(None);
                    }
                    self.cursor.eat(b'{')?;
                    if self.message()? {
                        return self.jump();
                    }
                    if self.has_usage {
                        return self.rest();
                    }
                }
                Some(key) => self.field(key)?,
            }
        }
    }

    /// Reads on inside the message, at its id.
    pub(super) fn message_on(
        &mut self,
        at: usize,
        is_assistant: Option<bool>,
        middle: &[u8],
    ) -> Option<Option<Reply<'a>>> {
        self.cursor.jump(at);
        self.is_assistant = is_assistant;
        if self.cursor.key()?? != b"id" {
            return None;
        }
        self.reply.message_id = Some(self.cursor.text()?.into());
        let at = self.cursor.position();
        if !middle.is_empty() && self.line[at..].starts_with(middle) {
            self.cursor.jump(at + middle.len());
            return self.jump();
        }
        if self.message()? { self.jump() } else { self.rest() }
    }

    /// Goes from the content to the usage and reads the rest.
    ///
    /// This is safe because what follows must close exactly two objects at the line's end, so the usage was found two
    /// levels deep; and because it stands right after how the reply stopped and before the record's time, where of all
    /// objects at that depth only a message stands. A usage in tool input lies deeper, one in `toolUseResult` follows no
    /// `stop_reason`. What was jumped over can hide nothing wanted, because the id and the model were seen, and the program writes
    /// `pausedResponses` behind the usage.
    fn jump(&mut self) -> Option<Option<Reply<'a>>> {
        if self.place < self.cursor.position() || self.has_time {
            return None;
        }
        self.cursor.jump(self.place);
        if self.message()? {
            return None;
        }
        let stop = stop_before(self.line, self.place);
        let is_proven = self.has_usage && stop.is_some() && !self.has_stop;
        self.reply.is_open = stop == Some(Stop::Open);
        let is_complete = self.reply.message_id.is_some() && !self.reply.model.is_empty();
        if !is_proven || !is_complete {
            return None;
        }
        let reply = self.rest()?;
        self.has_time.then_some(reply)
    }

    /// Reads the remaining fields, after the message.
    fn rest(&mut self) -> Option<Option<Reply<'a>>> {
        while let Some(key) = self.cursor.key()? {
            self.field(key)?;
        }
        self.finish()
    }

    /// The record must end with the line.
    fn finish(&mut self) -> Option<Option<Reply<'a>>> {
        if !self.cursor.is_at_end() {
            return None;
        }
        match self.is_assistant? {
            true if self.has_usage => Some(Some(std::mem::take(&mut self.reply))),
            _ => Some(None),
        }
    }

    fn field(&mut self, key: &[u8]) -> Option<()> {
        let Self { cursor, reply, .. } = self;
        match key {
            b"type" => self.is_assistant = Some(cursor.string()? == b"assistant"),
            b"sessionId" => reply.session_id = cursor.text_or_null()?.into(),
            b"requestSessionId" => reply.request_session = cursor.text_or_null()?.into(),
            b"uuid" => reply.uuid = cursor.text_or_null()?.as_bytes().into(),
            b"requestId" => reply.request_id = cursor.text_or_null()?.as_bytes().into(),
            b"cwd" => reply.cwd = std::str::from_utf8(cursor.skip()?).ok()?,
            b"gitBranch" => reply.branch = std::str::from_utf8(cursor.skip()?).ok()?,
            b"timestamp" => {
                self.has_time = true;
                reply.timestamp = parse_time(cursor.text()?);
            }
            b"isSidechain" => reply.is_sidechain = cursor.flag()?,
            b"version" => reply.is_old = is_old(std::str::from_utf8(cursor.skip()?).ok()?),
            b"isAbortedMidStream" => reply.is_aborted = cursor.flag()?,
            b"isApiErrorMessage" => reply.is_api_error = cursor.flag()?,
            b"answeredWithoutRequest" => reply.is_unasked = cursor.flag()?,
            b"costUSD" => reply.cost = std::str::from_utf8(cursor.skip()?).ok()?.parse().ok(),
            // Twice the same object: only a parser of the whole line may say what that means.
            b"message" => return None,
            _ => drop(cursor.skip()?),
        }
        Some(())
    }

    /// Reads fields of `message` up to its end (false) or up to its content (true).
    fn message(&mut self) -> Option<bool> {
        // Where what follows the id begins, as long as nothing wanted was there.
        let mut after_id = None;
        loop {
            let before = self.cursor.position();
            let Some(key) = self.cursor.key()? else {
                return Some(false);
            };
            let Self { cursor, reply, .. } = self;
            match key {
                b"content" if !self.has_usage => {
                    if let (Some(head), Some(after_id)) = (&mut self.head, after_id) {
                        head.middle = &self.line[after_id..self.cursor.position()];
                    }
                    return Some(true);
                }
                b"model" => {
                    after_id = None;
                    reply.model = cursor.text_or_null()?.into();
                }
                b"id" if cursor.peek()? == b'"' => {
                    self.head = self.head(before);
                    self.reply.message_id = Some(self.cursor.text()?.into());
                    after_id = Some(self.cursor.position());
                }
                b"stop_reason" => {
                    // Twice: only a parser of the whole line may say what that means.
                    if std::mem::replace(&mut self.has_stop, true) {
                        return None;
                    }
                    after_id = None;
                    reply.is_open = cursor.skip()? == b"null";
                }
                b"pausedResponses" => {
                    after_id = None;
                    reply.paused = list(cursor.skip()?);
                }
                b"usage" if cursor.peek()? == b'{' => {
                    if self.has_usage {
                        return None;
                    }
                    self.has_usage = true;
                    cursor.eat(b'{')?;
                    usage_fields(cursor, &mut reply.usage, &mut reply.iterations)?;
                }
                _ => drop(cursor.skip()?),
            }
        }
    }

    /// What was read up to `end`, if it is what all replies of a session have in common.
    fn head(&self, end: usize) -> Option<Head<'a>> {
        let Reply {
            session_id,
            cwd,
            branch,
            model,
            is_sidechain,
            is_aborted: false,
            is_open: false,
            is_old,
            timestamp: None,
            cost: None,
            is_api_error: false,
            is_unasked: false,
            message_id: None,
            paused: [],
            ..
        } = &self.reply
        else {
            return None;
        };
        let is_usual = self.is_assistant != Some(false)
            && !self.has_usage
            && !self.has_time
            && self.reply.uuid.is_empty()
            && self.reply.request_id.is_empty()
            && self.reply.request_session.is_empty()
            && !model.is_empty();
        is_usual.then_some(Head {
            bytes: &self.line[self.start?..end],
            middle: b"",
            session_id: session_id.to_string(),
            cwd,
            branch,
            model: model.to_string(),
            is_sidechain: *is_sidechain,
            is_assistant: self.is_assistant,
            is_old: *is_old,
        })
    }
}
