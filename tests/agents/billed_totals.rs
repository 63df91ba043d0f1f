//! What homes cost by their truth: tiers, hours, searches and whatever else no bucket shows.

use crate::support::{Home, agent_cases, copy_tree};
use ttop::agents::built_in;

#[test]
fn a_home_costs_what_its_truth_says() {
    let mut compared = Vec::new();
    for agent in built_in() {
        for case in agent_cases(agent.id()) {
            let truth = std::fs::read(case.join("truth.json")).expect("a truth.json");
            let truth: serde_json::Value = serde_json::from_slice(&truth).expect("JSON");
            let Some(expected) = truth["totalUsd"].as_f64() else {
                continue;
            };
            let home = Home::new();
            copy_tree(&case.join("home"), &home.path());
            let turns = home.rows(&["turns", "-o", "ndjson"]);
            let cost: f64 = turns.iter().filter_map(|turn| turn["cost"].as_f64()).sum();
            assert!(
                (cost - expected).abs() < 1e-6,
                "{cost} is not {expected}: {}",
                case.display()
            );
            compared.push(agent.id());
        }
    }
    assert!(compared.len() >= 3, "only {compared:?}");
}
