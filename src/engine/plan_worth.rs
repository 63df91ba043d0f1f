//! Pace and worth of plans: whether each limit lasts until its reset, and what a plan covered against its price.

use super::Engine;
use crate::core::filter_text::FilterText;
use crate::core::money::{Billing, Money};
use crate::core::pace::{Pace, Seen, pace, plan_price};
use crate::core::quota::{Limit, LimitSeen};
use crate::core::rows::ProviderRow;
use crate::providers::About;
use anyhow::Result;
use rustc_hash::FxHashMap;

/// How far back history of limits matters: the longest window is a month.
const HISTORY_MS: i64 = 32 * 24 * 3600 * 1000;

impl Engine {
    /// Adds pace and worth to rows.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub(super) fn add_pace(&self, rows: &mut [ProviderRow]) -> Result<()> {
        let now = self.system.now;
        let paces = self.paces()?;
        let mut covered: Option<FxHashMap<String, Money>> = None;
        for row in rows {
            let at = row.fetched_at.unwrap_or(now);
            let ids = [row.provider_id.as_str(), row.biller_id.as_str()];
            for limit in &mut row.limits {
                let latest = limit.used_percent.map(|used_percent| Seen {
                    at,
                    used_percent,
                    resets_at: limit.resets_at,
                });
                let Some(pace) = latest.and_then(|latest| paces.of(ids, &limit.label, latest, limit.window_minutes))
                else {
                    continue;
                };
                limit.percent_per_hour = Some(pace.percent_per_hour);
                limit.projected_percent = pace.percent_at_reset;
                limit.runs_out_at = pace.runs_out_at;
            }
            let own = self.config.plans.get(&row.provider_id).and_then(|plan| plan.price);
            row.plan_price = plan_price(&row.provider_id, row.plan.as_deref(), own);
            if row.plan_price.is_some() {
                if covered.is_none() {
                    covered = Some(self.covered_by_plans()?);
                }
                let sum = covered.as_ref().and_then(|covered| covered.get(&row.biller_id));
                row.plan_covered = Some(sum.copied().unwrap_or_default());
            }
        }
        Ok(())
    }

    /// # Errors
    /// When the ledger is damaged.
    pub(super) fn paces(&self) -> Result<Paces> {
        let now = self.system.now;
        Ok(Paces {
            seen: self.ledger()?.limits_since(now - HISTORY_MS)?,
            now,
        })
    }

    /// The list value of what plans covered in 30 days, by biller.
    fn covered_by_plans(&self) -> Result<FxHashMap<String, Money>> {
        let month = self.filter(&FilterText {
            since: Some("30d".to_owned()),
            ..FilterText::default()
        })?;
        let usage = self.usage()?;
        let selected = usage.select(&month, None)?;
        let mut covered: FxHashMap<String, Money> = FxHashMap::default();
        usage.each(&selected, |turn| {
            if turn.billing == Billing::Plan
                && let (Some(provider), Some(cost)) = (&turn.model.provider, turn.cost.cost)
            {
                let sum = covered.entry(provider.to_string()).or_default();
                *sum = sum.plus(cost);
            }
            Ok(())
        })?;
        Ok(covered)
    }
}

/// The kept history of limits, for their pace now.
pub(super) struct Paces {
    seen: Vec<LimitSeen>,
    now: i64,
}

impl Paces {
    /// The pace of a limit that is known by one of these ids.
    pub(super) fn of(&self, ids: [&str; 2], label: &str, latest: Seen, window_minutes: Option<u64>) -> Option<Pace> {
        let is_own = |seen: &&LimitSeen| ids.contains(&seen.provider_id.as_str()) && seen.label == label;
        let history = self.seen.iter().filter(is_own).map(|seen| Seen {
            at: seen.seen_at,
            used_percent: seen.used_percent,
            resets_at: seen.resets_at,
        });
        let pace = pace(latest, window_minutes, &history.collect::<Vec<_>>(), self.now)?;
        Some(Pace {
            percent_per_hour: rounded(pace.percent_per_hour),
            percent_at_reset: pace.percent_at_reset.map(rounded),
            ..pace
        })
    }

    /// The pace of a limit of a report.
    pub(super) fn of_report(&self, about: &About, fetched_at: Option<i64>, limit: &Limit) -> Option<Pace> {
        let latest = Seen {
            at: fetched_at.unwrap_or(self.now),
            used_percent: limit.used_percent,
            resets_at: limit.resets_at,
        };
        self.of(
            [&about.id, &about.biller_id],
            &limit.label(),
            latest,
            limit.window_minutes,
        )
    }
}

/// Four decimals, as all shares of providers.
fn rounded(percent: f64) -> f64 {
    (percent * 10_000.0).round() / 10_000.0
}
