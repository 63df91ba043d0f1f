//! From rows to tables: the columns of a row, or a column for each field that was asked for.

use super::column::{Align, Cell, Column, Tone, View};
use super::fields::Fields;
use super::keys::{Key, Kind, value_at};
use super::print::{Foot, Request};
use super::table::{Head, Table};
use super::{Row, number};
use anyhow::Result;
use serde_json::Value;

/// The table of rows and their total, which is that of `whole` rows; `None` when there are none.
///
/// # Errors
/// When a row fails.
pub fn table<R: Row>(
    fields: Option<&Fields>,
    rows: impl Iterator<Item = Result<R>>,
    foot: Option<&Foot<R>>,
    whole: usize,
    request: &Request,
) -> Result<Option<Table>> {
    let mut table = full_table(fields, rows, request)?;
    if table.rows.is_empty() {
        return Ok(None);
    }
    if let Some(total) = foot.and_then(|foot| foot.total.as_ref()) {
        let mut cells = row_cells(&choose(fields), total, &request.screen.view)?;
        for cell in &mut cells {
            cell.tone = Tone::Strong;
        }
        let is_name = |at: &usize| cells[*at].text.is_empty() && table.rows.iter().any(|row| !row[*at].text.is_empty());
        if let Some(at) = (0..cells.len()).find(is_name) {
            // `-n` leaves rows out, but not of the total.
            cells[at].text = match whole > table.rows.len() {
                true => format!("Total of {whole}"),
                false => "Total".to_owned(),
            };
        }
        table.rows.push(cells);
    }
    if fields.is_none() {
        table.drop_empty();
    }
    Ok(Some(table))
}

/// The table of rows, also when there are none.
///
/// # Errors
/// When a row fails.
pub fn plain_table<R: Row>(
    fields: Option<&Fields>,
    rows: impl Iterator<Item = Result<R>>,
    request: &Request,
) -> Result<Table> {
    let mut table = full_table(fields, rows, request)?;
    // Without rows every column is empty, and the titles are all there is.
    if fields.is_none() && !table.rows.is_empty() {
        table.drop_empty();
    }
    Ok(table)
}

fn full_table<R: Row>(
    fields: Option<&Fields>,
    rows: impl Iterator<Item = Result<R>>,
    request: &Request,
) -> Result<Table> {
    let columns = choose::<R>(fields);
    let cells = rows
        .map(|row| row_cells(&columns, &row?, &request.screen.view))
        .collect::<Result<Vec<_>>>()?;
    let mut heads: Vec<Head> = columns.iter().map(Chosen::head).collect();
    if fields.is_some() {
        // What was asked for by name stays, however narrow the terminal is.
        heads.iter_mut().for_each(|head| head.drop = 0);
    }
    Ok(Table {
        heads,
        rows: cells,
        has_header: request.has_header,
    })
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

fn choose<R: Row>(fields: Option<&Fields>) -> Vec<Chosen<R>> {
    let Some(fields) = fields else {
        return R::columns().iter().map(Chosen::Known).collect();
    };
    let known = |key: &Key| R::columns().iter().find(|column| column.key == key.path);
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

/// A value for people, by what its key says it is.
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
