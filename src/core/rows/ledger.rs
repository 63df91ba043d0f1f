//! `LedgerRow`: what the ledger holds of one agent, as `ttop ledger status` prints it.

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
    /// Of these, no longer there.
    pub gone_sources: u64,
    pub sessions: u64,
    /// Turns that count.
    pub turns: u64,
    /// Copies of turns that count elsewhere.
    pub copies: u64,
    /// Turns that the agent deleted or the user took back; they count.
    pub gone_turns: u64,
    /// The oldest turn: epoch milliseconds UTC.
    pub start: Option<i64>,
    /// The newest turn: epoch milliseconds UTC.
    pub end: Option<i64>,
    /// The ledger's file.
    pub path: String,
    /// The size of the whole file.
    pub size_bytes: u64,
}
