//! Complete lines of a growing file, from a bookmark on.

use super::source::{Bookmark, Source};
use crate::system::files::Stamp;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use xxhash_rust::xxh3::xxh3_64;

/// How much is read at once; a longer line grows the buffer.
const CHUNK_BYTES: usize = 64 * 1024;
/// How many bytes before the offset prove that a file only grew.
const TAIL_BYTES: u64 = 64;

/// Reads a file line by line, up to its last newline.
pub struct Lines {
    file: File,
    stamp: Stamp,
    buffer: Vec<u8>,
    /// The part of `buffer` that is filled and not yet handed out.
    start: usize,
    end: usize,
    /// File offset of `buffer[start]`.
    offset: u64,
    at_end: bool,
    resumed: bool,
}

impl Lines {
    /// Opens a source where `from` says, or at its start when the file was replaced, shrunk or rewritten.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn open(source: &Source, from: &Bookmark) -> Result<Self> {
        let describe = || format!("could not read {}", source.path.display());
        let mut file = File::open(&source.path).with_context(describe)?;
        let stamp = Stamp::of(&file.metadata().with_context(describe)?);
        let resumed = !from.is_start()
            && from.offset <= stamp.size
            && tail_hash(&mut file, from.offset).with_context(describe)? == from.tail
            // A file that was replaced by a longer one with the same ending before `offset` is the same text.
            && (stamp.is_same_file(&from.stamp) || from.offset > 0);
        let offset = if resumed { from.offset } else { 0 };
        file.seek(SeekFrom::Start(offset)).with_context(describe)?;
        Ok(Self {
            file,
            stamp,
            buffer: vec![0; CHUNK_BYTES],
            start: 0,
            end: 0,
            offset,
            at_end: false,
            resumed,
        })
    }

    /// Whether reading went on where the bookmark ended. If not, the adapter starts with a fresh state and
    /// says [`super::Scope::Source`].
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// The next complete line without its newline (and carriage return), and its offset in the file.
    ///
    /// # Errors
    /// When reading fails.
    #[expect(clippy::should_implement_trait, reason = "lends its buffer")]
    pub fn next(&mut self) -> Result<Option<(u64, &[u8])>> {
        let mut searched = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.start + searched..self.end]) {
                let (start, length) = (self.start, searched + at);
                let offset = self.offset;
                self.start += length + 1;
                self.offset += length as u64 + 1;
                let line = &self.buffer[start..start + length];
                return Ok(Some((offset, line.strip_suffix(b"\r").unwrap_or(line))));
            }
            searched = self.end - self.start;
            if self.at_end {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = self
            .file
            .read(&mut self.buffer[self.end..])
            .context("could not read on")?;
        self.end += read;
        self.at_end = read == 0;
        Ok(())
    }

    /// Where the next read goes on; `state` is the adapter's own.
    ///
    /// # Errors
    /// When reading fails.
    pub fn bookmark(mut self, reader: u32, state: Vec<u8>) -> Result<Bookmark> {
        let tail = tail_hash(&mut self.file, self.offset)?;
        Ok(Bookmark {
            stamp: self.stamp,
            wal: Stamp::default(),
            offset: self.offset,
            tail,
            reader,
            state,
        })
    }
}

fn tail_hash(file: &mut File, offset: u64) -> std::io::Result<u64> {
    let start = offset.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::with_capacity(TAIL_BYTES as usize);
    file.take(offset - start).read_to_end(&mut tail)?;
    Ok(xxh3_64(&tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &std::path::Path, from: &Bookmark) -> (bool, Vec<String>, Bookmark) {
        let source = Source::find(path, 0).expect("the file is there");
        let mut lines = Lines::open(&source, from).expect("opens");
        let resumed = lines.is_resumed();
        let mut seen = Vec::new();
        while let Some((_, line)) = lines.next().expect("reads") {
            seen.push(String::from_utf8_lossy(line).into_owned());
        }
        (resumed, seen, lines.bookmark(1, Vec::new()).expect("a bookmark"))
    }

    #[test]
    fn reads_only_complete_lines_and_goes_on_after_them() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, "one\r\ntwo\nthr").expect("written");
        let (resumed, seen, mark) = read(&path, &Bookmark::default());
        assert_eq!(
            (resumed, seen, mark.offset),
            (false, vec!["one".into(), "two".into()], 9)
        );
        std::fs::write(&path, "one\r\ntwo\nthree\n").expect("written");
        let (resumed, seen, mark) = read(&path, &mark);
        assert_eq!((resumed, seen), (true, vec!["three".to_owned()]));
        std::fs::write(&path, "ONE\r\nTWO\nthree\nfour\n").expect("written");
        let (resumed, seen, _) = read(&path, &mark);
        assert_eq!((resumed, seen.len()), (false, 4));
    }

    #[test]
    fn a_line_longer_than_the_buffer_comes_whole() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        let long = "x".repeat(CHUNK_BYTES * 3 + 17);
        std::fs::write(&path, format!("{long}\nshort\n")).expect("written");
        let (_, seen, _) = read(&path, &Bookmark::default());
        assert_eq!((seen[0].len(), seen[1].as_str()), (long.len(), "short"));
    }
}
