//! Files that their owner rewrites whole: read at once, and only believed when they are complete.

use super::batch::{Batch, Scope};
use super::lenient::reason;
use super::source::{Bookmark, Source};
use crate::core::problem::Problem;
use crate::core::turn::Presence;
use crate::system::open::{self, Most};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::Path;

/// A file's text; bytes that are no UTF-8 are replaced, since they only occur in contents nobody needs.
///
/// # Errors
/// When it cannot be read or is larger than 256 MiB.
pub fn read_text(path: &Path) -> Result<String> {
    let describe = || format!("could not read {}", path.display());
    let bytes = open::read(path, Most::CONVERSATION).with_context(describe)?;
    let text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Parses such a text. `None` when it ends too early: its owner is writing it, and what was read before still holds.
///
/// # Errors
/// When it is no JSON or of another shape.
pub fn parse_text<'a, T: Deserialize<'a>>(path: &Path, text: &'a str, into: &mut Batch) -> Result<Option<T>> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_eof() => {
            into.problem(Problem::new(
                path.display(),
                "is truncated: the earlier reading is kept",
            ));
            Ok(None)
        }
        Err(error) => bail!("{} is {}", path.display(), reason(&error)),
    }
}

/// Reads a document that its owner rewrites whole. `add` adds its records and returns whether it was complete: what an
/// incomplete one lacks still counts.
///
/// # Errors
/// When the file cannot be read, or `add` fails.
pub fn read(
    source: &Source,
    rules_version: u32,
    into: &mut Batch,
    add: impl FnOnce(&str, &mut Batch) -> Result<bool>,
) -> Result<Bookmark> {
    let text = read_text(&source.path)?;
    if add(&text, into)? {
        into.replace(Scope::Source, Presence::Gone);
    }
    Ok(Bookmark::read_whole(source, rules_version))
}

/// A file beside a source that describes it: `None` where it is missing, and with a problem where it is bad.
pub fn read_beside<T: for<'a> Deserialize<'a>>(path: &Path, into: &mut Batch) -> Option<T> {
    if !path.exists() {
        return None;
    }
    let read = read_text(path).and_then(|text| parse_text(path, &text, into));
    read.unwrap_or_else(|error| {
        into.problem(Problem::new(path.display(), format!("{error:#}")));
        None
    })
}

/// The same for a file whose facts go into the records of a log: while it is bad, they lack them.
pub fn read_description<T: for<'a> Deserialize<'a>>(path: &Path, into: &mut Batch) -> Option<T> {
    let described = read_beside(path, into);
    into.is_undescribed |= described.is_none() && path.exists();
    described
}

/// The same for a list of many sources, while they are listed: nothing where it is bad, which their reader says.
pub fn read_list<T: Default + for<'a> Deserialize<'a>>(path: &Path) -> T {
    read_beside(path, &mut Batch::default()).unwrap_or_default()
}

/// What an unreadable record is called: its position in its array, from 1.
pub fn bad_record(source: &Source, position: usize, reason: &str) -> Problem {
    Problem::new(format!("{}:record {}", source.path.display(), position + 1), reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> (Result<Option<Vec<u32>>>, usize) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.json");
        std::fs::write(&path, bytes).expect("written");
        let mut batch = Batch::default();
        let text = read_text(&path).expect("readable");
        let parsed = parse_text(&path, &text, &mut batch);
        (parsed, batch.problems.len())
    }

    #[test]
    fn a_file_that_is_being_written_is_a_problem_and_a_damaged_one_an_error() {
        assert_eq!(parse(b"\xef\xbb\xbf[1, 2]").0.expect("valid"), Some(vec![1, 2]));
        let (parsed, problems) = parse(b"[1, 2");
        assert_eq!((parsed.expect("no error"), problems), (None, 1));
        let (parsed, problems) = parse(b"");
        assert_eq!((parsed.expect("no error"), problems), (None, 1));
        assert!(parse(b"[1, x]").0.is_err());
        assert!(parse(b"{\"1\": 2}").0.is_err());
    }

    #[test]
    fn errors_do_not_quote_the_file() {
        let error = parse(br#"["canary"]"#).0.expect_err("text is no number");
        assert!(!format!("{error:#}").contains("canary"), "{error:#}");
    }

    #[test]
    fn a_folder_cannot_be_read() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(read_text(dir.path()).is_err());
        let mut batch = Batch::default();
        assert_eq!(read_beside::<Vec<u32>>(dir.path(), &mut batch), None);
        assert_eq!(batch.problems.len(), 1);
    }
}
