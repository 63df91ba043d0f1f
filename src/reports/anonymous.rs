//! The anonymous report of `ttop doctor --report`: what the records of each agent look like, without any text, id or path.

use super::doctor::Diagnosis;
use crate::agents::shared::survey::word;
use crate::core::rows::{DoctorState, Text};
use serde::Serialize;
use std::collections::BTreeMap;

/// A report to attach to an issue.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    ttop: &'static str,
    os: &'static str,
    agents: Vec<AgentReport>,
}

/// One agent that is on this machine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentReport {
    id: Text,
    state: DoctorState,
    version: Option<String>,
    sources: u64,
    counted: u64,
    problems: usize,
    skipped: BTreeMap<Text, u64>,
    unknown: BTreeMap<Text, u64>,
    /// Record types and billed fields of a sample, with how often it has them.
    words: BTreeMap<String, u64>,
    /// Keys and types of a sample, with how often it has them.
    shape: BTreeMap<String, u64>,
}

/// The report of these diagnoses.
pub(crate) fn report(found: &[Diagnosis]) -> Report {
    let is_here = |found: &&Diagnosis| found.row.state != DoctorState::Absent;
    Report {
        ttop: env!("CARGO_PKG_VERSION"),
        os: std::env::consts::OS,
        agents: found.iter().filter(is_here).map(agent).collect(),
    }
}

fn agent(found: &Diagnosis) -> AgentReport {
    let row = &found.row;
    // A program prints anything as its version.
    let version = row.version.as_deref().and_then(|version| {
        let words = version
            .split_whitespace()
            .map(|part| word(part.trim_start_matches('v')));
        words
            .into_iter()
            .find(|part| part.starts_with(|first: char| first.is_ascii_digit()))
    });
    AgentReport {
        id: row.subject.clone(),
        state: row.state,
        version,
        sources: row.sources.unwrap_or(0),
        counted: row.counted.unwrap_or(0),
        problems: row.problems.len(),
        skipped: row.skipped.clone(),
        unknown: row.unknown.clone(),
        words: found.survey.words.clone(),
        shape: found.survey.shape(),
    }
}
