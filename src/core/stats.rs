//! Stats: the file that the GNOME extension for OpenCode reads, with its keys.

use super::group::Totals;
use super::money::Money;
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    pub session: SessionStats,
    pub daily: DailyStats,
    pub total: TotalStats,
}

/// Tokens and money, by model too.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sums {
    pub total_tokens: u64,
    pub tokens_by_model: BTreeMap<String, u64>,
    pub total_cost: Money,
    pub costs_by_model: BTreeMap<String, Money>,
}

impl Sums {
    /// Unknown counts and prices add nothing: the file has no unknown value.
    pub fn add(&mut self, model: &str, totals: &Totals) {
        let tokens = totals.tokens.tokens().total().unwrap_or(0);
        let cost = totals.cost.cost().unwrap_or_default();
        self.total_tokens = self.total_tokens.saturating_add(tokens);
        self.total_cost = self.total_cost.plus(cost);
        let of_model = self.tokens_by_model.entry(model.to_owned()).or_default();
        *of_model = of_model.saturating_add(tokens);
        let of_model = self.costs_by_model.entry(model.to_owned()).or_default();
        *of_model = of_model.plus(cost);
    }
}

/// Since OpenCode was started.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionStats {
    #[serde(flatten)]
    pub sums: Sums,
    /// Epoch milliseconds, all of them.
    pub last_activity: i64,
    pub start_time: i64,
    pub is_idle: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<i64>,
}

/// Today.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DailyStats {
    #[serde(flatten)]
    pub sums: Sums,
    /// The local day: `2026-11-20`.
    pub date: String,
}

/// Ever.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalStats {
    #[serde(flatten)]
    pub sums: Sums,
    pub install_date: i64,
}
