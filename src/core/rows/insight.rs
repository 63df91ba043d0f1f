//! `InsightRow`: a way to spend less, with its numbers, as `ttop insights` prints it.

use super::Text;
use crate::core::insight::InsightLevel;
use crate::core::money::{Billing, CostStatus, Money};
use schemars::JsonSchema;
use serde::Serialize;

/// One way to spend less, of one model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "insight")]
pub struct InsightRow {
    pub insight: Insight,
    pub level: InsightLevel,
    pub model_id: Option<Text>,
    /// Provider that bills, by its models.dev id.
    pub provider_id: Option<Text>,
    /// Turns it is about.
    pub turns: u64,
    /// Tokens it is about: those that were written in vain, sent again, or all of its turns.
    pub affected_tokens: u64,
    /// Cost of its turns, in US dollars.
    pub cost: Option<Money>,
    pub cost_status: Option<CostStatus>,
    pub billing: Billing,
    /// What the other way would have saved at list prices, in US dollars; null if that is unknown.
    pub saved: Option<Money>,
    /// The measure that is compared with `threshold`: percent, tokens or US dollars per request.
    pub measured: Option<f64>,
    pub threshold: Option<f64>,
    /// A model that costs a third or less, of the same provider and in use.
    pub alternative_model_id: Option<Text>,
    /// The numbers in a sentence.
    pub evidence: Text,
    /// What to do.
    pub advice: Text,
    pub sessions: u64,
    /// The sessions it is about, the most expensive first.
    pub session_ids: Vec<Text>,
}

/// What an insight is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Insight {
    UnreadCacheWrites,
    ExpiredCache,
    LowCacheHit,
    LongContext,
    SmallAnswers,
    Subagents,
    EmptyAnswers,
    RevertedTurns,
    OutputShare,
    CostlyRequests,
}

impl Insight {
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnreadCacheWrites => "unread_cache_writes",
            Self::ExpiredCache => "expired_cache",
            Self::LowCacheHit => "low_cache_hit",
            Self::LongContext => "long_context",
            Self::SmallAnswers => "small_answers",
            Self::Subagents => "subagents",
            Self::EmptyAnswers => "empty_answers",
            Self::RevertedTurns => "reverted_turns",
            Self::OutputShare => "output_share",
            Self::CostlyRequests => "costly_requests",
        }
    }
}
