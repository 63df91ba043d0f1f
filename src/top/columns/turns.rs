//! Columns of turns.

use super::{col, count, nanos};
use crate::core::money::Money;
use crate::core::rows::TurnRow;
use crate::render::Cell;
use crate::top::list::Width::{Fixed, Flexible};
use crate::top::list::{Col, Listed, SortKey, plain};

impl Listed for TurnRow {
    const COLS: &'static [Col<Self>] = &[
        col(
            "timestamp",
            "Time",
            Fixed(16),
            0,
            false,
            |row, view| Cell::time(Some(row.timestamp), view),
            |row| SortKey::Int(row.timestamp),
        ),
        col(
            "modelId",
            "Model",
            Flexible(1),
            0,
            false,
            |row, _| plain(row.model_id.as_deref().unwrap_or_default()),
            |row| SortKey::text(row.model_id.as_deref()),
        ),
        col(
            "sessionName",
            "Session",
            Flexible(2),
            100,
            false,
            |row, _| plain(row.session_name.as_deref().unwrap_or(&row.session_id)),
            |row| SortKey::text(row.session_name.as_deref()),
        ),
        col(
            "tokens.input",
            "Input",
            Fixed(7),
            56,
            true,
            |row, _| Cell::tokens(row.tokens.input()),
            |row| count(row.tokens.input()),
        ),
        col(
            "tokens.output",
            "Output",
            Fixed(7),
            0,
            true,
            |row, _| Cell::tokens(row.tokens.output()),
            |row| count(row.tokens.output()),
        ),
        col(
            "tokens.cacheRead",
            "Cache R",
            Fixed(7),
            66,
            true,
            |row, _| Cell::tokens(row.tokens.cache_read()),
            |row| count(row.tokens.cache_read()),
        ),
        col(
            "totalTokens",
            "Tokens",
            Fixed(7),
            0,
            true,
            |row, _| Cell::tokens(row.total_tokens),
            |row| count(row.total_tokens),
        ),
        col(
            "cost",
            "Cost",
            Fixed(9),
            0,
            true,
            |row, _| Cell::money(row.cost, Some(row.cost_status)),
            |row| nanos(row.cost),
        ),
    ];

    fn id(&self) -> String {
        format!("{:016x}", self.turn_id.0)
    }

    fn texts<'r>(&'r self, found: &mut dyn FnMut(&'r str)) {
        found(&self.session_id);
        found(&self.agent_id);
        let texts = [
            &self.model_id,
            &self.provider_id,
            &self.session_name,
            &self.project_path,
            &self.branch,
        ];
        texts.into_iter().flatten().for_each(|text| found(text));
    }

    fn dollars(&self) -> Option<f64> {
        self.cost.map(Money::dollars)
    }
}
