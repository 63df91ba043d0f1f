//! The table of `ttop budgets`.

use crate::core::budget::{Amount, Level};
use crate::core::rows::BudgetRow;
use crate::render::{Cell, Column, Row, Tone, number};

impl Row for BudgetRow {
    const NAME: &'static str = "budget";
    const EMPTY: &'static str = "no budgets configured; add one with: ttop config set budgets.daily 20";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("budgetId", "Budget", 0, |row, _| Cell::text(Some(&row.budget_id))),
        Column::text("period", "Period", 3, |row, _| Cell::text(Some(&row.period))),
        Column::text("agentId", "Agent", 5, |row, _| Cell::text(row.agent_id.as_deref())),
        Column::text("providerId", "Provider", 5, |row, _| {
            Cell::text(row.provider_id.as_deref())
        }),
        Column::text("modelId", "Model", 5, |row, _| Cell::text(row.model_id.as_deref())),
        Column::path("projectPath", "Project", 5, |row, view| {
            Cell::path(row.project_path.as_deref(), view)
        }),
        Column::number("spent", "Spent", 0, |row, _| amount(row, row.spent)),
        Column::number("budget", "Budget", 0, |row, _| plain(row.budget)),
        Column::number("remaining", "Left", 2, |row, _| {
            row.remaining.map_or_else(Cell::unknown, plain)
        }),
        Column::number("usedPercent", "Used", 1, |row, _| {
            Cell::toned(number::percent(row.used_percent), tone(row.level))
        }),
        Column::number("projected", "Projected", 4, |row, _| {
            row.projected.map_or_else(Cell::empty, |_| amount(row, row.projected))
        }),
        Column::text("level", "Level", 0, |row, _| {
            row.level
                .map_or_else(Cell::unknown, |level| Cell::toned(level.name(), tone(row.level)))
        }),
    ];
}

/// The spend, with the prefix of its cost status.
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

/// `budget daily is exceeded: ~$21.30 of $20.00 (2026-11-20)`
pub fn exceeded(row: &BudgetRow) -> String {
    let amount = |amount: Amount, is_spent: bool| match amount {
        Amount::Usd(money) => number::money(Some(money), row.cost_status.filter(|_| is_spent)),
        Amount::Tokens(count) => format!("{} tokens", number::tokens(Some(count.unsigned_abs()))),
    };
    let spent = row.spent.map_or_else(|| "—".to_owned(), |spent| amount(spent, true));
    format!(
        "budget {} is exceeded: {spent} of {} ({})",
        row.budget_id,
        amount(row.budget, false),
        row.period
    )
}
