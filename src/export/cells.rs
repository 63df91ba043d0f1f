//! The cells of a row of a table.

mod serialize;

use super::tables::Table;
use serde::{Serialize, ser};
use serialize::{Columns, Place};
use std::fmt::{self, Display};
use std::ops::Range;

/// The cells of one row. Their memory is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    /// Whether moments are wanted as numbers where the row has them, too.
    has_millis: bool,
    text: String,
    cells: Vec<Held>,
    /// The prefixes of groups of columns, `tokens.`; the first is that of the row.
    groups: Vec<String>,
    /// Where each key of a group goes, in the order in which rows of the table brought them.
    places: Vec<(usize, &'static str, Place)>,
    /// The position of the key that comes next if this row has the same ones as those before.
    next: usize,
    /// The table that these are of.
    table: &'static str,
}

#[derive(Clone, Debug)]
enum Held {
    Null,
    Text(Range<usize>),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'c> {
    Null,
    /// Text, an RFC 3339 time, or JSON.
    Text(&'c str),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

impl Cells {
    /// Cells of rows, with moments as numbers where that is wanted and the row has them.
    pub(crate) fn new(has_millis: bool) -> Self {
        Self {
            has_millis,
            ..Self::default()
        }
    }

    /// Takes over a row; keys that are no columns are left out.
    ///
    /// # Errors
    /// When the row has a value that no column can hold.
    pub(crate) fn fill(&mut self, table: &Table, row: &impl Serialize) -> Result<(), Unfit> {
        if self.table != table.name || self.groups.is_empty() {
            self.table = table.name;
            self.groups = vec![String::new()];
            self.places.clear();
        }
        self.next = 0;
        self.text.clear();
        self.cells.clear();
        self.cells.resize(table.columns.len(), Held::Null);
        row.serialize(&mut Columns::of(table, self))?;
        if self.has_millis {
            for (at, column) in table.columns.iter().enumerate() {
                if let Some(millis) = column.millis {
                    self.cells[at] = self.cells[millis].clone();
                }
            }
        }
        Ok(())
    }

    pub(crate) fn set_text(&mut self, at: usize, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.cells[at] = Held::Text(start..self.text.len());
    }

    pub(crate) fn set_null(&mut self, at: usize) {
        self.cells[at] = Held::Null;
    }

    pub(crate) fn get(&self, at: usize) -> Cell<'_> {
        match &self.cells[at] {
            Held::Null => Cell::Null,
            Held::Text(range) => Cell::Text(&self.text[range.clone()]),
            Held::Integer(number) => Cell::Integer(*number),
            Held::Number(number) => Cell::Number(*number),
            Held::Flag(flag) => Cell::Flag(*flag),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.cells.len()).map(|at| self.get(at))
    }
}

/// A value that fits no column.
#[derive(Debug)]
pub struct Unfit(String);

impl Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

impl ser::Error for Unfit {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
