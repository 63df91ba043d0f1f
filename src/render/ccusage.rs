//! `-o ccusage`: the JSON of ccusage's unified reports, for scripts that were written for it.
//!
//! On purpose different from ccusage: reasoning is part of `outputTokens` (there it is in the total only), a model without a
//! price adds nothing to the costs and is named in `metadata.unpricedModels`, and each reply is counted once.

use crate::core::group::Totals;
use crate::core::rows::{CostRow, Text};
use crate::core::tokens::Tokens;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A group with what ccusage tells of it besides the sums.
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
    json!({ name: rows, "totals": sums(&total.tokens, total.cost.map_or(0.0, |cost| cost.dollars())) })
}

fn group(group: &Group<'_>) -> Value {
    let row = group.row;
    let agent = match &group.agents[..] {
        [only] => &**only,
        _ => "all",
    };
    let breakdowns: Vec<Value> = group
        .models
        .iter()
        .map(|(name, totals)| {
            let [input, output, read, write] = buckets(&totals.tokens.tokens());
            json!({
                "modelName": name, "inputTokens": input, "outputTokens": output, "cacheCreationTokens": write,
                "cacheReadTokens": read, "cost": totals.cost.cost().map_or(0.0, |cost| cost.dollars()),
            })
        })
        .collect();
    let unpriced: Vec<&Text> = group
        .models
        .iter()
        .filter(|(_, totals)| totals.cost.unpriced_tokens() > 0)
        .map(|(name, _)| name)
        .collect();
    let mut metadata = json!({ "agents": group.agents, "unpricedModels": unpriced });
    if let (Some(at), Value::Object(fields)) = (&group.last_activity, &mut metadata) {
        fields.insert("lastActivity".to_owned(), json!(at));
    }
    let mut document = json!({ "agent": agent, "period": row.session_id.as_ref().or(row.period.as_ref()) });
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

/// Input, output with reasoning, cache reads and cache writes; unknown counts are 0 there.
fn buckets(tokens: &Tokens) -> [u64; 4] {
    let [input, output, reasoning, read, write] = tokens.counts();
    [input, output + reasoning, read, write]
}
