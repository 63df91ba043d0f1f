//! Complete lines of a growing file, from a bookmark on.

use super::batch::Batch;
use super::content::Content;
use super::hole;
use super::source::{Bookmark, Source};
use crate::core::problem::Problem;
use crate::system::files::Stamp;
use crate::system::open;
use anyhow::{Context, Result};
use memchr::memmem::Finder;
use std::cell::Cell;
use std::io::{self, Read};
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_64;

/// How much is read at once.
const CHUNK_BYTES: usize = 128 * 1024;
/// Room for a line's beginning before each chunk; a longer line grows it. Measured: much larger ones are slower, they leave
/// the cache.
const BUFFER_BYTES: usize = 2 * CHUNK_BYTES;
/// A longer line is passed over and reported. The largest lines agents write are images in base64, some ten MB.
pub const MAX_LINE_BYTES: usize = 32 * 1024 * 1024;
/// How many bytes before the offset prove that a file only grew.
const TAIL_BYTES: usize = 64;

/// Reads a file line by line, up to its last newline. One whose name ends in `.zst` is unpacked, and always read from its
/// start: it does not grow.
pub struct Lines {
    file: Content,
    path: PathBuf,
    stamp: Stamp,
    /// Of what describes it.
    wal: Stamp,
    list_entry: u64,
    /// Bytes in it; those of a packed file are only known at its end.
    size: u64,
    buffer: Vec<u8>,
    /// The part of `buffer` that is filled and not yet handed out.
    start: usize,
    end: usize,
    /// File offset of `buffer[start]`.
    offset: u64,
    at_end: bool,
    /// The last read ended in a line that was too long already: what is left of it is passed over.
    is_inside: bool,
    resumed: bool,
    /// What a line that does not fit the buffer must contain to be handed out; empty: all are.
    needles: Vec<Finder<'static>>,
    /// Offset of a long line that is known to contain a needle.
    wanted: Option<u64>,
    /// Lines handed out or passed over.
    count: u64,
    /// Offsets of lines above [`MAX_LINE_BYTES`], and their numbers.
    too_long: Vec<(u64, u64)>,
}

impl Lines {
    /// Opens a source at the bookmark `from`, or at its start when the file was replaced, shrunk or rewritten.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn open(source: &Source, from: &Bookmark) -> Result<Self> {
        let describe = || format!("could not read {}", source.path.display());
        let (file, metadata) = open::open(&source.path).with_context(describe)?;
        let stamp = Stamp::of(&metadata);
        let is_packed = source.path.extension().is_some_and(|it| it == "zst");
        let (mut file, size) = if is_packed {
            (Content::packed(file).with_context(describe)?, u64::MAX)
        } else {
            (Content::File(file), stamp.size)
        };
        // Same size at another time: rewritten in place (or merely touched, which costs one more read).
        let is_grown =
            !is_packed && stamp.is_same_file(&from.stamp) && (stamp.size > from.stamp.size || stamp == from.stamp);
        let mut tail = Vec::new();
        let resumed = !from.is_start() && is_grown && from.offset <= stamp.size && {
            tail = read_tail(&mut file, from.offset).with_context(describe)?;
            xxh3_64(&tail) == from.tail
        };
        let offset = if resumed { from.offset } else { 0 };
        if resumed || !from.is_start() {
            file.seek_to(offset).with_context(describe)?;
        }
        Ok(Self {
            file,
            path: source.path.clone(),
            stamp,
            wal: source.wal,
            list_entry: source.list_entry,
            size,
            buffer: SPARE.take().unwrap_or_else(|| vec![0; BUFFER_BYTES]),
            start: 0,
            end: 0,
            offset,
            at_end: false,
            is_inside: resumed && tail.last().is_some_and(|&byte| byte != b'\n'),
            resumed,
            needles: Vec::new(),
            wanted: None,
            count: 0,
            too_long: Vec::new(),
        })
    }

    /// From here on, lines that do not fit the buffer (256 KiB) are handed out only if they contain one of these;
    /// the others are passed over without being held in memory. Shorter lines are handed out as before.
    pub fn long_lines_with(&mut self, needles: &[&'static str]) {
        self.needles = needles.iter().map(|needle| Finder::new(needle.as_bytes())).collect();
    }

    /// Whether reading went on where the bookmark ended. If not, the adapter starts with a fresh state and
    /// marks [`crate::agents::Scope::Source`].
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Where the next line begins in the file.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many lines were handed out or passed over since the source was opened.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The next complete line without its newline (and carriage return), and its offset in the file.
    ///
    /// # Errors
    /// When reading fails.
    #[expect(clippy::should_implement_trait, reason = "lends its buffer")]
    pub fn next(&mut self) -> Result<Option<(u64, &[u8])>> {
        if self.is_inside {
            self.pass_line()?;
        }
        let mut searched = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.start + searched..self.end]) {
                let (start, length) = (self.start, searched + at);
                let offset = self.offset;
                self.start += length + 1;
                self.offset += length as u64 + 1;
                self.count += 1;
                let line = &self.buffer[start..start + length];
                let line = if offset == 0 {
                    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
                } else {
                    line
                };
                return Ok(Some((offset, line.strip_suffix(b"\r").unwrap_or(line))));
            }
            searched = self.end - self.start;
            if self.at_end {
                return Ok(None);
            }
            if searched == self.buffer.len() && !self.is_kept() {
                self.pass_line()?;
                searched = 0;
            } else {
                self.fill()?;
            }
        }
    }

    /// Whether the line that fills the buffer is worth a larger one.
    fn is_kept(&mut self) -> bool {
        let is_wanted = self.wanted == Some(self.offset)
            || self.needles.is_empty()
            || self.needles.iter().any(|needle| needle.find(&self.buffer).is_some());
        if !is_wanted {
            return false;
        }
        self.wanted = Some(self.offset);
        let fits = self.buffer.len() < MAX_LINE_BYTES;
        if !fits {
            self.too_long.push((self.offset, self.count + 1));
        }
        fits
    }

    /// Reads to the end of the line that fills the buffer without keeping it, or back to its start when a needle turns
    /// up. At the end of the file the line is not complete: it will be looked at again, unless it is too long already.
    /// Then the next read goes on inside it, or a last line of many GB would be read anew each time.
    fn pass_line(&mut self) -> Result<()> {
        let mut is_too_long = self.too_long.last().is_some_and(|(offset, _)| *offset == self.offset);
        let is_lost = std::mem::take(&mut self.is_inside) || is_too_long;
        let overlap = self
            .needles
            .iter()
            .map(|needle| needle.needle().len())
            .max()
            .unwrap_or(0);
        let line = self.offset;
        // File offset of buffer[0].
        let mut base = line;
        loop {
            let kept = overlap.min(self.end);
            self.buffer.copy_within(self.end - kept..self.end, 0);
            base += (self.end - kept) as u64;
            self.end = kept + self.read(kept, CHUNK_BYTES)?;
            if self.end == kept {
                let reached = base + kept as u64;
                (self.start, self.end, self.at_end) = (0, 0, true);
                if is_lost || reached - line > MAX_LINE_BYTES as u64 {
                    self.offset = reached;
                }
                return Ok(());
            }
            let newline = memchr::memchr(b'\n', &self.buffer[kept..self.end]).map(|at| kept + at);
            let part = &self.buffer[..newline.unwrap_or(self.end)];
            let is_wanted = !is_too_long && self.needles.iter().any(|needle| needle.find(part).is_some());
            if is_wanted && is_lost {
                self.too_long.push((line, self.count + 1));
                is_too_long = true;
            } else if is_wanted {
                self.file.seek_to(line).context("could not read on")?;
                (self.start, self.end, self.wanted) = (0, 0, Some(line));
                return Ok(());
            }
            if let Some(at) = newline {
                self.start = at + 1;
                self.offset = base + self.start as u64;
                self.count += 1;
                return Ok(());
            }
            // What was never written is not read: a file may be mostly that.
            if self.buffer[kept] == 0 && self.buffer[self.end - 1] == 0 {
                let at = base + self.end as u64;
                if let Content::File(file) = &mut self.file {
                    base += hole::pass(file, at, self.stamp.size).context("could not read on")?;
                }
            }
        }
    }

    fn fill(&mut self) -> Result<()> {
        // What is written from now on belongs to the next read.
        if self.offset + (self.end - self.start) as u64 >= self.size {
            self.at_end = true;
            return Ok(());
        }
        if self.start > 0 && self.buffer.len() - self.end < CHUNK_BYTES {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = self.read(self.end, self.buffer.len().min(self.end + CHUNK_BYTES))?;
        self.end += read;
        self.at_end = read == 0;
        Ok(())
    }

    fn read(&mut self, from: usize, to: usize) -> Result<usize> {
        loop {
            match self.file.read(&mut self.buffer[from..to]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.with_context(|| format!("could not read {}", self.path.display())),
            }
        }
    }

    /// Ends the reading: reports lines that were too long, and returns where the next read goes on; `state` is the
    /// adapter's own, `lines_before` the number of lines read before the source was opened.
    ///
    /// # Errors
    /// When reading fails.
    pub fn finish(self, rules_version: u32, lines_before: u64, state: Vec<u8>, into: &mut Batch) -> Result<Bookmark> {
        for (_, line) in &self.too_long {
            let place = format!("{}:{}", self.path.display(), lines_before + line);
            let reason = format!("skipped a line of more than {} MiB", MAX_LINE_BYTES >> 20);
            into.problem(Problem::new(place, reason));
        }
        self.bookmark(rules_version, state)
    }

    fn bookmark(mut self, rules_version: u32, state: Vec<u8>) -> Result<Bookmark> {
        let tail = match self.start.checked_sub(TAIL_BYTES) {
            Some(from) => xxh3_64(&self.buffer[from..self.start]),
            None => xxh3_64(&read_tail(&mut self.file, self.offset)?),
        };
        Ok(Bookmark {
            stamp: self.stamp,
            wal: self.wal,
            list_entry: self.list_entry,
            offset: self.offset,
            tail,
            rules_version,
            state,
        })
    }
}

thread_local! {
    /// The buffer of the last file, for the next one: thousands of files are read in a row.
    static SPARE: Cell<Option<Vec<u8>>> = const { Cell::new(None) };
}

impl Drop for Lines {
    fn drop(&mut self) {
        if self.buffer.len() == BUFFER_BYTES {
            SPARE.set(Some(std::mem::take(&mut self.buffer)));
        }
    }
}

/// A line that may be a JSON object, without the white space after it; `None` for a blank one.
///
/// # Errors
/// The reason why it cannot be one: cut off when the writer was stopped, or no text at all.
pub fn object(line: &[u8]) -> Option<Result<&[u8], &'static str>> {
    let line = line.trim_ascii_end();
    Some(match line.last()? {
        b'}' => Ok(line),
        _ => Err("not a complete record"),
    })
}

/// The (up to 64) bytes before an offset.
fn read_tail(file: &mut Content, offset: u64) -> io::Result<Vec<u8>> {
    let start = offset.saturating_sub(TAIL_BYTES as u64);
    file.seek_to(start)?;
    let mut tail = Vec::with_capacity(TAIL_BYTES);
    file.take(offset - start).read_to_end(&mut tail)?;
    Ok(tail)
}

#[cfg(test)]
mod tests;
