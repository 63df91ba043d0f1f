//! Frames of an event stream: server-sent events, or a WebSocket over bytes in memory.

use super::answer::{close_head, status_line};
use super::feed::Line;
use super::request::{Refused, Request};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

/// Clients have nothing to send but answers to pings.
const MOST_RECEIVED: usize = 4 * 1024;

/// How a client wants its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Upgrade {
    ServerSent,
    WebSocket { key: String },
}

impl Upgrade {
    /// # Errors
    /// When a WebSocket is asked for in another version than 13.
    pub(super) fn of(request: &Request) -> Result<Self, Refused> {
        let is_upgrade = request
            .header_list("upgrade")
            .any(|word| word.eq_ignore_ascii_case("websocket"));
        if !is_upgrade {
            return Ok(Self::ServerSent);
        }
        let has_connection = request
            .header_list("connection")
            .any(|word| word.eq_ignore_ascii_case("upgrade"));
        let key = request.header("sec-websocket-key").unwrap_or_default();
        if request.header("sec-websocket-version") != Some("13") || !has_connection || key.len() != 24 {
            return Err(Refused::new(426, "the server speaks WebSocket version 13"));
        }
        Ok(Self::WebSocket { key: key.to_owned() })
    }

    /// The head of the answer, and the frames that follow it.
    pub(super) fn open(&self) -> (Vec<u8>, Frames) {
        match self {
            Self::ServerSent => {
                let mut head = status_line(200);
                head.push_str("Content-Type: text/event-stream\r\nConnection: close\r\nX-Accel-Buffering: no\r\n");
                close_head(&mut head, 200, "default-src 'none'");
                // Clients wait for so many milliseconds before they connect again.
                head.push_str("retry: 2000\n\n");
                (head.into_bytes(), Frames::ServerSent)
            }
            Self::WebSocket { key } => {
                let mut head = status_line(101);
                let accept = derive_accept_key(key.as_bytes());
                head.push_str(&format!(
                    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
                ));
                let config = WebSocketConfig::default()
                    .max_message_size(Some(MOST_RECEIVED))
                    .max_frame_size(Some(MOST_RECEIVED));
                let socket = WebSocket::from_raw_socket(Pipe::default(), Role::Server, Some(config));
                (head.into_bytes(), Frames::WebSocket(Box::new(socket)))
            }
        }
    }
}

/// What turns lines into bytes.
pub(super) enum Frames {
    ServerSent,
    WebSocket(Box<WebSocket<Pipe>>),
}

/// The other side ended the stream, or broke its rules.
pub(super) struct Ended;

impl Frames {
    /// The bytes of these lines.
    pub(super) fn lines(&mut self, lines: &[Line]) -> Result<Vec<u8>, Ended> {
        match self {
            Self::ServerSent => {
                let mut bytes = Vec::new();
                for line in lines {
                    if !line.id.is_empty() {
                        bytes.extend_from_slice(format!("id: {}\n", line.id).as_bytes());
                    }
                    let frame = format!("event: {}\ndata: {}\n\n", line.kind, line.json);
                    bytes.extend_from_slice(frame.as_bytes());
                }
                Ok(bytes)
            }
            Self::WebSocket(socket) => {
                for line in lines {
                    flushed(socket.send(Message::text(&*line.json)))?;
                }
                Ok(std::mem::take(&mut socket.get_mut().output))
            }
        }
    }

    /// A sign of life.
    pub(super) fn ping(&mut self) -> Result<Vec<u8>, Ended> {
        match self {
            Self::ServerSent => Ok(b": ping\n\n".to_vec()),
            Self::WebSocket(socket) => {
                flushed(socket.send(Message::Ping(Default::default())))?;
                Ok(std::mem::take(&mut socket.get_mut().output))
            }
        }
    }

    /// Takes bytes of the client; returns bytes to send back, and whether the stream goes on.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let Self::WebSocket(socket) = self else {
            return (Vec::new(), true);
        };
        socket.get_mut().input.extend(bytes);
        let goes_on = loop {
            match socket.read() {
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break true,
                Err(_) => break false,
            }
        };
        // An answer to a ping or a close may wait.
        let _ = socket.flush();
        (std::mem::take(&mut socket.get_mut().output), goes_on)
    }
}

fn flushed(result: Result<(), Error>) -> Result<(), Ended> {
    result.map_err(|_| Ended)
}

/// Bytes from and for a client, in memory: sockets are read and written elsewhere.
#[derive(Default)]
pub(super) struct Pipe {
    input: VecDeque<u8>,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            read => Ok(read),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
