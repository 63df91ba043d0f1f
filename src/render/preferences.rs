//! How the reader wants counts, times and amounts written: `display.numberFormat`, `timeFormat` and `currency` of the
//! configuration.
//!
//! Set once at the start of a run and only read afterwards, like the environment; only the newest rate may change.

use crate::core::currency::{Currency, DOLLAR};
use crate::core::money::{Money, NANOS_PER_DOLLAR};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

static HAS_FULL_COUNTS: AtomicBool = AtomicBool::new(false);
static HAS_12_HOURS: AtomicBool = AtomicBool::new(false);

static CURRENCY: OnceLock<&Currency> = OnceLock::new();

/// What a dollar is worth in the currency, in thousand millionths.
static RATE: AtomicI64 = AtomicI64::new(NANOS_PER_DOLLAR);

/// Shows amounts in this currency for the rest of the run, at this rate until a newer one is known.
pub fn set_currency(currency: &'static Currency, newest_rate: i64) {
    // Only the first run of a process sets it.
    if *CURRENCY.get_or_init(|| currency) == currency {
        RATE.store(newest_rate, Ordering::Relaxed);
    }
}

/// An amount in the reader's currency, in thousand millionths, and the currency.
pub fn in_currency(money: Money) -> (i64, &'static Currency) {
    let currency = *CURRENCY.get().unwrap_or(&DOLLAR);
    (exchanged(money, RATE.load(Ordering::Relaxed)), currency)
}

fn exchanged(money: Money, rate: i64) -> i64 {
    if rate == NANOS_PER_DOLLAR {
        return money.nanos();
    }
    let worth = i128::from(money.at_newest_rate().nanos()) * i128::from(rate) / i128::from(NANOS_PER_DOLLAR);
    i64::try_from(worth).unwrap_or(i64::MAX)
}

/// Sets the formats of counts and times for the rest of the run.
pub fn set(has_full_counts: bool, has_12_hours: bool) {
    HAS_FULL_COUNTS.store(has_full_counts, Ordering::Relaxed);
    HAS_12_HOURS.store(has_12_hours, Ordering::Relaxed);
}

/// Whether to write `1,234,567` instead of `1.2M`.
pub fn has_full_counts() -> bool {
    HAS_FULL_COUNTS.load(Ordering::Relaxed)
}

/// A format of `strftime` with the hours that the reader wants: `%H:%M` as it is, or `%-I:%M %p`.
pub fn hours(format: &str) -> String {
    match HAS_12_HOURS.load(Ordering::Relaxed) {
        true => with_12_hours(format),
        false => format.to_owned(),
    }
}

fn with_12_hours(format: &str) -> String {
    let format = format.replace("%H:%M:%S", "%-I:%M:%S %p");
    format.replace("%H:%M", "%-I:%M %p")
}

/// Digits in groups of three: `1,234,567`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn twelve_hours_have_a_half_of_the_day() {
        let at: jiff::civil::DateTime = "2026-11-20T18:05:09".parse().expect("a time");
        let written = |format: &str| at.strftime(&with_12_hours(format)).to_string();
        assert_eq!(written("%Y-%m-%d %H:%M"), "2026-11-20 6:05 PM");
        assert_eq!(written("%H:%M:%S"), "6:05:09 PM");
    }
}
