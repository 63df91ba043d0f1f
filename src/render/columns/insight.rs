//! The table of `ttop insights`.

use crate::core::insight::InsightLevel;
use crate::core::rows::InsightRow;
use crate::render::{Cell, Column, Row, Tone};

/// Ids of sessions that a table has room for.
const FEW_SESSIONS: usize = 2;

impl Row for InsightRow {
    const NAME: &'static str = "insight";
    const EMPTY: &'static str = "nothing to save was found";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::id("insight", "Insight", 0, |row, _| {
            let tone = match row.level {
                InsightLevel::Warning => Tone::Warning,
                InsightLevel::Info => Tone::Plain,
            };
            Cell::toned(row.insight.name(), tone)
        }),
        Column::text("modelId", "Model", 0, |row, _| Cell::named(row.model_id.as_deref())),
        Column::number("turns", "Turns", 4, |row, _| Cell::count(row.turns)),
        Column::number("affectedTokens", "Tokens", 5, |row, _| {
            Cell::tokens(Some(row.affected_tokens))
        }),
        Column::number("cost", "Cost", 3, |row, _| Cell::money(row.cost, row.cost_status)),
        Column::number("saved", "Saved", 0, |row, _| Cell::money(row.saved, None)),
        Column::prose("evidence", "Why", |row, _| Cell::plain(&*row.evidence)),
        Column::id("sessionIds", "Sessions", 2, |row, view| {
            let ids = row.session_ids.iter().take(FEW_SESSIONS);
            let mut shown: Vec<String> = ids.map(|id| view.ids.of(id)).collect();
            if row.session_ids.len() > FEW_SESSIONS {
                shown.push(format!("+{}", row.session_ids.len() - FEW_SESSIONS));
            }
            Cell::toned(shown.join(" "), Tone::Dim)
        }),
    ];
}

/// The advice of each insight once.
pub fn advice(rows: &[InsightRow]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        let line = format!("{}: {}", row.insight.name(), row.advice);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
