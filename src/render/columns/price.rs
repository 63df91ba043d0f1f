//! The table of `ttop prices`: dollars for a million tokens.

use crate::core::rows::{PriceRow, TierShown};
use crate::core::shell;
use crate::core::time::Time;
use crate::core::vendor::vendor_of;
use crate::render::{Cell, Column, Row, number};
use std::collections::BTreeSet;

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

/// Leaves the prices of the maker, and names the command that lists everybody else's.
pub fn keep_maker(rows: &mut Vec<PriceRow>, model: &str) -> Option<String> {
    let maker = vendor_of(model)?;
    let sellers: BTreeSet<String> = rows.iter().map(|row| row.provider_id.to_string()).collect();
    if rows.first().is_none_or(|row| *row.provider_id != *maker) || sellers.len() < 2 {
        return None;
    }
    rows.retain(|row| *row.provider_id == *maker);
    let others = number::counted(sellers.len() as u64 - 1, "other provider");
    let verb = if sellers.len() == 2 { "lists" } else { "list" };
    Some(format!(
        "{others} {verb} this model: ttop prices --model {}",
        shell::quoted(model)
    ))
}

/// Why the price of the first seller changed each time.
pub fn reasons(rows: &[PriceRow]) -> Vec<String> {
    let seller = rows.first().map(|row| &row.provider_id);
    let history = rows.iter().take_while(|row| Some(&row.provider_id) == seller);
    history
        .filter_map(|row| {
            let reason = row.reason.as_deref()?;
            let since = row.start.map(|start| Time(start).to_string());
            let day = since.as_deref().and_then(|since| since.split('T').next());
            Some(format!("{}: {reason}", day.unwrap_or("before")))
        })
        .collect()
}
