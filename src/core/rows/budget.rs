//! `BudgetRow`: the spend against a budget, as `ttop budgets` prints it.

use super::Text;
use crate::core::budget::{Amount, Every, Level, Measure};
use crate::core::money::CostStatus;
use schemars::JsonSchema;
use serde::Serialize;

/// A budget in its present period.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "budget")]
pub struct BudgetRow {
    pub budget_id: Text,
    pub every: Every,
    /// `2026-11-20`, `2026-W47`, `2026-11`.
    pub period: Text,
    /// Epoch milliseconds UTC.
    pub start: i64,
    pub end: i64,
    /// Agents it applies to; null for all.
    pub agent_id: Option<String>,
    pub provider_id: Option<String>,
    pub model_id: Option<String>,
    pub project_path: Option<String>,
    pub unit: Measure,
    pub budget: Amount,
    /// Null if nothing is known about the spend.
    pub spent: Option<Amount>,
    /// Negative if the budget is exceeded.
    pub remaining: Option<Amount>,
    /// Null for a budget of zero.
    pub used_percent: Option<f64>,
    /// Projected spend at the end of the period, at the rate so far.
    pub projected: Option<Amount>,
    pub level: Option<Level>,
    /// How the spend is known; null for tokens and if there are no turns.
    pub cost_status: Option<CostStatus>,
}
