//! The table of `ttop budgets`.

use crate::core::budget::{Amount, Level};
use crate::core::rows::BudgetRow;
use crate::render::{Align, Cell, Column, Row, Tone, number};

impl Row for BudgetRow {
    const NAME: &'static str = "budget";
    const EMPTY: &'static str = "no budgets; ttop config set budgets.daily 20 makes one";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "budgetId",
                title: "Budget",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(Some(&row.budget_id)),
            },
            Column {
                key: "period",
                title: "Period",
                align: Align::Left,
                drop: 3,
                cell: |row, _| Cell::text(Some(&row.period)),
            },
            Column {
                key: "agentId",
                title: "Agent",
                align: Align::Left,
                drop: 5,
                cell: |row, _| Cell::text(row.agent_id.as_deref()),
            },
            Column {
                key: "providerId",
                title: "Provider",
                align: Align::Left,
                drop: 5,
                cell: |row, _| Cell::text(row.provider_id.as_deref()),
            },
            Column {
                key: "modelId",
                title: "Model",
                align: Align::Left,
                drop: 5,
                cell: |row, _| Cell::text(row.model_id.as_deref()),
            },
            Column {
                key: "projectPath",
                title: "Project",
                align: Align::Path,
                drop: 5,
                cell: |row, view| Cell::path(row.project_path.as_deref(), view),
            },
            Column {
                key: "spent",
                title: "Spent",
                align: Align::Right,
                drop: 0,
                cell: |row, _| amount(row, row.spent),
            },
            Column {
                key: "budget",
                title: "Budget",
                align: Align::Right,
                drop: 0,
                cell: |row, _| plain(row.budget),
            },
            Column {
                key: "remaining",
                title: "Left",
                align: Align::Right,
                drop: 2,
                cell: |row, _| row.remaining.map_or_else(Cell::unknown, plain),
            },
            Column {
                key: "usedPercent",
                title: "Used",
                align: Align::Right,
                drop: 1,
                cell: |row, _| Cell::toned(number::percent(row.used_percent), tone(row.level)),
            },
            Column {
                key: "projected",
                title: "Projected",
                align: Align::Right,
                drop: 4,
                cell: |row, _| row.projected.map_or_else(Cell::empty, |_| amount(row, row.projected)),
            },
            Column {
                key: "level",
                title: "Level",
                align: Align::Left,
                drop: 0,
                cell: |row, _| {
                    row.level
                        .map_or_else(Cell::unknown, |level| Cell::toned(level.name(), tone(row.level)))
                },
            },
        ]
    }
}

/// What was spent, with the mark of how it is known.
fn amount(row: &BudgetRow, amount: Option<Amount>) -> Cell {
    match amount {
        Some(Amount::Usd(money)) => Cell::money(Some(money), row.cost_status),
        Some(tokens) => plain(tokens),
        None => Cell::unknown(),
    }
}

fn plain(amount: Amount) -> Cell {
    match amount {
        Amount::Usd(money) => Cell::money(Some(money), None),
        Amount::Tokens(count) => {
            let sign = if count < 0 { "-" } else { "" };
            Cell::plain(format!("{sign}{}", number::tokens(Some(count.unsigned_abs()))))
        }
    }
}

fn tone(level: Option<Level>) -> Tone {
    match level {
        Some(Level::Exceeded | Level::Critical) => Tone::Critical,
        Some(Level::Warning) => Tone::Warning,
        Some(Level::Fine) => Tone::Good,
        None => Tone::Dim,
    }
}
