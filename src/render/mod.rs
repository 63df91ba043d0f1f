//! Rows to text: the only code that knows formats, colours and widths, and the only writer to stdout.

pub mod number;

use crate::cli::{Global, RowArgs};
use crate::core::problem::Problem;
use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::Write;

/// A kind of row: its name in `ttop schema`, and the columns of its table.
pub trait Row: Serialize + JsonSchema + Sized + 'static {
    const NAME: &'static str;

    fn columns() -> &'static [Column<Self>];
}

/// A column of a table.
pub struct Column<R: 'static> {
    /// The key of the row it shows: `tokens.input`.
    pub key: &'static str,
    pub title: &'static str,
    pub align: Align,
    /// Columns with the greatest number are dropped first when the terminal is narrow; 0 never is.
    pub drop: u8,
    pub cell: fn(&R) -> Cell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A cell's text and what it means; the palette turns meaning into colour, never the only carrier of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Dim,
    Good,
    Notice,
    Warning,
    Critical,
    Strong,
}

impl Cell {
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tone: Tone::Plain,
        }
    }

    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

/// `ttop: warning: <where>: <what>` on stderr.
pub fn warn(problem: &Problem) {
    // A closed stderr is no reason to stop.
    let _ = writeln!(std::io::stderr().lock(), "ttop: warning: {problem}");
}

/// Prints rows in the format that was asked for.
///
/// # Errors
/// When stdout cannot be written, or the arguments do not fit the row.
pub fn rows<R: Row>(_args: &RowArgs, global: &Global, rows: Vec<R>) -> Result<()> {
    if global.quiet {
        return Ok(());
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for row in rows {
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
