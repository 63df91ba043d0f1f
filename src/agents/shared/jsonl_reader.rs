//! A growing log of JSON records, one a line: each is read once, with the state an adapter keeps between reads.

use super::instant;
use super::jsonl::Lines;
use super::lenient::{lossy, reason};
use super::torn_line;
use crate::agents::{Batch, Bookmark, Scope, Source};
use crate::core::problem::Problem;
use crate::core::turn::Presence;
use anyhow::Result;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// One record of a log.
pub struct Line<'a> {
    /// JSON, with U+FFFD in the place of bytes that are no UTF-8.
    pub text: &'a str,
    /// Bytes before it in the file.
    pub offset: u64,
}

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct Kept<S> {
    /// Lines read, for the places of problems.
    lines: u64,
    /// Whether what describes the log was not all there yet.
    #[serde(default)]
    is_undescribed: bool,
    state: S,
}

/// Hands each complete new record to `each`; one it cannot read becomes a problem.
///
/// # Errors
/// When the file cannot be read.
pub fn read<S: Default + Serialize + DeserializeOwned>(
    source: &Source,
    from: &Bookmark,
    rules_version: u32,
    into: &mut Batch,
    mut each: impl FnMut(&mut S, &Line, &mut Batch) -> serde_json::Result<()>,
) -> Result<Bookmark> {
    // What its records lacked may be known now.
    let start = Bookmark::default();
    let was_undescribed = || serde_json::from_slice::<Kept<S>>(&from.state).is_ok_and(|kept| kept.is_undescribed);
    let is_new = source.is_newly_described(from) || source.wal != from.wal && was_undescribed();
    let from = if is_new { &start } else { from };
    let (mut lines, mut kept) = resume::<Kept<S>>(source, from, into)?;
    let before = kept.lines;
    let each = |kept: &mut Kept<S>, line: &[u8], offset: u64, into: &mut Batch| {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let text = lossy(line);
        each(&mut kept.state, &Line { text: &text, offset }, into).map_err(|error| reason(&error))
    };
    let mut reader = Each { kept, into, each };
    drive(&mut lines, source, before, &mut reader)?;
    kept = reader.kept;
    kept.lines = before + lines.count();
    kept.is_undescribed |= into.is_undescribed;
    let state = serde_json::to_vec(&kept)?;
    lines.finish(rules_version, before, state, into)
}

/// Reads the lines of a log, one after the other.
pub trait LineReader {
    /// Reads the line at an offset; the error is the reason it cannot be read.
    fn line(&mut self, line: &[u8], offset: u64) -> Result<(), String>;

    fn batch(&mut self) -> &mut Batch;
}

/// A log from its bookmark on, with the state that was kept there; from its start on with a new one where the file was
/// replaced or the state is of another form.
///
/// # Errors
/// When the file cannot be opened.
pub fn resume<S: Default + DeserializeOwned>(source: &Source, from: &Bookmark, into: &mut Batch) -> Result<(Lines, S)> {
    let mut lines = Lines::open(source, from)?;
    let mut state = S::default();
    if lines.is_resumed() {
        match serde_json::from_slice(&from.state) {
            Ok(kept) => state = kept,
            Err(_) => lines = Lines::open(source, &Bookmark::default())?,
        }
    }
    if !lines.is_resumed() {
        into.replace(Scope::Source, Presence::Gone);
    }
    Ok((lines, state))
}

/// Hands out all complete new lines; one that cannot be read, or holds an impossible time, becomes a problem. `before` is
/// the number of lines that earlier reads took.
///
/// # Errors
/// When the file cannot be read.
pub fn drive(lines: &mut Lines, source: &Source, before: u64, reader: &mut impl LineReader) -> Result<()> {
    instant::impossible();
    while let Some((offset, line)) = lines.next()? {
        let outcome = torn_line::read(line, |record, at| reader.line(record, offset + at as u64));
        let impossible = instant::impossible().map(str::to_owned);
        if let Some(reason) = outcome.err().or(impossible) {
            let place = format!("{}:{}", source.path.display(), before + lines.count());
            reader.batch().problem(Problem::new(place, reason));
        }
    }
    Ok(())
}

/// A function as a reader.
struct Each<'b, S, F> {
    kept: S,
    into: &'b mut Batch,
    each: F,
}

impl<S, F: FnMut(&mut S, &[u8], u64, &mut Batch) -> Result<(), String>> LineReader for Each<'_, S, F> {
    fn line(&mut self, line: &[u8], offset: u64) -> Result<(), String> {
        (self.each)(&mut self.kept, line, offset, self.into)
    }

    fn batch(&mut self) -> &mut Batch {
        self.into
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_all(path: &Path, from: &Bookmark) -> (Vec<String>, Batch, Bookmark) {
        let source = Source::find(path, 0).expect("the file is there");
        let (mut seen, mut batch) = (Vec::new(), Batch::default());
        let mark = read(&source, from, 1, &mut batch, |count: &mut u64, line, _| {
            *count += 1;
            let value: serde_json::Value = serde_json::from_str(line.text)?;
            seen.push(format!("{count}:{}:{value}", line.offset));
            Ok(())
        });
        (seen, batch, mark.expect("reads"))
    }

    #[test]
    fn keeps_state_and_line_numbers_between_reads() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, b"\xef\xbb\xbf1\n\n  \n2\n{\"a\":").expect("written");
        let (seen, batch, mark) = read_all(&path, &Bookmark::default());
        assert_eq!(seen, ["1:0:1", "2:9:2"]);
        assert_eq!(batch.scopes.len(), 1);
        std::fs::write(&path, b"\xef\xbb\xbf1\n\n  \n2\n{\"a\":x}\n\"\xff\"\n").expect("written");
        let (seen, batch, _) = read_all(&path, &mark);
        assert_eq!(seen, ["4:19:\"\u{fffd}\""]);
        assert!(batch.scopes.is_empty());
        assert!(batch.problems[0].place.ends_with("a.jsonl:5"), "{:?}", batch.problems);
        let lost = Bookmark {
            state: b"lost".to_vec(),
            ..mark
        };
        assert_eq!(read_all(&path, &lost).0.len(), 3);
    }
}
