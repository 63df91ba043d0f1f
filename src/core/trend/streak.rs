//! Streaks: days in a row with use.

use jiff::civil::Date;

/// Days in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    pub first: Date,
    pub last: Date,
    pub days: u64,
}

/// The streak that reaches `today`, or yesterday while today has no use yet, and the longest one (of several the latest).
/// `used` holds each day with use once, oldest first.
pub fn streaks(used: impl IntoIterator<Item = Date>, today: Date) -> (Option<Streak>, Option<Streak>) {
    let mut current: Option<Streak> = None;
    let mut longest: Option<Streak> = None;
    for day in used.into_iter().filter(|day| *day <= today) {
        let streak = match current {
            Some(before) if before.last.tomorrow().is_ok_and(|next| next == day) => Streak {
                last: day,
                days: before.days + 1,
                ..before
            },
            _ => Streak {
                first: day,
                last: day,
                days: 1,
            },
        };
        current = Some(streak);
        if longest.is_none_or(|longest| streak.days >= longest.days) {
            longest = Some(streak);
        }
    }
    let goes_on = |streak: &Streak| streak.last == today || streak.last.tomorrow().is_ok_and(|next| next == today);
    (current.filter(goes_on), longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// The day of the month on which a streak began, and its days.
    type Short = Option<(i8, u64)>;

    fn days(of_month: &[i8], today: i8) -> (Short, Short) {
        let used = of_month.iter().map(|day| date(2026, 11, *day));
        let short = |streak: Option<Streak>| streak.map(|streak| (streak.first.day(), streak.days));
        let (current, longest) = streaks(used, date(2026, 11, today));
        (short(current), short(longest))
    }

    #[test]
    fn a_day_without_use_ends_a_streak_but_today_may_still_come() {
        assert_eq!(days(&[], 20), (None, None));
        assert_eq!(days(&[1, 2, 3, 19, 20], 20), (Some((19, 2)), Some((1, 3))));
        assert_eq!(days(&[1, 2, 3, 18, 19], 20), (Some((18, 2)), Some((1, 3))));
        assert_eq!(days(&[1, 2, 3, 17, 18], 20), (None, Some((1, 3))));
        assert_eq!(days(&[1, 2, 18, 19, 25], 20), (Some((18, 2)), Some((18, 2))));
    }

    #[test]
    fn a_streak_crosses_months_and_changes_of_the_clock() {
        let used = (0..40).map(|day| {
            date(2026, 10, 5)
                .checked_add(jiff::Span::new().days(day))
                .expect("a date")
        });
        let (current, longest) = streaks(used, date(2026, 11, 13));
        assert_eq!(current.map(|streak| streak.days), Some(40));
        assert_eq!(current, longest);
    }
}
