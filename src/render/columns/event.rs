//! The columns of `ttop alert`.

use crate::core::rows::{EventRow, Severity};
use crate::render::{Align, Cell, Column, Row, Tone};

impl Row for EventRow {
    const NAME: &'static str = "event";
    const EMPTY: &'static str = "nothing new happened";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "time",
                title: "Time",
                align: Align::Left,
                drop: 0,
                cell: |row, view| Cell::clock(row.timestamp, view),
            },
            Column {
                key: "severity",
                title: "Severity",
                align: Align::Left,
                drop: 2,
                cell: |row, _| Cell::toned(row.severity.name(), tone(row.severity)),
            },
            Column {
                key: "type",
                title: "Event",
                align: Align::Left,
                drop: 3,
                cell: |row, _| Cell::plain(row.kind.name()),
            },
            Column {
                key: "title",
                title: "Title",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::toned(row.title.as_str(), tone(row.severity)),
            },
            Column {
                key: "message",
                title: "Message",
                align: Align::Left,
                drop: 1,
                cell: |row, _| Cell::plain(row.message.as_str()),
            },
        ]
    }
}

/// The word says it too.
pub fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Warning,
        Severity::Critical => Tone::Critical,
    }
}
