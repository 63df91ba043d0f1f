//! OpenCode's homes of every generation, as real versions wrote them: tokens and cost are exactly the true ones.

use crate::support::counting::{Counted, Reading, read_all};
use crate::support::{self, Home};
use std::collections::BTreeMap;
use std::path::Path;
use ttop::agents::opencode::OPENCODE;
use ttop::core::money::Money;
use ttop::core::tokens::{TokenSum, Tokens};
use ttop::core::turn::Presence;
use ttop::system::{Os, System};

fn read(home: &Path, env: &[(&str, &str)]) -> Reading {
    let env = env
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    read_all(&OPENCODE, &System::new(Os::Linux, home, env))
}

/// Five buckets and nano-dollars.
type Sum = ([u64; 5], i64);

fn sums(turns: &[Counted], key: impl Fn(&Counted) -> String) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, (TokenSum, Money)> = BTreeMap::new();
    for turn in turns {
        let (tokens, cost) = sums.entry(key(turn)).or_default();
        tokens.add(&turn.tokens);
        *cost = cost.plus(turn.cost.unwrap_or_default());
    }
    let sums = sums
        .into_iter()
        .map(|(key, (tokens, cost))| (key, (tokens.tokens().counts(), cost.nanos())));
    sums.collect()
}

fn true_sum(value: &serde_json::Value) -> Sum {
    let tokens = value["tokens"].as_array().expect("five buckets");
    let tokens: Vec<u64> = tokens.iter().map(|count| count.as_u64().expect("a count")).collect();
    let cost = Money::from_dollars(value["cost"].as_f64().expect("a cost")).nanos();
    (tokens.try_into().expect("five buckets"), cost)
}

/// Compares a home with its truth: per session, per model and in total.
fn check(case: &str) -> Reading {
    let home = Home::of(&format!("opencode/{case}/home"));
    let reading = read(&home.path(), &[]);
    assert_eq!(reading.problems, [], "{case}");
    let truth =
        std::fs::read(support::fixtures().join("opencode").join(case).join("truth.json")).expect("a truth.json");
    let truth: serde_json::Value = serde_json::from_slice(&truth).expect("valid JSON");
    let sessions = sums(&reading.turns, |turn| turn.session_id.clone());
    let models = sums(&reading.turns, |turn| format!("{}/{}", turn.provider_id, turn.model_id));
    for (name, found) in [("sessions", sessions), ("models", models)] {
        let expected: BTreeMap<String, Sum> = truth[name]
            .as_object()
            .expect("an object")
            .iter()
            .map(|(key, value)| (key.clone(), true_sum(value)))
            // Sessions in which nothing was counted have no turns, or one without counts.
            .filter(|(key, sum)| *sum != Sum::default() || found.contains_key(key))
            .collect();
        assert_eq!(found, expected, "{case}: {name}");
    }
    let total = sums(&reading.turns, |_| String::new()).remove("").unwrap_or_default();
    assert_eq!(total, true_sum(&truth["total"]), "{case}: total");
    for (id, session) in truth["sessions"].as_object().expect("an object") {
        let Some(title) = session["title"].as_str() else {
            continue;
        };
        let known = reading
            .sessions
            .iter()
            .find(|known| known.id == *id)
            .expect("the session");
        assert_eq!(
            known.title.as_ref().map(|title| title.text.as_str()),
            Some(title),
            "{case}"
        );
        assert_eq!(known.parent_id.as_deref(), session["parent"].as_str(), "{case}: {id}");
        assert_eq!(known.interactive, Some(session["parent"].is_null()), "{case}: {id}");
    }
    reading
}

#[test]
fn the_home_of_1_18_counts_exactly() {
    let reading = check("data");
    let forked = reading
        .turns
        .iter()
        .filter(|turn| turn.session_id == "ses_e07e1a5a3ffeZkgoSMuxx8gmx3");
    assert_eq!(forked.count(), 1, "a fork copied six replies and has one of its own");
    let unreported: Vec<_> = reading
        .turns
        .iter()
        .filter(|turn| turn.tokens == Tokens::unreported())
        .collect();
    assert_eq!(unreported.len(), 1, "one provider reported no usage");
    assert_eq!(unreported[0].cost, None);
    let reverted = |turn: &&Counted| turn.presence == Presence::Reverted;
    assert_eq!(reading.turns.iter().filter(reverted).count(), 2);
    let free = reading
        .turns
        .iter()
        .filter(|turn| turn.model_id == "vendor/open-coder:free");
    assert!(free.map(|turn| turn.cost).eq([Some(Money::ZERO); 3]));
}

#[test]
fn what_is_only_in_the_log_of_a_killed_process_counts() {
    check("data-wal");
}

#[test]
fn the_files_of_1_1_count_exactly() {
    check("legacy-json");
}

#[test]
fn a_database_of_one_empty_page_with_everything_in_its_log_counts_once_beside_the_files_it_was_imported_from() {
    let turns = check("db-1.2.27").turns;
    assert_eq!(turns.len(), 8);
}

#[test]
fn an_upgraded_database_beside_old_files_counts_once() {
    let turns = check("db-upgraded").turns;
    assert_eq!(turns.len(), 9);
}

#[test]
fn every_schema_and_rule_of_counting_gives_the_same_answer() {
    check("db-versions");
}

#[test]
fn version_two_beside_frozen_tables_counts_exactly() {
    let reading = check("v2-handmade");
    let fork = reading
        .sessions
        .iter()
        .find(|session| session.id == "ses_v2b")
        .expect("a fork");
    assert_eq!(fork.forked_from.as_deref(), Some("ses_v2a"));
    let old = reading
        .sessions
        .iter()
        .find(|session| session.id == "ses_old")
        .expect("a session");
    assert_eq!(
        old.title.as_ref().map(|title| title.text.as_str()),
        Some("Before the upgrade")
    );
}
