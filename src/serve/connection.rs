//! One connection: bytes that came, bytes to send, and what it waits for. Nothing of it grows without a bound.

use super::answer::Answer;
use super::feed::{Cursor, Line, Lines};
use super::frames::{Ended, Frames, Upgrade};
use super::listener::Socket;
use super::request::{MOST_HEAD_BYTES, Refused, Request};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// From the first byte of a request to the end of its head.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be open without a request.
const IDLE_TIME: Duration = Duration::from_secs(60);
/// How long a client may take none of the bytes that are there for it.
const STALL_TIME: Duration = Duration::from_secs(15);
/// The same for a stream, of which little is held.
const STREAM_STALL_TIME: Duration = Duration::from_secs(120);
/// For all bytes of an answer.
const ANSWER_TIME: Duration = Duration::from_secs(300);
/// How long bytes are read and dropped after an error, so that the client sees the error and no reset.
const DRAIN_TIME: Duration = Duration::from_secs(2);
/// How long the engine may take, as when it reads everything for the first time.
const ENGINE_TIME: Duration = Duration::from_secs(120);
/// How often a stream without lines shows that it is alive.
const PING_EVERY: Duration = Duration::from_secs(15);
/// Lines held for a client that reads slowly; what comes then is read from the log later.
const MOST_QUEUED: usize = 256 * 1024;
const READ_BYTES: usize = 4 * 1024;

/// What a connection waits for.
pub(super) enum State {
    /// A request; `began` = its first byte is there.
    Request { began: bool },
    /// The engine; set the flag when the answer is not wanted any more.
    Engine { asked: Asked },
    /// Nothing: lines are sent as they come.
    Stream(Box<Stream>),
    /// The client takes its answer; then the connection is used again or closed.
    Sending { stays_open: bool },
    /// The client notices the end.
    Draining,
}

/// A stream of events, and how far it is.
pub(super) struct Stream {
    frames: Frames,
    end: Cursor,
    /// Whether lines come by themselves. A client that reads slowly gets them from the log instead, when it has room.
    is_current: bool,
    /// Whether lines of the log are on their way.
    is_asked: bool,
    pinged_at: Instant,
    /// Whether nothing can be sent any more.
    is_over: bool,
}

/// A question to the engine.
pub(super) struct Asked {
    pub is_head: bool,
    pub stays_open: bool,
    /// Set where the answer is a stream.
    pub upgrade: Option<Upgrade>,
    pub is_canceled: Arc<AtomicBool>,
}

/// What a connection needs from its owner.
pub(super) enum Step {
    /// Nothing, until something arrives.
    Wait,
    /// An answer, by [`Connection::respond`] or [`Connection::wait_for_engine`].
    Request(Request),
    /// Lines of the log after this place.
    More(Cursor),
    /// To be closed.
    Close,
}

/// Bytes to send.
struct Piece {
    bytes: Arc<[u8]>,
    sent: usize,
}

pub(super) struct Connection {
    socket: Socket,
    input: Vec<u8>,
    output: VecDeque<Piece>,
    unsent: usize,
    state: State,
    /// When the state began.
    since: Instant,
    /// When bytes were sent last.
    sent_at: Instant,
}

impl Connection {
    pub(super) fn new(socket: Socket) -> Self {
        let now = Instant::now();
        Self {
            socket,
            input: Vec::new(),
            output: VecDeque::new(),
            unsent: 0,
            state: State::Request { began: false },
            since: now,
            sent_at: now,
        }
    }

    pub(super) fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Whether it reads events, or is about to.
    pub(super) fn is_stream(&self) -> bool {
        match &self.state {
            State::Stream(_) => true,
            State::Engine { asked } => asked.upgrade.is_some(),
            State::Request { .. } | State::Sending { .. } | State::Draining => false,
        }
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Bytes that are held for the client.
    pub(super) fn unsent(&self) -> usize {
        self.unsent
    }

    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Sends, receives and parses as far as possible without waiting.
    pub(super) fn advance(&mut self) -> Step {
        loop {
            if self.send().is_err() {
                return Step::Close;
            }
            match self.state {
                State::Sending { stays_open: true } if self.output.is_empty() => {
                    self.enter(State::Request { began: false })
                }
                State::Sending { stays_open: false } if self.output.is_empty() => {
                    self.socket.finish();
                    self.enter(State::Draining);
                }
                State::Sending { .. } | State::Engine { .. } => return Step::Wait,
                State::Draining => return self.drain(),
                State::Stream(_) => return self.stream(),
                State::Request { .. } => match self.receive() {
                    Ok(Some(request)) => return Step::Request(request),
                    Ok(None) => return Step::Wait,
                    Err(Unreadable::Refused(refused)) => self.respond(&Answer::from(&refused), false, false),
                    Err(Unreadable::Closed) => return Step::Close,
                },
            }
        }
    }

    /// Queues an answer; [`Connection::advance`] sends it.
    pub(super) fn respond(&mut self, answer: &Answer, is_head: bool, stays_open: bool) {
        self.push(answer.head(stays_open).into());
        if !is_head {
            self.push(Arc::clone(&answer.body));
        }
        self.enter(State::Sending { stays_open });
    }

    /// Queues the engine's answer, if one is waited for.
    pub(super) fn respond_for_engine(&mut self, answer: &Answer) {
        if let State::Engine { asked } = &self.state {
            let (is_head, stays_open) = (asked.is_head, asked.stays_open);
            self.respond(answer, is_head, stays_open);
        }
    }

    /// Opens the stream that is waited for, with its first lines.
    pub(super) fn open_stream(&mut self, first: &Lines) {
        let State::Engine { asked } = &mut self.state else {
            return;
        };
        let is_head = asked.is_head;
        let Some(upgrade) = asked.upgrade.take() else { return };
        let (head, frames) = upgrade.open();
        self.push(head.into());
        if is_head {
            return self.enter(State::Sending { stays_open: false });
        }
        self.enter(State::Stream(Box::new(Stream {
            frames,
            end: first.end,
            is_current: first.is_current,
            is_asked: false,
            pinged_at: Instant::now(),
            is_over: false,
        })));
        self.frame(&first.lines);
    }

    /// Queues lines that are new to everyone, unless the client is behind.
    pub(super) fn add_lines(&mut self, lines: &[Line], end: Cursor) {
        let size: usize = lines.iter().map(|line| line.json.len()).sum();
        let is_full = self.unsent + size > MOST_QUEUED;
        let State::Stream(stream) = &mut self.state else { return };
        if !stream.is_current {
            return;
        }
        if is_full {
            stream.is_current = false;
            return;
        }
        stream.end = end;
        self.frame(lines);
    }

    /// Queues lines of the log, which the client waits for.
    pub(super) fn add_missing(&mut self, missing: &Lines) {
        let State::Stream(stream) = &mut self.state else { return };
        (stream.end, stream.is_current, stream.is_asked) = (missing.end, missing.is_current, false);
        self.frame(&missing.lines);
    }

    fn frame(&mut self, lines: &[Line]) {
        let State::Stream(stream) = &mut self.state else { return };
        match stream.frames.lines(lines) {
            Ok(bytes) => self.push(bytes.into()),
            Err(Ended) => stream.is_over = true,
        }
    }

    pub(super) fn wait_for_engine(&mut self, asked: Asked) {
        self.enter(State::Engine { asked });
    }

    /// Ends what takes too long; false = close it.
    pub(super) fn is_in_time(&mut self, now: Instant) -> bool {
        let lasted = now.saturating_duration_since(self.since);
        match &self.state {
            State::Request { began: false } => lasted < IDLE_TIME,
            State::Request { began: true } if lasted >= HEAD_TIME => {
                self.respond(
                    &Answer::from(&Refused::new(408, "the request took too long")),
                    false,
                    false,
                );
                true
            }
            State::Request { began: true } => true,
            State::Engine { .. } if lasted >= ENGINE_TIME => {
                let refused = Refused::new(503, "the engine is busy").with_hint("try again in a minute");
                self.respond_for_engine(&Answer::from(&refused));
                true
            }
            State::Engine { .. } => true,
            State::Sending { .. } => lasted < ANSWER_TIME && now.saturating_duration_since(self.sent_at) < STALL_TIME,
            State::Draining => lasted < DRAIN_TIME,
            State::Stream(_) => self.is_stream_alive(now),
        }
    }

    /// Sends a sign of life now and then; false when the client takes nothing.
    fn is_stream_alive(&mut self, now: Instant) -> bool {
        if self.unsent > 0 {
            return now.saturating_duration_since(self.sent_at) < STREAM_STALL_TIME;
        }
        // The next bytes have the time that these had.
        self.sent_at = now;
        let State::Stream(stream) = &mut self.state else {
            return true;
        };
        if now.saturating_duration_since(stream.pinged_at) >= PING_EVERY {
            stream.pinged_at = now;
            match stream.frames.ping() {
                Ok(bytes) => self.push(bytes.into()),
                Err(Ended) => return false,
            }
        }
        true
    }

    /// Takes what the client of a stream sends, and asks for lines that it had no room for.
    fn stream(&mut self) -> Step {
        let mut read = [0; READ_BYTES];
        loop {
            match self.socket.read(&mut read) {
                Ok(0) => return Step::Close,
                Ok(bytes) => {
                    let State::Stream(stream) = &mut self.state else {
                        return Step::Wait;
                    };
                    let (reply, goes_on) = stream.frames.receive(&read[..bytes]);
                    self.push(reply.into());
                    if self.send().is_err() || !goes_on || self.unsent > 2 * MOST_QUEUED {
                        return Step::Close;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Step::Close,
            }
        }
        let has_room = self.unsent == 0;
        match &mut self.state {
            State::Stream(stream) if stream.is_over => Step::Close,
            State::Stream(stream) if has_room && !stream.is_current && !stream.is_asked => {
                stream.is_asked = true;
                Step::More(stream.end)
            }
            _ => Step::Wait,
        }
    }

    fn enter(&mut self, state: State) {
        if let State::Engine { asked } = &self.state {
            asked.is_canceled.store(true, Ordering::Relaxed);
        }
        let now = Instant::now();
        if matches!(state, State::Sending { .. }) {
            self.sent_at = now;
        }
        (self.state, self.since) = (state, now);
    }

    fn push(&mut self, bytes: Arc<[u8]>) {
        self.unsent += bytes.len();
        if !bytes.is_empty() {
            self.output.push_back(Piece { bytes, sent: 0 });
        }
    }

    fn send(&mut self) -> io::Result<()> {
        while let Some(piece) = self.output.front_mut() {
            match self.socket.write(&piece.bytes[piece.sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(sent) => {
                    piece.sent += sent;
                    self.unsent -= sent;
                    self.sent_at = Instant::now();
                    if piece.sent == piece.bytes.len() {
                        self.output.pop_front();
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next request, which may have come with the one before it.
    fn receive(&mut self) -> Result<Option<Request>, Unreadable> {
        loop {
            if let Some(request) = self.parse()? {
                return Ok(Some(request));
            }
            let length = self.input.len();
            self.input.resize(length + READ_BYTES, 0);
            let read = self.socket.read(&mut self.input[length..]);
            self.input.truncate(length + read.as_ref().map_or(0, |bytes| *bytes));
            match read {
                Ok(0) => return Err(Unreadable::Closed),
                Ok(_) if matches!(self.state, State::Request { began: false }) => {
                    self.enter(State::Request { began: true });
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Unreadable::Closed),
            }
        }
    }

    fn parse(&mut self) -> Result<Option<Request>, Unreadable> {
        // Old clients send empty lines between requests.
        let empty = self
            .input
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        self.input.drain(..empty);
        if self.input.is_empty() {
            return Ok(None);
        }
        let parsed = Request::parse(&self.input).map_err(Unreadable::Refused)?;
        Ok(parsed.map(|(request, length)| {
            self.input.drain(..length);
            self.input.shrink_to(MOST_HEAD_BYTES);
            request
        }))
    }

    fn drain(&mut self) -> Step {
        let mut dropped = [0; READ_BYTES];
        loop {
            match self.socket.read(&mut dropped) {
                Ok(0) => return Step::Close,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Step::Wait,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Step::Close,
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let State::Engine { asked } = &self.state {
            asked.is_canceled.store(true, Ordering::Relaxed);
        }
    }
}

enum Unreadable {
    Refused(Refused),
    Closed,
}
