//! The table of `ttop prices`: dollars for a million tokens.

use crate::core::rows::{PriceRow, TierShown};
use crate::render::{Align, Cell, Column, Row, number};

impl Row for PriceRow {
    const NAME: &'static str = "price";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "providerId",
                title: "Provider",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::plain(&row.provider_id),
            },
            Column {
                key: "modelId",
                title: "Model",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::plain(&row.model_id),
            },
            Column {
                key: "input",
                title: "Input",
                align: Align::Right,
                drop: 0,
                cell: |row, _| dollars(row.rates.input),
            },
            Column {
                key: "output",
                title: "Output",
                align: Align::Right,
                drop: 0,
                cell: |row, _| dollars(row.rates.output),
            },
            Column {
                key: "reasoning",
                title: "Reason",
                align: Align::Right,
                drop: 6,
                cell: |row, _| dollars(row.rates.reasoning),
            },
            Column {
                key: "cacheRead",
                title: "Cache R",
                align: Align::Right,
                drop: 3,
                cell: |row, _| dollars(row.rates.cache_read),
            },
            Column {
                key: "cacheWrite",
                title: "Cache W",
                align: Align::Right,
                drop: 4,
                cell: |row, _| dollars(row.rates.cache_write),
            },
            Column {
                key: "fast",
                title: "Fast in/out",
                align: Align::Right,
                drop: 5,
                cell: |row, _| match &row.fast {
                    Some(fast) => Cell::plain(format!("{} / {}", price(fast.input), price(fast.output))),
                    None => Cell::empty(),
                },
            },
            Column {
                key: "tiers",
                title: "Long requests in/out",
                align: Align::Left,
                drop: 2,
                cell: |row, _| Cell::plain(row.tiers.iter().map(tier).collect::<Vec<_>>().join(", ")),
            },
            Column {
                key: "start",
                title: "Since",
                align: Align::Left,
                drop: 7,
                cell: |row, view| Cell::time(row.start, view),
            },
            Column {
                key: "listedAs",
                title: "Listed as",
                align: Align::Left,
                drop: 1,
                cell: |row, _| Cell::text(row.listed_as.as_deref()),
            },
            Column {
                key: "source",
                title: "Source",
                align: Align::Left,
                drop: 8,
                cell: |row, _| Cell::plain(&row.source),
            },
        ]
    }
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
