//! The columns of `ttop watch`.

use crate::core::rows::ActivityRow;
use crate::render::{Align, Cell, Column, Row, number};

impl Row for ActivityRow {
    const NAME: &'static str = "activity";

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
                key: "agentId",
                title: "Agent",
                align: Align::Left,
                drop: 3,
                cell: |row, _| Cell::text(Some(&row.agent_id)),
            },
            Column {
                key: "sessionName",
                title: "Session",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(Some(row.session_name.as_deref().unwrap_or(&row.session_id))),
            },
            Column {
                key: "modelId",
                title: "Model",
                align: Align::Left,
                drop: 2,
                cell: |row, _| Cell::text(row.model_id.as_deref()),
            },
            Column {
                key: "totalTokens",
                title: "Tokens",
                align: Align::Right,
                drop: 0,
                cell: |row, _| Cell::plain(number::step(row.total_tokens)),
            },
            Column {
                key: "cost",
                title: "Cost",
                align: Align::Right,
                drop: 0,
                cell: |row, _| Cell::money(row.cost, Some(row.cost_status)),
            },
            Column {
                key: "sessionCost",
                title: "Total",
                align: Align::Right,
                drop: 1,
                cell: |row, _| Cell::money(row.session_cost, None),
            },
        ]
    }
}
