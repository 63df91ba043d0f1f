//! Output: the one writer to stdout, locked, buffered and fallible.

use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

/// Holds stdout for as long as rows are written.
pub struct Output {
    writer: BufWriter<StdoutLock<'static>>,
}

const BUFFER_BYTES: usize = 64 * 1024;

impl Output {
    pub fn stdout() -> Self {
        Self {
            writer: BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock()),
        }
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), StdoutError> {
        self.writer.write_all(bytes).map_err(StdoutError)
    }

    /// Writes text and a newline.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn line(&mut self, text: &str) -> Result<(), StdoutError> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Hands everything to the system. A run that wrote anything ends with this, so that a full disk is noticed.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn flush(&mut self) -> Result<(), StdoutError> {
        self.writer.flush().map_err(StdoutError)
    }
}

/// For serializers; their errors become [`StdoutError`] again.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Whether the reader of stdout went away, told without writing: a stream that has nothing to say must end too.
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

/// Stdout could not be written.
#[derive(Debug)]
pub struct StdoutError(pub io::Error);

impl StdoutError {
    /// Whether the reader went away: no error for the one who runs ttop.
    pub fn is_closed(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

impl fmt::Display for StdoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not write to stdout: {}", self.0)
    }
}

impl std::error::Error for StdoutError {}

impl From<serde_json::Error> for StdoutError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.into())
    }
}

impl From<csv::Error> for StdoutError {
    fn from(error: csv::Error) -> Self {
        Self(error.into())
    }
}

/// Prints text that is no row (help, completions, a man page).
///
/// # Errors
/// When stdout cannot be written.
pub fn print_text(text: &[u8]) -> Result<(), StdoutError> {
    let mut output = Output::stdout();
    output.bytes(text)?;
    output.flush()
}
