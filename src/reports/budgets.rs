//! Budget rows: the spend against each budget in the current period.

use super::{Sessions, Usage};
use crate::core::budget::{Amount, Budget, Measure, Thresholds, projected, used_percent};
use crate::core::group::Totals;
use crate::core::money::Billing;
use crate::core::period::Calendar;
use crate::core::problem::Problem;
use crate::core::rows::BudgetRow;
use crate::system::config::Config;
use anyhow::Result;
use jiff::tz::TimeZone;

/// A budget with the turns its sum leaves out.
pub struct Spent {
    pub row: BudgetRow,
    /// Tokens that no price was found for.
    pub unpriced_tokens: u64,
    /// Turns that were left out because a subscription covers them.
    pub plan_turns: u64,
}

impl Spent {
    /// The problem of turns without a price.
    pub fn unpriced(&self) -> Option<Problem> {
        (self.unpriced_tokens > 0).then(|| {
            let budget = format!("budget {}", self.row.budget_id);
            let tokens = self.unpriced_tokens;
            Problem::new(
                budget,
                format_args!("{tokens} tokens have no price: the real spend is higher"),
            )
        })
    }
}

/// A note on turns that were left out; otherwise an untouched budget would be puzzling.
pub(crate) fn plan_note(spent: &[Spent]) -> Option<String> {
    let most = spent.iter().map(|one| one.plan_turns).max().filter(|most| *most > 0)?;
    Some(format!(
        "ttop: {most} turns are covered by a plan and not counted; use --include-plan to count them"
    ))
}

/// From which part on the config calls spending a warning, and critical.
pub(crate) fn thresholds(config: &Config) -> Thresholds {
    Thresholds {
        warning: config.alerts.warning_percent,
        critical: config.alerts.critical_percent,
    }
}

impl Usage<'_> {
    /// In the order of the budgets.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn budget_rows(
        &self,
        budgets: &[Budget],
        thresholds: Thresholds,
        zone: &TimeZone,
        now: i64,
    ) -> Result<Vec<Spent>> {
        let needs_sessions = budgets.iter().any(|budget| !budget.filter.projects.is_empty());
        let sessions = needs_sessions.then(|| Sessions::load(self.ledger)).transpose()?;
        let mut calendar = Calendar::new(zone);
        let spent = budgets.iter().map(|budget| {
            let period = calendar.period(budget.every.unit(), now).clone();
            let mut filter = budget.filter.clone();
            filter.range = period.range();
            let selected = self.select(&filter, sessions.as_ref())?;
            let mut totals = Totals::default();
            let mut plan_turns = 0;
            self.each(&selected, |turn| {
                if turn.billing == Billing::Plan && !budget.includes_plan {
                    plan_turns += 1;
                } else {
                    totals.add(&turn.addend());
                }
                Ok(())
            })?;
            let measure = budget.limit.measure();
            let spent = match measure {
                Measure::Usd => totals.cost.cost().map(Amount::Usd),
                Measure::Tokens if totals.turns == 0 => Some(Amount::Tokens(0)),
                Measure::Tokens => totals.tokens.tokens().total().map(|sum| Amount::Tokens(sum as i64)),
            };
            let row = BudgetRow {
                budget_id: budget.id.as_str().into(),
                every: budget.every,
                start: period.start,
                end: period.end,
                agent_id: budget.scope.agent.clone(),
                provider_id: budget.scope.provider.clone(),
                model_id: budget.scope.model.clone(),
                project_path: budget.scope.project.clone(),
                unit: measure,
                budget: budget.limit,
                spent,
                remaining: spent.map(|spent| budget.limit.minus(spent)),
                used_percent: spent.and_then(|spent| used_percent(spent, budget.limit)),
                projected: spent.and_then(|spent| projected(spent, period.range(), now)),
                level: spent.map(|spent| thresholds.of(spent, budget.limit)),
                cost_status: totals.cost.status().filter(|_| measure == Measure::Usd),
                period: period.label,
            };
            let unpriced_tokens = match measure {
                Measure::Usd => totals.cost.unpriced_tokens(),
                Measure::Tokens => 0,
            };
            Ok(Spent {
                row,
                unpriced_tokens,
                plan_turns,
            })
        });
        spent.collect()
    }
}
