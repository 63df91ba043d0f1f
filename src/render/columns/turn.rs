//! The table of `ttop turns`.

use crate::core::rows::TurnRow;
use crate::render::{Align, Cell, Column, Row};

impl Row for TurnRow {
    const NAME: &'static str = "turn";
    const EMPTY: &'static str = "no turns";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "time",
                title: "Time",
                align: Align::Left,
                drop: 0,
                cell: |row, view| Cell::time(Some(row.timestamp), view),
            },
            Column {
                key: "sessionName",
                title: "Session",
                align: Align::Left,
                drop: 5,
                cell: |row, _| Cell::text(row.session_name.as_deref().or(Some(&row.session_id))),
            },
            Column {
                key: "projectPath",
                title: "Project",
                align: Align::Path,
                drop: 9,
                cell: |row, view| Cell::path(row.project_path.as_deref(), view),
            },
            Column {
                key: "agentId",
                title: "Agent",
                align: Align::Left,
                drop: 6,
                cell: |row, _| Cell::plain(&*row.agent_id),
            },
            Column {
                key: "providerId",
                title: "Provider",
                align: Align::Left,
                drop: 8,
                cell: |row, _| Cell::text(row.provider_id.as_deref()),
            },
            Column {
                key: "modelId",
                title: "Model",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.model_id.as_deref()),
            },
            Column {
                key: "tokens.input",
                title: "Input",
                align: Align::Right,
                drop: 4,
                cell: |row, _| Cell::tokens(row.tokens.input()),
            },
            Column {
                key: "tokens.output",
                title: "Output",
                align: Align::Right,
                drop: 3,
                cell: |row, _| Cell::tokens(row.tokens.output()),
            },
            Column {
                key: "tokens.reasoning",
                title: "Reason",
                align: Align::Right,
                drop: 7,
                cell: |row, _| Cell::tokens(row.tokens.reasoning()),
            },
            Column {
                key: "tokens.cacheRead",
                title: "Cache R",
                align: Align::Right,
                drop: 7,
                cell: |row, _| Cell::tokens(row.tokens.cache_read()),
            },
            Column {
                key: "tokens.cacheWrite",
                title: "Cache W",
                align: Align::Right,
                drop: 7,
                cell: |row, _| Cell::tokens(row.tokens.cache_write()),
            },
            Column {
                key: "totalTokens",
                title: "Total",
                align: Align::Right,
                drop: 2,
                cell: |row, _| Cell::tokens(row.total_tokens),
            },
            Column {
                key: "cost",
                title: "Cost",
                align: Align::Right,
                drop: 0,
                cell: |row, _| Cell::money(row.cost, Some(row.cost_status)),
            },
        ]
    }
}
