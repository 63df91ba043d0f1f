//! The agents in `ttop doctor`: found, read completely and discarded, so that the ledger cannot hide the state on disk.

use crate::agents::{AgentHandle, Root, opencode};
use crate::core::rows::{DoctorKind, DoctorPath, DoctorRow, DoctorState, Text};
use crate::ledger::Ledger;
use crate::ledger::query::Selection;
use crate::system::System;
use crate::system::programs::{find_program, version_of};
use anyhow::Result;
use std::path::Path;

/// One row per agent, in the order of the list.
///
/// # Errors
/// When not even a ledger in memory can be had.
pub fn agent_rows(agents: &[AgentHandle], system: &System) -> Result<Vec<DoctorRow>> {
    agents.iter().map(|agent| agent_row(agent, system)).collect()
}

fn agent_row(agent: &AgentHandle, system: &System) -> Result<DoctorRow> {
    let about = agent.about();
    let mut row = DoctorRow::new(DoctorKind::Agent, agent.id());
    let mut ledger = Ledger::in_memory()?;
    ledger.surveys = true;
    let synced = ledger.sync(std::slice::from_ref(agent), system, &|_, _| {})?;
    let mut counted = 0;
    ledger.visit(&Selection::ALL, |_, columns| {
        counted += (0..columns.len()).filter(|&at| columns.is_counted(at)).count() as u64;
        Ok(())
    })?;
    row.turns = Some(about.turns.into());
    for (_, found) in &synced.found {
        row.paths.extend(found.roots.iter().map(|root| shown(root, system)));
        row.sources = Some(found.sources.len() as u64);
    }
    row.counted = Some(counted);
    row.skipped = synced
        .skipped
        .iter()
        .map(|((_, why), count)| (Text::from(why.name()), *count))
        .collect();
    row.unknown = synced
        .unknown
        .iter()
        .map(|(what, count)| (Text::from(what.as_str()), *count))
        .collect();
    row.problems = synced
        .problems
        .iter()
        .map(|problem| tilde_all(&problem.to_string(), system))
        .collect();
    row.notes = about.limits.iter().map(|limit| (*limit).to_owned()).collect();
    let program = about.commands.iter().find_map(|name| find_program(name, system));
    row.version = program.as_deref().and_then(version_of);
    row.command = program.as_deref().map(|path: &Path| system.tilde(path));
    let has_records = row.sources.is_some_and(|sources| sources > 0);
    row.installed = if agent.id() == opencode::OPENCODE.id {
        opencode::installed(system).map(Text::from)
    } else if has_records {
        Some("records".into())
    } else {
        None
    };
    if row.installed.is_none() && row.command.is_some() {
        row.installed = Some("command".into());
    }
    let has_place = row.paths.iter().any(|path| path.exists);
    row.state = match (row.problems.is_empty(), &row.installed) {
        (false, _) => DoctorState::Problem,
        (true, None) if !has_place => DoctorState::Absent,
        _ => DoctorState::Ok,
    };
    Ok(row)
}

fn shown(root: &Root, system: &System) -> DoctorPath {
    DoctorPath {
        path: system.tilde(&root.path),
        because: root.because.clone(),
        exists: root.exists,
    }
}

/// The text with the home folder as `~`: people paste it where others read it.
pub fn tilde_all(text: &str, system: &System) -> String {
    let home = system.home.to_string_lossy();
    if home.len() > 1 {
        text.replace(&*home, "~")
    } else {
        text.to_owned()
    }
}

/// The lines below the table, with details.
pub fn notes(rows: &[DoctorRow]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows.iter().filter(|row| row.state != DoctorState::Absent) {
        lines.push(String::new());
        lines.push(format!("{}:", row.subject));
        for path in &row.paths {
            let there = if path.exists { "" } else { ", not there" };
            lines.push(format!("  {} ({}{there})", path.path, path.because));
        }
        if let Some(command) = &row.command {
            lines.push(format!("  command {command}"));
        }
        let skipped: Vec<String> = row
            .skipped
            .iter()
            .map(|(why, count)| format!("{count} {why}"))
            .collect();
        if !skipped.is_empty() {
            lines.push(format!("  no turns: {}", skipped.join(", ")));
        }
        for (what, count) in &row.unknown {
            lines.push(format!("  unknown: {what}, {count} times; please report it"));
        }
        lines.extend(row.problems.iter().map(|problem| format!("  problem: {problem}")));
        lines.extend(row.notes.iter().map(|note| format!("  note: {note}")));
    }
    let absent: Vec<&str> = rows
        .iter()
        .filter(|row| row.state == DoctorState::Absent)
        .map(|row| &*row.subject)
        .collect();
    if !absent.is_empty() {
        lines.push(String::new());
        lines.push(format!("not found on this machine: {}", absent.join(", ")));
    }
    lines
}
