//! `DiffRow`: what another program or a bill shows beside ttop's own sum, as `ttop diff` prints it.

use super::Text;
use crate::core::money::{CostStatus, Money};
use crate::core::tokens::Tokens;
use schemars::JsonSchema;
use serde::Serialize;

/// Nano-dollars; a smaller difference in cost is none.
const CENT: i64 = 10_000_000;

/// A day, month, session or model of the file beside the same turns of the ledger.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "diff")]
pub struct DiffRow {
    pub kind: DiffKind,
    /// `2026-11-20`, `2026-11`, or the first day of a week.
    pub period: Option<Text>,
    /// Epoch milliseconds UTC.
    pub start: Option<i64>,
    /// Epoch milliseconds UTC.
    pub end: Option<i64>,
    pub agent_id: Option<Text>,
    /// As the file spells it.
    pub model_id: Option<Text>,
    pub session_id: Option<Text>,
    /// The counts of the file; where it does not tell reasoning from output, `output` holds both.
    pub their_tokens: Tokens,
    pub their_total_tokens: Option<u64>,
    /// The cost of the file in US dollars; null where it has none.
    pub their_cost: Option<Money>,
    /// Turns of the ledger.
    pub turns: u64,
    pub tokens: Tokens,
    pub total_tokens: Option<u64>,
    /// US dollars.
    pub cost: Option<Money>,
    pub cost_status: Option<CostStatus>,
    /// Theirs minus ours; null where one of them is unknown.
    pub tokens_difference: Option<i64>,
    /// Theirs minus ours in US dollars; null where one of them is unknown.
    pub cost_difference: Option<Money>,
    /// The parts of the difference. What ttop cannot compute is `unknown`.
    pub why: Vec<DiffWhy>,
}

/// What a row of a comparison is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiffKind {
    Day,
    Week,
    Month,
    Session,
    Model,
    /// Turns of the ledger before the first or after the last day of the file.
    Outside,
    /// All rows but `outside`.
    Total,
}

/// One part of a difference, with the share it explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffWhy {
    pub reason: DiffReason,
    /// Its share of `tokensDifference`; null where it is about cost alone.
    pub tokens: Option<i64>,
    /// Its share of `costDifference` in US dollars; null where it is not known.
    pub cost: Option<Money>,
}

/// Why two numbers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiffReason {
    /// The file counts copies of replies: forks, resumed sessions, sidechains.
    Copies,
    /// Requests that no message records: ttop knows them from a session's total, or the bill counts more requests.
    UnrecordedRequests,
    /// Replies whose record the agent deleted since.
    Gone,
    /// Replies that the user took back.
    Reverted,
    /// Turns that another machine recorded.
    OtherMachines,
    /// Agents that the file does not cover.
    OtherAgents,
    /// Turns that a plan covers: a bill for API use does not contain them.
    Plan,
    /// Reasoning tokens that the file leaves out.
    Reasoning,
    /// The days of the file begin in another time zone.
    TimeZone,
    /// Cache writes for an hour at the price of five minutes.
    CacheWrites,
    /// Long requests without their price tier, or with the tier for a part of their tokens.
    LongContext,
    /// Fast, priority, flex or batch requests at the standard price.
    ServiceTier,
    /// The surcharge of a region.
    Region,
    /// Web searches and other items that are billed by the piece.
    Fees,
    /// The agent recorded the cost; the file computes it from a price list.
    RecordedCost,
    /// A price that was not in force yet, or not any more.
    DatedPrice,
    /// The file has no price for the model.
    NoPrice,
    /// ttop has no price for the model.
    Unpriced,
    /// The file rounds each of its lines.
    Rounding,
    /// The file has no such line.
    NotInFile,
    /// The ledger has no such turns.
    NotInLedger,
    /// Days before the first or after the last day of the file.
    OutsideFile,
    /// Not computed.
    Unknown,
}

impl DiffReason {
    /// For tables.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Copies => "fork copies",
            Self::UnrecordedRequests => "unrecorded requests",
            Self::Gone => "deleted records",
            Self::Reverted => "reverted turns",
            Self::OtherMachines => "other machines",
            Self::OtherAgents => "other agents",
            Self::Plan => "covered by a plan",
            Self::Reasoning => "reasoning left out",
            Self::TimeZone => "time zone",
            Self::CacheWrites => "1 h cache writes",
            Self::LongContext => "long context",
            Self::ServiceTier => "service tier",
            Self::Region => "region",
            Self::Fees => "fees",
            Self::RecordedCost => "recorded cost",
            Self::DatedPrice => "price of another day",
            Self::NoPrice => "no price there",
            Self::Unpriced => "no price here",
            Self::Rounding => "rounding",
            Self::NotInFile => "not in the file",
            Self::NotInLedger => "not in the ledger",
            Self::OutsideFile => "outside the file",
            Self::Unknown => "unknown",
        }
    }
}

impl DiffRow {
    /// Whether both sides show the same cost, within a cent; the same tokens where a cost is unknown.
    pub fn costs_the_same(&self) -> bool {
        match self.cost_difference {
            Some(cost) => cost.nanos().abs() < CENT,
            None => self.tokens_difference == Some(0),
        }
    }

    /// Whether a comparison leaves it out: the same tokens, and the same cost within a cent.
    pub fn is_equal(&self) -> bool {
        self.costs_the_same() && matches!(self.tokens_difference, None | Some(0))
    }
}
