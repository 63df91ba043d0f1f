//! The table of `ttop turns`.

use crate::core::rows::TurnRow;
use crate::render::{Cell, Column, Row};

impl Row for TurnRow {
    const NAME: &'static str = "turn";
    const EMPTY: &'static str = "no turns";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::id("turnId", "Id", 1, |row, _| Cell::turn_id(row.turn_id)),
        Column::text("time", "Time", 0, |row, view| Cell::moment(row.timestamp, view)),
        Column::text("sessionName", "Session", 5, |row, _| {
            Cell::text(row.session_name.as_deref().or(Some(&row.session_id)))
        }),
        Column::path("projectPath", "Project", 9, |row, view| {
            Cell::path(row.project_path.as_deref(), view)
        }),
        Column::text("agentId", "Agent", 6, |row, _| Cell::plain(&*row.agent_id)),
        Column::text("providerId", "Provider", 8, |row, _| {
            Cell::text(row.provider_id.as_deref())
        }),
        Column::text("modelId", "Model", 0, |row, view| {
            Cell::model(row.provider_id.as_deref(), row.model_id.as_deref(), view)
        }),
        Column::number("tokens.input", "Input", 4, |row, _| Cell::tokens(row.tokens.input())),
        Column::number("tokens.output", "Output", 3, |row, _| Cell::tokens(row.tokens.output())),
        Column::number("tokens.reasoning", "Reason", 7, |row, _| {
            Cell::tokens(row.tokens.reasoning())
        }),
        Column::number("tokens.cacheRead", "Cache R", 7, |row, _| {
            Cell::tokens(row.tokens.cache_read())
        }),
        Column::number("tokens.cacheWrite", "Cache W", 7, |row, _| {
            Cell::tokens(row.tokens.cache_write())
        }),
        Column::number("totalTokens", "Total", 2, |row, _| Cell::tokens(row.total_tokens)),
        Column::number("cost", "Cost", 0, |row, _| Cell::money(row.cost, Some(row.cost_status))),
    ];
}
