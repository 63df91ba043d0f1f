//! `TurnRow`: one model reply as `ttop turns` prints it.

use super::Text;
use crate::core::currency::Displayed;
use crate::core::money::{Billing, CostStatus, Money};
use crate::core::time::Time;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, EventKey, Presence};
use schemars::JsonSchema;
use serde::Serialize;

/// One model reply.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnRow {
    /// Identical in every copy of the turn, in every file and on every machine: 16 hex digits.
    #[schemars(with = "String")]
    pub turn_id: EventKey,
    pub session_id: Text,
    /// The agent's own id of the message.
    pub message_id: Option<Text>,
    pub agent_id: Text,
    /// Provider that bills, by its models.dev id.
    pub provider_id: Option<Text>,
    /// Vendor of the model.
    pub vendor_id: Option<Text>,
    pub model_id: Option<Text>,
    pub session_name: Option<Text>,
    /// The repository root or first working directory, as recorded.
    pub project_path: Option<Text>,
    /// The session that started this one.
    pub parent_session_id: Option<Text>,
    pub tokens: Tokens,
    /// Sum of the known buckets.
    pub total_tokens: Option<u64>,
    /// Number of requests in this row; null if the agent only records sums.
    pub requests: Option<u32>,
    /// US dollars.
    pub cost: Option<Money>,
    pub cost_status: CostStatus,
    pub billing: Billing,
    pub accuracy: Accuracy,
    pub presence: Presence,
    /// When the reply began, else the time on its record: epoch milliseconds UTC.
    pub timestamp: i64,
    /// `timestamp` as RFC 3339 UTC.
    pub time: Time,
    /// Epoch milliseconds UTC.
    pub session_updated_at: i64,
    /// The branch that was checked out.
    pub branch: Option<Text>,
    /// The kind of subagent that asked; null for the session itself.
    pub subagent: Option<Text>,
    /// What the subagent was asked to do.
    pub subagent_task: Option<Text>,
    /// The machine that recorded it, by the name of its import or remote; null for this one.
    pub host: Option<Text>,
    /// `cost` in `currency`, each turn at the rate of its day; null without `display.currency`.
    pub cost_display: Option<Displayed>,
    /// `display.currency`, by its ISO 4217 code; null for US dollars.
    pub currency: Option<&'static str>,
}
