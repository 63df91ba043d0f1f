//! The table of `ttop cost`: dimensions that were not asked for are empty, so their columns are left out.

use crate::core::rows::CostRow;
use crate::render::{Cell, Column, Row};

impl Row for CostRow {
    const NAME: &'static str = "cost";
    const EMPTY: &'static str = "no turns";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("period", "Period", 0, |row, _| Cell::text(row.period.as_deref())),
        Column::text("agentId", "Agent", 0, |row, _| Cell::text(row.agent_id.as_deref())),
        Column::text("providerId", "Provider", 0, |row, _| {
            Cell::text(row.provider_id.as_deref())
        }),
        Column::text("vendorId", "Vendor", 0, |row, _| Cell::text(row.vendor_id.as_deref())),
        Column::text("modelId", "Model", 0, |row, _| Cell::text(row.model_id.as_deref())),
        // Where ids are asked for, they say it already.
        Column::text("modelName", "Model name", 0, |row, _| {
            Cell::text(row.model_name.as_deref().filter(|_| row.model_id.is_none()))
        }),
        Column::path("projectPath", "Project", 0, |row, view| {
            Cell::path(row.project_path.as_deref(), view)
        }),
        Column::text("sessionName", "Session", 0, |row, _| {
            Cell::text(row.session_name.as_deref().or(row.session_id.as_deref()))
        }),
        Column::text("branch", "Branch", 0, |row, _| Cell::text(row.branch.as_deref())),
        Column::text("subagent", "Subagent", 0, |row, _| Cell::text(row.subagent.as_deref())),
        Column::number("sessions", "Sessions", 6, |row, _| Cell::count(row.sessions)),
        Column::number("turns", "Turns", 5, |row, _| Cell::count(row.turns)),
        Column::number("tokens.input", "Input", 3, |row, _| Cell::tokens(row.tokens.input())),
        Column::number("tokens.output", "Output", 2, |row, _| Cell::tokens(row.tokens.output())),
        Column::number("tokens.reasoning", "Reason", 7, |row, _| {
            Cell::tokens(row.tokens.reasoning())
        }),
        Column::number("tokens.cacheRead", "Cache R", 4, |row, _| {
            Cell::tokens(row.tokens.cache_read())
        }),
        Column::number("tokens.cacheWrite", "Cache W", 4, |row, _| {
            Cell::tokens(row.tokens.cache_write())
        }),
        Column::number("totalTokens", "Tokens", 1, |row, _| Cell::tokens(row.total_tokens)),
        Column::number("cost", "Cost", 0, |row, _| Cell::money(row.cost, row.cost_status)),
        Column::number("costPerHour", "$/hour", 8, |row, _| {
            row.cost_per_hour
                .map_or_else(Cell::empty, |cost| Cell::money(Some(cost), row.cost_status))
        }),
        Column::number("projectedCost", "Projected", 8, |row, _| {
            row.projected_cost
                .map_or_else(Cell::empty, |cost| Cell::money(Some(cost), row.cost_status))
        }),
    ];
}
