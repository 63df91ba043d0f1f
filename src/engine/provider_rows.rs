//! From the report on a provider to its row.

use crate::core::quota::{Limit, ProviderState, Spend, SpentTokens};
use crate::core::rows::{LimitRow, ProviderRow};
use crate::providers::report::Report;

/// A report under the id it is listed by.
pub struct Listed {
    pub id: String,
    pub name: String,
    pub biller_id: String,
    pub is_enabled: bool,
    pub report: Report,
}

impl From<Report> for Listed {
    fn from(report: Report) -> Self {
        Self {
            id: report.about.id.clone(),
            name: report.about.name.clone(),
            biller_id: report.about.biller_id.clone(),
            is_enabled: report.is_enabled,
            report,
        }
    }
}

impl Listed {
    pub fn row(self, now: i64) -> ProviderRow {
        let report = self.report;
        let fetched_at = report.fetched_at;
        let usage = report.usage.unwrap_or_default();
        let limits: Vec<LimitRow> = usage
            .limits
            .iter()
            .map(|limit| limit_row(limit, fetched_at, now))
            .collect();
        let known = limits.iter().filter(|limit| limit.used_percent.is_some());
        let highest = known.max_by(|a, b| percent(a).total_cmp(&percent(b)));
        let (credits, spend) = (usage.credits.as_ref(), usage.spend.as_ref());
        let is_unlimited = credits.is_some_and(|credits| credits.is_unlimited);
        let notes = [
            report.hint,
            usage.note,
            is_unlimited.then(|| "unlimited credits".to_owned()),
        ];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        ProviderRow {
            provider_id: self.id,
            biller_id: self.biller_id,
            name: self.name,
            configured: report.state != ProviderState::NotConfigured,
            enabled: self.is_enabled,
            state: report.state,
            reason: report.reason,
            plan: usage.plan,
            used_percent: highest.and_then(|limit| limit.used_percent),
            resets_at: highest.and_then(|limit| limit.resets_at),
            limit_reached: limits.iter().any(|limit| percent(limit) >= 100.0),
            credits: credits.and_then(|credits| credits.balance),
            credits_currency: credits.map(|credits| credits.currency.clone()),
            credits_unlimited: is_unlimited,
            spend: spend.map(|spend| spend.amount),
            spend_currency: spend.map(|spend| spend.currency.clone()),
            spend_period: spend.map(|spend| spend.period),
            spend_limit: spend.and_then(|spend| spend.limit),
            tokens: spend
                .and_then(tokens)
                .or_else(|| usage.tokens.map(|counted| counted.tokens())),
            capabilities: report.about.capabilities.clone(),
            fetched_at,
            stale: report.is_stale,
            retry_after_ms: report.retry_after_s.map(|wait| wait * 1000),
            source: report.source,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
            limits,
            plan_price: None,
            plan_covered: None,
        }
    }
}

fn percent(limit: &LimitRow) -> f64 {
    limit.used_percent.unwrap_or(f64::NEG_INFINITY)
}

fn tokens(spend: &Spend) -> Option<crate::core::tokens::Tokens> {
    spend.tokens.as_ref().map(SpentTokens::tokens)
}

/// A window that has ended since it was seen is at an unknown place, not at its old one.
fn limit_row(limit: &Limit, seen_at: Option<i64>, now: i64) -> LimitRow {
    let has_ended = limit
        .resets_at
        .is_some_and(|at| at <= now && seen_at.is_some_and(|seen| seen < at));
    LimitRow {
        label: limit.label(),
        scope: limit.scope.clone(),
        used_percent: (!has_ended).then_some(limit.used_percent),
        used: limit.used.filter(|_| !has_ended),
        limit: limit.limit,
        unit: limit.unit.clone(),
        window_minutes: limit.window_minutes,
        resets_at: limit.resets_at,
        percent_per_hour: None,
        projected_percent: None,
        runs_out_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::quota::{FIVE_HOURS, ProviderUsage, WEEK};
    use crate::providers::built_in;

    fn row(limits: Vec<Limit>, fetched_at: i64, now: i64) -> ProviderRow {
        let mut report = Report::new(built_in()[0].about());
        report.fetched_at = Some(fetched_at);
        report.usage = Some(ProviderUsage {
            limits,
            ..ProviderUsage::default()
        });
        Listed::from(report).row(now)
    }

    #[test]
    fn the_highest_limit_stands_for_all_of_them() {
        let short = Limit::new(11.0, Some(FIVE_HOURS)).until(Some(50_000));
        let week = Limit::new(100.0, Some(WEEK)).until(Some(90_000));
        let row = row(vec![short, week], 1_000, 2_000);
        assert_eq!(
            (row.used_percent, row.resets_at, row.limit_reached),
            (Some(100.0), Some(90_000), true)
        );
    }

    #[test]
    fn a_window_that_has_ended_is_unknown() {
        let short = Limit::new(100.0, Some(FIVE_HOURS)).until(Some(50_000));
        let row = row(vec![short], 1_000, 50_000);
        assert_eq!(row.limits[0].used_percent, None);
        assert_eq!((row.used_percent, row.limit_reached), (None, false));
    }
}
