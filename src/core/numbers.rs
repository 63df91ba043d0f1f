//! The numbers of a turn: what it used, what decides its cost, when it was, and how exactly that is known.

use super::fees::{Fees, Region};
use super::money::Money;
use super::tokens::Tokens;
use super::turn::{Accuracy, Mode, Presence};

/// The numbers of a turn; they are the same in agents, the ledger, prices and reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    pub tokens: Tokens,
    /// The part of `cacheWrite` that was written for one hour.
    pub cache_write_1h: u64,
    /// Number of requests in the turn; `None` if the agent only records sums. A context tier applies only to a single
    /// request.
    pub requests: Option<u32>,
    /// The cost that the agent recorded.
    pub cost: Option<Money>,
    /// Whether the cost is this turn's share of one figure for several, or leaves charges out: a listed price is more exact.
    pub is_share: bool,
    pub mode: Mode,
    /// Charges besides tokens.
    pub fees: Fees,
    /// Where the request was bound to run; some providers bill that.
    pub region: Region,
    pub accuracy: Accuracy,
    pub presence: Presence,
    /// When the reply began where the agent writes that, else the time on its record; epoch milliseconds UTC.
    pub timestamp: i64,
}

impl Numbers {
    /// The usual values: one exact, present, standard request.
    pub const PLAIN: Self = Self {
        tokens: Tokens::ZERO,
        cache_write_1h: 0,
        requests: Some(1),
        cost: None,
        is_share: false,
        mode: Mode::Standard,
        fees: Fees::NONE,
        region: Region::Global,
        accuracy: Accuracy::Exact,
        presence: Presence::Present,
        timestamp: 0,
    };

    /// The usual values with what each turn has of its own.
    #[inline]
    pub fn of(tokens: Tokens, timestamp: i64) -> Self {
        Self {
            tokens,
            timestamp,
            ..Self::PLAIN
        }
    }
}
