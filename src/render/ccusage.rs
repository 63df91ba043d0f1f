//! `-o ccusage`: the JSON of the unified reports of ccusage 20, for scripts that were written for it.
//!
//! As there, reasoning is in `totalTokens` only, and a model without a price costs 0 and is named in the totals.

use crate::core::group::Totals;
use crate::core::rows::{CostRow, Text};
use crate::core::tokens::Tokens;
use jiff::civil::{ISOWeekDate, Weekday};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A group with the additional fields of ccusage.
pub struct Group<'a> {
    pub row: &'a CostRow,
    pub agents: Vec<Text>,
    /// By the model's own name.
    pub models: BTreeMap<Text, Totals>,
    /// When the session was last active, where groups are sessions.
    pub last_activity: Option<String>,
}

/// The document: one array under `name`, oldest first, and the totals.
pub fn document(name: &str, groups: &[Group<'_>], total: &CostRow) -> Value {
    let rows: Vec<Value> = groups.iter().map(group).collect();
    let mut totals = sums(&total.tokens, total.cost.map_or(0.0, |cost| cost.dollars()));
    let unpriced: BTreeSet<&Text> = groups.iter().flat_map(Group::unpriced).collect();
    if let (false, Value::Object(fields)) = (unpriced.is_empty(), &mut totals) {
        fields.insert("unpricedModels".to_owned(), json!(unpriced));
    }
    json!({ name: rows, "totals": totals })
}

impl Group<'_> {
    fn unpriced(&self) -> impl Iterator<Item = &Text> {
        let is_unpriced = |(_, totals): &(&Text, &Totals)| totals.cost.unpriced_tokens() > 0;
        self.models.iter().filter(is_unpriced).map(|(name, _)| name)
    }
}

fn group(group: &Group<'_>) -> Value {
    let row = group.row;
    let agents: BTreeSet<&str> = group.agents.iter().map(|id| agent_name(id)).collect();
    let (agent, metadata) = match (&row.session_id, agents.first()) {
        (Some(_), Some(agent)) => (*agent, json!({ "lastActivity": group.last_activity })),
        _ => ("all", json!({ "agents": agents })),
    };
    let mut models: Vec<(&Text, &Totals)> = group.models.iter().collect();
    models.sort_by_key(|(_, totals)| Reverse(totals.cost.cost()));
    let breakdowns: Vec<Value> = models
        .into_iter()
        .map(|(name, totals)| {
            let [input, output, read, write] = buckets(&totals.tokens.tokens());
            json!({
                "modelName": name, "inputTokens": input, "outputTokens": output, "cacheCreationTokens": write,
                "cacheReadTokens": read, "cost": totals.cost.cost().map_or(0.0, |cost| cost.dollars()),
            })
        })
        .collect();
    let period = row.session_id.as_ref().or(row.period.as_ref());
    let mut document = json!({ "agent": agent, "period": period.map(|label| period_name(label)) });
    if let (Value::Object(fields), Value::Object(sums)) = (
        &mut document,
        sums(&row.tokens, row.cost.map_or(0.0, |cost| cost.dollars())),
    ) {
        fields.extend(sums);
        fields.insert("modelsUsed".to_owned(), json!(group.models.keys().collect::<Vec<_>>()));
        fields.insert("modelBreakdowns".to_owned(), json!(breakdowns));
        fields.insert("metadata".to_owned(), metadata);
    }
    document
}

fn sums(tokens: &Tokens, dollars: f64) -> Value {
    let [input, output, read, write] = buckets(tokens);
    json!({
        "inputTokens": input, "outputTokens": output, "cacheCreationTokens": write, "cacheReadTokens": read,
        "totalTokens": tokens.known_total(), "totalCost": dollars,
    })
}

/// Input, output, cache reads and cache writes; unknown counts are 0 there.
fn buckets(tokens: &Tokens) -> [u64; 4] {
    let [input, output, _, read, write] = tokens.counts();
    [input, output, read, write]
}

/// `claude` for `claude-code`, `gemini` for `gemini-cli`.
fn agent_name(id: &str) -> &str {
    id.strip_suffix("-code")
        .or_else(|| id.strip_suffix("-cli"))
        .unwrap_or(id)
}

/// A week goes by the date of its Monday: `2026-11-16` for `2026-W47`.
fn period_name(label: &str) -> String {
    let monday = || {
        let (year, week) = label.split_once("-W")?;
        let week = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
        Some(week.date().to_string())
    };
    monday().unwrap_or_else(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_and_agents_go_by_the_names_they_have_there() {
        assert_eq!(period_name("2026-W47"), "2026-11-16");
        assert_eq!(period_name("2026-W53"), "2026-12-28");
        assert_eq!(period_name("2026-11-20"), "2026-11-20");
        assert_eq!(
            ["claude-code", "opencode", "gemini-cli"].map(agent_name),
            ["claude", "opencode", "gemini"]
        );
    }
}
