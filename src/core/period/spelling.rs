//! How people write points in time: `--since`, `--until` and `--on`.

use super::Range;
use super::calendar::{Unit, midnight, start_of};
use crate::core::time::Time;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::fmt;

/// Which end of a range a time is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    Since,
    Until,
}

/// A text that is not a time, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTime {
    pub message: String,
    pub hint: &'static str,
}

impl fmt::Display for BadTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BadTime {}

const SPELLINGS: &str = "write 2026-11-20, 2026-11-20T14:30:00Z, today, yesterday, week, month, year, 7d, 2w, 2h, 30min, \
                         45s or epoch milliseconds";

impl BadTime {
    fn new(message: String) -> Self {
        Self {
            message,
            hint: SPELLINGS,
        }
    }
}

/// The instant a text means, in epoch milliseconds: the start of a day, week, month or year where it names one, and
/// the end of the day where `--until` names a date.
///
/// # Errors
/// When the text is not a time.
pub fn parse_time(text: &str, now: i64, zone: &TimeZone, edge: Edge) -> Result<i64, BadTime> {
    let text = text.trim();
    let unit = match text {
        "today" => Some(Unit::Day),
        "week" => Some(Unit::Week),
        "month" => Some(Unit::Month),
        "year" => Some(Unit::Year),
        _ => None,
    };
    if let Some(unit) = unit {
        return Ok(start_of(unit, now, zone));
    }
    if text == "yesterday" {
        return Ok(midnight(days_before(today(now, zone), 1, text)?, zone));
    }
    if let Some(date) = parse_date(text) {
        let day = day(date, zone);
        return Ok(if edge == Edge::Until { day.end } else { day.start });
    }
    if text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| too_far(text));
    }
    if let Some(at) = parse_ago(text, now, zone) {
        return at;
    }
    match text.parse::<Timestamp>() {
        Ok(at) => Ok(at.as_millisecond()),
        Err(_) => Err(BadTime::new(format!("'{text}' is not a time"))),
    }
}

/// The day that `--on` names: a date, `today` or `yesterday`.
///
/// # Errors
/// When the text is not a day.
pub fn parse_day(text: &str, now: i64, zone: &TimeZone) -> Result<Range, BadTime> {
    let text = text.trim();
    let date = match text {
        "today" => Some(today(now, zone)),
        "yesterday" => Some(days_before(today(now, zone), 1, text)?),
        _ => parse_date(text),
    };
    date.map(|date| day(date, zone)).ok_or_else(|| BadTime {
        message: format!("'{text}' is not a day"),
        hint: "write 2026-11-20, today or yesterday",
    })
}

/// `7d` and `2w` count whole local days, today included; `2h`, `30min` and `45s` are exact.
fn parse_ago(text: &str, now: i64, zone: &TimeZone) -> Option<Result<i64, BadTime>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    if count.is_empty() || !matches!(unit, "d" | "w" | "h" | "min" | "m" | "s") {
        return None;
    }
    let Ok(count) = count.parse::<i64>() else {
        return Some(Err(too_far(text)));
    };
    let exact = |unit_ms: i64| {
        count
            .checked_mul(unit_ms)
            .and_then(|ago| now.checked_sub(ago))
            .ok_or_else(|| too_far(text))
    };
    let days = |days: Option<i64>| match days {
        Some(0) => Err(BadTime {
            message: format!("'{text}' is not a single day"),
            hint: "1d is today",
        }),
        Some(days) => Ok(midnight(days_before(today(now, zone), days - 1, text)?, zone)),
        None => Err(too_far(text)),
    };
    Some(match unit {
        "d" => days(Some(count)),
        "w" => days(count.checked_mul(7)),
        "h" => exact(60 * 60 * 1000),
        "min" => exact(60 * 1000),
        "s" => exact(1000),
        _ => Err(BadTime {
            message: format!("'{text}' could be minutes or months"),
            hint: "write 30min, or a date",
        }),
    })
}

fn too_far(text: &str) -> BadTime {
    BadTime::new(format!("'{text}' is too far away"))
}

fn today(now: i64, zone: &TimeZone) -> Date {
    zone.to_datetime(Time(now).timestamp()).date()
}

fn days_before(date: Date, days: i64, text: &str) -> Result<Date, BadTime> {
    let span = jiff::Span::new().try_days(days).map_err(|_| too_far(text))?;
    date.checked_sub(span).map_err(|_| too_far(text))
}

fn day(date: Date, zone: &TimeZone) -> Range {
    Range {
        start: midnight(date, zone),
        end: date.checked_add(1.day()).map_or(i64::MAX, |next| midnight(next, zone)),
    }
}

/// Exactly `2026-11-20`.
fn parse_date(text: &str) -> Option<Date> {
    let shape = |(at, byte): (usize, u8)| {
        if matches!(at, 4 | 7) {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    };
    (text.len() == 10 && text.bytes().enumerate().all(shape))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 18:00 UTC, a Friday; 19:00 in Berlin.
    const NOW: i64 = 1_795_197_600_000;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a zone")
    }

    fn since(text: &str) -> Result<String, String> {
        parse_time(text, NOW, &berlin(), Edge::Since)
            .map(|at| Time(at).timestamp().to_string())
            .map_err(|error| error.message)
    }

    #[test]
    fn reads_every_spelling() {
        for (text, expected) in [
            ("2026-11-20", "2026-11-19T23:00:00Z"),
            ("today", "2026-11-19T23:00:00Z"),
            ("yesterday", "2026-11-18T23:00:00Z"),
            ("week", "2026-11-15T23:00:00Z"),
            ("month", "2026-10-31T23:00:00Z"),
            ("year", "2025-12-31T23:00:00Z"),
            ("1d", "2026-11-19T23:00:00Z"),
            ("7d", "2026-11-13T23:00:00Z"),
            ("2w", "2026-11-06T23:00:00Z"),
            // Summer time: the day began an hour earlier.
            ("30d", "2026-10-21T22:00:00Z"),
            ("2h", "2026-11-20T16:00:00Z"),
            ("30min", "2026-11-20T17:30:00Z"),
            ("45s", "2026-11-20T17:59:15Z"),
            ("1795197600000", "2026-11-20T18:00:00Z"),
            ("2026-11-20T14:30:00+02:00", "2026-11-20T12:30:00Z"),
            ("2026-11-20T14:30:00.250Z", "2026-11-20T14:30:00.25Z"),
        ] {
            assert_eq!(since(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_could_mean_two_things_or_none() {
        for (text, expected) in [
            ("30m", "'30m' could be minutes or months"),
            ("0d", "'0d' is not a single day"),
            ("tomorrow", "'tomorrow' is not a time"),
            ("20261120", "'20261120' is not a time"),
            ("1795197600", "'1795197600' is not a time"),
            ("2026-02-30", "'2026-02-30' is not a time"),
            ("", "'' is not a time"),
            ("-2h", "'-2h' is not a time"),
            ("9999999999999d", "'9999999999999d' is too far away"),
            ("99999999999999999999h", "'99999999999999999999h' is too far away"),
            ("99999999999999999999", "'99999999999999999999' is too far away"),
        ] {
            assert_eq!(since(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_bare_date_until_includes_its_day_and_a_word_does_not() {
        let until =
            |text| parse_time(text, NOW, &TimeZone::UTC, Edge::Until).map(|at| Time(at).timestamp().to_string());
        assert_eq!(until("2026-11-20").as_deref(), Ok("2026-11-21T00:00:00Z"));
        assert_eq!(until("today").as_deref(), Ok("2026-11-20T00:00:00Z"));
    }

    #[test]
    fn a_day_is_as_long_as_its_clocks_say() {
        let hours = |text| parse_day(text, NOW, &berlin()).map(|day| (day.end - day.start) / 3_600_000);
        assert_eq!(hours("2026-10-25"), Ok(25));
        assert_eq!(hours("yesterday"), Ok(24));
        assert!(hours("week").is_err());
    }
}
