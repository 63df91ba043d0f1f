//! Frames between a plugin's process and ttop: two lengths, JSON, and raw bytes beside it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// The longest part of a frame that either side takes.
pub const MOST_BYTES: usize = 16 << 20;
const AT_FIRST: usize = 1 << 20;

/// What ttop sends to the child.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ToChild {
    /// Evaluates the plugin with no rights.
    Load {
        /// What errors call the plugin until its id is known.
        label: String,
        entry: String,
        machine: Machine,
        /// Variables for a second evaluation, after consent.
        env: BTreeMap<String, String>,
        cpu_ms: u64,
    },
    /// The declaration was checked: this is the plugin's name and what it may see.
    Grant {
        plugin: String,
        kind: String,
        env: BTreeMap<String, String>,
        memory_mib: usize,
    },
    Call {
        id: u64,
        method: String,
        args: Value,
        config: Value,
        cpu_ms: u64,
    },
    /// The answer to an [`FromChild::Op`]; the bytes beside it are its body.
    Answer { id: u64, result: Result<Value, Refused> },
    /// A timer is due.
    Wake,
    Watched {
        watch: u64,
        event: String,
        name: Option<String>,
    },
    /// Fires the signal of one call, or of all.
    Abort { id: Option<u64>, reason: String },
    /// Drops all timers, watches and callbacks.
    Quiet,
}

/// What a plugin may know of the machine without asking.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    pub home: String,
    pub platform: String,
    pub arch: String,
    pub temp: String,
}

/// What the child sends. ttop trusts none of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FromChild {
    /// The walls that stand around the child.
    Ready {
        walls: Vec<String>,
    },
    Declared {
        value: Value,
        looked_at_env: bool,
    },
    LoadFailed {
        message: String,
    },
    /// A request for something outside; the bytes beside it are its body.
    Op {
        id: u64,
        op: Box<RawValue>,
    },
    /// Part of an answer that is a long list; kept as text, which takes a fraction of the memory.
    Rows {
        id: u64,
        rows: Vec<Box<RawValue>>,
    },
    Return {
        id: u64,
        value: Value,
    },
    Threw {
        id: u64,
        error: Thrown,
    },
    Activity {
        value: Value,
    },
    Log {
        lines: Vec<(Level, String)>,
    },
    /// Nothing to do, for so long if a timer is set.
    Idle {
        wake_ms: Option<u64>,
    },
    /// A limit was met: the engine is of no further use.
    Spent {
        limit: Limit,
    },
}

/// An exception of the plugin, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thrown {
    pub name: String,
    pub message: String,
}

/// A limit that ends the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Limit {
    Cpu,
    Memory,
}

/// The level of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Why an operation has no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Refused {
    /// A right that the plugin does not have.
    Permission { permission: String, message: String },
    /// An error of the file system, with its code.
    File { code: String, message: String },
    /// A `TypeError`, as `fetch` throws for the network.
    Network { message: String },
    /// The request's signal fired.
    Aborted { message: String },
    /// Anything else.
    Failed { message: String },
}

impl Refused {
    pub fn permission(permission: &str, message: impl Into<String>) -> Self {
        Self::Permission {
            permission: permission.into(),
            message: message.into(),
        }
    }

    pub fn file(code: &str, message: impl Into<String>) -> Self {
        Self::File {
            code: code.into(),
            message: message.into(),
        }
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed {
            message: message.into(),
        }
    }

    pub fn network(message: impl Into<String>) -> Self {
        Self::Network {
            message: message.into(),
        }
    }

    pub fn message(&self) -> &str {
        match self {
            Self::Permission { message, .. }
            | Self::File { message, .. }
            | Self::Network { message }
            | Self::Aborted { message }
            | Self::Failed { message } => message,
        }
    }
}

/// Writes one frame.
///
/// # Errors
/// When a part is too long, or the other side is gone.
pub fn write_frame(to: &mut impl Write, json: &[u8], body: &[u8]) -> io::Result<()> {
    if json.len() > MOST_BYTES || body.len() > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is too long"));
    }
    let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut head = Vec::with_capacity(8 + json.len());
    head.extend(length(json));
    head.extend(length(body));
    head.extend(json);
    to.write_all(&head)?;
    to.write_all(body)?;
    to.flush()
}

/// Writes a message with bytes beside it.
///
/// # Errors
/// As [`write_frame`].
pub fn write_message(to: &mut impl Write, message: &impl Serialize, body: &[u8]) -> io::Result<()> {
    write_frame(to, &serde_json::to_vec(message)?, body)
}

/// Reads one frame as a message; `None` at the end.
///
/// # Errors
/// As [`read_frame`], and when the JSON is none of `T`.
pub fn read_message<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<(T, Vec<u8>)>> {
    match read_frame(from)? {
        Some((json, body)) => Ok(Some((serde_json::from_slice(&json)?, body))),
        None => Ok(None),
    }
}

/// Reads the JSON and the bytes of one frame; `None` at the end.
///
/// # Errors
/// When a length is out of bounds, or the stream ends inside a frame.
pub fn read_frame(from: &mut impl Read) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut head = [0; 8];
    match from.read(&mut head[..1])? {
        0 => return Ok(None),
        _ => from.read_exact(&mut head[1..])?,
    }
    let [a, b, c, d, e, f, g, h] = head;
    let json = read_part(from, u32::from_le_bytes([a, b, c, d]))?;
    let body = read_part(from, u32::from_le_bytes([e, f, g, h]))?;
    Ok(Some((json, body)))
}

fn read_part(from: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    if length as usize > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is too long"));
    }
    // Memory grows with what arrives, not with what the length promises.
    let mut part = Vec::with_capacity((length as usize).min(AT_FIRST));
    let read = from.take(u64::from(length)).read_to_end(&mut part)?;
    if read < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_was_sent() {
        let mut pipe = Vec::new();
        let sent = FromChild::Return {
            id: 7,
            value: serde_json::json!({"at": 1_795_164_387_672.015_9}),
        };
        write_message(&mut pipe, &sent, b"\0\xff").expect("written");
        let (got, body) = read_message::<FromChild>(&mut pipe.as_slice())
            .expect("a frame")
            .expect("not the end");
        assert_eq!(format!("{sent:?}"), format!("{got:?}"));
        assert_eq!(body, b"\0\xff");
    }

    #[test]
    fn a_length_that_promises_too_much_or_more_than_comes_is_an_error() {
        for head in [[0xff; 8], [200, 0, 0, 0, 0, 0, 0, 0]] {
            assert!(read_message::<FromChild>(&mut head.as_slice()).is_err());
        }
    }
}
