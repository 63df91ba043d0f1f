//! Calendar: which hour, day, week, month or year of a time zone an instant is in.

use super::Range;
use crate::core::time::Time;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    Hour,
    Day,
    /// Begins on Monday.
    Week,
    Month,
    Year,
}

/// A calendar period and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// `2026-11-20T14`, `2026-11-20`, `2026-W47`, `2026-11`, `2026`.
    pub label: Arc<str>,
    pub start: i64,
    pub end: i64,
}

impl Period {
    pub fn range(&self) -> Range {
        Range {
            start: self.start,
            end: self.end,
        }
    }
}

/// Looks up periods in one zone and remembers them: turns come in droves from the same few.
pub struct Calendar<'z> {
    zone: &'z TimeZone,
    known: [Known; 5],
}

/// The periods of a unit seen so far, by start, and which one was asked for last.
#[derive(Default)]
struct Known {
    periods: Vec<Period>,
    last: usize,
}

impl<'z> Calendar<'z> {
    pub fn new(zone: &'z TimeZone) -> Self {
        Self {
            zone,
            known: Default::default(),
        }
    }

    /// The period an instant is in. At a repeated hour two periods share a label and differ in their start.
    pub fn period(&mut self, unit: Unit, at: i64) -> &Period {
        let at = at.min(i64::MAX - 1);
        let known = &mut self.known[unit as usize];
        let is_last = known
            .periods
            .get(known.last)
            .is_some_and(|last| last.range().contains(at));
        if !is_last {
            let after = known.periods.partition_point(|period| period.start <= at);
            match after.checked_sub(1) {
                Some(before) if known.periods[before].range().contains(at) => known.last = before,
                _ => {
                    known.periods.insert(after, find(unit, at, self.zone));
                    known.last = after;
                }
            }
        }
        &known.periods[known.last]
    }
}

pub(super) fn find(unit: Unit, at: i64, zone: &TimeZone) -> Period {
    let instant = Time(at).timestamp();
    let local = zone.to_datetime(instant);
    if unit == Unit::Hour {
        let hour = hour(instant, local, zone);
        return Period {
            start: hour.start.min(at),
            end: hour.end.max(at + 1),
            ..hour
        };
    }
    let mut first = first_day(unit, local.date());
    let mut next = next_first_day(unit, first);
    // Where clocks go back across midnight, the repeated minutes follow the first instant of the next day.
    while midnight(next, zone) <= at && next > first {
        first = next;
        next = next_first_day(unit, first);
    }
    Period {
        label: label(unit, first).into(),
        start: midnight(first, zone).min(at),
        end: midnight(next, zone).max(at + 1),
    }
}

/// The hour around an instant. A change of the UTC offset within the hour starts a new one.
fn hour(instant: Timestamp, local: DateTime, zone: &TimeZone) -> Period {
    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    let passed = SignedDuration::from_mins(local.minute().into())
        + SignedDuration::new(local.second().into(), local.subsec_nanosecond());
    let mut start = instant.checked_sub(passed).unwrap_or(Timestamp::MIN);
    let mut end = start.checked_add(HOUR).unwrap_or(Timestamp::MAX);
    let mut offset = zone.to_offset(start);
    for change in zone.following(start).take_while(|change| change.timestamp() < end) {
        if change.offset() == offset {
            continue;
        }
        offset = change.offset();
        if change.timestamp() > instant {
            end = change.timestamp();
            break;
        }
        start = change.timestamp();
    }
    Period {
        label: local.strftime("%Y-%m-%dT%H").to_string().into(),
        start: start.as_millisecond(),
        end: end.as_millisecond(),
    }
}

fn first_day(unit: Unit, date: Date) -> Date {
    let first = match unit {
        Unit::Hour | Unit::Day => Ok(date),
        Unit::Week => date.checked_sub(i64::from(date.weekday().since(Weekday::Monday)).days()),
        Unit::Month => Ok(date.first_of_month()),
        Unit::Year => Ok(date.first_of_year()),
    };
    first.unwrap_or(Date::MIN)
}

fn next_first_day(unit: Unit, first: Date) -> Date {
    let span = match unit {
        Unit::Hour | Unit::Day => 1.day(),
        Unit::Week => 1.week(),
        Unit::Month => 1.month(),
        Unit::Year => 1.year(),
    };
    first.checked_add(span).unwrap_or(Date::MAX)
}

/// The first instant of a day; where midnight is skipped, the first one after it.
pub fn midnight(date: Date, zone: &TimeZone) -> i64 {
    date.to_zoned(zone.clone())
        .map_or(if date.year() < 0 { i64::MIN } else { i64::MAX }, |at| {
            at.timestamp().as_millisecond()
        })
}

fn label(unit: Unit, first: Date) -> String {
    let format = match unit {
        Unit::Hour | Unit::Day => "%Y-%m-%d",
        Unit::Week => "%G-W%V",
        Unit::Month => "%Y-%m",
        Unit::Year => "%Y",
    };
    first.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::period::BLOCK_MS;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone")
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("an instant").as_millisecond()
    }

    fn period(unit: Unit, instant: &str, zone_name: &str) -> (String, String, String) {
        let zone = zone(zone_name);
        let mut calendar = Calendar::new(&zone);
        let period = calendar.period(unit, at(instant));
        let text = |at: i64| Time(at).timestamp().to_string();
        (period.label.to_string(), text(period.start), text(period.end))
    }

    fn is(unit: Unit, instant: &str, zone_name: &str, label: &str, start: &str, end: &str) {
        let expected = (label.to_owned(), start.to_owned(), end.to_owned());
        assert_eq!(
            period(unit, instant, zone_name),
            expected,
            "{unit:?} of {instant} in {zone_name}"
        );
    }

    #[test]
    fn names_and_limits_every_unit() {
        let (now, utc) = ("2026-11-20T18:30:01Z", "UTC");
        is(
            Unit::Hour,
            now,
            utc,
            "2026-11-20T18",
            "2026-11-20T18:00:00Z",
            "2026-11-20T19:00:00Z",
        );
        is(
            Unit::Day,
            now,
            utc,
            "2026-11-20",
            "2026-11-20T00:00:00Z",
            "2026-11-21T00:00:00Z",
        );
        is(
            Unit::Week,
            now,
            utc,
            "2026-W47",
            "2026-11-16T00:00:00Z",
            "2026-11-23T00:00:00Z",
        );
        is(
            Unit::Month,
            now,
            utc,
            "2026-11",
            "2026-11-01T00:00:00Z",
            "2026-12-01T00:00:00Z",
        );
        is(
            Unit::Year,
            now,
            utc,
            "2026",
            "2026-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
        );
        is(
            Unit::Week,
            "2027-01-02T12:00:00Z",
            utc,
            "2026-W53",
            "2026-12-28T00:00:00Z",
            "2027-01-04T00:00:00Z",
        );
    }

    #[test]
    fn days_have_23_and_25_hours_where_clocks_change() {
        let berlin = "Europe/Berlin";
        is(
            Unit::Day,
            "2026-03-29T12:00:00Z",
            berlin,
            "2026-03-29",
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        );
        is(
            Unit::Day,
            "2026-10-25T12:00:00Z",
            berlin,
            "2026-10-25",
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
        );
    }

    #[test]
    fn a_repeated_hour_is_two_periods_of_one_name() {
        let berlin = "Europe/Berlin";
        is(
            Unit::Hour,
            "2026-10-25T00:30:00Z",
            berlin,
            "2026-10-25T02",
            "2026-10-25T00:00:00Z",
            "2026-10-25T01:00:00Z",
        );
        is(
            Unit::Hour,
            "2026-10-25T01:30:00Z",
            berlin,
            "2026-10-25T02",
            "2026-10-25T01:00:00Z",
            "2026-10-25T02:00:00Z",
        );
    }

    #[test]
    fn a_change_within_an_hour_splits_it() {
        // Lord Howe turns its clocks by half an hour: 02:00 becomes 01:30 in autumn, 02:30 in spring.
        let howe = "Australia/Lord_Howe";
        is(
            Unit::Hour,
            "2026-04-04T14:45:00Z",
            howe,
            "2026-04-05T01",
            "2026-04-04T14:00:00Z",
            "2026-04-04T15:00:00Z",
        );
        is(
            Unit::Hour,
            "2026-04-04T15:15:00Z",
            howe,
            "2026-04-05T01",
            "2026-04-04T15:00:00Z",
            "2026-04-04T15:30:00Z",
        );
        is(
            Unit::Hour,
            "2026-10-03T15:45:00Z",
            howe,
            "2026-10-04T02",
            "2026-10-03T15:30:00Z",
            "2026-10-03T16:00:00Z",
        );
    }

    #[test]
    fn a_day_begins_where_midnight_is_skipped() {
        is(
            Unit::Day,
            "2018-11-04T12:00:00Z",
            "America/Sao_Paulo",
            "2018-11-04",
            "2018-11-04T03:00:00Z",
            "2018-11-05T02:00:00Z",
        );
    }

    #[test]
    fn every_instant_is_in_exactly_one_period_of_each_unit() {
        // Newfoundland turned its clocks back at 00:01, into the day before.
        for (name, around) in [
            ("America/St_Johns", "2010-11-07T02:31:00Z"),
            ("Europe/Berlin", "2026-10-25T01:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ] {
            let zone = zone(name);
            for unit in [Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Year] {
                let mut calendar = Calendar::new(&zone);
                let mut last: Option<Period> = None;
                for step in -300..300 {
                    let instant = at(around) + step * 10 * 60 * 1000 + 1;
                    let period = calendar.period(unit, instant).clone();
                    assert!(period.range().contains(instant), "{name} {unit:?} {step}");
                    if let Some(last) = last.filter(|last| *last != period) {
                        assert!(last.end <= period.start, "{name} {unit:?} {step}: {last:?} {period:?}");
                    }
                    last = Some(period);
                }
            }
        }
    }

    #[test]
    fn instants_beyond_the_calendar_have_a_period_too() {
        let zone = zone("Europe/Berlin");
        let mut calendar = Calendar::new(&zone);
        for instant in [i64::MIN, -BLOCK_MS, i64::MAX] {
            for unit in [Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Year] {
                let period = calendar.period(unit, instant);
                assert!(period.start <= instant && instant <= period.end, "{unit:?} {instant}");
            }
        }
    }
}
