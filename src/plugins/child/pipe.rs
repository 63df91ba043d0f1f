//! The pipe to ttop: frames out, frames in, and answers that are waited for.

use crate::plugins::message::{FromChild, Refused, ToChild, read_message, write_frame, write_message};
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{self, StdinLock, StdoutLock};

/// Both ends, and what came while an answer was waited for.
#[derive(Debug)]
pub(super) struct Pipe {
    from: StdinLock<'static>,
    to: StdoutLock<'static>,
    waiting: VecDeque<(ToChild, Vec<u8>)>,
    last_op: u64,
}

impl Pipe {
    pub(super) fn new() -> Self {
        Self {
            from: io::stdin().lock(),
            to: io::stdout().lock(),
            waiting: VecDeque::new(),
            last_op: 0,
        }
    }

    pub(super) fn send(&mut self, message: &FromChild) -> io::Result<()> {
        write_message(&mut self.to, message, &[])
    }

    /// Sends an operation and returns the number that its answer bears.
    pub(super) fn ask(&mut self, op: &str, body: &[u8]) -> io::Result<u64> {
        self.last_op += 1;
        let id = self.last_op;
        write_frame(
            &mut self.to,
            format!(r#"{{"op":{{"id":{id},"op":{op}}}}}"#).as_bytes(),
            body,
        )?;
        Ok(id)
    }

    /// Waits for one answer; whatever else comes is kept for later.
    pub(super) fn answer(&mut self, wanted: u64) -> io::Result<(Result<Value, Refused>, Vec<u8>)> {
        loop {
            match self.read()? {
                (ToChild::Answer { id, result }, body) if id == wanted => return Ok((result, body)),
                other => self.waiting.push_back(other),
            }
        }
    }

    /// The next message that is here already, or else the next that comes.
    pub(super) fn next(&mut self) -> io::Result<(ToChild, Vec<u8>)> {
        match self.waiting.pop_front() {
            Some(message) => Ok(message),
            None => self.read(),
        }
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn read(&mut self) -> io::Result<(ToChild, Vec<u8>)> {
        // ttop is gone: so is the plugin.
        read_message(&mut self.from)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
