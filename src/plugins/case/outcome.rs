//! Outcome: what ttop makes of the answers of a case.

use super::steps::Done;
use super::{Found, Seen};
use crate::plugins::as_agent::identities;
use crate::plugins::rows;
use serde_json::{Value, json};

/// Turns and problems of what `parseSessions` returned last.
pub(super) fn turns(seen: &Seen, spec: &Value) -> (Vec<Value>, Vec<String>) {
    let steps = spec["steps"].as_array().into_iter().flatten();
    let last = steps
        .zip(&seen.steps)
        .filter(|(step, _)| step["do"] == "parseSessions")
        .last();
    let Some((_, done)) = last else {
        return (Vec::new(), Vec::new());
    };
    let agent = done.plugin.clone().unwrap_or_default();
    let Ok(Value::Array(list)) = &done.result else {
        return (Vec::new(), Vec::new());
    };
    let now = jiff::Timestamp::now().as_millisecond();
    let (mut turns, mut problems) = (Vec::new(), Vec::new());
    for (index, row) in list.iter().enumerate() {
        match rows::read(index, row, now) {
            Ok(row) => turns.push(turn(&agent, &row)),
            Err(problem) => problems.push(format!("plugin {agent}: {problem}")),
        }
    }
    (turns, problems)
}

/// Which turns a read gives, by their identities.
pub(super) type Identities = Vec<(u64, u64)>;

/// Reads again as the last `parseSessions` did, and compares which turns both give.
pub(super) fn read_twice(
    steps: &[Value],
    done: &[Done],
    found: &[Found],
) -> Option<Result<(Identities, Identities), String>> {
    let mut answered = steps.iter().zip(done);
    let (step, first) = answered.rfind(|(step, _)| step["do"] == "parseSessions")?;
    let plugins = found.iter().filter_map(|found| found.plugin.as_ref());
    let plugin = plugins
        .into_iter()
        .find(|plugin| first.plugin.as_deref() == Some(plugin.id()))?;
    let first = first.result.as_ref().ok()?;
    let options = step["options"].as_object().cloned().unwrap_or_default();
    let second = match plugin.call("parseSessions", json!({ "options": options })) {
        Ok(called) => called.into_value(),
        Err(failure) => return Some(Err(failure.to_string())),
    };
    let now = plugin.now();
    let which = |listed: &Value| {
        let rows = listed.as_array().into_iter().flatten().enumerate();
        identities(
            plugin.id(),
            rows.filter_map(|(at, row)| rows::read(at, row, now).ok()).collect(),
        )
    };
    Some(Ok((which(first), which(&second))))
}

fn turn(agent: &str, row: &rows::Row) -> Value {
    let tokens = row.tokens;
    json!({
        "agentId": agent, "sessionId": row.session_id, "sessionName": row.session_name,
        "providerId": row.provider_id, "modelId": row.model_id,
        "tokens": {
            "input": tokens.input, "output": tokens.output, "reasoning": tokens.reasoning,
            "cacheRead": tokens.cache_read, "cacheWrite": tokens.cache_write,
        },
        "timestamp": row.timestamp, "sessionUpdatedAt": row.session_updated_at, "projectPath": row.project_path,
        "cost": row.cost, "costStatus": row.cost.map(|_| "recorded"),
        "accuracy": if row.is_estimated { "estimated" } else { "exact" },
        "messageId": null, "requests": null,
    })
}
