//! Output: where rows and text are written, buffered and fallible; on a terminal, nothing foreign goes out unescaped.

use super::text;
use crate::core::text::{MOST_IN_GRAPHEME, Printable, is_unsafe};
use serde::Serialize;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};
use unicode_width::UnicodeWidthChar;

/// A buffered writer that knows whether it is a terminal.
pub struct Output<'w> {
    writer: BufWriter<Box<dyn Write + 'w>>,
    is_terminal: bool,
}

const BUFFER_BYTES: usize = 64 * 1024;

impl Output<'static> {
    /// Holds stdout for as long as it lives.
    pub fn stdout() -> Self {
        let stdout = io::stdout().lock();
        let is_terminal = stdout.is_terminal();
        Self {
            is_terminal,
            ..Self::new(stdout)
        }
    }
}

impl<'w> Output<'w> {
    /// Writes to a file, a socket or memory.
    pub fn new(writer: impl Write + 'w) -> Self {
        Self {
            writer: BufWriter::with_capacity(BUFFER_BYTES, Box::new(writer)),
            is_terminal: false,
        }
    }

    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Writes bytes that a format has escaped, or that are ttop's own.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(in crate::render) fn encoded(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.writer.write_all(bytes).map_err(OutputError)
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn line(&mut self, text: &Printable) -> Result<(), OutputError> {
        self.encoded(text.as_bytes())?;
        self.encoded(b"\n")
    }

    /// Writes text of several lines: unchanged to a file or pipe, without control characters to a terminal.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), OutputError> {
        if self.is_terminal {
            self.encoded(text::strip_control(text).as_bytes())
        } else {
            self.encoded(text.as_bytes())
        }
    }

    /// Writes a value as JSON on one line, without a newline.
    ///
    /// # Errors
    /// When the output cannot be written, or the value is no JSON.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), OutputError> {
        if self.is_terminal {
            let bytes = serde_json::to_vec(value)?;
            return self.json_bytes(&bytes);
        }
        Ok(serde_json::to_writer(&mut self.writer, value)?)
    }

    /// Like [`Self::json`], indented.
    ///
    /// # Errors
    /// When the output cannot be written, or the value is no JSON.
    pub fn json_pretty(&mut self, value: &impl Serialize) -> Result<(), OutputError> {
        let bytes = serde_json::to_vec_pretty(value)?;
        self.json_bytes(&bytes)
    }

    /// Writes JSON text. On a terminal, characters that could steer it are written as escapes: the value is the same.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn json_bytes(&mut self, json: &[u8]) -> Result<(), OutputError> {
        match std::str::from_utf8(json) {
            Ok(json) if self.is_terminal => self.encoded(escape_json(json).as_bytes()),
            _ => self.encoded(json),
        }
    }

    /// Writes JSON text and a newline.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn json_line(&mut self, json: &str) -> Result<(), OutputError> {
        self.json_bytes(json.as_bytes())?;
        self.encoded(b"\n")
    }

    /// Hands everything to the system. A run that wrote anything ends with this, so that a full disk is noticed.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn flush(&mut self) -> Result<(), OutputError> {
        self.writer.flush().map_err(OutputError)
    }
}

/// JSON text with `\u` escapes in place of control characters, and of marks that pile up on one character. Outside
/// strings, JSON contains none except line ends.
pub(in crate::render) fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    let mut marks = 0;
    for character in json.chars() {
        let is_mark = !character.is_ascii() && character.width() == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        if (is_unsafe(character) && character != '\n') || marks > MOST_IN_GRAPHEME {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Whether the reader of stdout closed it, without writing: an idle stream must end, too.
#[cfg(unix)]
pub fn is_abandoned() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    let mut fds = [PollFd::new(&stdout, PollFlags::empty())];
    let polled = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    polled.is_ok()
        && fds[0]
            .revents()
            .intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL)
}

/// Elsewhere it is noticed at the next line.
#[cfg(not(unix))]
pub fn is_abandoned() -> bool {
    false
}

/// Stdout for another program: what goes through is not escaped for a terminal.
pub struct Pipe(Output<'static>);

impl Pipe {
    /// `None` where stdout is a terminal.
    pub fn open() -> Option<Self> {
        let output = Output::stdout();
        (!output.is_terminal).then_some(Self(output))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.writer.flush()
    }
}

/// Stdout could not be written.
#[derive(Debug)]
pub struct OutputError(pub io::Error);

impl OutputError {
    /// Whether the reader went away: no error for the one who runs ttop.
    pub fn is_closed(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not write to stdout: {}", self.0)
    }
}

impl std::error::Error for OutputError {}

impl From<serde_json::Error> for OutputError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.into())
    }
}

impl From<csv::Error> for OutputError {
    fn from(error: csv::Error) -> Self {
        Self(error.into())
    }
}

/// Prints text that is no row: help, a configuration, a manual page.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_text(text: &str) -> Result<(), OutputError> {
    let mut output = Output::stdout();
    output.text(text)?;
    output.flush()
}

/// Prints text of ttop's own with its colors and cursor movements, or in which every foreign part is escaped for the
/// program that reads it: a bar, a shell's completion.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_encoded(text: &[u8]) -> Result<(), OutputError> {
    let mut output = Output::stdout();
    output.encoded(text)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_on_a_terminal_is_the_same_value_without_what_steers_it() {
        let value = serde_json::json!({"title": "a\u{9b}31m\u{202e}b\u{7f}\u{e0041}日本\u{1b}"});
        let escaped = escape_json(&value.to_string());
        assert!(!escaped.chars().any(is_unsafe), "{escaped}");
        assert!(
            escaped.contains("\\u009b31m\\u202eb\\u007f\\udb40\\udc41日本"),
            "{escaped}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).expect("JSON"),
            value
        );
    }
}
