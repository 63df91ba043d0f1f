//! Every agent against homes whose truth is known: exactly these turns, as a multiset.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ttop::agents::{Agent, Batch, Bookmark, agents};
use ttop::core::tokens::BUCKETS;
use ttop::ledger::owner::{Claim, decide};
use ttop::system::{Os, System};

/// (session, model, five buckets; -1 = unknown).
type Line = (String, String, [i64; 5]);

/// `fixtures/agents/<agent>/<case>` with a `home` and a `truth.json`.
fn cases(agent: &dyn Agent) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(support::fixtures().join("agents").join(agent.id())) else {
        return Vec::new();
    };
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    cases.sort();
    cases
}

fn counted(agent: &dyn Agent, home: &Path) -> Vec<Line> {
    let system = System::new(Os::Linux, home, BTreeMap::new());
    let sources = agent.sources(&system).sources;
    let batches: Vec<(String, Batch)> = sources
        .iter()
        .map(|source| {
            let mut batch = Batch::default();
            agent
                .read(source, &Bookmark::default(), &mut batch)
                .expect("the source is readable");
            (source.path.display().to_string(), batch)
        })
        .collect();
    let rows: Vec<_> = batches
        .iter()
        .flat_map(|(source, batch)| batch.turns.iter().map(move |row| (source, batch, row)))
        .collect();
    let claims: Vec<Claim> = rows
        .iter()
        .map(|(source, batch, row)| Claim {
            event: row.turn.event,
            rank: row.turn.rank,
            record: row.turn.record,
            session_id: batch.session_id(row),
            source,
            segment: row.segment,
            supersedes: row.supersedes,
        })
        .collect();
    let counts = decide(&claims);
    rows.iter()
        .zip(counts)
        .filter(|(_, counts)| *counts)
        .map(|((_, batch, row), _)| {
            let tokens = BUCKETS.map(|bucket| row.turn.tokens.count(bucket).map_or(-1, |count| count as i64));
            (batch.session_id(row).to_owned(), batch.model_id(row).to_owned(), tokens)
        })
        .collect()
}

#[test]
fn every_agent_counts_exactly_the_true_turns() {
    for agent in agents() {
        for case in cases(*agent) {
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
                let found = lines
                    .iter()
                    .position(|line| sessions.contains(&line.0) && line.1 == text("modelId") && line.2 == tokens);
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
