//! Times as agents write them on every record, read without a general parser.

use crate::system::parse_instant;
use std::cell::Cell;

/// Epoch milliseconds of an RFC 3339 time (or of epoch milliseconds as text).
pub fn parse_time(text: &str) -> Option<i64> {
    let time = parse_utc(text.as_bytes()).or_else(|| parse_instant(text).filter(|ms| SHOWN_MS.contains(ms)));
    if time.is_none() && !text.is_empty() {
        note_impossible();
    }
    time
}

thread_local! {
    static IMPOSSIBLE: Cell<bool> = const { Cell::new(false) };
}

/// A time was given that no calendar has: the record counts at another one, and its reader says so.
pub fn note_impossible() {
    IMPOSSIBLE.set(true);
}

/// What is wrong with the record that was just read, if it had such a time. The next one starts anew.
pub fn impossible() -> Option<&'static str> {
    IMPOSSIBLE
        .take()
        .then_some("has an impossible time: the time before it is taken")
}

/// Years 0 to 9999: what calendars can show.
pub const SHOWN_MS: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// `2026-03-02T09:00:04Z` with any fraction; `None` for every other spelling.
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
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms)
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
            ("2026-02-30T09:00:04Z", None),
            ("2026-13-02T09:00:04Z", None),
            ("2026-03-02T0", None),
            ("", None),
            ("Z", None),
        ] {
            assert_eq!(parse_time(text), ms, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_general_parser(ms in -62_000_000_000_000i64..253_000_000_000_000) {
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
