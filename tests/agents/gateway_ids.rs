//! Every agent: a gateway that gives all its responses one id, or none, makes of several replies no single one.

use crate::new_ids::counts;
use crate::support;
use crate::support::counting::read_all;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use ttop::agents::{Agent, built_in};
use ttop::system::{Os, System};

/// Keys under which agents write the ids that a provider gave to a response.
const KEYS: [&str; 7] = [
    "request_id",
    "response_id",
    "responseId",
    "message_id",
    "messageId",
    "apiCallId",
    "requestId",
];

/// Ids that agents make themselves, and find records by.
const OWN_IDS: [(&str, &str); 4] = [
    ("amp", "messageId"),
    ("copilot-chat", "requestId"),
    ("copilot-chat", "responseId"),
    ("copilot-cli", "messageId"),
];

/// Without it, nothing shows that a reply which was written again later is the same one.
const PROOF: (&str, &str) = ("claude-code", "requestId");

/// Replaces every text under one of the keys.
fn with_one_id(agent: &str, text: &str, id: &str) -> String {
    let mut text = text.to_owned();
    let is_kept = |key: &&str| OWN_IDS.contains(&(agent, *key)) || id.is_empty() && PROOF == (agent, *key);
    for key in KEYS.into_iter().filter(|key| !is_kept(key)) {
        for start in [format!("\"{key}\":\""), format!("\"{key}\": \"")] {
            let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
            while let Some((before, after)) = rest.split_once(&start) {
                let end = after.find('"').unwrap_or(after.len());
                out.push_str(before);
                out.push_str(&start);
                out.push_str(if end == 0 { "" } else { id });
                rest = &after[end..];
            }
            out.push_str(rest);
            text = out;
        }
    }
    text
}

/// Returns whether there was such an id.
fn check(agent: &'static (dyn Agent + Sync), case: &Path, id: &str) -> bool {
    let home = support::Home::new();
    support::copy_tree(&case.join("home"), &home.path());
    let system = System::new(Os::Linux, home.path(), BTreeMap::new());
    let before = counts(&read_all(agent, &system).turns);
    let mut has_changed = false;
    for source in agent.sources(&system).sources {
        if let Ok(text) = std::fs::read_to_string(&source.path) {
            let changed = with_one_id(agent.id(), &text, id);
            has_changed |= changed != text;
            std::fs::write(&source.path, changed).expect("written");
        }
    }
    let after = counts(&read_all(agent, &system).turns);
    assert_eq!(after, before, "{} with the id {id:?}", case.display());
    has_changed
}

#[test]
fn one_id_for_every_response_loses_no_reply() {
    // One for all, or none at all.
    for id in ["chatcmpl-gateway", ""] {
        let mut tried = BTreeSet::new();
        for &agent in built_in() {
            for case in support::agent_cases(agent.id()) {
                if check(agent, &case, id) {
                    tried.insert(agent.id());
                }
            }
        }
        assert!(tried.len() >= 5, "only {tried:?}");
    }
}
