//! `/metrics`: counters of tokens and money, and gauges of what runs now, in OpenMetrics text.

use crate::core::tokens::{BUCKET_KEYS, BUCKETS};
use crate::engine::Engine;
use crate::engine::live_rows::{hide_subagents, is_listed};
use crate::engine::provider_rows::Listed;
use crate::engine::scan::ScanOptions;
use crate::reports::by::{By, grouping};
use crate::reports::select::Selected;
use crate::serve::answer::Answer;
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Unknown values have no sample.
pub(super) fn metrics(engine: &mut Engine) -> Result<Answer> {
    let mut text = Exposition::default();
    text.family("ttop_build", "info", "", "The version of ttop.");
    text.sample("ttop_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    add_usage(&mut text, engine)?;
    add_sessions(&mut text, engine);
    add_limits(&mut text, engine)?;
    add_budgets(&mut text, engine)?;
    Ok(Answer::ok(CONTENT_TYPE, text.finish()))
}

fn add_usage(text: &mut Exposition, engine: &Engine) -> Result<()> {
    let usage = engine.usage()?;
    let grouping = grouping(&[By::Agent, By::Provider, By::Model], false, engine.projects())?;
    let (zone, now) = (engine.system.zone()?, engine.system.now);
    let rows = usage
        .cost_rows(&Selected::all(), None, &grouping, zone, now, false)?
        .rows;
    let labels = |row: &crate::core::rows::CostRow| {
        [
            ("agent", &row.agent_id),
            ("provider", &row.provider_id),
            ("model", &row.model_id),
        ]
        .map(|(name, value)| (name, value.as_deref().unwrap_or_default().to_owned()))
    };
    text.family(
        "ttop_tokens",
        "counter",
        "",
        "Tokens of all turns that the ledger holds.",
    );
    for row in &rows {
        let labels = labels(row);
        for (bucket, key) in BUCKETS.iter().zip(BUCKET_KEYS) {
            if let Some(count) = row.tokens.count(*bucket) {
                let mut all: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
                all.push(("bucket", key));
                text.sample("ttop_tokens_total", &all, count);
            }
        }
    }
    text.family("ttop_turns", "counter", "", "Turns that the ledger holds.");
    for row in &rows {
        let labels = labels(row);
        text.sample("ttop_turns_total", &borrowed(&labels), row.turns);
    }
    text.family(
        "ttop_cost_usd",
        "counter",
        "usd",
        "Cost of all turns with a known price, in US dollars.",
    );
    for row in &rows {
        let labels = labels(row);
        if let Some(cost) = row.cost {
            text.sample("ttop_cost_usd_total", &borrowed(&labels), cost.dollars());
        }
    }
    Ok(())
}

fn add_sessions(text: &mut Exposition, engine: &mut Engine) {
    let scan = engine.scan(ScanOptions::default());
    scan.problems
        .into_iter()
        .for_each(|problem| engine.note_problem(problem));
    let mut counts: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for session in hide_subagents(scan.sessions) {
        if is_listed(session.claim.role, false, false) {
            *counts
                .entry((session.agent_id.to_string(), session.standing.status.name()))
                .or_default() += 1;
        }
    }
    text.family("ttop_sessions", "gauge", "", "Running sessions by status.");
    for ((agent, status), count) in counts {
        text.sample("ttop_sessions", &[("agent", &agent), ("status", status)], count);
    }
}

fn add_limits(text: &mut Exposition, engine: &Engine) -> Result<()> {
    let now = engine.system.now;
    let reports = engine.recalled_limits()?.into_iter();
    let rows: Vec<_> = reports.map(|(report, _)| Listed::from(report).row(now)).collect();
    let mut used: BTreeMap<[String; 3], (f64, Option<i64>)> = BTreeMap::new();
    for row in rows {
        for limit in row.limits {
            if let Some(percent) = limit.used_percent {
                let key = [row.provider_id.clone(), limit.label, limit.scope.unwrap_or_default()];
                used.insert(key, (percent, limit.resets_at));
            }
        }
    }
    let labels = |[provider, limit, scope]: &[String; 3]| {
        [
            ("provider", provider.clone()),
            ("limit", limit.clone()),
            ("scope", scope.clone()),
        ]
    };
    text.family(
        "ttop_limit_used_ratio",
        "gauge",
        "ratio",
        "Used part of a plan's limit; 1 is reached.",
    );
    for (key, (percent, _)) in &used {
        text.sample("ttop_limit_used_ratio", &borrowed(&labels(key)), percent / 100.0);
    }
    text.family(
        "ttop_limit_reset_timestamp_seconds",
        "gauge",
        "seconds",
        "When a plan's limit resets.",
    );
    for (key, (_, resets_at)) in &used {
        if let Some(at) = resets_at {
            text.sample("ttop_limit_reset_timestamp_seconds", &borrowed(&labels(key)), at / 1000);
        }
    }
    Ok(())
}

fn add_budgets(text: &mut Exposition, engine: &Engine) -> Result<()> {
    engine.require_history()?;
    let spent = engine.spent(&engine.budgets()?)?;
    text.family(
        "ttop_budget_used_ratio",
        "gauge",
        "ratio",
        "Used part of a budget; above 1 it is exceeded.",
    );
    for one in spent {
        if let Some(percent) = one.row.used_percent {
            text.sample(
                "ttop_budget_used_ratio",
                &[("budget", &one.row.budget_id)],
                percent / 100.0,
            );
        }
    }
    Ok(())
}

fn borrowed<'l, const N: usize>(labels: &'l [(&'static str, String); N]) -> Vec<(&'static str, &'l str)> {
    labels.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Text in the format of OpenMetrics. Writing to text cannot fail.
#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        let _ = writeln!(self.0, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(self.0, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.0, "# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let _ = writeln!(self.0, "{name}{{{}}} {value}", labels.join(","));
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.push_str("# EOF\n");
        self.0.into_bytes()
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = Exposition::default();
        text.sample("x", &[("a", "b\"\\\nc")], 1);
        assert_eq!(text.0, "x{a=\"b\\\"\\\\\\nc\"} 1\n");
    }
}
