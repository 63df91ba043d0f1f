//! Rows to text: the only code that knows formats, colours and widths, and the only writer to stdout.

mod column;
mod columns;
pub mod number;

pub use column::{Align, Cell, Column, Tone, UNKNOWN, View};

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
