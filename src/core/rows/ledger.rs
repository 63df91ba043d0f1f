//! `LedgerRow`: the ledger's content for one agent, as `ttop ledger status` prints it.

use super::Text;
use schemars::JsonSchema;
use serde::Serialize;

/// One agent in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "ledger")]
pub struct LedgerRow {
    pub agent_id: Text,
    /// Files and databases read.
    pub sources: u64,
    /// Sources that no longer exist.
    pub gone_sources: u64,
    pub sessions: u64,
    /// Turns that count.
    pub turns: u64,
    /// Copies of turns that count in another session.
    pub copies: u64,
    /// Turns that the agent deleted or the user undid; they count.
    pub gone_turns: u64,
    /// Time of the oldest turn: epoch milliseconds UTC.
    pub start: Option<i64>,
    /// Time of the newest turn: epoch milliseconds UTC.
    pub end: Option<i64>,
    /// Path of the ledger.
    pub path: String,
    /// Size of the file.
    pub size_bytes: u64,
}
