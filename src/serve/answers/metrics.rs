//! `/metrics`: counters of tokens and money, and gauges of what runs now, in OpenMetrics or in Prometheus' older text.

use crate::core::rows::PsRow;
use crate::core::tokens::{BUCKET_KEYS, BUCKETS};
use crate::engine::Engine;
use crate::engine::live_rows::Shown;
use crate::engine::provider_rows::Listed;
use crate::engine::scan::ScanOptions;
use crate::reports::by::{By, grouping};
use crate::reports::select::Selected;
use crate::serve::answer::Answer;
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const OLDER_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Unknown values have no sample.
pub(super) fn metrics(engine: &mut Engine, remote: &[PsRow], is_open: bool) -> Result<Answer> {
    let mut text = Exposition {
        text: String::new(),
        is_open,
    };
    text.family("ttop_build", "info", "", "The version of ttop.");
    text.sample("ttop_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    add_usage(&mut text, engine)?;
    add_sessions(&mut text, engine, remote);
    add_limits(&mut text, engine)?;
    add_budgets(&mut text, engine)?;
    Ok(Answer::ok(
        if is_open { OPEN_METRICS } else { OLDER_TEXT },
        text.finish(),
    ))
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

fn add_sessions(text: &mut Exposition, engine: &mut Engine, remote: &[PsRow]) {
    let scan = engine.scan(ScanOptions::default());
    scan.problems
        .into_iter()
        .for_each(|problem| engine.note_problem(problem));
    let mut counts: BTreeMap<(Option<&str>, String, &str), u64> = BTreeMap::new();
    for session in Shown::Agents.among(scan.sessions) {
        let key = (None, session.agent_id.to_string(), session.standing.status.name());
        *counts.entry(key).or_default() += 1;
    }
    for row in remote {
        let key = (row.host.as_deref(), row.agent_id.to_string(), row.status.name());
        *counts.entry(key).or_default() += 1;
    }
    let help = "Running sessions by status; host names the remote that runs them.";
    text.family("ttop_sessions", "gauge", "", help);
    for ((host, agent, status), count) in counts {
        let mut labels = vec![("agent", agent.as_str()), ("status", status)];
        // No label is the same as an empty one.
        labels.extend(host.map(|host| ("host", host)));
        text.sample("ttop_sessions", &labels, count);
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

/// The text of the metrics. Writing to text cannot fail.
struct Exposition {
    text: String,
    is_open: bool,
}

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        // The older text names a family as its samples, and knows neither units nor infos.
        let (suffix, kind) = match (self.is_open, kind) {
            (false, "counter") => ("_total", kind),
            (false, "info") => ("_info", "gauge"),
            _ => ("", kind),
        };
        let _ = writeln!(self.text, "# TYPE {name}{suffix} {kind}");
        if self.is_open && !unit.is_empty() {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.text, "# HELP {name}{suffix} {help}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let _ = writeln!(self.text, "{name}{{{}}} {value}", labels.join(","));
    }

    fn finish(mut self) -> Vec<u8> {
        if self.is_open {
            self.text.push_str("# EOF\n");
        }
        self.text.into_bytes()
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
        let mut text = Exposition {
            text: String::new(),
            is_open: true,
        };
        text.sample("x", &[("a", "b\"\\\nc")], 1);
        assert_eq!(text.text, "x{a=\"b\\\"\\\\\\nc\"} 1\n");
    }
}
