//! The columns of `ttop watch`.

use crate::core::rows::ActivityRow;
use crate::render::{Cell, Column, Row, number};

impl Row for ActivityRow {
    const NAME: &'static str = "activity";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::id("sessionId", "Id", 0, |row, view| {
            Cell::session_id(&row.session_id, view)
        }),
        Column::text("time", "Time", 0, |row, view| Cell::clock(row.timestamp, view)),
        Column::text("agentId", "Agent", 4, |row, _| Cell::text(Some(&row.agent_id))),
        Column::text("sessionName", "Session", 0, |row, _| {
            Cell::text(Some(row.session_name.as_deref().unwrap_or(&row.session_id)))
        }),
        Column::text("modelId", "Model", 3, |row, view| {
            Cell::model(row.provider_id.as_deref(), row.model_id.as_deref(), view)
        }),
        Column::number("tokens.output", "Output", 1, |row, _| {
            Cell::plain(number::step(row.tokens.output()))
        }),
        Column::number("totalTokens", "Tokens", 2, |row, _| {
            Cell::plain(number::step(row.total_tokens))
        }),
        Column::number("cost", "Cost", 0, |row, _| Cell::money(row.cost, Some(row.cost_status))),
        Column::number("sessionCost", "Total", 1, |row, _| {
            Cell::money(row.session_cost, row.session_cost_status)
        }),
    ];
}
