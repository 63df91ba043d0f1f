//! The year as weeks and weekdays, in five shades.

use super::Unit;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Shades above nothing.
pub(super) const SHADES: usize = 4;
const WEEKS: usize = 53;

/// A value for each day of 53 weeks.
#[derive(Clone, Debug)]
pub struct Year {
    pub title: String,
    pub unit: Unit,
    /// From Monday; `None` for days to come.
    pub weeks: Vec<[Option<f64>; 7]>,
    /// The week that a month begins in, and its name.
    pub months: Vec<(usize, String)>,
}

impl Year {
    /// The weeks up to the one of `last`.
    pub fn new(title: String, unit: Unit, last: Date, value: impl Fn(Date) -> f64) -> Self {
        let monday = last.saturating_sub(i64::from(last.weekday().since(Weekday::Monday)).days());
        let first = monday.saturating_sub((WEEKS as i64 - 1).weeks());
        let day = |week: usize, weekday: usize| first.saturating_add((week as i64 * 7 + weekday as i64).days());
        let weeks = (0..WEEKS)
            .map(|week| {
                std::array::from_fn(|weekday| {
                    let day = day(week, weekday);
                    (day <= last).then(|| value(day))
                })
            })
            .collect();
        let months = (0..WEEKS)
            .filter(|week| day(*week, 0).day() <= 7)
            .map(|week| (week, day(week, 0).strftime("%b").to_string()))
            .collect();
        Self {
            title,
            unit,
            weeks,
            months,
        }
    }

    pub fn most(&self) -> f64 {
        self.weeks.iter().flatten().flatten().copied().fold(0.0, f64::max)
    }
}

/// The shade of a value: a quarter of the largest each; 0 is nothing.
pub fn shade(value: f64, most: f64) -> usize {
    if value <= 0.0 || most <= 0.0 {
        return 0;
    }
    ((value / most * SHADES as f64).ceil() as usize).clamp(1, SHADES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_last_week_ends_today() {
        let year = Year::new(String::new(), Unit::Tokens, date(2026, 11, 20), |day| {
            f64::from(day.day())
        });
        assert_eq!(year.weeks.len(), 53);
        assert_eq!(year.weeks[52][..5], [16.0, 17.0, 18.0, 19.0, 20.0].map(Some));
        assert_eq!(year.weeks[52][5..], [None, None]);
        assert_eq!(year.months.len(), 12);
        assert_eq!(
            [0.0, 0.001, 2.6, 9.0, 10.0].map(|value| shade(value, 10.0)),
            [0, 1, 2, 4, 4]
        );
    }
}
