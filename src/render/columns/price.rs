//! The table of `ttop prices`: dollars for a million tokens.

use crate::core::rows::{PriceRow, TierShown};
use crate::render::{Cell, Column, Row, number};

impl Row for PriceRow {
    const NAME: &'static str = "price";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("providerId", "Provider", 0, |row, _| Cell::plain(&row.provider_id)),
        Column::text("modelId", "Model", 0, |row, _| Cell::plain(&row.model_id)),
        Column::number("input", "Input", 0, |row, _| dollars(row.rates.input)),
        Column::number("output", "Output", 0, |row, _| dollars(row.rates.output)),
        Column::number("reasoning", "Reason", 6, |row, _| dollars(row.rates.reasoning)),
        Column::number("cacheRead", "Cache R", 3, |row, _| dollars(row.rates.cache_read)),
        Column::number("cacheWrite", "Cache W", 4, |row, _| dollars(row.rates.cache_write)),
        Column::number("fast", "Fast in/out", 5, |row, _| match &row.fast {
            Some(fast) => Cell::plain(format!("{} / {}", price(fast.input), price(fast.output))),
            None => Cell::empty(),
        }),
        Column::text("tiers", "Long requests in/out", 2, |row, _| {
            Cell::plain(row.tiers.iter().map(tier).collect::<Vec<_>>().join(", "))
        }),
        Column::text("start", "Since", 7, |row, view| Cell::time(row.start, view)),
        Column::text("listedAs", "Listed as", 1, |row, _| {
            Cell::text(row.listed_as.as_deref())
        }),
        Column::text("source", "Source", 8, |row, _| Cell::plain(&row.source)),
    ];
}

fn dollars(dollars: f64) -> Cell {
    Cell::plain(price(dollars))
}

/// `$5`, `$0.0255508`: list prices are exact, nothing is rounded away.
fn price(dollars: f64) -> String {
    format!("${dollars}")
}

fn tier(tier: &TierShown) -> String {
    let above = number::tokens(Some(tier.above));
    format!("> {above}: {} / {}", price(tier.rates.input), price(tier.rates.output))
}
