//! `TrendRow`: a day, a sum or a forecast beside the period before, as `ttop trends` prints it.

use super::Text;
use crate::core::money::{CostStatus, Money};
use crate::core::tokens::Tokens;
use crate::core::trend::StandsOut;
use schemars::JsonSchema;
use serde::Serialize;

/// One part of the trends; `kind` names it. Keys that a kind has no value for are null.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "trend")]
pub struct TrendRow {
    pub kind: TrendKind,
    /// A day (`2026-11-20`), or the period of a forecast: `2026-W47`, `2026-11`, `2026-Q4`, `2026`.
    pub period: Option<Text>,
    /// When its first day begins: epoch milliseconds UTC.
    pub start: Option<i64>,
    /// When its last day ends: epoch milliseconds UTC.
    pub end: Option<i64>,
    pub model_id: Option<Text>,
    /// Provider that bills, by its models.dev id.
    pub provider_id: Option<Text>,
    pub agent_id: Option<Text>,
    pub project_path: Option<Text>,
    /// Local hour of the day, 0 to 23.
    pub hour: Option<u8>,
    /// Day of the week, 1 (Monday) to 7.
    pub weekday: Option<u8>,
    /// Days with use; days of a streak.
    pub days: Option<u64>,
    pub turns: Option<u64>,
    pub tokens: Tokens,
    /// Sum of the known buckets; for a forecast the expected one.
    pub total_tokens: Option<u64>,
    /// US dollars; for a forecast the expected ones.
    pub cost: Option<Money>,
    pub cost_status: Option<CostStatus>,
    /// Tokens without a known price.
    pub unpriced_tokens: Option<u64>,
    /// When the period begins that this one is compared with: epoch milliseconds UTC.
    pub previous_start: Option<i64>,
    pub previous_turns: Option<u64>,
    pub previous_total_tokens: Option<u64>,
    /// US dollars.
    pub previous_cost: Option<Money>,
    pub previous_cost_status: Option<CostStatus>,
    /// Null if nothing came before, or if a cost is only a lower bound.
    pub cost_change_percent: Option<f64>,
    /// Null if nothing came before.
    pub tokens_change_percent: Option<f64>,
    /// Whether a day is far above or below the usual.
    pub stands_out: Option<StandsOut>,
    /// Distance of a day's cost from the median, in standard deviations estimated from the median absolute deviation.
    pub score: Option<f64>,
    /// What a forecast's period cost so far, in US dollars.
    pub cost_so_far: Option<Money>,
    pub tokens_so_far: Option<u64>,
    /// Lower end of the 80 % range of a forecast.
    pub cost_low: Option<Money>,
    /// Upper end of the 80 % range of a forecast.
    pub cost_high: Option<Money>,
    pub tokens_low: Option<u64>,
    pub tokens_high: Option<u64>,
    /// For tables: its part of the largest of its kind, 0 to 1.
    #[serde(skip)]
    pub part: f64,
}

/// What a row of the trends is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum TrendKind {
    /// One day beside the same day of the period before
    Day,
    /// The period beside the one before
    Total,
    /// One model
    Model,
    /// One agent
    Agent,
    /// One project
    Project,
    /// One hour of the day
    Hour,
    /// One day of the week
    Weekday,
    /// Days in a row with use, up to now
    CurrentStreak,
    /// The most days in a row with use
    LongestStreak,
    /// The current week, month, quarter or year at its end
    Forecast,
}

impl TrendRow {
    /// A row without values.
    pub fn new(kind: TrendKind) -> Self {
        Self {
            kind,
            period: None,
            start: None,
            end: None,
            model_id: None,
            provider_id: None,
            agent_id: None,
            project_path: None,
            hour: None,
            weekday: None,
            days: None,
            turns: None,
            tokens: Tokens::unreported(),
            total_tokens: None,
            cost: None,
            cost_status: None,
            unpriced_tokens: None,
            previous_start: None,
            previous_turns: None,
            previous_total_tokens: None,
            previous_cost: None,
            previous_cost_status: None,
            cost_change_percent: None,
            tokens_change_percent: None,
            stands_out: None,
            score: None,
            cost_so_far: None,
            tokens_so_far: None,
            cost_low: None,
            cost_high: None,
            tokens_low: None,
            tokens_high: None,
            part: 0.0,
        }
    }
}
