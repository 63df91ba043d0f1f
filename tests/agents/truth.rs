//! Every agent against homes whose truth is known: exactly these turns, as a multiset.

use crate::support;
use crate::support::counting::read_all;
use std::collections::BTreeMap;
use std::path::Path;
use ttop::agents::{Agent, built_in};
use ttop::core::money::Money;
use ttop::core::tokens::BUCKETS;
use ttop::system::{Os, System};

/// (session, model, five buckets; -1 = unknown, recorded cost in nano-dollars, provider).
type Line = (String, String, [i64; 5], Option<i64>, String);

/// The turns that count after one sync into an empty ledger.
fn counted(agent: &'static (dyn Agent + Sync), home: &Path) -> Vec<Line> {
    let system = System::new(Os::Linux, home, BTreeMap::new());
    let turns = read_all(agent, &system).turns.into_iter();
    let lines = turns.map(|turn| {
        let tokens = BUCKETS.map(|bucket| turn.tokens.count(bucket).map_or(-1, |count| count as i64));
        let cost = turn.cost.map(Money::nanos);
        (turn.session_id, turn.model_id, tokens, cost, turn.provider_id)
    });
    lines.collect()
}

#[test]
fn every_agent_counts_exactly_the_true_turns() {
    for agent in built_in() {
        for case in support::agent_cases(agent.id()) {
            let truth = std::fs::read(case.join("truth.json")).expect("a truth.json");
            let truth: serde_json::Value = serde_json::from_slice(&truth).expect("valid JSON");
            let home = support::Home::new();
            support::copy_tree(&case.join("home"), &home.path());
            let mut lines = counted(*agent, &home.path());
            let mut missing = Vec::new();
            for row in truth["rows"].as_array().expect("rows") {
                let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
                let tokens = ["input", "output", "reasoning", "cacheRead", "cacheWrite"]
                    .map(|key| row["tokens"][key].as_i64().unwrap_or(-1));
                let also = row["alsoIn"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|id| id.as_str().map(str::to_owned));
                let sessions: Vec<String> = std::iter::once(text("sessionId")).chain(also).collect();
                // Not every truth holds costs and providers.
                let provider = row["providerId"].as_str();
                let cost = row["costUsd"].as_f64().map(Money::from_dollars);
                let found = lines.iter().position(|line| {
                    sessions.contains(&line.0)
                        && line.1 == text("modelId")
                        && line.2 == tokens
                        && cost.is_none_or(|cost| line.3 == Some(cost.nanos()))
                        && provider.is_none_or(|provider| line.4 == provider)
                });
                match found {
                    Some(at) => drop(lines.swap_remove(at)),
                    None => missing.push((sessions, text("modelId"), tokens)),
                }
            }
            assert!(
                missing.is_empty() && lines.is_empty(),
                "{}:\nmissing {missing:#?}\nnot in the truth {lines:#?}",
                case.display()
            );
        }
    }
}
