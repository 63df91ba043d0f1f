//! Reading answers: numbers that may be text, times in every spelling, names of plans, ends of periods.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

/// Larger amounts and counts are damaged data.
const MAX_NUMBER: f64 = 1e15;
/// The end of the year 9999.
const MAX_TIME: i64 = 253_402_300_799_999;
const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// A Monday, 00:00 UTC.
const FIRST_MONDAY_MS: i64 = 4 * DAY_MS;

/// A number, or text that is one.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (number.is_finite() && number.abs() <= MAX_NUMBER).then_some(number)
}

/// A count that is not negative.
pub(super) fn count(value: &Value) -> u64 {
    number(value).map_or(0, |number| number.max(0.0) as u64)
}

/// Text that is not blank.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The first of these keys that holds text.
pub(super) fn first_text<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| text(&value[*key]))
}

/// Whether a value holds nothing: null, false, 0, an empty text, or a list or object of such values.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(_) => number(value) == Some(0.0),
        Value::String(text) => text.trim().is_empty() || number(value) == Some(0.0),
        Value::Array(items) => items.iter().all(is_blank),
        Value::Object(fields) => fields.values().all(is_blank),
    }
}

/// The elements of an array, none if it is no array.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Epoch milliseconds of a field that counts in `unit_ms`, or holds text.
pub(super) fn epoch(value: &Value, unit_ms: i64) -> Option<i64> {
    match number(value) {
        Some(number) => in_range(number * unit_ms as f64),
        None => parse_time(text(value)?),
    }
}

/// Epoch milliseconds of a field that holds text: RFC 3339, or a date, which is its start in UTC.
pub(super) fn instant(value: &Value) -> Option<i64> {
    // Seconds would be the year 5000 where milliseconds are 1973.
    const MILLISECONDS_FROM: f64 = 1e11;
    match number(value) {
        Some(number) => in_range(if number < MILLISECONDS_FROM {
            number * 1000.0
        } else {
            number
        }),
        None => parse_time(text(value)?),
    }
}

fn in_range(ms: f64) -> Option<i64> {
    (ms > 0.0 && ms <= MAX_TIME as f64).then_some(ms as i64)
}

fn parse_time(text: &str) -> Option<i64> {
    let text = with_short_fraction(text);
    let with_offset = text.parse::<Timestamp>().ok();
    let at = with_offset.or_else(|| {
        let civil = text.parse::<DateTime>().ok();
        civil
            .or_else(|| text.parse::<Date>().ok().map(DateTime::from))
            .and_then(in_utc)
    })?;
    in_range(at.as_millisecond() as f64)
}

/// Fractions of more than nine digits are cut: `…:13.716839300123Z`.
fn with_short_fraction(text: &str) -> std::borrow::Cow<'_, str> {
    let Some(point) = text.find('.') else {
        return text.into();
    };
    let digits = text[point + 1..].bytes().take_while(u8::is_ascii_digit).count();
    if digits <= 9 {
        return text.into();
    }
    format!("{}{}", &text[..point + 10], &text[point + 1 + digits..]).into()
}

fn in_utc(civil: DateTime) -> Option<Timestamp> {
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// `individual_pro` → `Individual Pro`.
pub(super) fn words(name: &str) -> String {
    let capitalized = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    let words = name.split(['_', ' ']).filter(|word| !word.is_empty());
    words.map(capitalized).collect::<Vec<_>>().join(" ")
}

/// The next 00:00 UTC.
pub(super) fn next_day(now: i64) -> i64 {
    next_multiple(now, DAY_MS, 0)
}

/// The next Monday, 00:00 UTC.
pub(super) fn next_monday(now: i64) -> i64 {
    next_multiple(now, WEEK_MS, FIRST_MONDAY_MS)
}

/// The next instant on a grid, never `now` itself.
pub(super) fn next_multiple(now: i64, step_ms: i64, first: i64) -> i64 {
    now - (now - first).rem_euclid(step_ms) + step_ms
}

/// The first instant of the month that `now` is in, UTC.
pub(super) fn month_start(now: i64) -> Timestamp {
    let first = civil(now).date().first_of_month();
    in_utc(first.into()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The first instant of the month after, UTC, in epoch milliseconds.
pub(super) fn next_month(now: i64) -> Option<i64> {
    let first = civil(now).date().first_of_month();
    let next = first.checked_add(1.month()).ok()?;
    Some(in_utc(next.into())?.as_millisecond())
}

fn civil(now: i64) -> DateTime {
    let at = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Weekday;
    use serde_json::json;

    /// Friday 2026-11-20 12:00 UTC.
    const NOW: i64 = 1_795_176_000_000;

    #[test]
    fn numbers_may_be_text_and_nonsense_is_none() {
        assert_eq!(
            [json!(1.5), json!(" 1.5 "), json!("1e1")].map(|value| number(&value)),
            [Some(1.5), Some(1.5), Some(10.0)]
        );
        for nonsense in [
            json!("bad"),
            json!(""),
            json!("inf"),
            json!("NaN"),
            json!(1e300),
            json!([1]),
            json!(true),
            json!(null),
        ] {
            assert_eq!(number(&nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn times_in_every_spelling() {
        for spelling in [
            json!("2026-11-20T12:00:00Z"),
            json!("2026-11-20T13:00:00.000+01:00"),
            json!("2026-11-20T12:00:00.000000000000Z"),
            json!("2026-11-20T12:00:00"),
            json!(1_795_176_000),
            json!("1795176000"),
            json!(1_795_176_000_000_i64),
        ] {
            assert_eq!(instant(&spelling), Some(NOW), "{spelling}");
        }
        assert_eq!(instant(&json!("2026-11-20")), Some(NOW - DAY_MS / 2));
        assert_eq!(epoch(&json!("1795176000"), 1000), Some(NOW));
        assert_eq!(epoch(&json!(NOW), 1), Some(NOW));
        for nonsense in [json!(""), json!("soon"), json!(0), json!(-5), json!(9e14), json!({})] {
            assert_eq!(instant(&nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn periods_end_in_the_future() {
        let midnight = NOW + DAY_MS / 2;
        assert_eq!(next_day(NOW), midnight);
        assert_eq!(next_day(midnight), midnight + DAY_MS);
        assert_eq!(next_monday(NOW), midnight + 2 * DAY_MS);
        assert_eq!(civil(next_monday(NOW)).weekday(), Weekday::Monday);
        assert_eq!(month_start(NOW).to_string(), "2026-11-01T00:00:00Z");
        assert_eq!(next_month(NOW), Some(midnight + 10 * DAY_MS));
    }

    #[test]
    fn plans_are_named_in_words() {
        assert_eq!(words("education_trial"), "Education Trial");
        assert_eq!(words("pro"), "Pro");
        assert_eq!(words(""), "");
    }
}
