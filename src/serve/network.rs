//! The thread that holds all connections: it waits for sockets, passes questions to the engine and sends its answers.

use super::answer::Answer;
use super::answers::Query;
use super::connection::{Asked, Connection, State, Step};
use super::feed::{Cursor, Line, Lines};
use super::frames::Upgrade;
use super::guard::Guard;
use super::listener::{Listener, Socket};
use super::negotiate::{RowFormat, is_open_metrics};
use super::page;
use super::request::{Refused, Request};
use super::route::Route;
use crate::system::notices;
use mio::{Events, Poll, Token, Waker};
use rustc_hash::FxHashMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

const WAKER: Token = Token(0);
/// Listeners have the tokens from here on.
const FIRST_LISTENER: usize = 1;
const FIRST_CONNECTION: usize = 1_000;
/// For one more, the connection is closed that waits for a request the longest.
const MOST_CONNECTIONS: usize = 600;
/// Bytes held for clients that read slowly; beyond, the oldest answer is given up.
const MOST_UNSENT: usize = 256 << 20;
const MOST_STREAMS: usize = 256;
const TICK: Duration = Duration::from_millis(500);

/// A question of a connection, by its number.
pub(super) enum Ask {
    Query {
        connection: usize,
        query: Query,
        is_canceled: Arc<AtomicBool>,
    },
    /// To read events from now on.
    Subscribe {
        connection: usize,
        params: Vec<(String, String)>,
        /// The id of the last event that the client has.
        last: Option<String>,
        is_canceled: Arc<AtomicBool>,
    },
    /// Lines of the log, for a client that has room again.
    More {
        connection: usize,
        from: Cursor,
    },
    Unsubscribe {
        connection: usize,
    },
}

/// What the engine's thread has for this one.
pub(super) enum Tell {
    Answer {
        connection: usize,
        answer: Answer,
    },
    /// A stream begins.
    Opened {
        connection: usize,
        first: Lines,
    },
    /// What [`Ask::More`] asked for.
    Missing {
        connection: usize,
        lines: Lines,
    },
    /// Lines that just came.
    New {
        connection: usize,
        lines: Vec<Line>,
        end: Cursor,
    },
    Stop,
}

/// The way to the engine's thread and back.
pub(super) struct Channels {
    pub asks: Sender<Ask>,
    pub tells: Receiver<Tell>,
    /// Wakes the engine.
    pub engine: notices::Waker,
}

pub(super) struct Network {
    poll: Poll,
    listeners: Vec<Listener>,
    connections: FxHashMap<usize, Connection>,
    next: usize,
    guard: Guard,
    channels: Channels,
    last_tick: Instant,
}

impl Network {
    /// Also returns what wakes this thread.
    ///
    /// # Errors
    /// When the system gives no notices of sockets.
    pub(super) fn new(
        mut listeners: Vec<Listener>,
        guard: Guard,
        channels: Channels,
    ) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        for (at, listener) in listeners.iter_mut().enumerate() {
            listener.register(poll.registry(), Token(FIRST_LISTENER + at))?;
        }
        let network = Self {
            poll,
            listeners,
            connections: FxHashMap::default(),
            next: FIRST_CONNECTION,
            guard,
            channels,
            last_tick: Instant::now(),
        };
        Ok((network, waker))
    }

    /// Serves until it is stopped, or the engine is gone.
    ///
    /// # Errors
    /// When waiting for sockets fails.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        loop {
            let timeout = (!self.connections.is_empty()).then_some(TICK);
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                polled => polled?,
            }
            for event in &events {
                match event.token() {
                    WAKER => {}
                    Token(at) if at < FIRST_CONNECTION => self.accept(at - FIRST_LISTENER),
                    Token(_) if event.is_error() => self.close(event.token().0),
                    Token(id) => self.advance(id),
                }
            }
            while let Ok(tell) = self.channels.tells.try_recv() {
                match tell {
                    Tell::Stop => return Ok(()),
                    Tell::Answer { connection, answer } => {
                        self.with(connection, |connection| connection.respond_for_engine(&answer));
                        self.bound_unsent();
                    }
                    Tell::Opened { connection, first } => {
                        self.with(connection, |connection| connection.open_stream(&first));
                        if !self.connections.get(&connection).is_some_and(Connection::is_stream) {
                            self.send(Ask::Unsubscribe { connection });
                        }
                    }
                    Tell::Missing { connection, lines } => {
                        self.with(connection, |connection| connection.add_missing(&lines));
                    }
                    Tell::New { connection, lines, end } => {
                        self.with(connection, |connection| connection.add_lines(&lines, end));
                    }
                }
            }
            if self.last_tick.elapsed() >= TICK {
                self.tick();
            }
        }
    }

    fn accept(&mut self, at: usize) {
        loop {
            let Some(listener) = self.listeners.get(at) else { return };
            match listener.accept() {
                Ok(socket) => self.admit(socket),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The client went away before it was accepted.
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                // No more files can be open. Where no connection can be closed, the next tick tries again.
                Err(_) if self.make_room() => {}
                Err(_) => return,
            }
        }
    }

    fn admit(&mut self, mut socket: Socket) {
        if self.connections.len() >= MOST_CONNECTIONS && !self.make_room() {
            return;
        }
        let id = self.next;
        self.next += 1;
        if socket.register(self.poll.registry(), Token(id)).is_ok() {
            self.connections.insert(id, Connection::new(socket));
            self.advance(id);
        }
    }

    /// Closes the connection that waits for a request the longest.
    fn make_room(&mut self) -> bool {
        let waits = |connection: &Connection| matches!(connection.state(), State::Request { .. } | State::Draining);
        let waiting = self.connections.iter().filter(|(_, connection)| waits(connection));
        let oldest = waiting
            .min_by_key(|(_, connection)| connection.since())
            .map(|(id, _)| *id);
        oldest.is_some_and(|id| {
            self.close(id);
            true
        })
    }

    fn close(&mut self, id: usize) {
        if let Some(mut connection) = self.connections.remove(&id) {
            // Closing the socket ends the registration as well.
            let _ = connection.socket().deregister(self.poll.registry());
            if connection.is_stream() {
                self.send(Ask::Unsubscribe { connection: id });
            }
        }
    }

    fn advance(&mut self, id: usize) {
        loop {
            let Some(connection) = self.connections.get_mut(&id) else {
                return;
            };
            match connection.advance() {
                Step::Wait => return,
                Step::Close => return self.close(id),
                Step::More(from) => return self.send(Ask::More { connection: id, from }),
                Step::Request(request) => {
                    let (is_head, stays_open) = (request.is_head, request.stays_open);
                    if let Err(refused) = self.ask(id, request)
                        && let Some(connection) = self.connections.get_mut(&id)
                    {
                        connection.respond(&Answer::from(&refused), is_head, stays_open);
                    }
                }
            }
        }
    }

    /// Answers a request, or asks the engine.
    fn ask(&mut self, id: usize, request: Request) -> Result<(), Refused> {
        self.guard.check(&request)?;
        if let Some(file) = page::file(&request.path) {
            self.respond(id, &request, &file);
            return Ok(());
        }
        let route = Route::find(&request.path)
            .ok_or_else(|| Refused::new(404, "there is no such path").with_hint("see docs/serve.md"))?;
        let format = if route.has_rows() {
            RowFormat::of(&request)?
        } else {
            RowFormat::Json
        };
        if route == Route::Health {
            self.respond(id, &request, &Answer::ok("text/plain; charset=utf-8", *b"ok"));
            return Ok(());
        }
        let Some(connection) = self.connections.get_mut(&id) else {
            return Ok(());
        };
        let is_stream = route == Route::Events;
        let upgrade = is_stream.then(|| Upgrade::of(&request)).transpose()?;
        let is_canceled = Arc::<AtomicBool>::default();
        let last = request.header("last-event-id").map(str::to_owned);
        connection.wait_for_engine(Asked {
            is_head: request.is_head,
            stays_open: request.stays_open,
            upgrade,
            is_canceled: Arc::clone(&is_canceled),
        });
        let is_open = is_open_metrics(&request);
        let tag = request.header("if-none-match").filter(|_| route == Route::Ledger);
        let tag = tag.map(str::to_owned);
        let params = request.params;
        if is_stream && self.streams() > MOST_STREAMS {
            return Err(Refused::new(503, format!("{MOST_STREAMS} streams are open")));
        }
        self.send(match is_stream {
            true => Ask::Subscribe {
                connection: id,
                params,
                last,
                is_canceled,
            },
            false => Ask::Query {
                connection: id,
                query: Query {
                    route,
                    params,
                    format,
                    is_open_metrics: is_open,
                    tag,
                },
                is_canceled,
            },
        });
        Ok(())
    }

    fn respond(&mut self, id: usize, request: &Request, answer: &Answer) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.respond(answer, request.is_head, request.stays_open);
        }
    }

    /// Asks the engine. It is gone when the process is about to end.
    fn send(&self, ask: Ask) {
        if self.channels.asks.send(ask).is_ok() {
            self.channels.engine.wake();
        }
    }

    fn streams(&self) -> usize {
        self.connections
            .values()
            .filter(|connection| connection.is_stream())
            .count()
    }

    /// Changes a connection that is still there, and sends what it has.
    fn with(&mut self, id: usize, change: impl FnOnce(&mut Connection)) {
        if let Some(connection) = self.connections.get_mut(&id) {
            change(connection);
            self.advance(id);
        }
    }

    /// Gives up answers that clients do not read, so that the next ones have room.
    fn bound_unsent(&mut self) {
        let mut unsent: usize = self.connections.values().map(Connection::unsent).sum();
        while unsent > MOST_UNSENT {
            let holding = self
                .connections
                .iter()
                .filter(|(_, connection)| connection.unsent() > 0);
            let Some((id, bytes)) = holding
                .min_by_key(|(_, connection)| connection.since())
                .map(|(id, connection)| (*id, connection.unsent()))
            else {
                return;
            };
            unsent -= bytes;
            self.close(id);
        }
    }

    /// Ends what takes too long, and accepts what could not be accepted before.
    fn tick(&mut self) {
        self.last_tick = Instant::now();
        let now = self.last_tick;
        let late = self.connections.iter_mut();
        let late: Vec<(usize, bool)> = late.map(|(id, connection)| (*id, connection.is_in_time(now))).collect();
        for (id, is_in_time) in late {
            match is_in_time {
                true => self.advance(id),
                false => self.close(id),
            }
        }
        (0..self.listeners.len()).for_each(|at| self.accept(at));
    }
}
