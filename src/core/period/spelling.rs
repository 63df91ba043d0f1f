//! How people write points in time: `--since`, `--until` and `--on`.

use super::Range;
use super::calendar::{Unit, find, midnight};
use crate::core::time::Time;
use jiff::civil::{Date, DateTime, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
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

const SPELLINGS: &str = "write 2026-11-20, 2026-11, 2026-W47, 2026-11-20T14:30:00Z, today, yesterday, monday, week, month, \
                         year, last-month, 7d, 2w, 2h, 1h30m, 30min, 45s or epoch milliseconds";

impl BadTime {
    fn new(message: String) -> Self {
        Self {
            message,
            hint: SPELLINGS,
        }
    }
}

/// The instant a text means, in epoch milliseconds: the start of a period where it names one, and the end of the period
/// where `--until` names a date (`2026-11-20`, `2026-11`, `2026-W47`, `2026`).
///
/// # Errors
/// When the text is not a time.
pub fn parse_time(text: &str, now: i64, zone: &TimeZone, edge: Edge) -> Result<i64, BadTime> {
    let text = text.trim();
    if let Some(period) = parse_word(text, now, zone)? {
        return Ok(period.start);
    }
    if let Some(period) = parse_dated(text, zone) {
        return Ok(if edge == Edge::Until { period.end } else { period.start });
    }
    if text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| too_far(text));
    }
    if let Some(at) = parse_ago(text, now, zone) {
        return at;
    }
    // A local time of a day: `2026-11-20T14:30`.
    let local = text.parse::<DateTime>().ok().filter(|_| text.contains(':'));
    if let Some(at) = local.and_then(|local| local.to_zoned(zone.clone()).ok())
        && text.parse::<Timestamp>().is_err()
    {
        return Ok(at.timestamp().as_millisecond());
    }
    match text.parse::<Timestamp>() {
        Ok(at) => Ok(at.as_millisecond()),
        Err(_) if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) => Err(BadTime {
            message: format!("'{text}' is not a time"),
            hint: "write a date with hyphens: 2026-11-20",
        }),
        Err(_) => Err(BadTime::new(format!("'{text}' is not a time"))),
    }
}

/// The day, week, month or year that `--on` names.
///
/// # Errors
/// When the text is not a period.
pub fn parse_day(text: &str, now: i64, zone: &TimeZone) -> Result<Range, BadTime> {
    let text = text.trim();
    let period = parse_word(text, now, zone)?.or_else(|| parse_dated(text, zone));
    period.ok_or_else(|| BadTime {
        message: format!("'{text}' is not a day"),
        hint: "write 2026-11-20, 2026-11, 2026-W47, today, yesterday, monday, week, month, year or last-month",
    })
}

/// `today`, `monday`, `week`, `last-month`: a period that depends on the day of today.
fn parse_word(text: &str, now: i64, zone: &TimeZone) -> Result<Option<Range>, BadTime> {
    let word = text.to_lowercase().replace([' ', '_'], "-");
    let unit = |name: &str| match name {
        "week" => Some(Unit::Week),
        "month" => Some(Unit::Month),
        "year" => Some(Unit::Year),
        _ => None,
    };
    let current = |unit| find(unit, now, zone).range();
    Ok(match word.as_str() {
        "today" => Some(current(Unit::Day)),
        "yesterday" => Some(day(days_before(today(now, zone), 1, text)?, zone)),
        "last-week" | "last-month" | "last-year" => {
            let unit = word.strip_prefix("last-").and_then(unit);
            unit.map(|unit| find(unit, current(unit).start - 1, zone).range())
        }
        _ if word.starts_with("this-") => word.strip_prefix("this-").and_then(unit).map(current),
        _ => match (unit(&word), weekday(&word)) {
            (Some(unit), _) => Some(current(unit)),
            (None, Some(weekday)) => {
                let today = today(now, zone);
                let days = today.weekday().since(weekday);
                Some(day(days_before(today, days.into(), text)?, zone))
            }
            (None, None) => None,
        },
    })
}

/// `monday` or `mon`.
fn weekday(word: &str) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let is_meant = |name: &str| name == word || word.len() == 3 && name.starts_with(word);
    DAYS.into_iter().find(|(name, _)| is_meant(name)).map(|(_, day)| day)
}

/// `2026-11-20`, `2026-11`, `2026-W47`, `2026`, `2026-11-20T14`: the periods that `cost` prints.
fn parse_dated(text: &str, zone: &TimeZone) -> Option<Range> {
    let first = |unit, date: Date| Some(find(unit, midnight(date, zone), zone).range());
    if let Some(date) = parse_date(text) {
        return Some(day(date, zone));
    }
    if let Some((date, hour)) = text.split_once('T').filter(|(_, hour)| hour.len() == 2) {
        let at = parse_date(date)?.at(hour.parse().ok().filter(|hour| (0..24).contains(hour))?, 0, 0, 0);
        let at = at.to_zoned(zone.clone()).ok()?;
        return Some(find(Unit::Hour, at.timestamp().as_millisecond(), zone).range());
    }
    let year = text
        .get(..4)
        .filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    match text.get(4..)? {
        "" => first(Unit::Year, parse_date(&format!("{year}-01-01"))?),
        rest => match rest.strip_prefix("-W").or_else(|| rest.strip_prefix("-w")) {
            Some(week) if week.len() == 2 => {
                let week = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
                first(Unit::Week, week.date())
            }
            Some(_) => None,
            None => first(Unit::Month, parse_date(&format!("{year}{rest}-01"))?),
        },
    }
}

/// `7d` and `2 weeks` count local days, today included; `2h`, `1h30m` and `45s` are exact.
fn parse_ago(text: &str, now: i64, zone: &TimeZone) -> Option<Result<i64, BadTime>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    if count.is_empty() {
        return None;
    }
    let days_of_unit = match unit.trim() {
        "d" | "day" | "days" => Some(1),
        "w" | "wk" | "week" | "weeks" => Some(7),
        _ => None,
    };
    if let Some(days_of_unit) = days_of_unit {
        let days = count
            .parse::<i64>()
            .ok()
            .and_then(|count| count.checked_mul(days_of_unit));
        return Some(match days {
            Some(0) => Err(BadTime {
                message: format!("'{text}' is not a single day"),
                hint: "1d is today",
            }),
            Some(days) => days_before(today(now, zone), days - 1, text).map(|date| midnight(date, zone)),
            None => Err(too_far(text)),
        });
    }
    let ms = parse_duration(text)?;
    Some(ms.and_then(|ms| now.checked_sub(ms).ok_or_else(|| too_far(text))))
}

/// A span of exact time, in milliseconds: `2h`, `1h30m`, `45s`, `500ms`, `10 minutes`; `None` where the text is none.
///
/// # Errors
/// When it is ambiguous or too long.
pub fn parse_duration(text: &str) -> Option<Result<i64, BadTime>> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let is_span = !count.is_empty() && unit.trim_start().starts_with(|unit: char| unit.is_ascii_lowercase());
    if !is_span || text.contains(':') || text.ends_with("ago") {
        return None;
    }
    if unit == "m" {
        return Some(Err(BadTime {
            message: format!("'{text}' could be minutes or months"),
            hint: "write 30min, or a date",
        }));
    }
    let is_known = |unit: &str| matches!(unit, "h" | "min" | "s" | "ms");
    match text.parse::<SignedDuration>() {
        Ok(span) => Some(i64::try_from(span.as_millis()).map_err(|_| too_far(text))),
        Err(_) if is_known(unit) => Some(Err(too_far(text))),
        Err(_) => None,
    }
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
            ("1h30m", "2026-11-20T16:30:00Z"),
            ("1h 30min", "2026-11-20T16:30:00Z"),
            ("10 minutes", "2026-11-20T17:50:00Z"),
            ("7days", "2026-11-13T23:00:00Z"),
            ("7 days", "2026-11-13T23:00:00Z"),
            ("2 weeks", "2026-11-06T23:00:00Z"),
            ("friday", "2026-11-19T23:00:00Z"),
            ("monday", "2026-11-15T23:00:00Z"),
            ("Sat", "2026-11-13T23:00:00Z"),
            ("last-week", "2026-11-08T23:00:00Z"),
            ("last month", "2026-09-30T22:00:00Z"),
            ("last-year", "2024-12-31T23:00:00Z"),
            ("this-month", "2026-10-31T23:00:00Z"),
            ("2026-11", "2026-10-31T23:00:00Z"),
            ("2026-W47", "2026-11-15T23:00:00Z"),
            ("2026", "2025-12-31T23:00:00Z"),
            ("2026-11-20T14", "2026-11-20T13:00:00Z"),
            ("2026-11-20T14:30", "2026-11-20T13:30:00Z"),
            ("2026-11-20 14:30:05", "2026-11-20T13:30:05Z"),
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
            ("2026-13", "'2026-13' is not a time"),
            ("2026-W60", "'2026-W60' is not a time"),
            ("20.11.2026", "'20.11.2026' is not a time"),
            ("12:30", "'12:30' is not a time"),
            ("7x", "'7x' is not a time"),
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
        assert_eq!(until("2026-11").as_deref(), Ok("2026-12-01T00:00:00Z"));
        assert_eq!(until("2026-W47").as_deref(), Ok("2026-11-23T00:00:00Z"));
        assert_eq!(until("today").as_deref(), Ok("2026-11-20T00:00:00Z"));
        assert_eq!(until("last-month").as_deref(), Ok("2026-10-01T00:00:00Z"));
    }

    #[test]
    fn a_day_is_as_long_as_its_clocks_say() {
        let hours = |text| parse_day(text, NOW, &berlin()).map(|day| (day.end - day.start) / 3_600_000);
        assert_eq!(hours("2026-10-25"), Ok(25));
        assert_eq!(hours("yesterday"), Ok(24));
        assert_eq!(hours("last-month"), Ok(31 * 24 + 1));
        assert_eq!(hours("2026-11"), Ok(30 * 24));
        assert_eq!(hours("week"), Ok(7 * 24));
        assert!(hours("7d").is_err() && hours("soon").is_err());
    }
}
