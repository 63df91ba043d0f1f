//! JSON: everything a bar knows, for bars that are not here.

use super::facts::{self, GROUPS};
use super::{Bar, Style};
use crate::core::snapshot::{Cost, Span};
use crate::render::output::escape_json;
use serde_json::{Value, json};

pub(super) struct Json;

impl Style for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "Every value as JSON, for other bars"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let snapshot = bar.snapshot;
        let segments: Vec<Value> = bar
            .parts
            .iter()
            .map(|part| json!({"segment": part.name, "text": part.text(), "level": part.level.name()}))
            .collect();
        let limits: Vec<Value> = snapshot
            .limits
            .iter()
            .filter(|limit| limit.is_open(bar.now))
            .map(|limit| {
                json!({"providerId": limit.provider, "label": limit.label, "usedPercent": limit.used_percent,
                    "level": facts::limit_level(snapshot, limit.used_percent).name(),
                    "resetsAt": limit.resets_at, "fetchedAt": limit.told_at,
                    "percentPerHour": limit.pace.map(|pace| pace.percent_per_hour),
                    "projectedPercent": limit.pace.and_then(|pace| pace.percent_at_reset),
                    "runsOutAt": limit.pace.and_then(|pace| pace.runs_out_at)})
            })
            .collect();
        let budgets: Vec<Value> = snapshot
            .budgets
            .iter()
            .filter(|budget| budget.end > bar.now)
            .map(|budget| json!({"budgetId": budget.id, "usedPercent": budget.used_percent, "level": budget.level}))
            .collect();
        let agents: Vec<Value> = snapshot
            .agents
            .iter()
            .map(|agent| {
                json!({"pid": agent.pid, "agentId": agent.agent, "sessionId": agent.session, "sessionName": agent.name,
                    "modelId": agent.model, "status": agent.status, "sinceMs": agent.since.map(|since| bar.now - since),
                    "tmuxPane": agent.pane, "cost": agent.cost.money(), "costStatus": agent.cost.status})
            })
            .collect();
        let groups: serde_json::Map<String, Value> = GROUPS
            .iter()
            .map(|group| (group.name.to_lowercase(), json!(group.of(snapshot).count())))
            .collect();
        let session = snapshot.session.as_ref().map(|latest| {
            json!({"sessionId": latest.id, "sessionName": latest.name, "agentId": latest.agent, "modelId": latest.model,
                "cost": latest.cost.money(), "costStatus": latest.cost.status, "totalTokens": latest.tokens,
                "timestamp": latest.at})
        });
        let burn = snapshot.burn.cost_per_hour();
        let line = json!({
            "text": bar.text(),
            "level": bar.level().name(),
            "staleMs": (snapshot.summed_at != 0).then(|| snapshot.age(bar.now)),
            "segments": segments,
            "today": span(&snapshot.today, bar.now),
            "week": span(&snapshot.week, bar.now),
            "month": span(&snapshot.month, bar.now),
            "session": session,
            "burn": snapshot.is_burning(bar.now).then(|| {
                json!({"tokensPerMinute": snapshot.burn.tokens_per_minute(), "costPerHour": burn.money(),
                    "costStatus": burn.status, "hour": snapshot.burn.hour})
            }),
            "status": snapshot.has_looked().then_some(groups),
            "limits": limits,
            "budgets": budgets,
            "agents": agents,
        });
        // A bar may also run in a terminal. The value is the same.
        format!("{}\n", escape_json(&line.to_string()))
    }

    fn setup(&self) -> &'static str {
        "# one JSON object: text, level, segments, and every number behind them\nttop bar-status json | jq -r .text\n"
    }
}

/// Null once it is over and nothing was summed since.
fn span(span: &Span, now: i64) -> Value {
    let Cost { status, .. } = span.cost;
    match now < span.end {
        true => json!({"cost": span.cost.money(), "costStatus": status, "totalTokens": span.tokens,
            "turns": span.turns, "sessions": span.sessions, "start": span.start, "end": span.end}),
        false => Value::Null,
    }
}
