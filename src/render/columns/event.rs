//! The columns of `ttop alert`.

use crate::core::rows::{EventRow, Severity};
use crate::render::{Cell, Column, Row, Tone};

impl Row for EventRow {
    const NAME: &'static str = "event";
    const EMPTY: &'static str = "no new alerts";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("time", "Time", 0, |row, view| Cell::clock(row.timestamp, view)),
        Column::text("severity", "Severity", 2, |row, _| {
            Cell::toned(row.severity.name(), tone(row.severity))
        }),
        Column::text("type", "Event", 3, |row, _| Cell::plain(row.kind.name())),
        Column::text("title", "Title", 0, |row, _| {
            Cell::toned(row.title.as_str(), tone(row.severity))
        }),
        Column::prose("message", "Message", |row, _| Cell::plain(row.message.as_str())),
    ];
}

/// The text carries the same meaning.
pub fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Warning,
        Severity::Critical => Tone::Critical,
    }
}
