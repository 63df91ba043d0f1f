//! From rows to text: filter, sort, limit, then a writer of the format asked for.

use super::format::{self, End, Flow, Format};
use super::keys;
use super::order::{self, Keep, Sort};
use super::{Grep, Output, Row, Screen, eprint_line, fields};
use crate::core::bad_request::BadRequest;
use crate::core::problem::Problem;
use crate::core::text::Printable;
use anyhow::Result;
use serde_json::Value;
use std::io::IsTerminal;

/// How the user wants rows chosen and printed.
#[derive(Clone, Debug)]
pub struct Request {
    /// `None`: a table on a terminal, else NDJSON.
    pub format: Option<Format>,
    pub fields: Vec<String>,
    pub has_header: bool,
    pub jq: Option<String>,
    pub is_raw: bool,
    pub sort: Option<String>,
    pub limit: Option<usize>,
    pub is_quiet: bool,
    /// Keys whose columns a table leaves out unless `fields` asks for them.
    pub hidden: &'static [&'static str],
    pub screen: Screen,
}

/// How a command prints its rows.
pub struct Layout<R> {
    /// Which rows `-n` keeps without `--sort`.
    pub keep: Keep,
    pub grep: Grep,
    /// Whether every row goes out at once, because the next one may take its time.
    pub is_live: bool,
    /// The footer of a table, made from the filtered rows (before `-n`).
    pub footer: Option<MakeFooter<R>>,
    /// Why there are no rows, a line each; otherwise the row kind's own sentence.
    pub empty: Vec<String>,
    /// `-o ccusage`, where the command has it.
    pub ccusage: Option<MakeDocument<R>>,
}

/// Makes the end of a table from its rows.
pub type MakeFooter<R> = Box<dyn FnOnce(&[R]) -> Footer<R>>;

/// Makes one document of all rows.
pub type MakeDocument<R> = Box<dyn FnOnce(Vec<R>) -> Value>;

/// The end of a table.
pub struct Footer<R> {
    pub total: Option<R>,
    /// Lines below the total: `of which $180.00 covered by plans`.
    pub notes: Vec<Printable>,
}

impl<R> Footer<R> {
    /// A total and lines below it, which may hold any text.
    pub fn new(total: Option<R>, notes: impl IntoIterator<Item: Into<Printable>>) -> Self {
        Self {
            total,
            notes: notes.into_iter().map(Into::into).collect(),
        }
    }
}

/// A footer of lines alone, where there are any.
pub fn footer<R: 'static>(notes: Vec<String>) -> Option<MakeFooter<R>> {
    (!notes.is_empty()).then(|| -> MakeFooter<R> { Box::new(|_| Footer::new(None, notes)) })
}

impl<R> Default for Layout<R> {
    fn default() -> Self {
        Self {
            keep: Keep::First,
            grep: Grep::default(),
            is_live: false,
            footer: None,
            empty: Vec::new(),
            ccusage: None,
        }
    }
}

impl Request {
    /// # Errors
    /// When the request does not fit rows of this kind: a wrong command line.
    pub fn check<R: Row>(&self, has_ccusage: bool) -> Result<(), BadRequest> {
        if self.asks_for_help() {
            return Ok(());
        }
        let document = || -> MakeDocument<R> { Box::new(|_| Value::Null) };
        let mut layout = Layout {
            ccusage: has_ccusage.then(document),
            ..Layout::default()
        };
        self.sort::<R>()?;
        format::writer::<R>(self, &mut layout).map(drop)
    }

    /// Whether rows become a table for people.
    pub fn is_table(&self) -> bool {
        let is_table = |format| matches!(format, Format::Table | Format::Md);
        self.jq.is_none() && self.format.map_or(self.screen.is_terminal, is_table)
    }

    /// Whether rows become a table that is fitted to a screen.
    pub fn is_screen(&self) -> bool {
        self.is_table() && self.format != Some(Format::Md)
    }

    fn asks_for_help(&self) -> bool {
        self.fields.iter().any(|field| field == "help")
    }

    fn sort<R: Row>(&self) -> Result<Option<Sort>, BadRequest> {
        let parse = |sort: &str| Sort::parse::<R>(sort, &keys::keys::<R>());
        self.sort.as_deref().map(parse).transpose()
    }
}

/// Prints rows; `problem` gets the rows that a jq program failed on.
///
/// # Errors
/// When the output cannot be written, a row fails, or the request does not fit the rows.
pub fn print<R: Row>(
    request: &Request,
    mut layout: Layout<R>,
    rows: impl Iterator<Item = Result<R>>,
    output: &mut Output<'_>,
    problem: &mut dyn FnMut(Problem),
) -> Result<()> {
    if request.asks_for_help() {
        output.encoded(fields::help(&keys::keys::<R>()).as_bytes())?;
        output.flush()?;
        return Ok(());
    }
    let sort = request.sort::<R>()?;
    let mut writer = format::writer::<R>(request, &mut layout)?;
    let grep = layout.grep;
    let filtered = rows.filter_map(move |row| match row {
        Ok(row) if !grep.is_empty() => match serde_json::to_value(&row) {
            Ok(value) => grep.matches(&value).then_some(Ok(row)),
            Err(error) => Some(Err(error.into())),
        },
        other => Some(other),
    });
    if request.is_quiet {
        // Consumes the rows, so that errors are the same as when printing.
        let mut filtered = filtered;
        return filtered.try_for_each(|row| row.map(drop));
    }
    let make_footer = layout.footer.filter(|_| writer.has_footer());
    let mut end = End {
        footer: None,
        rows_in_total: 0,
    };
    let keep = if sort.is_some() { Keep::First } else { layout.keep };
    let mut rows: Box<dyn Iterator<Item = Result<R>>> = Box::new(filtered);
    if sort.is_some() || make_footer.is_some() {
        let mut all = rows.collect::<Result<Vec<R>>>()?;
        end.footer = make_footer.map(|make| make(&all));
        end.rows_in_total = all.len();
        if let Some(sort) = &sort {
            all = sort.apply(all)?;
        }
        rows = Box::new(all.into_iter().map(Ok));
    }
    if let Some(limit) = request.limit {
        rows = order::limit(rows, limit, keep);
    }
    // Tables of a finished answer explain why they are empty; so does every format to a user at a terminal.
    let explains = !layout.is_live && (writer.has_footer() || std::io::stderr().is_terminal());
    let mut is_empty = true;
    writer.begin(output)?;
    for (at, row) in rows.enumerate() {
        is_empty = false;
        match writer.row(row?, output)? {
            Flow::Continue => {}
            Flow::Skipped(reason) => problem(Problem::new(format_args!("--jq: row {}", at + 1), reason)),
            Flow::Stop => break,
        }
        if layout.is_live {
            output.flush()?;
        }
    }
    writer.end(end, output)?;
    output.flush()?;
    if is_empty && explains && request.limit != Some(0) {
        match layout.empty.as_slice() {
            [] => eprint_line(R::EMPTY),
            lines => lines.iter().for_each(|line| eprint_line(line)),
        }
    }
    Ok(())
}
