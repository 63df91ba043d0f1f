//! A growing log of JSON records, one a line: each is read once, with the state an adapter keeps between reads.

use super::instant;
use super::jsonl::Lines;
use super::lenient::reason;
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
    let mut lines = Lines::open(source, from)?;
    let mut kept = Kept::<S>::default();
    if lines.is_resumed() {
        match serde_json::from_slice(&from.state) {
            Ok(state) => kept = state,
            Err(_) => lines = Lines::open(source, &Bookmark::default())?,
        }
    }
    if !lines.is_resumed() {
        into.replace(Scope::Source, Presence::Gone);
    }
    let before = kept.lines;
    instant::impossible();
    while let Some((offset, line)) = lines.next()? {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = String::from_utf8_lossy(line);
        let line = Line { text: &text, offset };
        let told = each(&mut kept.state, &line, into).map_err(|error| reason(&error));
        let place = || format!("{}:{}", source.path.display(), before + lines.count());
        let impossible = instant::impossible();
        match (told, impossible) {
            (Err(reason), _) => into.problem(Problem::new(place(), reason)),
            (Ok(()), Some(reason)) => into.problem(Problem::new(place(), reason)),
            (Ok(()), None) => {}
        }
    }
    kept.lines = before + lines.count();
    let state = serde_json::to_vec(&kept)?;
    lines.finish(rules_version, before, state, into)
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
