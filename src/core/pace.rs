//! Pace: how fast a limit fills, whether it lasts until its reset, and what a plan is worth.

use super::money::{Money, NANOS_PER_DOLLAR};
use serde::{Deserialize, Serialize};

const HOUR_MS: f64 = 3_600_000.0;
const MINUTE_MS: i64 = 60_000;
/// A rate over less of a window says nothing: the first prompt of a week is not the week.
const LEAST_PART: f64 = 0.02;
/// A window's end as two answers name it may differ by so much.
const SAME_RESET_MS: i64 = 5 * MINUTE_MS;

/// How full a window was at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Epoch milliseconds, like all times here.
    pub at: i64,
    pub used_percent: f64,
    pub resets_at: Option<i64>,
}

/// How fast a window fills.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    pub percent_per_hour: f64,
    /// The use at the reset, if it goes on like this; may exceed 100.
    pub percent_at_reset: Option<f64>,
    /// When the limit is reached, if that is before the reset.
    pub runs_out_at: Option<i64>,
}

impl Pace {
    /// Whether the limit lasts until the reset; `None` without one.
    pub fn lasts(&self) -> Option<bool> {
        self.percent_at_reset.map(|percent| percent <= 100.0)
    }
}

/// The pace of a window since it began: from empty at its start where its length is known, else from the first time it
/// was seen. `history` may hold other windows of the same limit, in any order; `None` where too little is known.
pub fn pace(latest: Seen, window_minutes: Option<u64>, history: &[Seen], now: i64) -> Option<Pace> {
    if latest.resets_at.is_some_and(|at| at <= now) {
        return None;
    }
    let minutes = window_minutes.and_then(|minutes| i64::try_from(minutes).ok());
    let length = minutes.map(|minutes| minutes.saturating_mul(MINUTE_MS));
    let start = latest
        .resets_at
        .zip(length)
        .map(|(end, length)| end.saturating_sub(length));
    let is_same = |seen: &&Seen| match (seen.resets_at, latest.resets_at) {
        (Some(a), Some(b)) => a.abs_diff(b) <= SAME_RESET_MS.unsigned_abs(),
        (a, b) => a == b,
    };
    let own = || history.iter().filter(is_same).filter(|seen| seen.at <= latest.at);
    let (from, used) = match start {
        Some(start) => (start, 0.0),
        None => own()
            .min_by_key(|seen| seen.at)
            .map(|first| (first.at, first.used_percent))?,
    };
    let elapsed = latest.at.saturating_sub(from);
    let least = length.map_or(MINUTE_MS as f64 * 5.0, |length| length as f64 * LEAST_PART);
    if (elapsed as f64) < least.max(1.0) {
        return None;
    }
    let gained = (latest.used_percent - used).max(0.0);
    let per_ms = gained / elapsed as f64;
    let left_ms = |percent: f64| (percent > 0.0 && gained > 0.0).then(|| (percent * elapsed as f64 / gained).ceil());
    let reached = own()
        .filter(|seen| seen.used_percent >= 100.0)
        .map(|seen| seen.at)
        .min();
    let runs_out_at = match latest.used_percent {
        100.0.. => Some(reached.unwrap_or(latest.at)),
        used => left_ms(100.0 - used).map(|left| latest.at.saturating_add(left as i64)),
    };
    let percent_at_reset = latest.resets_at.map(|end| {
        let rest = end.saturating_sub(latest.at).max(0) as f64;
        latest.used_percent + per_ms * rest
    });
    Some(Pace {
        percent_per_hour: per_ms * HOUR_MS,
        percent_at_reset,
        runs_out_at: runs_out_at.filter(|at| latest.resets_at.is_none_or(|end| *at < end)),
    })
}

/// Plans with a known price in US dollars a month: the provider, the plan as the provider names it, and the price.
pub const PLAN_PRICES: &[(&str, &str, u32)] = &[
    ("anthropic", "Pro", 20),
    ("anthropic", "Max 5x", 100),
    ("anthropic", "Max 20x", 200),
    ("codex", "Go", 8),
    ("codex", "Plus", 20),
    ("codex", "Pro", 200),
    ("cursor", "Pro", 20),
    ("cursor", "Pro+", 60),
    ("cursor", "Ultra", 200),
    ("github-copilot", "Individual", 10),
    ("github-copilot", "Pro", 10),
    ("github-copilot", "Pro+", 39),
    ("github-copilot", "Business", 19),
    ("github-copilot", "Enterprise", 39),
];

/// The monthly price of a plan: the user's own, else the known one.
pub fn plan_price(provider_id: &str, plan: Option<&str>, own_dollars: Option<f64>) -> Option<Money> {
    if let Some(dollars) = own_dollars {
        return Some(Money::from_dollars(dollars));
    }
    let plan = plan?;
    let known = PLAN_PRICES
        .iter()
        .find(|(provider, name, _)| *provider == provider_id && name.eq_ignore_ascii_case(plan));
    known.map(|(_, _, dollars)| Money::from_nanos(i64::from(*dollars) * NANOS_PER_DOLLAR))
}

/// How many times its price a plan covered at list prices.
pub fn plan_value(covered: Money, price: Money) -> Option<f64> {
    (price > Money::ZERO).then(|| covered.nanos() as f64 / price.nanos() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const WEEK: Option<u64> = Some(7 * 24 * 60);

    fn seen(at: i64, used_percent: f64, resets_at: Option<i64>) -> Seen {
        Seen {
            at,
            used_percent,
            resets_at,
        }
    }

    #[test]
    fn a_window_that_fills_evenly_lasts_exactly() {
        let end = Some(168 * HOUR);
        let pace = pace(seen(84 * HOUR, 50.0, end), WEEK, &[], 84 * HOUR).expect("a pace");
        assert!((pace.percent_at_reset.expect("a reset") - 100.0).abs() < 1e-9);
        assert_eq!((pace.lasts(), pace.runs_out_at), (Some(true), None));
        assert!((pace.percent_per_hour - 50.0 / 84.0).abs() < 1e-9);
    }

    #[test]
    fn a_window_that_fills_too_fast_names_the_time() {
        let end = Some(168 * HOUR);
        let pace = pace(seen(42 * HOUR, 50.0, end), WEEK, &[], 43 * HOUR).expect("a pace");
        assert_eq!((pace.lasts(), pace.runs_out_at), (Some(false), Some(84 * HOUR)));
    }

    #[test]
    fn a_reached_limit_ran_out_when_it_was_first_seen_full() {
        let end = Some(168 * HOUR);
        let history = [
            seen(99 * HOUR, 100.0, end),
            seen(90 * HOUR, 98.0, end),
            seen(20 * HOUR, 100.0, Some(21 * HOUR)),
        ];
        let pace = pace(seen(100 * HOUR, 100.0, end), WEEK, &history, 100 * HOUR).expect("a pace");
        assert_eq!(pace.runs_out_at, Some(99 * HOUR));
        assert_eq!(pace.lasts(), Some(false));
    }

    #[test]
    fn without_a_length_the_history_of_the_same_window_decides() {
        let end = Some(100 * HOUR);
        let history = [seen(10 * HOUR, 90.0, Some(12 * HOUR)), seen(20 * HOUR, 10.0, end)];
        let latest = seen(30 * HOUR, 30.0, end);
        let known = pace(latest, None, &history, 30 * HOUR).expect("a pace");
        assert!((known.percent_per_hour - 2.0).abs() < 1e-9);
        assert_eq!(known.runs_out_at, Some(65 * HOUR));
        assert_eq!(pace(latest, None, &[], 30 * HOUR), None, "one point is no pace");
    }

    #[test]
    fn a_window_that_just_began_or_has_ended_has_no_pace() {
        let end = Some(168 * HOUR);
        assert_eq!(pace(seen(HOUR, 9.0, end), WEEK, &[], HOUR), None);
        assert_eq!(pace(seen(100 * HOUR, 9.0, end), WEEK, &[], 169 * HOUR), None);
    }

    #[test]
    fn unused_windows_last() {
        let end = Some(168 * HOUR);
        let pace = pace(seen(84 * HOUR, 0.0, end), WEEK, &[], 84 * HOUR).expect("a pace");
        assert_eq!(
            (pace.lasts(), pace.runs_out_at, pace.percent_per_hour),
            (Some(true), None, 0.0)
        );
    }

    #[test]
    fn prices_of_plans_are_known_or_set() {
        let dollars = |provider, plan, own| plan_price(provider, plan, own).map(Money::dollars);
        assert_eq!(dollars("anthropic", Some("max 5x"), None), Some(100.0));
        assert_eq!(dollars("anthropic", Some("Max 5x"), Some(90.5)), Some(90.5));
        assert_eq!(dollars("anthropic", None, None), None);
        assert_eq!(dollars("acme", Some("Pro"), None), None);
        assert_eq!(
            plan_value(Money::from_dollars(250.0), Money::from_dollars(100.0)),
            Some(2.5)
        );
        assert_eq!(plan_value(Money::from_dollars(1.0), Money::ZERO), None);
    }
}
