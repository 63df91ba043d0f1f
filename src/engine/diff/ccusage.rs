//! Reads the JSON of ccusage: days, weeks, months and sessions of all agents, or of one.

use super::statement::{Counts, Level, Line, Statement, signed};
use crate::core::money::Money;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

/// The name of each report in the document, and what its lines are.
const REPORTS: [(&str, Level); 5] = [
    ("daily", Level::Day),
    ("weekly", Level::Week),
    ("monthly", Level::Month),
    ("session", Level::Session),
    ("sessions", Level::Session),
];

/// What a line is about: `period` in reports of all agents, one of the others in those of one agent (ccusage 20).
const SUBJECTS: [&str; 5] = ["period", "sessionId", "date", "week", "month"];

/// The agent whose report has a spelling of its own.
const CODEX: &str = "codex";

/// A line of any report.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    agent: Option<String>,
    #[serde(flatten)]
    counts: EntryCounts,
    #[serde(default)]
    total_tokens: u64,
    #[serde(default)]
    total_cost: Option<f64>,
    /// The same in reports of Codex alone.
    #[serde(default, rename = "costUSD")]
    cost_usd: Option<f64>,
    #[serde(default)]
    model_breakdowns: Vec<Breakdown>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EntryCounts {
    input_tokens: u64,
    output_tokens: u64,
    cache_creation_tokens: u64,
    cache_read_tokens: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    agents: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Breakdown {
    model_name: String,
    #[serde(flatten)]
    counts: EntryCounts,
    #[serde(default)]
    cost: Option<f64>,
    #[serde(default)]
    missing_pricing: bool,
}

impl EntryCounts {
    fn counts(self) -> Counts {
        [
            self.input_tokens,
            self.output_tokens,
            self.cache_read_tokens,
            self.cache_creation_tokens,
        ]
        .map(signed)
    }
}

/// The statement of a document; `None` if it is not ccusage's.
pub(super) fn read(document: &Value) -> Option<Statement> {
    let (name, level) = REPORTS
        .into_iter()
        .find(|(name, _)| document.get(name).is_some_and(Value::is_array))?;
    let entries = document.get(name)?.as_array()?;
    let mut statement = Statement::new("ccusage", level);
    for entry in entries {
        let subject = SUBJECTS.iter().find_map(|key| entry.get(key)?.as_str());
        let parsed = subject.and_then(|subject| Some((subject, Entry::deserialize(entry).ok()?)));
        if parsed
            .and_then(|(subject, entry)| statement.add(subject, entry))
            .is_none()
        {
            statement.skipped += 1;
        }
    }
    statement.agents.sort();
    statement.agents.dedup();
    // A report with lines of two kinds (with and without models) has none that every line can be matched by.
    statement.has_models = !statement.lines.is_empty() && statement.lines.iter().all(|line| line.model.is_some());
    if !statement.has_models {
        statement.lines.iter_mut().for_each(|line| line.model = None);
    }
    Some(statement)
}

impl Statement {
    /// `None` if the line has no date.
    fn add(&mut self, subject: &str, entry: Entry) -> Option<()> {
        let named = entry.agent.as_deref().filter(|agent| *agent != "all").map(agent_id);
        let mut line = Line {
            agent: named.clone(),
            ..Line::default()
        };
        match self.level {
            Level::Session => line.session = Some(subject.to_owned()),
            _ => line.date = Some(first_day(subject)?),
        }
        self.agents.extend(named);
        if entry.cost_usd.is_some() {
            self.agents.push(CODEX.to_owned());
        }
        self.agents
            .extend(entry.metadata.agents.iter().map(|name| agent_id(name)));
        if entry.model_breakdowns.is_empty() {
            let mut counts = entry.counts.counts();
            // The reasoning of some agents is part of the total alone.
            let known: i64 = counts.iter().sum();
            counts[1] += signed(entry.total_tokens).saturating_sub(known).max(0);
            line.counts = Some(counts);
            line.cost = entry.total_cost.or(entry.cost_usd).map(Money::from_dollars);
            self.lines.push(line);
            return Some(());
        }
        self.lines.extend(entry.model_breakdowns.into_iter().map(|model| Line {
            model: Some(model.model_name),
            counts: Some(model.counts.counts()),
            cost: model.cost.map(Money::from_dollars),
            lacks_price: model.missing_pricing,
            ..line.clone()
        }));
        Some(())
    }
}

/// `2026-11-20` or `2026-11`.
pub(super) fn first_day(period: &str) -> Option<Date> {
    period.parse().or_else(|_| format!("{period}-01").parse()).ok()
}

/// ttop's id of an agent that ccusage and tokscale name.
pub(super) fn agent_id(name: &str) -> String {
    let id = match name {
        "claude" => "claude-code",
        "copilot" => "copilot-cli",
        "gemini" => "gemini-cli",
        "grok" => "grok-cli",
        "kilo" => "kilo-cli",
        "kimi" => "kimi-cli",
        "qwen" => "qwen-code",
        same => same,
    };
    id.to_owned()
}
