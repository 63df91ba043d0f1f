//! Spans: the days that trends cover, the ones they are compared with, and the calendar period to forecast.

use super::DEFAULT_DAYS;
use crate::core::bad_request::BadRequest;
use crate::core::period::{Range, midnight};
use crate::core::time::Time;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span as JiffSpan, ToSpan};

/// Whole local days up to `last`, and as many before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub first: Date,
    pub last: Date,
    pub days: i32,
    /// The day of now.
    pub today: Date,
    /// Now as the local clock shows it.
    now: DateTime,
}

/// A calendar period that is to be forecast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Season {
    /// `2026-W47`, `2026-11`, `2026-Q4`, `2026`.
    pub label: String,
    pub first: Date,
    /// The first day after it.
    pub next: Date,
    /// The first day of the one before.
    pub before: Date,
}

impl Span {
    /// Those of a time range, else so many days up to today, else a month.
    ///
    /// # Errors
    /// When the range does not consist of whole days up to today.
    pub fn asked_for(range: Option<Range>, days: Option<i32>, now: i64, zone: &TimeZone) -> Result<Self, BadRequest> {
        match range {
            Some(range) => Self::of_range(range, now, zone),
            None => Ok(Self::of_days(days.unwrap_or(DEFAULT_DAYS), now, zone)),
        }
    }

    /// So many days up to today.
    pub fn of_days(days: i32, now: i64, zone: &TimeZone) -> Self {
        let now = zone.to_datetime(Time(now).timestamp());
        let last = now.date();
        let first = shifted(last, 1 - days);
        Self {
            first,
            last,
            days: (last - first).get_days() + 1,
            today: last,
            now,
        }
    }

    /// The days of a time range; one without an end reaches today.
    ///
    /// # Errors
    /// When the range has no start, lies in the future, or cuts a day: half a day cannot be compared with a whole one.
    pub fn of_range(range: Range, now: i64, zone: &TimeZone) -> Result<Self, BadRequest> {
        if range.start == i64::MIN {
            return Err(BadRequest::new("--until without --since has no period to compare").with_hint("add --since"));
        }
        let date = |at: i64| zone.to_datetime(Time(at).timestamp()).date();
        let today = Self::of_days(1, now, zone);
        let first = date(range.start);
        let is_open = range.end > now;
        let last = if is_open { today.last } else { date(range.end - 1) };
        let is_whole =
            midnight(first, zone) == range.start && (is_open || midnight(shifted(last, 1), zone) == range.end);
        if !is_whole {
            return Err(
                BadRequest::new("trends compare whole days").with_hint("for example --since 2026-11-01 or --since 7d")
            );
        }
        if first > today.last {
            return Err(BadRequest::new("--since is in the future"));
        }
        Ok(Self {
            first,
            last,
            days: (last - first).get_days() + 1,
            ..today
        })
    }

    /// The days, oldest first.
    pub fn dates(&self) -> impl Iterator<Item = Date> + use<> {
        let first = self.first;
        (0..self.days).map(move |day| shifted(first, day))
    }

    /// The day that a day is compared with.
    pub fn before(&self, day: Date) -> Date {
        shifted(day, -self.days)
    }

    /// Whether the period goes on.
    pub fn has_today(&self) -> bool {
        self.last == self.today
    }

    pub fn range(&self, zone: &TimeZone) -> Range {
        Range {
            start: midnight(self.first, zone),
            end: midnight(shifted(self.last, 1), zone),
        }
    }

    /// As many days before. While the period goes on, they end where it stands now: part of a day is compared with the
    /// same part of a day.
    pub fn range_before(&self, zone: &TimeZone) -> Range {
        let end = match self.has_today() {
            true => shifted_time(self.now, -self.days, zone),
            false => midnight(self.first, zone),
        };
        Range {
            start: midnight(self.before(self.first), zone),
            end,
        }
    }

    /// The calendar period of about this length that today is in.
    pub fn season(&self) -> Season {
        let today = self.today;
        let month = |first: Date, months: i32| plus(first, JiffSpan::new().months(months));
        match self.days {
            ..=7 => {
                let first = shifted(today, -i32::from(today.weekday().since(Weekday::Monday)));
                Season {
                    label: first.strftime("%G-W%V").to_string(),
                    first,
                    next: shifted(first, 7),
                    before: shifted(first, -7),
                }
            }
            8..=31 => {
                let first = today.first_of_month();
                Season {
                    label: first.strftime("%Y-%m").to_string(),
                    first,
                    next: month(first, 1),
                    before: month(first, -1),
                }
            }
            32..=92 => {
                let first = month(today.first_of_month(), -(i32::from(today.month()) - 1) % 3);
                Season {
                    label: format!("{}-Q{}", first.year(), first.month() / 3 + 1),
                    first,
                    next: month(first, 3),
                    before: month(first, -3),
                }
            }
            _ => {
                let first = today.first_of_year();
                Season {
                    label: first.year().to_string(),
                    first,
                    next: month(first, 12),
                    before: month(first, -12),
                }
            }
        }
    }
}

fn plus(date: Date, span: JiffSpan) -> Date {
    date.saturating_add(span)
}

/// A date some days on, or back.
fn shifted(date: Date, days: i32) -> Date {
    plus(date, days.days())
}

/// The same time of day, some days on; where the clock skips it, the time after.
fn shifted_time(at: DateTime, days: i32, zone: &TimeZone) -> i64 {
    let at = at.saturating_add(days.days());
    at.to_zoned(zone.clone())
        .map_or(i64::MIN, |at| at.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a zone")
    }

    #[test]
    fn a_period_that_goes_on_is_compared_up_to_the_same_time_of_day() {
        // The clocks go back between the two periods: 18:00 stays 18:00.
        let span = Span::of_days(30, at("2026-11-20T17:00:00Z"), &berlin());
        assert_eq!((span.first, span.last), (date(2026, 10, 22), date(2026, 11, 20)));
        assert_eq!(span.before(span.first), date(2026, 9, 22));
        let before = span.range_before(&berlin());
        assert_eq!(
            (before.start, before.end),
            (at("2026-09-21T22:00:00Z"), at("2026-10-21T16:00:00Z"))
        );
        assert_eq!(span.range(&berlin()).start, at("2026-10-21T22:00:00Z"));
        assert_eq!(span.dates().count(), 30);
    }

    #[test]
    fn a_finished_month_is_compared_with_as_many_days() {
        let range = Range {
            start: at("2026-08-31T22:00:00Z"),
            end: at("2026-09-30T22:00:00Z"),
        };
        let span = Span::of_range(range, at("2026-11-20T17:00:00Z"), &berlin()).expect("a span");
        assert_eq!((span.days, span.has_today()), (30, false));
        assert_eq!(span.range(&berlin()), range);
        let before = span.range_before(&berlin());
        assert_eq!((before.start, before.end), (at("2026-08-01T22:00:00Z"), range.start));
    }

    #[test]
    fn half_days_and_ranges_without_a_start_are_refused() {
        let now = at("2026-11-20T17:00:00Z");
        for (start, end) in [
            (i64::MIN, now),
            (now - 7_200_000, i64::MAX),
            (at("2026-11-18T23:00:00Z"), at("2026-11-19T12:00:00Z")),
            (at("2027-01-31T23:00:00Z"), i64::MAX),
        ] {
            assert!(
                Span::of_range(Range { start, end }, now, &berlin()).is_err(),
                "{start} {end}"
            );
        }
    }

    #[test]
    fn the_season_is_as_long_as_the_period() {
        let now = at("2026-11-20T17:00:00Z");
        for (days, label, first, next, before) in [
            (7, "2026-W47", date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 9)),
            (30, "2026-11", date(2026, 11, 1), date(2026, 12, 1), date(2026, 10, 1)),
            (90, "2026-Q4", date(2026, 10, 1), date(2027, 1, 1), date(2026, 7, 1)),
            (365, "2026", date(2026, 1, 1), date(2027, 1, 1), date(2025, 1, 1)),
        ] {
            let season = Span::of_days(days, now, &berlin()).season();
            assert_eq!(
                (season.label.as_str(), season.first, season.next, season.before),
                (label, first, next, before)
            );
        }
        let quarters = [1, 2, 3, 4, 6, 7, 9, 10, 12].map(|month| {
            let now = at(&format!("2026-{month:02}-15T12:00:00Z"));
            Span::of_days(90, now, &berlin()).season().label
        });
        assert_eq!(
            quarters.join(" "),
            "2026-Q1 2026-Q1 2026-Q1 2026-Q2 2026-Q2 2026-Q3 2026-Q3 2026-Q4 2026-Q4"
        );
    }
}
