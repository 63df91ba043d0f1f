//! The table of `ttop doctor`.

use crate::core::rows::{DoctorRow, DoctorState};
use crate::render::{Align, Cell, Column, Row, Tone};

impl Row for DoctorRow {
    const NAME: &'static str = "doctor";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "subject",
                title: "Subject",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(Some(&row.subject)),
            },
            Column {
                key: "state",
                title: "State",
                align: Align::Left,
                drop: 0,
                cell: |row, _| match row.state {
                    DoctorState::Ok => Cell::toned("ok", Tone::Good),
                    DoctorState::Absent => Cell::toned("absent", Tone::Dim),
                    DoctorState::Problem => Cell::toned("problem", Tone::Warning),
                },
            },
            Column {
                key: "installed",
                title: "Found by",
                align: Align::Left,
                drop: 2,
                cell: |row, _| Cell::text(row.installed.as_deref()),
            },
            Column {
                key: "version",
                title: "Version",
                align: Align::Left,
                drop: 3,
                cell: |row, _| Cell::text(row.version.as_deref()),
            },
            Column {
                key: "turns",
                title: "Gives",
                align: Align::Left,
                drop: 4,
                cell: |row, _| Cell::text(row.turns.as_deref()),
            },
            Column {
                key: "sources",
                title: "Files",
                align: Align::Right,
                drop: 1,
                cell: |row, _| row.sources.map_or_else(Cell::empty, Cell::count),
            },
            Column {
                key: "counted",
                title: "Turns",
                align: Align::Right,
                drop: 0,
                cell: |row, _| row.counted.map_or_else(Cell::empty, Cell::count),
            },
            Column {
                key: "skipped",
                title: "Skipped",
                align: Align::Right,
                drop: 1,
                cell: |row, _| match row.skipped.values().sum::<u64>() {
                    0 => Cell::empty(),
                    skipped => Cell::count(skipped),
                },
            },
        ]
    }
}
