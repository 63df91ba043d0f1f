//! `BudgetRow`: what was spent of a budget, as `ttop budgets` prints it.

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
    /// The agents it is limited to; null = all.
    pub agent_id: Option<String>,
    pub provider_id: Option<String>,
    pub model_id: Option<String>,
    pub project_path: Option<String>,
    pub unit: Measure,
    pub budget: Amount,
    /// Null when nothing is known of what was spent.
    pub spent: Option<Amount>,
    /// Negative when it is exceeded.
    pub remaining: Option<Amount>,
    /// Null for a budget of nothing.
    pub used_percent: Option<f64>,
    /// What will have been spent at the end of the period, at its rate so far.
    pub projected: Option<Amount>,
    pub level: Option<Level>,
    /// How what was spent is known; null for tokens and when there are no turns.
    pub cost_status: Option<CostStatus>,
}
