//! Times as agents write them: every spelling in one place, the usual one without a general parser.

use std::cell::Cell;
use std::ops::RangeInclusive;

/// Epoch milliseconds of a time as text: RFC 3339, the same without a zone (UTC, as SQLite writes it), or a number.
pub fn parse_time(text: &str) -> Option<i64> {
    let time = parse_utc(text.as_bytes());
    time.or_else(|| parse_rare(text))
}

#[cold]
fn parse_rare(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<f64>() {
        return time_of(number);
    }
    let with_zone = || text.parse::<jiff::Timestamp>().ok();
    let without = || {
        let at = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    let ms = with_zone().or_else(without).map(|at| at.as_millisecond());
    if text.is_empty() || text.starts_with(UNSET) {
        return None;
    }
    possible(ms.unwrap_or(i64::MIN))
}

/// Epoch milliseconds of a number of seconds, milliseconds, microseconds or nanoseconds since 1970, which only its size
/// reveals. 0 is no time.
pub fn time_of(number: f64) -> Option<i64> {
    const SECONDS: f64 = 1e11;
    const MILLISECONDS: f64 = 1e14;
    const MICROSECONDS: f64 = 1e17;
    let ms = match number.abs() {
        size if size < SECONDS => number * 1000.0,
        size if size < MILLISECONDS => number,
        size if size < MICROSECONDS => number / 1e3,
        _ => number / 1e6,
    };
    if number == 0.0 {
        return None;
    }
    possible(ms as i64)
}

/// A time at which an agent may have written; others are noted.
pub fn possible(ms: i64) -> Option<i64> {
    let time = POSSIBLE_MS.contains(&ms).then_some(ms);
    if time.is_none() {
        note_impossible();
    }
    time
}

/// The years 2000 to 2199: before them there were no agents, and a clock beyond them is wrong.
const POSSIBLE_MS: RangeInclusive<i64> = 946_684_800_000..=7_258_118_399_999;

/// How programs write a time that was never set.
const UNSET: &str = "0001-01-01";

thread_local! {
    static IMPOSSIBLE: Cell<bool> = const { Cell::new(false) };
}

/// Notes a time that cannot be right: the record counts at another one, and its reader reports it.
fn note_impossible() {
    IMPOSSIBLE.set(true);
}

/// What is wrong with what was read in this thread since the last call, if it held such a time.
pub fn impossible() -> Option<&'static str> {
    IMPOSSIBLE
        .take()
        .then_some("has an impossible time: the time before it is taken")
}

/// `2026-03-02T09:00:04Z` with any fraction; `None` for every other spelling and for impossible times.
pub fn parse_utc(text: &[u8]) -> Option<i64> {
    let (text, b'Z') = (text.get(..text.len().checked_sub(1)?)?, *text.last()?) else {
        return None;
    };
    let (seconds, fraction) = text.split_first_chunk::<19>()?;
    // One check for all digits: nearly all times pass it.
    let mut is_number = true;
    let mut number = |digits: &[u8]| {
        digits.iter().fold(0, |number, byte| {
            let digit = byte.wrapping_sub(b'0');
            is_number &= digit < 10;
            number * 10 + i64::from(digit)
        })
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|&(at, mark)| seconds[at] != mark) {
        return None;
    }
    let (year, month, day) = (number(&seconds[0..4]), number(&seconds[5..7]), number(&seconds[8..10]));
    let (hour, minute, second) = (
        number(&seconds[11..13]),
        number(&seconds[14..16]),
        number(&seconds[17..19]),
    );
    if !is_number {
        return None;
    }
    // Days above 28 are right or wrong depending on the month, leap seconds exist: left to the general parser.
    if !(1..=12).contains(&month) || !(1..=28).contains(&day) && !is_day(year, month, day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let ms = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) => (0..3)
            .fold(0, |ms, at| {
                ms * 10 + digits.get(at).map_or(0, |digit| i64::from(digit - b'0'))
            }),
        _ => return None,
    };
    let time = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms;
    POSSIBLE_MS.contains(&time).then_some(time)
}

fn is_day(year: i64, month: i64, day: i64) -> bool {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=last).contains(&day)
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::parse_instant;
    use proptest::prelude::*;

    #[test]
    fn reads_every_usual_spelling() {
        let at = 1_772_442_004_000;
        for (text, ms) in [
            ("2026-03-02T09:00:04.240Z", Some(at + 240)),
            ("2026-03-02T09:00:04Z", Some(at)),
            ("2026-03-02T09:00:04.5Z", Some(at + 500)),
            ("2026-03-02T09:00:04.500921232Z", Some(at + 500)),
            ("2026-03-02T10:00:04.240+01:00", Some(at + 240)),
            ("1772442004240", Some(at + 240)),
            ("1772442004", Some(at)),
            ("1772442004.24", Some(at + 240)),
            ("1772442004240000", Some(at + 240)),
            ("1772442004240000000", Some(at + 240)),
            ("2026-03-02 09:00:04.24", Some(at + 240)),
            ("2026-02-30T09:00:04Z", None),
            ("2026-13-02T09:00:04Z", None),
            ("2026-03-02T0", None),
            ("", None),
            ("Z", None),
        ] {
            assert_eq!(parse_time(text), ms, "{text}");
        }
    }

    #[test]
    fn an_impossible_time_is_noted_and_an_unset_one_is_not() {
        for text in [
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "soon",
            "-5",
            "20",
            "1e300",
            "2026-02-30T09:00:04Z",
        ] {
            impossible();
            assert_eq!(parse_time(text), None, "{text}");
            assert!(impossible().is_some(), "{text}");
        }
        for text in ["", "0", "0001-01-01T00:00:00Z", "2026-03-02T09:00:04Z", "1772442004"] {
            let _ = parse_time(text);
            assert!(impossible().is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_general_parser(ms in POSSIBLE_MS) {
            let text = jiff::Timestamp::from_millisecond(ms).expect("in range").to_string();
            prop_assert_eq!(parse_utc(text.as_bytes()), parse_instant(&text), "{}", text);
        }

        #[test]
        fn takes_any_text(text in "[0-9TZ:.+-]{0,30}") {
            if let Some(ms) = parse_utc(text.as_bytes()) {
                prop_assert_eq!(parse_instant(&text), Some(ms), "{}", text);
            }
        }
    }
}
