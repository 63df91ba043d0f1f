//! Pace and worth of plans: whether each limit lasts until its reset, and what a plan covered against its price.

use super::Engine;
use crate::core::filter_text::FilterText;
use crate::core::money::{Billing, Money};
use crate::core::pace::{Pace, Seen, pace, plan_price};
use crate::core::quota::LimitSeen;
use crate::core::rows::{LimitRow, ProviderRow};
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
        let seen = self.ledger()?.limits_since(now - HISTORY_MS)?;
        let mut covered: Option<FxHashMap<String, Money>> = None;
        for row in rows {
            let at = row.fetched_at.unwrap_or(now);
            let ids = [row.provider_id.clone(), row.biller_id.clone()];
            for limit in &mut row.limits {
                let Some(pace) = pace_of(limit, at, &seen, &ids, now) else {
                    continue;
                };
                limit.percent_per_hour = Some(rounded(pace.percent_per_hour));
                limit.projected_percent = pace.percent_at_reset.map(rounded);
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

fn pace_of(limit: &LimitRow, at: i64, seen: &[LimitSeen], ids: &[String; 2], now: i64) -> Option<Pace> {
    let latest = Seen {
        at,
        used_percent: limit.used_percent?,
        resets_at: limit.resets_at,
    };
    let own = seen
        .iter()
        .filter(|seen| ids.contains(&seen.provider_id) && seen.label == limit.label);
    let history: Vec<Seen> = own
        .map(|seen| Seen {
            at: seen.seen_at,
            used_percent: seen.used_percent,
            resets_at: seen.resets_at,
        })
        .collect();
    pace(latest, limit.window_minutes, &history, now)
}

/// Four decimals, as all shares of providers.
fn rounded(percent: f64) -> f64 {
    (percent * 10_000.0).round() / 10_000.0
}
