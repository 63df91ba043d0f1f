//! Events of budgets: spending crossed a threshold, or the budget itself.
//!
//! Within one period, and as long as budget, thresholds and [`Rules::basis`](super::Rules) are the same, what was spent can
//! only fall by a correction of what agents wrote. So a level that was told stays told until the period turns; when one of
//! those changes, levels above the present one can be told again.

use super::{Deciding, Remembered, Rules};
use crate::core::budget::{Amount, Every, Level, Measure};
use crate::core::money::CostStatus;
use crate::core::rows::{BudgetRow, EventRow, EventType, Severity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What was told of a budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// `2026-11-20`, `2026-W47`, `2026-11`.
    period: String,
    /// What the level was told from, besides the turns.
    terms: String,
    /// The highest level told.
    level: Level,
}

impl Deciding<'_> {
    pub(super) fn budget(&mut self, row: &BudgetRow) {
        let Some(level) = row.level else { return };
        let key = format!("budget/{}", row.budget_id);
        let terms = terms(row, self.rules);
        let known = match self.state(&key) {
            // Processes in different time zones, or a clock put back: the newer period counts.
            Some(Remembered::Budget(told)) if *told.period > *row.period && told.has_length_of(row) => return,
            Some(Remembered::Budget(told)) if *told.period == *row.period => Some(told),
            _ => None,
        };
        let before = match known {
            Some(told) if told.terms == terms => told.level,
            Some(told) => told.level.min(level),
            None => Level::Fine,
        };
        if level > before {
            self.fire(event(row, level));
        }
        let told = Told {
            period: row.period.to_string(),
            terms,
            level: level.max(before),
        };
        self.remember(key, Remembered::Budget(told));
    }
}

impl Told {
    /// Whether it was told of days, weeks or months, as the row is: the budget of that name may be another one now.
    fn has_length_of(&self, row: &BudgetRow) -> bool {
        self.period.len() == row.period.len() && self.period.contains('W') == row.period.contains('W')
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
    parts.to_string()
}

fn event(row: &BudgetRow, level: Level) -> EventRow {
    let (kind, severity) = match level {
        Level::Exceeded => (EventType::BudgetLimitReached, Severity::Critical),
        Level::Critical => (EventType::BudgetThresholdCrossed, Severity::Critical),
        Level::Fine | Level::Warning => (EventType::BudgetThresholdCrossed, Severity::Warning),
    };
    let title = match kind {
        EventType::BudgetLimitReached => format!("Budget {} is exceeded", row.budget_id),
        _ => format!("Budget {} is at {}", row.budget_id, percent(row)),
    };
    let spent = row.spent.map_or_else(
        || "an unknown amount".to_owned(),
        |spent| format!("{}{}", mark(row.cost_status), amount(spent)),
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

/// Never rounded up: what is not crossed must not look as if it were.
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

/// How money is known, as tables mark it.
const fn mark(status: Option<CostStatus>) -> &'static str {
    match status {
        Some(CostStatus::Estimated | CostStatus::Mixed) => "~",
        Some(CostStatus::Partial) => "≥",
        _ => "",
    }
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

    fn row(dollars: f64, budget: f64, period: &str, thresholds: Thresholds) -> BudgetRow {
        let usd = |dollars| Amount::Usd(Money::from_dollars(dollars));
        BudgetRow {
            budget_id: "daily".into(),
            every: Every::Day,
            period: period.into(),
            start: 0,
            end: 1,
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
        for (status, told) in [
            (CostStatus::Estimated, "~$17.00"),
            (CostStatus::Partial, "≥$17.00"),
            (CostStatus::Recorded, "$17.00"),
        ] {
            estimated.cost_status = Some(status);
            assert_eq!(
                event(&estimated, Level::Warning).message,
                format!("{told} of $20.00 spent in 2026-11-20")
            );
        }
    }

    const WARNING: &str = "budget.thresholdCrossed warning";
    const CRITICAL: &str = "budget.thresholdCrossed critical";
    const EXCEEDED: &str = "budget.limitReached critical";

    #[test]
    fn each_level_fires_once_on_its_way_up_and_a_jump_fires_the_highest() {
        let mut trial = Trial::new();
        let mut told = |dollars| trial.spend(dollars, 20.0, "2026-11-20");
        assert_eq!(told(5.0), [""; 0]);
        assert_eq!(told(16.0), [WARNING]);
        assert_eq!(told(17.0), [""; 0]);
        assert_eq!(told(19.5), [CRITICAL]);
        assert_eq!(told(20.5), [EXCEEDED]);
        assert_eq!(told(50.0), [""; 0]);
        let mut trial = Trial::new();
        assert_eq!(trial.spend(50.0, 20.0, "2026-11-20"), [EXCEEDED]);
    }

    #[test]
    fn a_correction_does_not_arm_it_again() {
        let mut trial = Trial::new();
        let mut told = |dollars| trial.spend(dollars, 20.0, "2026-11-20");
        assert_eq!(told(16.1), [WARNING]);
        // A reply was recorded with too much; the next one climbs over the threshold once more.
        assert_eq!(told(15.9), [""; 0]);
        assert_eq!(told(16.2), [""; 0]);
        assert_eq!(told(19.9), [CRITICAL]);
        assert_eq!(told(3.0), [""; 0]);
        assert_eq!(told(19.9), [""; 0]);
    }

    #[test]
    fn the_next_period_fires_anew_and_an_earlier_one_never() {
        let mut trial = Trial::new();
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-20"), [WARNING]);
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-21"), [WARNING]);
        // A process in a zone where it is still the day before.
        assert_eq!(trial.spend(25.0, 20.0, "2026-11-20"), [""; 0]);
        assert_eq!(trial.spend(17.0, 20.0, "2026-11-21"), [""; 0]);
    }

    #[test]
    fn a_raised_budget_arms_what_is_no_longer_so() {
        let mut trial = Trial::new();
        assert_eq!(trial.spend(21.0, 20.0, "2026-11-20"), [EXCEEDED]);
        assert_eq!(trial.spend(21.0, 40.0, "2026-11-20"), [""; 0]);
        assert_eq!(trial.spend(33.0, 40.0, "2026-11-20"), [WARNING]);
        // Lowered: it is told what that means now.
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
            let mut told = 0;
            for hour in 0..48 {
                let label = calendar.period(Unit::Day, start + hour * 3_600_000).label.to_string();
                told += trial.spend(17.0, 20.0, &label).len();
            }
            assert_eq!(told, 3, "three days were touched");
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
