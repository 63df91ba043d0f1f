//! The table of `ttop ledger status`.

use crate::core::rows::LedgerRow;
use crate::render::{Align, Cell, Column, Row};

impl Row for LedgerRow {
    const NAME: &'static str = "ledger";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "agentId",
                title: "Agent",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(Some(&row.agent_id)),
            },
            Column {
                key: "sources",
                title: "Sources",
                align: Align::Right,
                drop: 3,
                cell: |row, _| Cell::count(row.sources),
            },
            Column {
                key: "goneSources",
                title: "Gone",
                align: Align::Right,
                drop: 4,
                cell: |row, _| Cell::count(row.gone_sources),
            },
            Column {
                key: "sessions",
                title: "Sessions",
                align: Align::Right,
                drop: 2,
                cell: |row, _| Cell::count(row.sessions),
            },
            Column {
                key: "turns",
                title: "Turns",
                align: Align::Right,
                drop: 0,
                cell: |row, _| Cell::count(row.turns),
            },
            Column {
                key: "copies",
                title: "Copies",
                align: Align::Right,
                drop: 5,
                cell: |row, _| Cell::count(row.copies),
            },
            Column {
                key: "goneTurns",
                title: "Kept",
                align: Align::Right,
                drop: 6,
                cell: |row, _| Cell::count(row.gone_turns),
            },
            Column {
                key: "start",
                title: "Oldest",
                align: Align::Left,
                drop: 1,
                cell: |row, view| Cell::time(row.start, view),
            },
            Column {
                key: "end",
                title: "Newest",
                align: Align::Left,
                drop: 1,
                cell: |row, view| Cell::time(row.end, view),
            },
        ]
    }
}
