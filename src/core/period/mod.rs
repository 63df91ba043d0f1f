//! Periods: hour to year, 5-hour blocks, and `--since`/`--until`, all as half-open ranges of instants.

mod blocks;
mod calendar;
mod spelling;

pub use blocks::{BLOCK_MS, blocks};
pub use calendar::{Calendar, Period, Unit, midnight};
pub use spelling::{BadTime, Edge, parse_day, parse_duration, parse_time};

/// Instants from `start` up to, not including, `end`: epoch milliseconds UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: i64,
    pub end: i64,
}

impl Range {
    pub const ALL: Self = Self {
        start: i64::MIN,
        end: i64::MAX,
    };

    pub fn contains(self, at: i64) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether no instant is in both.
    pub fn is_apart(self, other: Self) -> bool {
        self.end <= other.start || other.end <= self.start
    }
}
