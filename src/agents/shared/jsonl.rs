//! Complete lines of a growing file, from a bookmark on.

use super::batch::Batch;
use super::source::{Bookmark, Source};
use crate::core::problem::Problem;
use crate::system::files::Stamp;
use anyhow::{Context, Result};
use memchr::memmem::Finder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_64;

/// How much is read at once.
const CHUNK_BYTES: usize = 128 * 1024;
/// Room for a line's beginning before each chunk; a longer line grows it. Measured: much larger ones are slower, they leave
/// the cache.
const BUFFER_BYTES: usize = 2 * CHUNK_BYTES;
/// A longer line is passed over and reported. The largest lines agents write are images in base64, some ten MB.
pub const MAX_LINE_BYTES: usize = 32 * 1024 * 1024;
/// A packed file that holds more is damaged, or meant to fill the memory.
const MAX_UNPACKED_BYTES: u64 = 2 << 30;
/// How many bytes before the offset prove that a file only grew.
const TAIL_BYTES: usize = 64;

/// Reads a file line by line, up to its last newline. One whose name ends in `.zst` is unpacked, and always read from its
/// start: it does not grow.
pub struct Lines {
    file: Content,
    path: PathBuf,
    stamp: Stamp,
    /// Bytes in it, unpacked.
    size: u64,
    buffer: Vec<u8>,
    /// The part of `buffer` that is filled and not yet handed out.
    start: usize,
    end: usize,
    /// File offset of `buffer[start]`.
    offset: u64,
    at_end: bool,
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
    /// Opens a source where `from` says, or at its start when the file was replaced, shrunk or rewritten.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn open(source: &Source, from: &Bookmark) -> Result<Self> {
        let describe = || format!("could not read {}", source.path.display());
        let file = File::open(&source.path).with_context(describe)?;
        let stamp = Stamp::of(&file.metadata().with_context(describe)?);
        let is_packed = source.path.extension().is_some_and(|it| it == "zst");
        let (mut file, size) = if is_packed {
            let text = unpack(file).with_context(describe)?;
            let size = text.len() as u64;
            (Content::Unpacked(Cursor::new(text)), size)
        } else {
            (Content::File(file), stamp.size)
        };
        // Same size at another time: rewritten in place (or merely touched, which costs one more read).
        let is_grown =
            !is_packed && stamp.is_same_file(&from.stamp) && (stamp.size > from.stamp.size || stamp == from.stamp);
        let resumed = !from.is_start()
            && is_grown
            && from.offset <= stamp.size
            && tail_hash(&mut file, from.offset).with_context(describe)? == from.tail;
        let offset = if resumed { from.offset } else { 0 };
        if resumed || !from.is_start() {
            file.seek(SeekFrom::Start(offset)).with_context(describe)?;
        }
        Ok(Self {
            file,
            path: source.path.clone(),
            stamp,
            size,
            buffer: SPARE.take().unwrap_or_else(|| vec![0; BUFFER_BYTES]),
            start: 0,
            end: 0,
            offset,
            at_end: false,
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
    /// says [`crate::agents::Scope::Source`].
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
    /// up. At the end of the file the line is not complete: it will be looked at again.
    fn pass_line(&mut self) -> Result<()> {
        let is_too_long = self.too_long.last().is_some_and(|(offset, _)| *offset == self.offset);
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
            self.buffer.copy_within(self.end - overlap..self.end, 0);
            base += (self.end - overlap) as u64;
            self.end = overlap + self.read(overlap, CHUNK_BYTES)?;
            if self.end == overlap {
                (self.start, self.end, self.at_end) = (0, 0, true);
                if is_too_long {
                    self.too_long.pop();
                }
                return Ok(());
            }
            let newline = memchr::memchr(b'\n', &self.buffer[overlap..self.end]).map(|at| overlap + at);
            let part = &self.buffer[..newline.unwrap_or(self.end)];
            if !is_too_long && self.needles.iter().any(|needle| needle.find(part).is_some()) {
                self.file
                    .seek(SeekFrom::Start(line))
                    .context("could not continue reading")?;
                (self.start, self.end, self.wanted) = (0, 0, Some(line));
                return Ok(());
            }
            if let Some(at) = newline {
                self.start = at + 1;
                self.offset = base + self.start as u64;
                self.count += 1;
                return Ok(());
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

    /// Ends the reading: reports lines that were too long, and says where the next read goes on; `state` is the
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
            None => tail_hash(&mut self.file, self.offset)?,
        };
        Ok(Bookmark {
            stamp: self.stamp,
            wal: Stamp::default(),
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

/// Unpacks a file; one that grows beyond all measure is refused.
fn unpack(file: File) -> io::Result<Vec<u8>> {
    let mut unpacked = ruzstd::decoding::StreamingDecoder::new(io::BufReader::new(file)).map_err(io::Error::other)?;
    let mut text = Vec::new();
    if (&mut unpacked).take(MAX_UNPACKED_BYTES + 1).read_to_end(&mut text)? as u64 > MAX_UNPACKED_BYTES {
        return Err(io::Error::other("more than 2 GiB are packed in it"));
    }
    Ok(text)
}

/// Where the bytes come from.
enum Content {
    File(File),
    Unpacked(Cursor<Vec<u8>>),
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(into),
            Self::Unpacked(text) => text.read(into),
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Unpacked(text) => text.seek(to),
        }
    }
}

fn tail_hash(file: &mut Content, offset: u64) -> io::Result<u64> {
    let start = offset.saturating_sub(TAIL_BYTES as u64);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::with_capacity(TAIL_BYTES);
    file.take(offset - start).read_to_end(&mut tail)?;
    Ok(xxh3_64(&tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    struct Seen {
        resumed: bool,
        lines: Vec<(u64, Vec<u8>)>,
        problems: usize,
        mark: Bookmark,
    }

    fn read_with(path: &Path, from: &Bookmark, needles: &[&'static str]) -> Seen {
        let source = Source::find(path, 0).expect("the file is there");
        let mut reader = Lines::open(&source, from).expect("opens");
        reader.long_lines_with(needles);
        let resumed = reader.is_resumed();
        let mut lines = Vec::new();
        while let Some((offset, line)) = reader.next().expect("reads") {
            lines.push((offset, line.to_vec()));
        }
        let mut batch = Batch::default();
        let mark = reader.finish(1, 0, Vec::new(), &mut batch).expect("a bookmark");
        Seen {
            resumed,
            lines,
            problems: batch.problems.len(),
            mark,
        }
    }

    fn read(path: &Path, from: &Bookmark) -> (bool, Vec<String>, Bookmark) {
        let seen = read_with(path, from, &[]);
        let lines = seen
            .lines
            .iter()
            .map(|(_, line)| String::from_utf8_lossy(line).into_owned());
        (seen.resumed, lines.collect(), seen.mark)
    }

    #[test]
    fn reads_only_complete_lines_and_goes_on_after_them() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, "\u{feff}one\r\ntwo\nthr").expect("written");
        let (resumed, seen, mark) = read(&path, &Bookmark::default());
        assert_eq!(
            (resumed, seen, mark.offset),
            (false, vec!["one".into(), "two".into()], 12)
        );
        std::fs::write(&path, "\u{feff}one\r\ntwo\nthree\n").expect("written");
        let (resumed, seen, mark) = read(&path, &mark);
        assert_eq!((resumed, seen), (true, vec!["three".to_owned()]));
        std::fs::write(&path, "ONE\r\nTWO\nTHREE\nfour\nfive\n").expect("written");
        let (resumed, seen, _) = read(&path, &mark);
        assert_eq!((resumed, seen.len()), (false, 5));
    }

    #[test]
    fn a_packed_file_is_read_like_what_is_packed_in_it() {
        use ruzstd::encoding::{CompressionLevel, compress_to_vec};
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl.zst");
        let long = "x".repeat(BUFFER_BYTES * 2);
        let text = format!("one\n{long}\ntwo\nthr");
        std::fs::write(&path, compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)).expect("written");
        let (resumed, seen, mark) = read(&path, &Bookmark::default());
        assert_eq!(
            (resumed, &*seen),
            (false, &["one".to_owned(), long, "two".to_owned()][..])
        );
        assert_eq!(read(&path, &mark).1, seen, "always as a whole");
        std::fs::write(&path, "no frame").expect("written");
        assert!(Lines::open(&Source::find(&path, 0).expect("there"), &Bookmark::default()).is_err());
    }

    #[test]
    fn a_replaced_or_rewritten_file_is_read_from_its_start() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        let same_tail = "x".repeat(100);
        std::fs::write(&path, format!("one\n{same_tail}\n")).expect("written");
        let (_, _, mark) = read(&path, &Bookmark::default());
        assert!(read(&path, &mark).0, "nothing changed");
        let stamp = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        std::fs::write(&path, format!("two\n{same_tail}\n")).expect("written");
        File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(stamp))
            .expect("touched");
        assert_eq!(read(&path, &mark).1[0], "two");
        std::fs::write(&path, "short\n").expect("written");
        assert_eq!(read(&path, &mark).1, ["short"]);
    }

    #[test]
    fn a_line_longer_than_the_buffer_comes_whole_or_not_at_all() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        let long = "x".repeat(BUFFER_BYTES * 3 + 17);
        // The last one carries its needle across the border of two chunks.
        let late = format!("{}needle", "x".repeat(BUFFER_BYTES + CHUNK_BYTES - 3));
        std::fs::write(&path, format!("{long}\nshort\n{late}\nend\n")).expect("written");
        let (_, seen, _) = read(&path, &Bookmark::default());
        assert_eq!(
            seen.iter().map(String::len).collect::<Vec<_>>(),
            [long.len(), 5, late.len(), 3]
        );
        let seen = read_with(&path, &Bookmark::default(), &["needle"]);
        let lines: Vec<_> = seen.lines.iter().map(|(at, line)| (*at as usize, line.len())).collect();
        let short = long.len() + 1;
        assert_eq!(
            lines,
            [(short, 5), (short + 6, late.len()), (short + 7 + late.len(), 3)]
        );
        assert_eq!(seen.problems, 0);
    }

    #[test]
    fn a_line_above_the_limit_is_one_problem_and_the_rest_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        let huge = "x".repeat(MAX_LINE_BYTES + 5);
        std::fs::write(&path, format!("one\n{huge}\ntwo\n")).expect("written");
        let seen = read_with(&path, &Bookmark::default(), &[]);
        assert_eq!((seen.lines.len(), seen.problems), (2, 1));
        assert_eq!(seen.lines[1].0 as usize, 4 + huge.len() + 1);
        assert_eq!(
            read_with(&path, &Bookmark::default(), &["needle"]).problems,
            0,
            "not wanted, not missed"
        );
        let wanted = format!("needle{}", "x".repeat(MAX_LINE_BYTES / 2));
        std::fs::write(&path, format!("{wanted}\n{huge}\ntwo\n")).expect("written");
        let seen = read_with(&path, &Bookmark::default(), &["needle"]);
        assert_eq!(
            (seen.lines.len(), seen.problems),
            (2, 0),
            "nor after a long one that is"
        );
        // Not complete yet: nothing to say about it, and nothing consumed.
        std::fs::write(&path, format!("one\n{huge}")).expect("written");
        for needles in [&[][..], &["needle"]] {
            let seen = read_with(&path, &Bookmark::default(), needles);
            assert_eq!((seen.lines.len(), seen.problems, seen.mark.offset), (1, 0, 4));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_bytes_cut_anywhere_give_the_same_lines(
            pieces in proptest::collection::vec((any::<u8>(), 0usize..40_000), 0..12),
            cut in 0.0..1.0f64,
        ) {
            let dir = tempfile::tempdir().expect("a folder");
            let path = dir.path().join("a.jsonl");
            let mut bytes = Vec::new();
            for (byte, count) in pieces {
                // A quarter of the pieces end lines.
                if byte < 64 { bytes.push(b'\n') } else { bytes.resize(bytes.len() + count, byte) }
            }
            std::fs::write(&path, &bytes).expect("written");
            let whole = read_with(&path, &Bookmark::default(), &[]);
            let expected = bytes.iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(whole.lines.len(), expected);
            let cut = (bytes.len() as f64 * cut) as usize;
            std::fs::write(&path, &bytes[..cut]).expect("written");
            let head = read_with(&path, &Bookmark::default(), &[]);
            std::fs::write(&path, &bytes).expect("written");
            let rest = read_with(&path, &head.mark, &[]);
            prop_assert_eq!([head.lines, rest.lines].concat(), whole.lines);
            prop_assert_eq!(rest.mark.offset, whole.mark.offset);
        }
    }
}
