//! `ShowRow`: one session or turn in depth, as `ttop show` prints it.

use super::{SessionRow, Text, TurnRow};
use crate::core::money::{CostStatus, Money};
use crate::core::time::Time;
use crate::core::tokens::Tokens;
use crate::core::turn::{EventKey, Mode};
use schemars::JsonSchema;
use serde::Serialize;

/// One session, or one turn with its session.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "show")]
pub struct ShowRow {
    pub session: SessionRow,
    /// The turn that was asked for, where it was one.
    pub turn: Option<TurnRow>,
    /// Sessions that this one started.
    pub children: Vec<ShowChild>,
    /// The session and all its subagents together; null where it started none.
    pub with_subagents: Option<ShowSum>,
    /// The session it was forked from.
    pub copied_from: Option<Text>,
    /// Each model it used.
    pub models: Vec<ShowModel>,
    /// The newest messages, oldest first.
    pub messages: Vec<ShowMessage>,
    pub todos: Vec<ShowTodo>,
    /// With `--explain`: where each number comes from.
    pub explain: Option<Vec<Explained>>,
}

/// A session that was started by another one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShowChild {
    pub session_id: Text,
    pub session_name: Option<Text>,
    pub turns: u64,
    /// US dollars.
    pub cost: Option<Money>,
    pub cost_status: Option<CostStatus>,
}

/// A session and its subagents added up.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShowSum {
    /// Sessions that were started, directly or through others.
    pub subagents: u64,
    pub turns: u64,
    pub tokens: Tokens,
    /// Sum of the known buckets.
    pub total_tokens: Option<u64>,
    /// US dollars.
    pub cost: Option<Money>,
    pub cost_status: Option<CostStatus>,
}

/// Share of one model in a session.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShowModel {
    pub provider_id: Option<Text>,
    pub model_id: Option<Text>,
    pub turns: u64,
    pub tokens: Tokens,
    /// US dollars.
    pub cost: Option<Money>,
    pub cost_status: Option<CostStatus>,
}

/// A message of the session.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShowMessage {
    pub role: String,
    /// Epoch milliseconds UTC.
    pub timestamp: Option<i64>,
    pub time: Option<Time>,
    pub provider_id: Option<String>,
    pub model_id: Option<String>,
    pub tokens: Option<Tokens>,
    /// Without control characters.
    pub text: String,
}

/// A line of the session's plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShowTodo {
    pub content: String,
    /// `completed`, `in_progress`, `pending`, `cancelled`.
    pub status: String,
    pub priority: Option<String>,
}

/// Where the numbers of a turn come from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    #[schemars(with = "String")]
    pub turn_id: EventKey,
    pub message_id: Option<Text>,
    pub timestamp: i64,
    pub tokens: Tokens,
    /// How the agent's own numbers became these buckets.
    pub mapping: &'static str,
    /// Every copy that was found; the first is the one that counts.
    pub copies: Vec<ExplainedCopy>,
    /// US dollars.
    pub cost: Option<Money>,
    pub cost_status: CostStatus,
    /// Which rule gave the cost, and from which list.
    pub price: String,
    #[schemars(with = "String")]
    pub mode: ModeName,
}

/// One copy of a turn.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedCopy {
    pub session_id: Text,
    /// The file, with the home folder as `~`.
    pub source: String,
    /// Byte offset of the line, or number of the row.
    pub place: u64,
    pub counted: bool,
    /// Why it counts or does not.
    pub why: &'static str,
}

/// A service mode in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeName(pub Mode);

impl ModeName {
    pub const fn name(self) -> &'static str {
        match self.0 {
            Mode::Standard => "standard",
            Mode::Fast => "fast",
            Mode::Batch => "batch",
            Mode::Flex => "flex",
            Mode::Priority => "priority",
            Mode::Other => "other",
        }
    }
}

impl Serialize for ModeName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
