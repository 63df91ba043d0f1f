//! `SessionRow`: the turns of one session added up, as `ttop sessions` prints it.

use super::Text;
use crate::core::currency::Displayed;
use crate::core::money::{Billing, CostStatus, Money};
use crate::core::time::Time;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, Presence};
use schemars::JsonSchema;
use serde::Serialize;

/// One session.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRow {
    pub session_id: Text,
    pub session_name: Option<Text>,
    pub agent_id: Text,
    /// Provider that billed the latest turn.
    pub provider_id: Option<Text>,
    /// The model of the latest turn.
    pub model_id: Option<Text>,
    /// Every `provider/model` used.
    pub models: Vec<Text>,
    /// The repository root or first working directory, as recorded.
    pub project_path: Option<Text>,
    /// The session that started this one.
    pub parent_session_id: Option<Text>,
    /// False for subagents and helpers.
    pub interactive: Option<bool>,
    pub turns: u64,
    pub tokens: Tokens,
    /// Sum of the known buckets.
    pub total_tokens: Option<u64>,
    /// Tokens of turns that this fork shares with another session, where they count.
    pub copied_tokens: u64,
    /// US dollars.
    pub cost: Option<Money>,
    /// Null if there are no turns.
    pub cost_status: Option<CostStatus>,
    pub billing: Billing,
    /// Tokens without a known price.
    pub unpriced_tokens: u64,
    pub accuracy: Accuracy,
    pub presence: Presence,
    /// Epoch milliseconds UTC.
    pub started_at: Option<i64>,
    /// Epoch milliseconds UTC.
    pub session_updated_at: Option<i64>,
    /// `sessionUpdatedAt` as RFC 3339 UTC.
    pub time: Option<Time>,
    /// The branch of the latest turn that names one.
    pub branch: Option<Text>,
    /// The kind of subagent, where all turns are one's.
    pub subagent: Option<Text>,
    /// The machine that recorded it, by the name of its import or remote; null for this one.
    pub host: Option<Text>,
    /// `cost` in `currency`, each turn at the rate of its day; null without `display.currency`.
    pub cost_display: Option<Displayed>,
    /// `display.currency`, by its ISO 4217 code; null for US dollars.
    pub currency: Option<&'static str>,
    /// How deep the row is nested under its parents in a `--tree` table.
    #[serde(skip)]
    pub depth: usize,
}
