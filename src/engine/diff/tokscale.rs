//! Reads the JSON of tokscale: `models`, `monthly` and `graph`.

use super::ccusage::{agent_id, first_day};
use super::statement::{Counts, Level, Line, Statement, signed};
use crate::core::money::Money;
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TokenBreakdown {
    input: u64,
    output: u64,
    reasoning: u64,
    cache_read: u64,
    cache_write: u64,
}

/// An entry of `models` (with a source and a model) or `monthly` (with a month).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    month: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(flatten)]
    tokens: TokenBreakdown,
    #[serde(default)]
    cost: Option<f64>,
}

/// A day of `graph`.
#[derive(Deserialize)]
struct Day {
    date: String,
    sources: Vec<DaySource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DaySource {
    source: String,
    model_id: String,
    tokens: TokenBreakdown,
    #[serde(default)]
    cost: Option<f64>,
}

impl TokenBreakdown {
    fn counts(self) -> Counts {
        let output = self.output.saturating_add(self.reasoning);
        [self.input, output, self.cache_read, self.cache_write].map(signed)
    }
}

/// The statement of a document; `None` if it is not tokscale's.
pub(super) fn read(document: &Value) -> Option<Statement> {
    if let Some(days) = document.get("contributions").and_then(Value::as_array) {
        return Some(graph(days));
    }
    document.get("totalMessages").or_else(|| document.get("totalCost"))?;
    let entries = document.get("entries")?.as_array()?;
    let is_monthly = entries.iter().any(|entry| entry.get("month").is_some());
    let level = if is_monthly { Level::Month } else { Level::Whole };
    let mut statement = Statement::new("tokscale", level);
    statement.has_models = !is_monthly;
    statement.has_agents = !is_monthly;
    for entry in entries {
        let parsed = Entry::deserialize(entry).ok();
        let dated = parsed.map(|entry| (entry.month.as_deref().map(first_day), entry));
        match dated {
            Some((date, entry)) if date.flatten().is_some() == is_monthly => {
                statement.push(date.flatten(), entry.source, entry.model, entry.tokens, entry.cost);
            }
            _ => statement.skipped += 1,
        }
    }
    Some(statement.named())
}

fn graph(days: &[Value]) -> Statement {
    let mut statement = Statement::new("tokscale", Level::Day);
    statement.has_models = true;
    statement.has_agents = true;
    for day in days {
        let parsed = Day::deserialize(day).ok();
        let Some((date, day)) = parsed.and_then(|day| Some((first_day(&day.date)?, day))) else {
            statement.skipped += 1;
            continue;
        };
        for part in day.sources {
            statement.push(
                Some(date),
                Some(part.source),
                Some(part.model_id),
                part.tokens,
                part.cost,
            );
        }
    }
    statement.named()
}

impl Statement {
    fn push(
        &mut self,
        date: Option<jiff::civil::Date>,
        source: Option<String>,
        model: Option<String>,
        tokens: TokenBreakdown,
        cost: Option<f64>,
    ) {
        let counts = tokens.counts();
        if counts == [0; 4] {
            return;
        }
        self.lines.push(Line {
            date,
            agent: source.as_deref().map(agent_id),
            model,
            counts: Some(counts),
            cost: cost.map(Money::from_dollars),
            // tokscale shows a model without a price as free.
            lacks_price: cost == Some(0.0),
            ..Line::default()
        });
    }

    /// With the agents that its lines name.
    fn named(mut self) -> Self {
        self.agents = self.lines.iter().filter_map(|line| line.agent.clone()).collect();
        self.agents.sort();
        self.agents.dedup();
        self
    }
}
