//! Writes rows into an answer, through the formats of the commands.

use crate::core::bad_request::BadRequest;
use crate::core::problem::Problem;
use crate::engine::Engine;
use crate::render::{self, Format, Grep, Keep, Layout, Output, Palette, Request, Row, Screen, View, When};
use crate::serve::answer::Answer;
use crate::serve::negotiate::RowFormat;
use crate::serve::params::RowParams;
use anyhow::Result;
use serde::Serialize;
use std::io::{self, Write};

/// Longer answers are errors: a client that reads slowly would hold them in memory.
const MOST_BYTES: usize = 32 << 20;

/// How rows are chosen and written.
pub(super) struct Listing {
    pub params: RowParams,
    pub format: RowFormat,
    pub keep: Keep,
    pub grep: Grep,
}

impl Listing {
    /// The rows as an answer.
    ///
    /// # Errors
    /// When a row fails, the parameters do not fit the rows, or the answer is too large.
    pub(super) fn answer<R: Row>(self, rows: impl Iterator<Item = Result<R>>, engine: &Engine) -> Result<Answer> {
        let request = Request {
            hidden: &[],
            format: Some(match self.format {
                RowFormat::Json => Format::Json,
                RowFormat::Ndjson => Format::Ndjson,
            }),
            fields: self.params.fields,
            has_header: true,
            jq: None,
            is_raw: false,
            sort: self.params.sort,
            limit: self.params.limit,
            is_quiet: false,
            screen: screen(engine)?,
        };
        let by_sort = Request {
            fields: Vec::new(),
            ..request.clone()
        };
        by_sort.check::<R>(false).map_err(|error| named::<R>("sort", error))?;
        request.check::<R>(false).map_err(|error| named::<R>("fields", error))?;
        let layout = Layout {
            keep: self.keep,
            grep: self.grep,
            ..Layout::default()
        };
        let mut body = Body::default();
        let mut output = Output::new(&mut body);
        let mut ignored = |_: Problem| {};
        let printed = render::print(&request, layout, rows, &mut output, &mut ignored);
        drop(output);
        let bytes = body.finish()?;
        printed?;
        Ok(Answer::ok(self.format.content_type(), bytes))
    }
}

/// The error of a command line as that of a parameter.
fn named<R: Row>(name: &str, error: BadRequest) -> BadRequest {
    let near = error.hint.as_deref().unwrap_or_default();
    let near = near.find("run with").map_or(near, |at| &near[..at]);
    BadRequest::new(format!("{name}: {}", error.message))
        .with_hint(format!("{near}GET /v1/schema?row={} lists the keys", R::NAME))
}

/// A value as JSON.
pub(super) fn json(value: &impl Serialize) -> Answer {
    // Rows and documents have text keys only.
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    Answer::ok("application/json", bytes)
}

pub(super) fn text(text: String) -> Answer {
    Answer::ok("text/plain; charset=utf-8", text.into_bytes())
}

fn screen(engine: &Engine) -> Result<Screen> {
    let system = &engine.system;
    Ok(Screen {
        is_terminal: false,
        width: None,
        palette: Palette::choose(When::Never, false, |_| None),
        view: View {
            ids: Default::default(),
            model_name: crate::prices::model_name,
            zone: system.zone()?.clone(),
            now: system.now,
            home: system.home.to_string_lossy().into_owned(),
        },
    })
}

/// Bytes up to a limit.
#[derive(Default)]
pub(super) struct Body {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Body {
    /// # Errors
    /// When more was written than the limit.
    pub(super) fn finish(self) -> Result<Vec<u8>, BadRequest> {
        match self.is_full {
            false => Ok(self.bytes),
            true => Err(BadRequest::new(format!("the answer exceeds {} MiB", MOST_BYTES >> 20))
                .with_hint("use since, limit or fields")),
        }
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_full || self.bytes.len() + bytes.len() > MOST_BYTES {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
