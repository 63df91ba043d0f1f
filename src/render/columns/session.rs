//! The table of `ttop sessions`.

use crate::core::rows::SessionRow;
use crate::render::{Cell, Column, Row};

impl Row for SessionRow {
    const NAME: &'static str = "session";
    const EMPTY: &'static str = "no sessions";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::id("sessionId", "Id", 0, |row, view| {
            Cell::session_id(&row.session_id, view)
        }),
        Column::text("sessionName", "Session", 0, |row, _| {
            let name = row.session_name.as_deref().unwrap_or(&row.session_id);
            Cell::plain(format!("{}{name}", "  ".repeat(row.depth)))
        }),
        Column::path("projectPath", "Project", 3, |row, view| {
            Cell::path(row.project_path.as_deref(), view)
        }),
        Column::text("agentId", "Agent", 2, |row, _| Cell::plain(&*row.agent_id)),
        Column::text("modelId", "Model", 6, |row, view| match (row.turns, &row.model_id) {
            (0, None) => Cell::empty(),
            _ => Cell::model(row.provider_id.as_deref(), row.model_id.as_deref(), view),
        }),
        Column::number("turns", "Turns", 7, |row, _| Cell::count(row.turns)),
        Column::number("tokens.output", "Output", 8, |row, _| Cell::tokens(row.tokens.output())),
        Column::number("totalTokens", "Tokens", 5, |row, _| Cell::tokens(row.total_tokens)),
        Column::number("cost", "Cost", 0, |row, _| Cell::money(row.cost, row.cost_status)),
        Column::text("time", "Updated", 1, |row, view| {
            Cell::age(row.session_updated_at, view)
        }),
    ];
}
