//! Agents under another home: their records are not those that ttop reads.

use super::scan::LiveAgent;
use crate::agents::Agent;
use crate::agents::shared::listings::Inventory;
use crate::agents::shared::live::program::Program;
use crate::core::process::{Process, file_name, is_folder_variable};
use crate::processes::login_home;
use crate::system::System;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The processes of agents that keep their records elsewhere: under another home, or in a folder that a variable of theirs names.
pub(super) fn of_other_homes(
    agents: &[LiveAgent<'_>],
    processes: &[Process],
    inventory: &Inventory<'_>,
) -> FxHashSet<u32> {
    let mut found = FxHashSet::default();
    for agent in agents.iter().filter(|agent| !agent.pids.is_empty()) {
        let mut known: BTreeMap<BTreeMap<String, String>, bool> = BTreeMap::new();
        for process in processes.iter().filter(|process| agent.has(process)) {
            let Some(theirs) = surroundings(agent.live.program(), process, inventory) else {
                continue;
            };
            let is_elsewhere = *known
                .entry(theirs.clone())
                .or_insert_with(|| is_elsewhere(agent.agent, &theirs, inventory));
            if is_elsewhere {
                found.insert(process.pid);
            }
        }
    }
    found
}

/// The variables of a process that lead to its agent's records; `None` where they are unknown, or those of ttop itself.
fn surroundings(program: &Program, process: &Process, system: &System) -> Option<BTreeMap<String, String>> {
    let is_of_agent = |name: &str| {
        let first = name.split('_').next().unwrap_or(name).to_ascii_lowercase();
        let names = program
            .commands
            .iter()
            .flat_map(|command| file_name(command).split('-').next());
        first == "xdg"
            || program.agent_id.split('-').next() == Some(&first)
            || names.into_iter().any(|name| name == first)
    };
    let mut theirs: BTreeMap<String, String> = process
        .details
        .places
        .iter()
        .filter(|(name, _)| is_of_agent(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let home = process.details.place("HOME")?.to_owned();
    let ours = system
        .env
        .iter()
        .filter(|(name, value)| is_folder_variable(name) && is_of_agent(name) && value.starts_with('/'));
    let is_same = theirs.iter().eq(ours) && system.home.as_os_str() == home.as_str();
    theirs.insert("HOME".to_owned(), home);
    (!is_same).then_some(theirs)
}

fn is_elsewhere(agent: &dyn Agent, theirs: &BTreeMap<String, String>, inventory: &Inventory<'_>) -> bool {
    let home = theirs
        .get("HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| inventory.home.clone());
    let other = System::new(inventory.os, &home, theirs.clone());
    let (ours, theirs) = (inventory.sources(agent), agent.sources(&other));
    let ours: FxHashSet<&PathBuf> = ours.roots.iter().map(|root| &root.path).collect();
    // Where the agent itself writes; the rest is where others of its family do.
    let is_main = |because: &str| because == "default" || because.starts_with('$');
    let mut main = theirs.roots.iter().filter(|root| is_main(&root.because));
    if main.any(|root| ours.contains(&root.path)) {
        return false;
    }
    // A ttop with a HOME of its own is asked about that home; what the login's home has no records of may still be its work.
    login_home().as_ref() != Some(&home) || !theirs.sources.is_empty()
}
