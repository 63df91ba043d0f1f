//! The table of `ttop sessions`.

use crate::core::rows::SessionRow;
use crate::render::{Align, Cell, Column, Row};

impl Row for SessionRow {
    const NAME: &'static str = "session";
    const EMPTY: &'static str = "no sessions";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "sessionId",
                title: "Id",
                align: Align::Left,
                drop: 6,
                cell: |row, _| Cell::plain(&*row.session_id),
            },
            Column {
                key: "sessionName",
                title: "Session",
                align: Align::Left,
                drop: 0,
                cell: |row, _| {
                    let name = row.session_name.as_deref().unwrap_or(&row.session_id);
                    Cell::plain(format!("{}{name}", "  ".repeat(row.depth)))
                },
            },
            Column {
                key: "projectPath",
                title: "Project",
                align: Align::Path,
                drop: 5,
                cell: |row, view| Cell::path(row.project_path.as_deref(), view),
            },
            Column {
                key: "agentId",
                title: "Agent",
                align: Align::Left,
                drop: 4,
                cell: |row, _| Cell::plain(&*row.agent_id),
            },
            Column {
                key: "modelId",
                title: "Model",
                align: Align::Left,
                drop: 3,
                cell: |row, _| Cell::text(row.model_id.as_deref()),
            },
            Column {
                key: "turns",
                title: "Turns",
                align: Align::Right,
                drop: 7,
                cell: |row, _| Cell::count(row.turns),
            },
            Column {
                key: "tokens.output",
                title: "Output",
                align: Align::Right,
                drop: 8,
                cell: |row, _| Cell::tokens(row.tokens.output()),
            },
            Column {
                key: "totalTokens",
                title: "Tokens",
                align: Align::Right,
                drop: 2,
                cell: |row, _| Cell::tokens(row.total_tokens),
            },
            Column {
                key: "cost",
                title: "Cost",
                align: Align::Right,
                drop: 0,
                cell: |row, _| Cell::money(row.cost, row.cost_status),
            },
            Column {
                key: "time",
                title: "Updated",
                align: Align::Left,
                drop: 1,
                cell: |row, view| Cell::time(row.session_updated_at, view),
            },
        ]
    }
}
