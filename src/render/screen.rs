//! Screen: what stdout is, how wide, in color or not, and for whom.

use super::View;
use super::palette::{Palette, When};
use std::io::IsTerminal;

/// Columns of stdout: those of `COLUMNS`, else the terminal's own; `None` is no limit.
pub fn width(is_terminal: bool, var: impl Fn(&str) -> Option<String>) -> Option<usize> {
    let columns = var("COLUMNS")
        .and_then(|columns| columns.parse().ok())
        .filter(|&columns| columns > 0);
    let terminal = || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    columns.or_else(|| is_terminal.then(terminal).flatten().filter(|&width| width > 0))
}

/// Columns of stderr; `None` where it is no terminal.
pub(super) fn stderr_width() -> Option<usize> {
    let stderr = std::io::stderr();
    let terminal = terminal_size::terminal_size_of(&stderr).filter(|_| stderr.is_terminal());
    terminal
        .map(|(width, _)| usize::from(width.0))
        .filter(|&width| width > 0)
}

/// Where rows are shown.
#[derive(Clone, Debug)]
pub struct Screen {
    pub is_terminal: bool,
    /// Columns to fit tables into; `None` is no limit.
    pub width: Option<usize>,
    pub palette: Palette,
    pub view: View,
}

impl Screen {
    /// Stdout as it is. `COLUMNS` beats the terminal's own width, and limits tables that go elsewhere too.
    pub fn stdout(when: When, view: View, var: impl Fn(&str) -> Option<String>) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        Self {
            is_terminal,
            width: width(is_terminal, &var),
            palette: Palette::choose(when, is_terminal, var),
            view,
        }
    }
}
