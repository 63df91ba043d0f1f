//! JSON with comments and trailing commas. Errors report the position of a mistake, never the text there.

use super::System;
use super::open::{self, Most};
use crate::core::problem::Problem;
use jsonc_parser::ast;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;
use std::fmt;
use std::io;
use std::path::Path;

/// Why a text is not JSON with comments, and where: line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub line: usize,
    pub column: usize,
    pub reason: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

/// Comments and trailing commas are allowed, nothing else beyond JSON.
pub fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
    }
}

/// Parses a text with the place of everything in it; `None` for a text of nothing but comments.
///
/// # Errors
/// The first mistake.
pub fn parse_tree(text: &str) -> Result<Option<ast::Value<'_>>, Mistake> {
    match parse_to_ast(text, &CollectOptions::default(), &options()) {
        Ok(parsed) => Ok(parsed.value),
        Err(error) => Err(Mistake {
            line: error.line_display(),
            column: error.column_display(),
            reason: match error.kind() {
                // Their own words would quote the text.
                ParseErrorKind::String(_) => "not a valid string".to_owned(),
                kind => {
                    let text = kind.to_string();
                    text[..1].to_lowercase() + &text[1..]
                }
            },
        }),
    }
}

/// Parses a text; one of nothing but comments is null.
///
/// # Errors
/// The first mistake.
pub fn parse(text: &str) -> Result<Value, Mistake> {
    Ok(parse_tree(text)?.map_or(Value::Null, Value::from))
}

/// Line and column (from 1) of a byte offset.
pub fn place_of(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// The text of a small file without its byte order mark; `None` when there is no such file.
///
/// # Errors
/// A [`Problem`] naming the file when it cannot be read, is not text, or is absurdly large.
pub fn read_text(system: &System, path: &Path) -> Result<Option<String>, Problem> {
    let problem = |reason: &dyn fmt::Display| Problem::new(system.tilde(path), reason);
    let bytes = match open::read(path, Most::SETTINGS) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(problem(&format_args!("could not be read: {}", reason_of(&error)))),
    };
    let text = String::from_utf8(bytes).map_err(|_| problem(&"not UTF-8 text"))?;
    Ok(Some(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }))
}

/// The value of a file; `None` when there is no such file.
///
/// # Errors
/// A [`Problem`] naming the file, with line and column of a mistake.
pub fn read(system: &System, path: &Path) -> Result<Option<Value>, Problem> {
    let Some(text) = read_text(system, path)? else {
        return Ok(None);
    };
    let mistake =
        |Mistake { line, column, reason }| Problem::new(format_args!("{}:{line}:{column}", system.tilde(path)), reason);
    parse(&text).map(Some).map_err(mistake)
}

/// An operating system's words without its numbers.
fn reason_of(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text[..text.len().min(1)].to_lowercase() + text.get(1..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Os;
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_comments_and_trailing_commas() {
        let value = parse("// mine\n{\"a\": [1, 2.5, /* x */ \"é\\n\",], \"b\": null,}").expect("a value");
        assert_eq!(value, json!({"a": [1, 2.5, "é\n"], "b": null}));
        assert_eq!(parse("// nothing"), Ok(Value::Null));
    }

    #[test]
    fn a_mistake_has_a_place_and_never_the_text() {
        for (text, line, column) in [
            ("{\n  \"a\": 1\n  \"b\": 2\n}", 2, 9),
            ("{\"é\": x}", 1, 7),
            ("{'a': 1}", 1, 2),
            ("[1", 1, 1),
            ("\"\\u{hunter2}\"", 1, 2),
        ] {
            let mistake = parse(text).expect_err(text);
            assert_eq!((mistake.line, mistake.column), (line, column), "{text}: {mistake}");
            assert!(
                !mistake.reason.contains("hunter2") && mistake.reason.starts_with(char::is_lowercase),
                "{mistake}"
            );
        }
        assert_eq!(place_of("{\n  \"é\": 1\n}", 9), (2, 7));
    }

    #[test]
    fn depth_is_a_mistake_and_no_crash() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"{\"a\":".repeat(100_000)).is_err());
    }

    #[test]
    fn files_are_read_with_their_marks_and_missing_ones_are_none() {
        let home = tempfile::tempdir().expect("a folder");
        let system = System::new(Os::Linux, home.path(), Default::default());
        let path = home.path().join("config.json");
        assert_eq!(read(&system, &path), Ok(None));
        std::fs::write(&path, "\u{feff}{\r\n\"a\": 1\r\n}").expect("written");
        assert_eq!(read(&system, &path), Ok(Some(json!({"a": 1}))));
        std::fs::write(&path, "{\n!").expect("written");
        let problem = read(&system, &path).expect_err("a mistake");
        assert!(problem.place == "~/config.json:2:1", "{problem}");
        std::fs::write(&path, [0xff, 0xfe]).expect("written");
        assert_eq!(read(&system, &path).expect_err("binary").reason, "not UTF-8 text");
        let problem = read(&system, home.path()).expect_err("a folder");
        assert_eq!(
            (problem.place.as_str(), problem.reason.as_str()),
            ("~", "could not be read: not a regular file")
        );
    }
}
