//! The table of `ttop ledger status`.

use crate::core::rows::LedgerRow;
use crate::render::{Cell, Column, Row};

impl Row for LedgerRow {
    const NAME: &'static str = "ledger";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("agentId", "Agent", 0, |row, _| Cell::text(Some(&row.agent_id))),
        Column::number("sources", "Sources", 3, |row, _| Cell::count(row.sources)),
        Column::number("goneSources", "Gone", 4, |row, _| Cell::count(row.gone_sources)),
        Column::number("sessions", "Sessions", 2, |row, _| Cell::count(row.sessions)),
        Column::number("turns", "Turns", 0, |row, _| Cell::count(row.turns)),
        Column::number("copies", "Copies", 5, |row, _| Cell::count(row.copies)),
        Column::number("goneTurns", "Kept", 6, |row, _| Cell::count(row.gone_turns)),
        Column::text("start", "Oldest", 1, |row, view| Cell::time(row.start, view)),
        Column::text("end", "Newest", 1, |row, view| Cell::time(row.end, view)),
    ];
}
