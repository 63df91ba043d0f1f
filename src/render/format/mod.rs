//! Formats: how rows become text. Each is one implementation of [`Writer`] in a file of its own; [`writer`] lists them.

mod ccusage;
mod delimited;
mod jq;
mod json;
mod live_table;
mod markdown;
mod ndjson;
mod table;

use super::fields::Fields;
use super::keys;
use super::print::{Footer, Layout, Request};
use super::{Output, Row};
use crate::core::bad_request::BadRequest;
use anyhow::Result;
use clap::ValueEnum;

/// `-o`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Ndjson,
    Json,
    Csv,
    Tsv,
    Md,
    Ccusage,
}

/// Writes rows in one format.
pub trait Writer<R: Row> {
    /// Writes the header.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn begin(&mut self, _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }

    /// Takes a row, and writes it unless the format needs all of them first.
    ///
    /// # Errors
    /// When the output cannot be written, or the row cannot be serialized.
    fn row(&mut self, row: R, output: &mut Output<'_>) -> Result<Flow>;

    /// Writes the footer.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn end(self: Box<Self>, _end: End<R>, _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }

    /// Whether [`End::footer`] is shown: it is made from all rows, so they are collected first.
    fn has_footer(&self) -> bool {
        false
    }
}

/// How printing goes on after a row.
#[derive(Debug, PartialEq, Eq)]
pub enum Flow {
    Continue,
    /// The row is skipped, for this reason.
    Skipped(String),
    /// No more rows are wanted.
    Stop,
}

/// The input of a footer.
pub struct End<R> {
    pub footer: Option<Footer<R>>,
    /// How many rows the footer's total counts; `-n` may have left some of them out.
    pub rows_in_total: usize,
}

/// The writer that a request asks for.
///
/// # Errors
/// When the request does not fit rows of this kind: a wrong command line.
pub fn writer<R: Row>(request: &Request, layout: &mut Layout<R>) -> Result<Box<dyn Writer<R>>, BadRequest> {
    let keys = keys::keys::<R>();
    if let Some(code) = &request.jq {
        if request.format.is_some_and(|format| format != Format::Ndjson) {
            return Err(
                BadRequest::new("--jq prints one value per line and cannot be combined with -o")
                    .with_hint("drop -o or --jq"),
            );
        }
        if !request.fields.is_empty() {
            return Err(
                BadRequest::new("--jq reads the whole row and cannot be combined with --fields")
                    .with_hint("choose keys in the program: '{sessionId, cost}'"),
            );
        }
        return Ok(Box::new(jq::Program::compile(code, request.is_raw)?));
    }
    if request.is_raw {
        return Err(BadRequest::new("-r needs --jq").with_hint("--jq .sessionId -r"));
    }
    let fields = (!request.fields.is_empty())
        .then(|| Fields::parse::<R>(&request.fields, &keys))
        .transpose()?;
    let default = if request.screen.is_terminal {
        Format::Table
    } else {
        Format::Ndjson
    };
    let delimited = |delimiter, fields: Option<Fields>| {
        let columns = fields.map_or_else(|| keys::leaves(&keys), |fields| fields.leaves());
        Box::new(delimited::Delimited::new(delimiter, columns, request.has_header))
    };
    Ok(match request.format.unwrap_or(default) {
        Format::Table if layout.is_live && fields.is_none() => Box::new(live_table::LiveTable::new(&request.screen)),
        Format::Table => Box::new(table::TableWriter::new(fields, request)),
        Format::Ndjson => Box::new(ndjson::Ndjson(fields)),
        Format::Json => Box::new(json::Json::new(fields)),
        Format::Csv => delimited(delimited::Delimiter::Comma, fields),
        Format::Tsv => delimited(delimited::Delimiter::Tab, fields),
        Format::Md => Box::new(markdown::Markdown(table::TableWriter::new(fields, request))),
        Format::Ccusage => Box::new(ccusage::Ccusage::new(fields, layout.ccusage.take())?),
    })
}
