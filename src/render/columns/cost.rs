//! The table of `ttop cost`: dimensions that were not asked for are empty, so their columns are left out.

use crate::core::rows::CostRow;
use crate::render::{Align, Cell, Column, Row};

impl Row for CostRow {
    const NAME: &'static str = "cost";
    const EMPTY: &'static str = "no turns";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "period",
                title: "Period",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.period.as_deref()),
            },
            Column {
                key: "agentId",
                title: "Agent",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.agent_id.as_deref()),
            },
            Column {
                key: "providerId",
                title: "Provider",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.provider_id.as_deref()),
            },
            Column {
                key: "vendorId",
                title: "Vendor",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.vendor_id.as_deref()),
            },
            Column {
                key: "modelId",
                title: "Model",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.model_id.as_deref()),
            },
            Column {
                key: "projectPath",
                title: "Project",
                align: Align::Path,
                drop: 0,
                cell: |row, view| Cell::path(row.project_path.as_deref(), view),
            },
            Column {
                key: "sessionName",
                title: "Session",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.session_name.as_deref().or(row.session_id.as_deref())),
            },
            Column {
                key: "sessions",
                title: "Sessions",
                align: Align::Right,
                drop: 6,
                cell: |row, _| Cell::count(row.sessions),
            },
            Column {
                key: "turns",
                title: "Turns",
                align: Align::Right,
                drop: 5,
                cell: |row, _| Cell::count(row.turns),
            },
            Column {
                key: "tokens.input",
                title: "Input",
                align: Align::Right,
                drop: 3,
                cell: |row, _| Cell::tokens(row.tokens.input()),
            },
            Column {
                key: "tokens.output",
                title: "Output",
                align: Align::Right,
                drop: 2,
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
                drop: 4,
                cell: |row, _| Cell::tokens(row.tokens.cache_read()),
            },
            Column {
                key: "tokens.cacheWrite",
                title: "Cache W",
                align: Align::Right,
                drop: 4,
                cell: |row, _| Cell::tokens(row.tokens.cache_write()),
            },
            Column {
                key: "totalTokens",
                title: "Tokens",
                align: Align::Right,
                drop: 1,
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
                key: "costPerHour",
                title: "$/hour",
                align: Align::Right,
                drop: 8,
                cell: |row, _| {
                    row.cost_per_hour
                        .map_or_else(Cell::empty, |cost| Cell::money(Some(cost), row.cost_status))
                },
            },
            Column {
                key: "projectedCost",
                title: "Projected",
                align: Align::Right,
                drop: 8,
                cell: |row, _| {
                    row.projected_cost
                        .map_or_else(Cell::empty, |cost| Cell::money(Some(cost), row.cost_status))
                },
            },
        ]
    }
}
