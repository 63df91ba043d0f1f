//! `CostRow`: turns added up by the dimensions of `ttop cost --by`.

use super::Text;
use crate::core::currency::Displayed;
use crate::core::money::{Billing, CostStatus, Money};
use crate::core::tokens::Tokens;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// One group of turns; dimensions that were not asked for are null.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostRow {
    /// `2026-11-20T14`, `2026-11-20`, `2026-W47`, `2026-11`, `2026`, or the start of the block.
    pub period: Option<Text>,
    /// When the period begins: epoch milliseconds UTC.
    pub start: Option<i64>,
    /// When the next period begins: epoch milliseconds UTC.
    pub end: Option<i64>,
    pub agent_id: Option<Text>,
    /// Provider that bills, by its models.dev id.
    pub provider_id: Option<Text>,
    /// Vendor of the model.
    pub vendor_id: Option<Text>,
    pub model_id: Option<Text>,
    /// The model for people: one name for every spelling, provider and date.
    pub model_name: Option<Text>,
    pub project_path: Option<Text>,
    pub session_id: Option<Text>,
    pub session_name: Option<Text>,
    pub sessions: u64,
    pub turns: u64,
    pub tokens: Tokens,
    /// Sum of the known buckets.
    pub total_tokens: Option<u64>,
    /// US dollars.
    pub cost: Option<Money>,
    /// Null if there are no turns.
    pub cost_status: Option<CostStatus>,
    pub billing: Billing,
    /// Tokens without a known price.
    pub unpriced_tokens: u64,
    /// US dollars per hour, in the active block.
    pub cost_per_hour: Option<Money>,
    /// Projected cost of the active block, in US dollars.
    pub projected_cost: Option<Money>,
    /// The branch that was checked out.
    pub branch: Option<Text>,
    /// The kind of subagent; null for the sessions themselves.
    pub subagent: Option<Text>,
    /// The machine that recorded the turns, by the name of its import or remote; null for this one.
    pub host: Option<Text>,
    /// `cost` in `currency`, each turn at the rate of its day; null without `display.currency`.
    pub cost_display: Option<Displayed>,
    /// `display.currency`, by its ISO 4217 code; null for US dollars.
    pub currency: Option<&'static str>,
    /// Keys that rows are grouped by, for tables.
    #[serde(skip)]
    pub grouped_by: Arc<[&'static str]>,
    /// For tables: what else is known of the session of a row.
    #[serde(skip)]
    pub session: Option<Box<SessionShown>>,
    /// For tables: the agents and models of a row, most expensive first, where they were added up.
    #[serde(skip)]
    pub used: Option<Box<Used>>,
}

/// The agents and models of a row.
#[derive(Clone, Debug)]
pub struct Used {
    pub agents: Vec<Text>,
    pub models: Vec<Text>,
}

/// A session beside its sums.
#[derive(Clone, Debug)]
pub struct SessionShown {
    pub agent_id: Text,
    pub project_path: Option<Text>,
    /// Epoch milliseconds UTC.
    pub updated_at: Option<i64>,
}
