//! The table of `ttop diff`.

use crate::core::money::Money;
use crate::core::rows::{DiffKind, DiffRow, DiffWhy};
use crate::render::{Cell, Column, Row, Tone, View, number};

impl Row for DiffRow {
    const NAME: &'static str = "diff";
    const EMPTY: &'static str = "nothing to compare";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::id("period", "Of", 0, subject),
        Column::id("sessionId", "Session", 0, |row, view| match &row.session_id {
            Some(id) => Cell::session_id(id, view),
            None => Cell::empty(),
        }),
        Column::text("modelId", "Model", 0, |row, _| Cell::text(row.model_id.as_deref())),
        Column::number("theirTotalTokens", "Tokens there", 5, |row, _| {
            Cell::tokens(row.their_total_tokens)
        }),
        Column::number("totalTokens", "Tokens", 4, |row, _| Cell::tokens(row.total_tokens)),
        Column::number("tokensDifference", "Differ", 2, |row, _| match row.tokens_difference {
            Some(0) => Cell::toned("0", Tone::Dim),
            other => Cell::plain(number::step(other)),
        }),
        Column::number("theirCost", "Cost there", 3, |row, _| Cell::money(row.their_cost, None)),
        Column::number("cost", "Cost", 1, |row, _| Cell::money(row.cost, row.cost_status)),
        Column::number("costDifference", "Differ", 0, |row, _| step(row.cost_difference)),
        Column::text("why", "Why", 0, |row, _| {
            Cell::plain(row.why.iter().map(part).collect::<Vec<_>>().join(", "))
        }),
    ];
}

fn subject(row: &DiffRow, _: &View) -> Cell {
    match row.kind {
        DiffKind::Day | DiffKind::Week | DiffKind::Month => Cell::text(row.period.as_deref()),
        DiffKind::Session | DiffKind::Model => Cell::text(row.agent_id.as_deref()),
        DiffKind::Outside => Cell::toned("other days", Tone::Dim),
        DiffKind::Total => Cell::toned("total", Tone::Strong),
    }
}

/// `+$0.12`, `-$1.20`.
fn signed(cost: Money) -> String {
    let sign = if cost > Money::ZERO { "+" } else { "" };
    format!("{sign}{}", number::money(Some(cost), None))
}

fn step(cost: Option<Money>) -> Cell {
    match cost {
        None => Cell::unknown(),
        Some(cost) if cost == Money::ZERO => Cell::toned("$0", Tone::Dim),
        Some(cost) => Cell::plain(signed(cost)),
    }
}

/// `fork copies +$0.12`; the tokens where there is no cost.
fn part(why: &DiffWhy) -> String {
    let amount = match (why.cost.filter(|cost| *cost != Money::ZERO), why.tokens) {
        (Some(cost), _) => signed(cost),
        (None, Some(tokens)) => number::step(Some(tokens)),
        (None, None) => return why.reason.title().to_owned(),
    };
    format!("{} {amount}", why.reason.title())
}
