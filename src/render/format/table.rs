//! Tables: the columns of a row, or a column for each field asked for, fitted to the screen.

use super::{End, Flow, Writer};
use crate::render::column::{Align, Cell, Column, Tone, View};
use crate::render::fields::Fields;
use crate::render::keys::{Key, Kind, value_at};
use crate::render::print::Request;
use crate::render::table::{Head, Table};
use crate::render::{Output, Row, Screen, number, text};
use anyhow::Result;
use serde_json::Value;

/// Collects rows and prints them as one table.
pub(super) struct TableWriter<R: 'static> {
    columns: Vec<Chosen<R>>,
    rows: Vec<Vec<Cell>>,
    has_fields: bool,
    has_header: bool,
    has_total: bool,
    screen: Screen,
}

impl<R: Row> TableWriter<R> {
    pub(super) fn new(fields: Option<Fields>, request: &Request) -> Self {
        let mut screen = request.screen.clone();
        if fields.is_some() {
            // Who asks for a key gets its value.
            screen.view.model_name = |_, model| model.to_owned();
        }
        Self {
            columns: choose(fields.as_ref(), request.hidden),
            rows: Vec::new(),
            has_fields: fields.is_some(),
            has_header: request.has_header,
            has_total: false,
            screen,
        }
    }

    /// The table of all rows, not fitted yet.
    pub(super) fn into_table(self) -> Table {
        let mut heads: Vec<Head> = self.columns.iter().map(Chosen::head).collect();
        if self.has_fields {
            // A column that was asked for by name stays, however narrow the terminal is.
            heads.iter_mut().for_each(|head| head.drop = 0);
        }
        let mut table = Table {
            heads,
            rows: self.rows,
            has_header: self.has_header,
            has_total: self.has_total,
        };
        // Without rows every column is empty, and the titles are all there is.
        if !self.has_fields && !table.rows.is_empty() {
            table.drop_empty();
        }
        table
    }

    fn push_total(&mut self, total: &R, rows_in_total: usize) -> Result<()> {
        let mut cells = row_cells(&self.columns, total, &self.screen.view)?;
        for cell in &mut cells {
            cell.tone = Tone::Strong;
        }
        let is_name = |at: &usize| {
            self.columns[*at].head().align.is_text()
                && cells[*at].text.is_empty()
                && self.rows.iter().any(|row| !row[*at].text.is_empty())
        };
        if let Some(at) = (0..cells.len()).find(is_name) {
            // `-n` leaves rows out, but not of the total.
            cells[at].text = match rows_in_total > self.rows.len() {
                true => format!("Total of {rows_in_total}").into(),
                false => "Total".into(),
            };
        }
        self.rows.push(cells);
        self.has_total = true;
        Ok(())
    }
}

impl<R: Row> Writer<R> for TableWriter<R> {
    fn row(&mut self, row: R, _: &mut Output<'_>) -> Result<Flow> {
        self.rows.push(row_cells(&self.columns, &row, &self.screen.view)?);
        Ok(Flow::Continue)
    }

    fn end(mut self: Box<Self>, end: End<R>, output: &mut Output<'_>) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        if let Some(total) = end.footer.as_ref().and_then(|footer| footer.total.as_ref()) {
            self.push_total(total, end.rows_in_total)?;
        }
        let screen = self.screen.clone();
        self.into_table().print(&screen, output)?;
        for note in end.footer.iter().flat_map(|footer| &footer.notes) {
            for line in text::wrap(note, screen.width) {
                output.line(&line.into())?;
            }
        }
        Ok(())
    }

    fn has_footer(&self) -> bool {
        true
    }
}

/// A column of a table: one that the row comes with, or one for a key that has none.
enum Chosen<R: 'static> {
    Known(&'static Column<R>),
    Plain(Key),
}

impl<R> Chosen<R> {
    fn head(&self) -> Head {
        match self {
            Self::Known(column) => Head {
                title: column.title.to_owned(),
                align: column.align,
                drop: column.drop,
            },
            Self::Plain(key) => Head {
                title: key.path.clone(),
                align: match key.kind {
                    Kind::Integer | Kind::Number if !is_instant(key) => Align::Right,
                    _ => Align::Left,
                },
                drop: 0,
            },
        }
    }
}

fn choose<R: Row>(fields: Option<&Fields>, hidden: &[&str]) -> Vec<Chosen<R>> {
    let Some(fields) = fields else {
        let columns = R::COLUMNS.iter().filter(|column| !hidden.contains(&column.key));
        return columns.map(Chosen::Known).collect();
    };
    let known = |key: &Key| R::COLUMNS.iter().find(|column| column.key == key.path);
    let choose = |key: Key| known(&key).map_or_else(|| Chosen::Plain(key), Chosen::Known);
    fields.leaves().into_iter().map(choose).collect()
}

fn row_cells<R: Row>(columns: &[Chosen<R>], row: &R, view: &View) -> Result<Vec<Cell>> {
    let needs_values = columns.iter().any(|column| matches!(column, Chosen::Plain(_)));
    let values = if needs_values {
        serde_json::to_value(row)?
    } else {
        Value::Null
    };
    let cell = |column: &Chosen<R>| match column {
        Chosen::Known(column) => (column.cell)(row, view),
        Chosen::Plain(key) => plain_cell(key, value_at(&values, &key.path), view),
    };
    Ok(columns.iter().map(cell).collect())
}

/// Whether a number is a time: the contract's names for epoch milliseconds.
fn is_instant(key: &Key) -> bool {
    let name = key.path.rsplit('.').next().unwrap_or_default();
    matches!(name, "timestamp" | "start" | "end") || name.ends_with("At")
}

/// Formats a value by the type of its key.
fn plain_cell(key: &Key, value: &Value, view: &View) -> Cell {
    match value {
        Value::Null => Cell::unknown(),
        Value::String(text) => Cell::plain(text.as_str()),
        Value::Number(number) => {
            let exact = number.as_i64();
            match exact {
                Some(at) if is_instant(key) => Cell::time(Some(at), view),
                Some(ms) if key.path.ends_with("Ms") => Cell::plain(number::duration(ms)),
                Some(bytes) if key.path.ends_with("Bytes") => Cell::plain(number::bytes(bytes.unsigned_abs())),
                _ if key.path.ends_with("Percent") => Cell::plain(number::percent(number.as_f64())),
                Some(exact) => Cell::plain(exact.to_string()),
                None => Cell::plain(number.as_f64().unwrap_or_default().to_string()),
            }
        }
        Value::Array(items) => {
            let texts = items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
            Cell::plain(texts.collect::<Vec<_>>().join(", "))
        }
        other => Cell::plain(other.to_string()),
    }
}
