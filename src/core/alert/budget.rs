//! Events of budgets: the spend reached a threshold or the limit.
//!
//! Within one period, and with the same budget, thresholds and [`Rules::basis`](super::Rules) (its terms), the spend only
//! drops through a correction of records, so a reported level stays reported until the period ends. Under other terms,
//! levels above the current one may be reported again. Alerts are remembered per terms, because processes with different
//! configurations or prices run side by side and must not make each other repeat an alert.

use super::{Deciding, Remembered, Rules};
use crate::core::budget::{Amount, Every, Level, Measure};
use crate::core::money::CostStatus;
use crate::core::rows::{BudgetRow, EventRow, EventType, Severity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// It is at most three dates on Earth at a time, and one clock may be wrong.
const MOST_PERIODS: usize = 4;
/// Terms tracked per period.
const MOST_TERMS: usize = 8;

/// The alerts fired for a budget.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertedBudget {
    periods: Vec<AlertedPeriod>,
}

/// The alerts fired for a budget in one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertedPeriod {
    /// `2026-11-20`, `2026-W47`, `2026-11`.
    period: String,
    /// Epoch milliseconds.
    start: i64,
    /// The highest level reported under each of the terms, most recent last.
    levels: Vec<(String, Level)>,
}

impl Deciding<'_> {
    pub(super) fn budget(&mut self, row: &BudgetRow) {
        let Some(level) = row.level else { return };
        // Not `budget/`: states under that key have an older format.
        let key = format!("spending/{}", row.budget_id);
        let mut alerted = match self.state(&key) {
            Some(Remembered::Spending(alerted)) => alerted.clone(),
            _ => AlertedBudget::default(),
        };
        let before = alerted.in_period(row, self.now).rise(terms(row, self.rules), level);
        if level > before {
            self.fire(event(row, level));
        }
        self.remember(key, Remembered::Spending(alerted));
    }
}

impl AlertedBudget {
    /// The state of the row's period. Processes in other time zones or with a wrong clock have their own; beyond the
    /// maximum, the period farthest from now is dropped.
    fn in_period(&mut self, row: &BudgetRow, now: i64) -> &mut AlertedPeriod {
        let known = self.periods.iter().position(|alerted| *alerted.period == *row.period);
        let at = known.unwrap_or_else(|| {
            self.periods.sort_by_key(|alerted| alerted.start.abs_diff(now));
            self.periods.truncate(MOST_PERIODS - 1);
            self.periods.push(AlertedPeriod {
                period: row.period.to_string(),
                start: row.start,
                levels: Vec::new(),
            });
            self.periods.len() - 1
        });
        &mut self.periods[at]
    }
}

impl AlertedPeriod {
    /// Records a level under these terms and returns the one reported before. New terms start from the last reported
    /// level, as far as it still applies.
    fn rise(&mut self, terms: String, level: Level) -> Level {
        let known = self.levels.iter().position(|(known, _)| *known == terms);
        let before = match known {
            Some(at) => self.levels[at].1,
            None if self.levels.len() < MOST_TERMS => self
                .levels
                .last()
                .map_or(Level::Fine, |(_, alerted)| level.min(*alerted)),
            // They may be among those that were forgotten.
            None => {
                let lowest = (0..MOST_TERMS).min_by_key(|at| self.levels[*at].1);
                self.levels.remove(lowest.unwrap_or_default());
                let others = self.levels.iter().map(|(_, alerted)| level.min(*alerted));
                others.max().unwrap_or(Level::Fine)
            }
        };
        if known.is_none() || level > before {
            self.levels.retain(|(other, _)| *other != terms);
            self.levels.push((terms, level.max(before)));
        }
        before
    }
}

fn terms(row: &BudgetRow, rules: &Rules) -> String {
    let thresholds = rules.thresholds;
    let parts = serde_json::json!([
        row.every,
        row.unit,
        row.budget,
        row.agent_id,
        row.provider_id,
        row.model_id,
        row.project_path,
        thresholds.warning,
        thresholds.critical,
        rules.basis,
    ]);
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(parts.to_string().as_bytes()))
}

fn event(row: &BudgetRow, level: Level) -> EventRow {
    let (kind, severity) = match level {
        Level::Exceeded => (EventType::BudgetLimitReached, Severity::Critical),
        Level::Critical => (EventType::BudgetThresholdCrossed, Severity::Critical),
        Level::Fine | Level::Warning => (EventType::BudgetThresholdCrossed, Severity::Warning),
    };
    let title = match kind {
        EventType::BudgetLimitReached => format!("Budget {} is exceeded", row.budget_id),
        _ => format!("Budget {} reached {}", row.budget_id, percent(row)),
    };
    let spent = row.spent.map_or_else(
        || "an unknown amount".to_owned(),
        |spent| format!("{}{}", row.cost_status.map_or("", CostStatus::mark), amount(spent)),
    );
    let message = format!("{spent} of {} spent in {}", amount(row.budget), row.period);
    let value = |value: serde_json::Result<Value>| value.unwrap_or_default();
    EventRow {
        agent_id: plain(row.agent_id.as_deref()),
        provider_id: plain(row.provider_id.as_deref()),
        project_path: row.project_path.as_deref().map(Into::into),
        ..EventRow::new(kind, severity, title, message)
    }
    .with(&[
        ("budgetId", (*row.budget_id).into()),
        ("budgetType", budget_type(row.every).into()),
        ("cost", value(serde_json::to_value(row.spent))),
        ("limit", value(serde_json::to_value(row.budget))),
        ("percent", row.used_percent.into()),
        (
            "currency",
            match row.unit {
                Measure::Usd => "USD".into(),
                Measure::Tokens => Value::Null,
            },
        ),
        ("unit", row.unit.name().into()),
        ("period", (*row.period).into()),
        ("start", row.start.into()),
        ("end", row.end.into()),
        ("projected", value(serde_json::to_value(row.projected))),
        ("level", level.name().into()),
        ("costStatus", value(serde_json::to_value(row.cost_status))),
    ])
}

/// An id, and no pattern that fits several.
fn plain(id: Option<&str>) -> Option<crate::core::rows::Text> {
    id.filter(|id| !id.contains(['*', '?', ','])).map(Into::into)
}

/// Rounds down, so that a threshold that is not reached does not look reached.
pub(super) fn whole(percent: f64) -> String {
    format!("{} %", percent.floor())
}

/// TokenTop's words.
const fn budget_type(every: Every) -> &'static str {
    match every {
        Every::Day => "daily",
        Every::Week => "weekly",
        Every::Month => "monthly",
    }
}

fn percent(row: &BudgetRow) -> String {
    row.used_percent.map_or_else(|| "—".to_owned(), whole)
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Usd(money) => format!("${:.2}", money.dollars()),
        Amount::Tokens(count) => format!("{count} tokens"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::super::trial::Trial;
    use super::*;
    use crate::core::budget::Thresholds;
    use crate::core::money::Money;
    use crate::core::period::{Calendar, Unit};
    use jiff::tz::TimeZone;

    const NOON: i64 = 1_795_176_000_000;
    const HOUR: i64 = 3_600_000;

    fn midnight(date: &str) -> i64 {
        let date: jiff::civil::Date = date.parse().expect("a date");
        let start = date.to_zoned(TimeZone::UTC).expect("is there");
        start.timestamp().as_millisecond()
    }

    fn row(dollars: f64, budget: f64, period: &str, thresholds: Thresholds) -> BudgetRow {
        let usd = |dollars| Amount::Usd(Money::from_dollars(dollars));
        BudgetRow {
            budget_id: "daily".into(),
            every: Every::Day,
            period: period.into(),
            start: midnight(period),
            end: midnight(period) + 24 * HOUR,
            agent_id: None,
            provider_id: None,
            model_id: None,
            project_path: None,
            unit: Measure::Usd,
            budget: usd(budget),
            spent: Some(usd(dollars)),
            remaining: Some(usd(budget - dollars)),
            used_percent: Some(dollars / budget * 100.0),
            projected: None,
            level: Some(thresholds.of(usd(dollars), usd(budget))),
            cost_status: None,
        }
    }

    impl Trial {
        fn spend(&mut self, dollars: f64, budget: f64, period: &str) -> Vec<String> {
            let budgets = Some(vec![row(dollars, budget, period, self.rules.thresholds)]);
            self.see(&Facts {
                now: NOON,
                budgets,
                ..Facts::default()
            })
        }
    }

    #[test]
    fn money_in_messages_says_how_it_is_known() {
        let mut estimated = row(17.0, 20.0, "2026-11-20", Trial::new().rules.thresholds);
        for (status, fired) in [
            (CostStatus::Estimated, "~$17.00"),
            (CostStatus::Partial, "≥$17.00"),
            (CostStatus::Recorded, "$17.00"),
        ] {
            estimated.cost_status = Some(status);
            assert_eq!(
                event(&estimated, Level::Warning).message,
                format!("{fired} of $20.00 spent in 2026-11-20")
            );
        }
    }

    const WARNING: &str = "budget.thresholdCrossed warning";
    const CRITICAL: &str = "budget.thresholdCrossed critical";
    const EXCEEDED: &str = "budget.limitReached critical";

    #[test]
    fn each_level_fires_once_on_its_way_up_and_a_jump_fires_the_highest() {
        let mut trial = Trial::new();
        let mut fired = |dollars| trial.spend(dollars, 20.0, "2026-11-20");
        assert_eq!(fired(5.0), [""; 0]);
        assert_eq!(fired(16.0), [WARNING]);
        assert_eq!(fired(17.0), [""; 0]);
        assert_eq!(fired(19.5), [CRITICAL]);
        assert_eq!(fired(20.5), [EXCEEDED]);
        assert_eq!(fired(50.0), [""; 0]);
        let mut trial = Trial::new();
        assert_eq!(trial.spend(50.0, 20.0, "2026-11-20"), [EXCEEDED]);
    }

    #[test]
    fn a_correction_does_not_arm_it_again() {
        let mut trial = Trial::new();
        let mut fired = |dollars| trial.spend(dollars, 20.0, "2026-11-20");
        assert_eq!(fired(16.1), [WARNING]);
        // A reply was recorded with too much; the next one climbs over the threshold once more.
        assert_eq!(fired(15.9), [""; 0]);
        assert_eq!(fired(16.2), [""; 0]);
        assert_eq!(fired(19.9), [CRITICAL]);
        assert_eq!(fired(3.0), [""; 0]);
        assert_eq!(fired(19.9), [""; 0]);
    }

    #[test]
    fn the_next_period_fires_anew_and_zones_have_each_their_own() {
        let mut trial = Trial::new();
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-20"), [WARNING]);
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-21"), [WARNING]);
        // A process in a zone where it is still the day before.
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-20"), [""; 0]);
        assert_eq!(trial.spend(25.0, 20.0, "2026-11-20"), [EXCEEDED]);
        for _ in 0..3 {
            assert_eq!(trial.spend(17.0, 20.0, "2026-11-21"), [""; 0]);
            assert_eq!(trial.spend(25.0, 20.0, "2026-11-20"), [""; 0]);
        }
    }

    #[test]
    fn a_clock_that_was_wrong_silences_nothing() {
        let mut trial = Trial::new();
        assert_eq!(trial.spend(17.0, 20.0, "2027-11-20"), [WARNING]);
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-20"), [WARNING]);
        for day in 21..=25 {
            assert_eq!(trial.spend(17.0, 20.0, &format!("2026-11-{day}")), [WARNING]);
        }
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-25"), [""; 0]);
        // It is forgotten, and that day comes.
        assert_eq!(trial.spend(17.0, 20.0, "2027-11-20"), [WARNING]);
    }

    #[test]
    fn processes_with_different_terms_tell_it_once_each_at_most() {
        let mut trial = Trial::new();
        assert_eq!(trial.spend(21.0, 20.0, "2026-11-20"), [EXCEEDED]);
        for _ in 0..3 {
            // One that prices the same turns lower, and one that began before the config was changed.
            trial.rules.basis = "list".to_owned();
            assert_eq!(trial.spend(16.5, 20.0, "2026-11-20"), [""; 0]);
            trial.rules.basis = String::new();
            assert_eq!(trial.spend(21.0, 20.0, "2026-11-20"), [""; 0]);
            assert_eq!(trial.spend(21.0, 40.0, "2026-11-20"), [""; 0]);
        }
        trial.rules.basis = "list".to_owned();
        assert_eq!(trial.spend(19.5, 20.0, "2026-11-20"), [CRITICAL]);
        // More terms than are tracked: none of them may report repeatedly.
        let mut fired = 0;
        for round in 0..5 * MOST_TERMS {
            trial.rules.basis = format!("prices {}", round % (MOST_TERMS + 2));
            fired += trial.spend(21.0, 20.0, "2026-11-20").len();
        }
        assert_eq!(fired, 1, "more than was told last, once");
    }

    #[test]
    fn a_raised_budget_arms_what_is_no_longer_so() {
        let mut trial = Trial::new();
        assert_eq!(trial.spend(21.0, 20.0, "2026-11-20"), [EXCEEDED]);
        assert_eq!(trial.spend(21.0, 40.0, "2026-11-20"), [""; 0]);
        assert_eq!(trial.spend(33.0, 40.0, "2026-11-20"), [WARNING]);
        // Lowered: the new level is reported.
        assert_eq!(trial.spend(33.0, 30.0, "2026-11-20"), [EXCEEDED]);
        // Still above the raised one: nothing new happened.
        assert_eq!(trial.spend(33.0, 31.0, "2026-11-20"), [""; 0]);
    }

    #[test]
    fn other_thresholds_and_erased_turns_arm_it_again() {
        let mut trial = Trial::new();
        assert_eq!(trial.spend(16.5, 20.0, "2026-11-20"), [WARNING]);
        trial.rules.thresholds.warning = 90.0;
        assert_eq!(trial.spend(16.5, 20.0, "2026-11-20"), [""; 0]);
        assert_eq!(trial.spend(18.5, 20.0, "2026-11-20"), [WARNING]);
        trial.rules.basis = "1 erased".to_owned();
        assert_eq!(trial.spend(2.0, 20.0, "2026-11-20"), [""; 0]);
        assert_eq!(trial.spend(18.5, 20.0, "2026-11-20"), [WARNING]);
    }

    #[test]
    fn days_of_23_and_25_hours_turn_once() {
        let zone = TimeZone::get("Europe/Berlin").expect("is known");
        let mut calendar = Calendar::new(&zone);
        // From the evenings of 2026-03-28 and 2026-10-24 on, hour by hour for two days.
        for start in [1_774_731_600_000_i64, 1_792_872_000_000] {
            let mut trial = Trial::new();
            let mut fired = 0;
            for hour in 0..48 {
                let label = calendar.period(Unit::Day, start + hour * 3_600_000).label.to_string();
                fired += trial.spend(17.0, 20.0, &label).len();
            }
            assert_eq!(fired, 3, "three days were touched");
        }
    }

    #[test]
    fn what_is_unknown_changes_nothing() {
        let mut trial = Trial::new();
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-20"), [WARNING]);
        let before = trial.states.clone();
        let mut unknown = row(17.0, 20.0, "2026-11-21", trial.rules.thresholds);
        (unknown.spent, unknown.level) = (None, None);
        let facts = Facts {
            budgets: Some(vec![unknown]),
            ..Facts::default()
        };
        assert_eq!(trial.see(&facts), [""; 0]);
        assert_eq!(trial.states, before);
    }
}
