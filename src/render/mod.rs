//! Rows to text: the only code that knows formats, colors and widths, and the only writer to stdout.

pub mod bar;
pub mod ccusage;
mod column;
pub mod columns;
mod cut;
pub mod fields;
pub mod filter_keys;
pub mod format;
mod grep;
pub mod keys;
pub mod kinds;
pub mod number;
mod order;
mod output;
mod palette;
pub mod plot;
pub mod preferences;
mod print;
pub mod progress;
mod screen;
mod table;
pub mod text;
pub mod theme;
pub mod types;

pub use column::{Align, Cell, Column, Tone, UNKNOWN, View};
pub use format::Format;
pub use grep::Grep;
pub use order::Keep;
pub use output::{Output, OutputError, Pipe, is_abandoned, print_encoded, print_text};
pub use palette::{Palette, When};
pub use print::{Footer, Layout, MakeDocument, MakeFooter, Request, footer, print};
pub use screen::{Screen, width};

use crate::core::problem::Problem;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::Write;

/// A kind of row: its name in `ttop schema`, and the columns of its table.
pub trait Row: Serialize + JsonSchema + Sized + 'static {
    const NAME: &'static str;
    /// Printed to stderr if a table has no rows.
    const EMPTY: &'static str = "nothing found";

    const COLUMNS: &'static [Column<Self>];
}

/// `ttop: warning: <where>: <what>` on stderr.
pub fn warn(problem: &Problem) {
    eprint_line(&format!("ttop: warning: {}", text::plain(&problem.to_string())));
}

/// A line on stderr, broken between words where that is a terminal.
pub fn eprint_line(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let width = screen::stderr_width();
    for line in text::strip_control(line)
        .split('\n')
        .flat_map(|line| text::wrap(line, width))
    {
        // A closed stderr is no reason to stop.
        let _ = writeln!(stderr, "{line}");
    }
}
