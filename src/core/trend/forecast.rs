//! Forecasts: what a week, month, quarter or year adds up to at its end, with a range.
//!
//! Each remaining day is expected to be like the past days: like those of its weekday where four weeks are known, since
//! weekends differ. Days vary independently, and the mean of few days is uncertain itself: both widen the range, which
//! holds the truth four times out of five where days are roughly normal.

/// How many past days a forecast uses: what is older says little about next week.
pub const HISTORY_DAYS: usize = 56;
/// Fewer days have no pace.
const LEAST_DAYS: usize = 7;
/// From so many days on, each weekday has at least four.
const WEEKDAYS_FROM: usize = 28;
/// Four of five values of a normal distribution are within so many standard deviations.
const DEVIATIONS: f64 = 1.2816;

/// A sum at the end of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    pub expected: f64,
    pub low: f64,
    pub high: f64,
}

/// The days that a remaining day is expected to be like.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    days: f64,
    mean: f64,
    variance: f64,
    /// How many such days remain; parts of a day count as such.
    remaining: f64,
}

/// `history` holds complete days as weekday (0 = Monday) and value; `remaining` those to come as weekday and the part of
/// the day that is left. `None` where too few days are known.
pub fn forecast(so_far: f64, history: &[(usize, f64)], remaining: &[(usize, f64)]) -> Option<Forecast> {
    if history.len() < LEAST_DAYS {
        return None;
    }
    let by_weekday = history.len() >= WEEKDAYS_FROM;
    let group_of = |weekday: usize| if by_weekday { weekday % 7 } else { 0 };
    let mut groups = [Group::default(); 7];
    for (weekday, value) in history {
        let group = &mut groups[group_of(*weekday)];
        group.days += 1.0;
        group.mean += value;
    }
    groups.iter_mut().for_each(|group| group.mean /= group.days.max(1.0));
    for (weekday, value) in history {
        let group = &mut groups[group_of(*weekday)];
        group.variance += (value - group.mean).powi(2) / (group.days - 1.0).max(1.0);
    }
    for (weekday, part) in remaining {
        groups[group_of(*weekday)].remaining += part;
    }
    let to_come: f64 = groups.iter().map(|group| group.mean * group.remaining).sum();
    // The days themselves vary, and all of a group share the error of its mean.
    let variance: f64 = groups
        .iter()
        .map(|group| group.variance * (group.remaining + group.remaining.powi(2) / group.days.max(1.0)))
        .sum();
    let reach = DEVIATIONS * variance.sqrt();
    Some(Forecast {
        expected: so_far + to_come,
        low: so_far + (to_come - reach).max(0.0),
        high: so_far + to_come + reach,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn week(value: f64) -> Vec<(usize, f64)> {
        (0..7).map(|weekday| (weekday, value)).collect()
    }

    #[test]
    fn equal_days_have_no_range() {
        let end = forecast(30.0, &week(10.0), &[(3, 0.5), (4, 1.0)]).expect("a forecast");
        assert_eq!((end.expected, end.low, end.high), (45.0, 45.0, 45.0));
        assert_eq!(forecast(30.0, &week(10.0)[1..], &[(3, 1.0)]), None);
    }

    #[test]
    fn the_range_is_the_textbook_one() {
        // Mean 4, sample variance 4 · 7/6 of the values 2 and 6 … here: 2 2 2 4 6 6 6, variance 24/6.
        let values = [2.0, 2.0, 2.0, 4.0, 6.0, 6.0, 6.0];
        let history: Vec<(usize, f64)> = values.into_iter().enumerate().collect();
        let end = forecast(0.0, &history, &[(0, 1.0); 3]).expect("a forecast");
        assert!((end.expected - 12.0).abs() < 1e-9);
        let reach = 1.2816 * (4.0_f64 * (3.0 + 9.0 / 7.0)).sqrt();
        assert!((end.high - 12.0 - reach).abs() < 1e-9, "{end:?}");
        assert!((end.low - (12.0 - reach)).abs() < 1e-9, "{end:?}");
    }

    #[test]
    fn weekends_are_expected_to_be_like_weekends() {
        let history: Vec<(usize, f64)> = (0..28)
            .map(|day| (day % 7, if day % 7 < 5 { 10.0 } else { 0.0 }))
            .collect();
        let end = forecast(50.0, &history, &[(5, 1.0), (6, 1.0)]).expect("a forecast");
        assert_eq!((end.expected, end.high), (50.0, 50.0));
        let end = forecast(50.0, &history, &[(0, 1.0), (5, 1.0)]).expect("a forecast");
        assert_eq!(end.expected, 60.0);
    }

    proptest! {
        #[test]
        fn the_range_holds_what_is_expected_and_never_less_than_is_spent(
            so_far in 0.0_f64..1e6,
            values in proptest::collection::vec(0.0_f64..1e4, 7..60),
            days in 0_usize..60,
        ) {
            let history: Vec<(usize, f64)> = values.iter().enumerate().map(|(at, value)| (at % 7, *value)).collect();
            let remaining: Vec<(usize, f64)> = (0..days).map(|day| (day % 7, 1.0)).collect();
            let end = forecast(so_far, &history, &remaining).expect("a forecast");
            prop_assert!(so_far <= end.low && end.low <= end.expected && end.expected <= end.high);
            if days == 0 {
                prop_assert_eq!(end, Forecast { expected: so_far, low: so_far, high: so_far });
            }
        }
    }
}
