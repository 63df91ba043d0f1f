//! `ProviderRow`: plan limits, credits and spend of one provider, and `LimitHistoryRow`, how a window filled.

use crate::core::money::Money;
use crate::core::quota::{Capability, ProviderState, Reason, SpendPeriod};
use crate::core::time::Time;
use crate::core::tokens::Tokens;
use schemars::JsonSchema;
use serde::Serialize;

/// One provider.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "provider")]
pub struct ProviderRow {
    pub provider_id: String,
    /// Provider that bills, by its models.dev id.
    pub biller_id: String,
    pub name: String,
    /// Whether there is a credential.
    pub configured: bool,
    /// False if the configuration disables it.
    pub enabled: bool,
    /// How the latest attempt went.
    pub state: ProviderState,
    pub reason: Option<Reason>,
    pub plan: Option<String>,
    pub limits: Vec<LimitRow>,
    /// The highest of the limits, 0 to 100 and above.
    pub used_percent: Option<f64>,
    /// When that limit resets: epoch milliseconds UTC.
    pub resets_at: Option<i64>,
    /// Whether any limit is at 100 or more.
    pub limit_reached: bool,
    /// Prepaid balance.
    pub credits: Option<f64>,
    /// ISO 4217, or `credits`.
    pub credits_currency: Option<String>,
    pub credits_unlimited: bool,
    pub spend: Option<f64>,
    /// ISO 4217, or `credits`.
    pub spend_currency: Option<String>,
    pub spend_period: Option<SpendPeriod>,
    pub spend_limit: Option<f64>,
    /// Tokens behind the spend, if the provider reports them.
    pub tokens: Option<Tokens>,
    /// Values that this provider can report.
    pub capabilities: Vec<Capability>,
    /// When the provider reported the numbers: epoch milliseconds UTC.
    pub fetched_at: Option<i64>,
    /// Whether the numbers are older than they should be.
    pub stale: bool,
    /// How long ttop waits before it asks again: milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Where the credential or the numbers come from.
    pub source: Option<String>,
    pub note: Option<String>,
    /// Price of the plan in US dollars per month: `plans.<provider>.price`, else the known one.
    pub plan_price: Option<Money>,
    /// List value of what the plan covered in the last 30 days, in US dollars; null without a price.
    pub plan_covered: Option<Money>,
}

/// A window or pool of a provider.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "limit")]
pub struct LimitRow {
    /// `5-hour`, `Weekly (Opus)`, `Quota`.
    pub label: String,
    /// Part of the account it applies to; null for all of it.
    pub scope: Option<String>,
    /// 0 to 100 and above; null once the window has ended.
    pub used_percent: Option<f64>,
    pub used: Option<f64>,
    pub limit: Option<f64>,
    pub unit: Option<String>,
    pub window_minutes: Option<u64>,
    /// Epoch milliseconds UTC.
    pub resets_at: Option<i64>,
    /// How fast the window fills since it began; null if too little of it has passed.
    pub percent_per_hour: Option<f64>,
    /// Projected usage at the reset, at the rate so far; above 100 the limit does not last.
    pub projected_percent: Option<f64>,
    /// When the limit is reached at the rate so far, if that is before the reset: epoch milliseconds UTC.
    pub runs_out_at: Option<i64>,
}

/// How full a window was at one time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "limit_history")]
pub struct LimitHistoryRow {
    pub provider_id: String,
    /// Provider that bills, by its models.dev id.
    pub biller_id: String,
    pub plan: Option<String>,
    /// `5-hour`, `Weekly (Opus)`, `Quota`.
    pub label: String,
    /// Part of the account it applies to; null for all of it.
    pub scope: Option<String>,
    /// 0 to 100 and above.
    pub used_percent: f64,
    pub window_minutes: Option<u64>,
    /// Epoch milliseconds UTC.
    pub resets_at: Option<i64>,
    /// When the provider or a file reported it: epoch milliseconds UTC.
    pub timestamp: i64,
    /// `timestamp` as RFC 3339 UTC.
    pub time: Time,
}
