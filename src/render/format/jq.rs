//! `--jq`: a jq program run on each row, inside ttop.

use super::{Flow, Writer};
use crate::core::bad_request::BadRequest;
use crate::render::{Output, OutputError, Row, text};
use anyhow::Result;
use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars};
use jaq_json::{Num, Val, read, write};
use std::io::{self, Write};

/// A compiled program.
pub(super) struct Program {
    filter: Filter<JustLut<Val>>,
    /// Strings are printed as they are, without quotes.
    is_raw: bool,
    json: Vec<u8>,
}

impl Program {
    /// # Errors
    /// When the text is no jq program: a wrong command line.
    pub(super) fn compile(code: &str, is_raw: bool) -> Result<Self, BadRequest> {
        // As in jq, nothing is the identity.
        let code = if code.trim().is_empty() { "." } else { code };
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(defs)
            .load(&arena, File { code, path: () })
            .map_err(|errors| bad_program(code, errors.first().and_then(|(_, error)| loading(error))))?;
        let filter = Compiler::default().with_funs(funs).compile(modules).map_err(|errors| {
            let undefined = errors.first().and_then(|(_, errors)| errors.first());
            bad_program(
                code,
                undefined.map(|(name, what)| format!("undefined {} {name}", what.as_str())),
            )
        })?;
        Ok(Self {
            filter,
            is_raw,
            json: Vec::new(),
        })
    }

    fn print(&self, value: &Val, output: &mut Output<'_>) -> Result<(), OutputError> {
        match value {
            Val::TStr(raw) if self.is_raw && output.is_terminal() => {
                output.encoded(text::strip_control(&String::from_utf8_lossy(raw)).as_bytes())?;
            }
            Val::TStr(raw) if self.is_raw => output.encoded(raw)?,
            _ => {
                let mut bytes = Vec::new();
                json(&mut bytes, value).map_err(OutputError)?;
                output.json_bytes(&bytes)?;
            }
        }
        output.encoded(b"\n")
    }
}

impl<R: Row> Writer<R> for Program {
    /// Runs the program on the row and prints its values at once, one per line.
    fn row(&mut self, row: R, output: &mut Output<'_>) -> Result<Flow> {
        self.json.clear();
        serde_json::to_writer(&mut self.json, &row)?;
        let input = match read::parse_single(&self.json) {
            Ok(input) => input,
            Err(error) => return Ok(Flow::Skipped(error.to_string())),
        };
        let context = Ctx::<JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let mut flow = Flow::Continue;
        for result in self.filter.id.run((context, input)) {
            match result {
                Ok(value) => self.print(&value, output)?,
                Err(exception) => {
                    flow = match exception.get_halt() {
                        Ok(_) => Flow::Stop,
                        Err(exception) => {
                            let reason = exception.get_err().map_or_else(|_| "stopped".to_owned(), message_of);
                            Flow::Skipped(shorten(&reason))
                        }
                    };
                    break;
                }
            }
        }
        output.flush()?;
        Ok(flow)
    }
}

/// Like [`write::write`], but numbers that JSON does not have are null, as jq writes them.
fn json(w: &mut dyn Write, value: &Val) -> io::Result<()> {
    match value {
        Val::Num(Num::Float(number)) if !number.is_finite() => w.write_all(b"null"),
        Val::Arr(items) => {
            w.write_all(b"[")?;
            for (at, item) in items.iter().enumerate() {
                w.write_all(if at > 0 { b"," } else { b"" })?;
                json(w, item)?;
            }
            w.write_all(b"]")
        }
        Val::Obj(keys) => {
            w.write_all(b"{")?;
            for (at, (key, item)) in keys.iter().enumerate() {
                w.write_all(if at > 0 { b"," } else { b"" })?;
                json(w, key)?;
                w.write_all(b":")?;
                json(w, item)?;
            }
            w.write_all(b"}")
        }
        _ => write::write(w, &write::Pp::default(), 0, value),
    }
}

fn loading(error: &load::Error<&str>) -> Option<String> {
    let near = |expected: &str, rest: &str| match rest {
        "" => format!("expected {expected} at its end"),
        _ => format!("expected {expected} at '{}'", shorten(rest)),
    };
    match error {
        load::Error::Io(errors) => errors
            .first()
            .map(|(path, _)| format!("jq modules are not supported ('{path}')")),
        load::Error::Lex(errors) => errors.first().map(|(expected, rest)| near(expected.as_str(), rest)),
        load::Error::Parse(errors) => errors.first().map(|(expected, rest)| near(expected.as_str(), rest)),
    }
}

fn bad_program(code: &str, reason: Option<String>) -> BadRequest {
    let reason = reason.unwrap_or_else(|| "it does not compile".to_owned());
    BadRequest::new(format!("invalid jq program '{}': {reason}", shorten(code)))
}

/// What `error("…")` was given, or jaq's own message.
fn message_of(error: jaq_core::Error<Val>) -> String {
    match error.into_val() {
        Val::TStr(text) => String::from_utf8_lossy(&text).into_owned(),
        other => other.to_string(),
    }
}

/// One line of bounded length.
fn shorten(message: &str) -> String {
    const MOST: usize = 120;
    text::cut_end(&text::plain(message), MOST).into_owned()
}
