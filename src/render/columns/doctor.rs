//! The table of `ttop doctor`.

use crate::core::rows::{DoctorRow, DoctorState};
use crate::render::{Cell, Column, Row, Tone};

impl Row for DoctorRow {
    const NAME: &'static str = "doctor";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("subject", "Subject", 0, |row, _| Cell::text(Some(&row.subject))),
        Column::text("state", "State", 0, |row, _| match row.state {
            DoctorState::Ok => Cell::toned("ok", Tone::Good),
            DoctorState::Absent => Cell::toned("absent", Tone::Dim),
            DoctorState::Unread => Cell::toned("unread", Tone::Warning),
            DoctorState::Problem => Cell::toned("problem", Tone::Warning),
        }),
        Column::text("installed", "Found by", 2, |row, _| {
            Cell::text(row.installed.as_deref())
        }),
        Column::text("version", "Version", 3, |row, _| Cell::text(row.version.as_deref())),
        Column::text("turns", "Accuracy", 4, |row, _| Cell::text(row.turns.as_deref())),
        Column::number("sources", "Files", 1, |row, _| {
            row.sources.map_or_else(Cell::empty, Cell::count)
        }),
        Column::number("counted", "Turns", 0, |row, _| {
            row.counted.map_or_else(Cell::empty, Cell::count)
        }),
        Column::number("skipped", "Other", 1, |row, _| {
            match row.skipped.values().sum::<u64>() {
                0 => Cell::empty(),
                skipped => Cell::count(skipped),
            }
        }),
        Column::number("unknown", "Unknown", 1, |row, _| match row.unknown.len() {
            0 => Cell::empty(),
            names => Cell::count(names as u64),
        }),
    ];
}
