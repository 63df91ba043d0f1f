//! What another program writes to stdin at its start: a JSON document, waited for briefly.

use serde_json::Value;
use std::io::{IsTerminal, Read};
use std::sync::mpsc::channel;
use std::time::Duration;

/// The document on stdin; `None` on a terminal, and when none of up to `most_bytes` is complete after `patience`.
#[must_use]
pub fn piped_json(patience: Duration, most_bytes: u64) -> Option<Value> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return None;
    }
    let (send, receive) = channel();
    // Left behind when nothing comes: it ends with the process.
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdin.lock().take(most_bytes).read_to_end(&mut text);
        let _ = send.send(read.is_ok().then_some(text));
    });
    let text = receive.recv_timeout(patience).ok().flatten()?;
    serde_json::from_slice(&text).ok()
}
