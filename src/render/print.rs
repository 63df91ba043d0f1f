//! From rows to stdout: filter, sort, limit, then a jq program or fields, in one of the formats.

use super::delimited::{Delimited, Delimiter};
use super::fields::{self, Fields};
use super::jq::{Outcome, Program};
use super::keys::{self, Key};
use super::order::{self, Keep, Sort};
use super::{Grep, Output, Row, Screen, StdoutError, live, markdown, say, tables};
use crate::core::bad_request::BadRequest;
use crate::core::problem::Problem;
use anyhow::Result;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Ndjson,
    Json,
    Csv,
    Tsv,
    Md,
    Ccusage,
}

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
    pub screen: Screen,
}

/// What a command knows about printing its rows.
pub struct Layout<R> {
    /// Which rows `-n` keeps without `--sort`.
    pub keep: Keep,
    pub grep: Grep,
    /// Whether every row goes out at once, because the next one may take its time.
    pub is_live: bool,
    /// What stands below a table, made from the rows that were not filtered out (before `-n`).
    pub foot: Option<MakeFoot<R>>,
    /// `-o ccusage`, where the command has it.
    pub ccusage: Option<MakeDocument<R>>,
}

/// Makes the end of a table from its rows.
pub type MakeFoot<R> = Box<dyn FnOnce(&[R]) -> Foot<R>>;

/// Makes one document of all rows.
pub type MakeDocument<R> = Box<dyn FnOnce(Vec<R>) -> Value>;

/// The end of a table.
pub struct Foot<R> {
    pub total: Option<R>,
    /// Lines below the total: `of which $180.00 covered by plans`.
    pub notes: Vec<String>,
}

impl<R> Default for Layout<R> {
    fn default() -> Self {
        Self {
            keep: Keep::First,
            grep: Grep::default(),
            is_live: false,
            foot: None,
            ccusage: None,
        }
    }
}

/// A request that fits the rows.
struct Plan {
    shape: Shape,
    sort: Option<Sort>,
}

/// What becomes of each row.
enum Shape {
    Jq(Program),
    Lines(Option<Fields>),
    Array(Option<Fields>),
    Delimited(Delimited),
    Table(Option<Fields>),
    Markdown(Option<Fields>),
    Ccusage,
}

impl Request {
    /// # Errors
    /// When the request does not fit rows of this kind: a wrong command line.
    pub fn check<R: Row>(&self, has_ccusage: bool) -> Result<(), BadRequest> {
        if self.asks_for_help() {
            return Ok(());
        }
        self.plan::<R>(has_ccusage).map(|_| ())
    }

    fn asks_for_help(&self) -> bool {
        self.fields.iter().any(|field| field == "help")
    }

    fn plan<R: Row>(&self, has_ccusage: bool) -> Result<Plan, BadRequest> {
        let keys = keys::keys::<R>();
        let sort = self.sort.as_deref().map(|sort| Sort::parse(sort, &keys)).transpose()?;
        Ok(Plan {
            shape: self.shape(&keys, has_ccusage)?,
            sort,
        })
    }

    fn shape(&self, keys: &[Key], has_ccusage: bool) -> Result<Shape, BadRequest> {
        if let Some(code) = &self.jq {
            if self.format.is_some_and(|format| format != Format::Ndjson) {
                return Err(
                    BadRequest::new("--jq prints one value a line, so it takes no other format")
                        .with_hint("leave out -o, or --jq"),
                );
            }
            if !self.fields.is_empty() {
                return Err(BadRequest::new("--jq sees the whole row, so it takes no --fields")
                    .with_hint("choose in the program: '{sessionId, cost}'"));
            }
            return Program::compile(code, self.is_raw, self.screen.is_terminal).map(Shape::Jq);
        }
        if self.is_raw {
            return Err(BadRequest::new("-r is for --jq").with_hint("--jq .sessionId -r"));
        }
        let fields = (!self.fields.is_empty())
            .then(|| Fields::parse(&self.fields, keys))
            .transpose()?;
        let default = if self.screen.is_terminal {
            Format::Table
        } else {
            Format::Ndjson
        };
        let delimited = |delimiter, fields: Option<Fields>| {
            let columns = fields.map_or_else(|| keys::leaves(keys), |fields| fields.leaves());
            Shape::Delimited(Delimited::new(delimiter, columns, self.screen.is_terminal))
        };
        Ok(match self.format.unwrap_or(default) {
            Format::Table => Shape::Table(fields),
            Format::Ndjson => Shape::Lines(fields),
            Format::Json => Shape::Array(fields),
            Format::Csv => delimited(Delimiter::Comma, fields),
            Format::Tsv => delimited(Delimiter::Tab, fields),
            Format::Md => Shape::Markdown(fields),
            Format::Ccusage if has_ccusage && fields.is_none() => Shape::Ccusage,
            Format::Ccusage if has_ccusage => return Err(BadRequest::new("-o ccusage has fixed fields")),
            Format::Ccusage => {
                return Err(
                    BadRequest::new("-o ccusage is for daily, weekly, monthly and session costs")
                        .with_hint("ttop cost --by day -o ccusage"),
                );
            }
        })
    }
}

/// Prints rows; `problem` is told of rows that a jq program failed on.
///
/// # Errors
/// When stdout cannot be written, a row fails, or the request does not fit the rows.
pub fn print<R: Row>(
    request: &Request,
    layout: Layout<R>,
    rows: impl Iterator<Item = Result<R>>,
    problem: &mut dyn FnMut(Problem),
) -> Result<()> {
    if request.asks_for_help() {
        super::print_text(fields::help(&keys::keys::<R>()).as_bytes())?;
        return Ok(());
    }
    let plan = request.plan::<R>(layout.ccusage.is_some())?;
    let grep = layout.grep.clone();
    let filtered = rows.filter_map(move |row| match row {
        Ok(row) if !grep.is_any() => match serde_json::to_value(&row) {
            Ok(value) => grep.matches(&value).then_some(Ok(row)),
            Err(error) => Some(Err(error.into())),
        },
        other => Some(other),
    });
    if request.is_quiet {
        // What the rows cost to make, and what goes wrong with them, is the same as if they were printed.
        let mut filtered = filtered;
        return filtered.try_for_each(|row| row.map(drop));
    }
    let (is_sorted, is_table) = (plan.sort.is_some(), matches!(plan.shape, Shape::Table(_)));
    let make_foot = layout.foot.filter(|_| is_table);
    let (mut foot, mut whole) = (None, 0);
    let mut rows: Box<dyn Iterator<Item = Result<R>>> = Box::new(filtered);
    if is_sorted || make_foot.is_some() {
        let mut all = rows.collect::<Result<Vec<R>>>()?;
        foot = make_foot.map(|make| make(&all));
        whole = all.len();
        if let Some(sort) = &plan.sort {
            all = sort.apply(all)?;
        }
        rows = Box::new(all.into_iter().map(Ok));
    }
    if let Some(limit) = request.limit {
        rows = order::limit(rows, limit, if is_sorted { Keep::First } else { layout.keep });
    }
    let mut output = Output::stdout();
    match plan.shape {
        Shape::Jq(program) => run_program(&program, rows, &mut output, problem)?,
        Shape::Lines(fields) => write_lines(fields.as_ref(), rows, layout.is_live, &mut output)?,
        Shape::Array(fields) => write_array(fields.as_ref(), rows, &mut output)?,
        Shape::Delimited(delimited) => {
            write_delimited(delimited, request.has_header, rows, layout.is_live, &mut output)?
        }
        Shape::Table(None) if layout.is_live => live::print(rows, &request.screen, &mut output)?,
        Shape::Table(fields) => match tables::table(fields.as_ref(), rows, foot.as_ref(), whole, request)? {
            Some(table) => {
                table.print(&request.screen, &mut output)?;
                for note in foot.iter().flat_map(|foot| &foot.notes) {
                    output.line(note)?;
                }
            }
            None => say(R::EMPTY),
        },
        Shape::Markdown(fields) => markdown::print(&tables::plain_table(fields.as_ref(), rows, request)?, &mut output)?,
        Shape::Ccusage => {
            let all = rows.collect::<Result<Vec<R>>>()?;
            let document = layout.ccusage.map(|convert| convert(all)).unwrap_or_default();
            serde_json::to_writer_pretty(&mut output, &document).map_err(StdoutError::from)?;
            output.line("")?;
        }
    }
    output.flush()?;
    Ok(())
}

fn run_program<R: Row>(
    program: &Program,
    rows: impl Iterator<Item = Result<R>>,
    output: &mut Output,
    problem: &mut dyn FnMut(Problem),
) -> Result<()> {
    let mut json = Vec::new();
    for (at, row) in rows.enumerate() {
        json.clear();
        serde_json::to_writer(&mut json, &row?)?;
        let outcome = program.run(&json, output)?;
        output.flush()?;
        match outcome {
            Outcome::Done => {}
            Outcome::Halted => break,
            Outcome::Failed(reason) => problem(Problem::new(format_args!("--jq: row {}", at + 1), reason)),
        }
    }
    Ok(())
}

/// A row in JSON, whole or the fields asked for.
fn write_json<R: Row>(fields: Option<&Fields>, row: &R, output: &mut Output) -> Result<()> {
    match fields {
        None => serde_json::to_writer(output, row).map_err(StdoutError::from)?,
        Some(fields) => {
            let picked = fields.pick(&serde_json::to_value(row)?);
            serde_json::to_writer(output, &picked).map_err(StdoutError::from)?;
        }
    }
    Ok(())
}

fn write_lines<R: Row>(
    fields: Option<&Fields>,
    rows: impl Iterator<Item = Result<R>>,
    is_live: bool,
    output: &mut Output,
) -> Result<()> {
    for row in rows {
        write_json(fields, &row?, output)?;
        output.bytes(b"\n")?;
        if is_live {
            output.flush()?;
        }
    }
    Ok(())
}

/// An array with one row a line.
fn write_array<R: Row>(
    fields: Option<&Fields>,
    rows: impl Iterator<Item = Result<R>>,
    output: &mut Output,
) -> Result<()> {
    let mut separator: &[u8] = b"[\n";
    for row in rows {
        output.bytes(separator)?;
        write_json(fields, &row?, output)?;
        separator = b",\n";
    }
    output.bytes(if separator == b"[\n" { b"[]\n" } else { b"\n]\n" })?;
    Ok(())
}

fn write_delimited<R: Row>(
    mut delimited: Delimited,
    has_header: bool,
    rows: impl Iterator<Item = Result<R>>,
    is_live: bool,
    output: &mut Output,
) -> Result<()> {
    if has_header {
        delimited.header(output)?;
    }
    for row in rows {
        delimited.row(&serde_json::to_value(&row?)?, output)?;
        if is_live {
            output.flush()?;
        }
    }
    Ok(())
}
