//! Trends: how use compares with the period before, which days stand out, and where a month ends at this pace.

mod forecast;
mod outlier;
mod span;
mod streak;

pub use forecast::{Forecast, HISTORY_DAYS, forecast};
pub use outlier::{StandsOut, outliers};
pub use span::{Season, Span};
pub use streak::{Streak, streaks};

/// The days that a report covers which asks for none.
const DEFAULT_DAYS: i32 = 30;
/// Ten years and a few days.
pub const MOST_DAYS: i32 = 3660;

/// By how many percent a value differs from the one before; `None` if that was nothing.
pub fn change_percent(now: f64, before: f64) -> Option<f64> {
    (before > 0.0).then(|| (now - before) / before * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_from_nothing_has_no_percentage() {
        assert_eq!(change_percent(3.0, 2.0), Some(50.0));
        assert_eq!(change_percent(0.0, 2.0), Some(-100.0));
        assert_eq!(change_percent(3.0, 0.0), None);
    }
}
