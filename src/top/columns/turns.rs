//! Columns of turns.

use super::model;
use crate::core::money::Money;
use crate::core::rows::TurnRow;
use crate::top::list::Value::{self, Time, Tokens};
use crate::top::list::Width::{Fixed, Flexible};
use crate::top::list::{Col, Listed, SortKey, plain};

impl Listed for TurnRow {
    const COLS: &'static [Col<Self>] = &[
        Col::new("timestamp", "Time", Fixed(16), 0, Time(|row| Some(row.timestamp))),
        Col::new("modelId", "Model", Flexible(1), 0, MODEL),
        Col::new("sessionName", "Session", Flexible(2), 100, NAME),
        Col::new("tokens.input", "Input", Fixed(7), 56, Tokens(|row| row.tokens.input())),
        Col::new(
            "tokens.output",
            "Output",
            Fixed(7),
            0,
            Tokens(|row| row.tokens.output()),
        ),
        Col::new(
            "tokens.cacheRead",
            "Cache R",
            Fixed(7),
            66,
            Tokens(|row| row.tokens.cache_read()),
        ),
        Col::new("totalTokens", "Tokens", Fixed(7), 0, Tokens(|row| row.total_tokens)),
        Col::new(
            "cost",
            "Cost",
            Fixed(9),
            0,
            Value::Money(|row| (row.cost, Some(row.cost_status))),
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

/// A session without a name is shown by its id, and comes last.
const NAME: Value<TurnRow> = Value::Own {
    is_number: false,
    cell: |row, _| plain(row.session_name.as_deref().unwrap_or(&row.session_id)),
    sort: |row| SortKey::text(row.session_name.as_deref()),
};

const MODEL: Value<TurnRow> = Value::Own {
    is_number: false,
    cell: |row, reader| model(row.provider_id.as_deref(), row.model_id.as_deref(), reader),
    sort: |row| SortKey::text(row.model_id.as_deref()),
};
