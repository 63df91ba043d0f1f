//! The agents in `ttop doctor`: found, read completely and discarded, so that the ledger cannot hide the state on disk.

use crate::agents::shared::configured::wrong_roots;
use crate::agents::shared::survey::Survey;
use crate::agents::{AgentHandle, Root, Source, opencode};
use crate::core::rows::{DoctorKind, DoctorPath, DoctorRow, DoctorState, Text};
use crate::ledger::Ledger;
use crate::ledger::query::Selection;
use crate::system::System;
use crate::system::programs::{find_program, version_of};
use anyhow::Result;
use std::path::Path;

/// One agent: its row, and the survey of its files.
pub(crate) struct Diagnosis {
    pub row: DoctorRow,
    pub survey: Survey,
}

/// One diagnosis per agent, in the order of the list.
///
/// # Errors
/// When not even a ledger in memory can be had.
pub(crate) fn diagnose(agents: &[AgentHandle], system: &System) -> Result<Vec<Diagnosis>> {
    agents.iter().map(|agent| diagnose_one(agent, system)).collect()
}

fn diagnose_one(agent: &AgentHandle, system: &System) -> Result<Diagnosis> {
    let about = agent.about();
    let mut row = DoctorRow::new(DoctorKind::Agent, agent.id());
    let mut ledger = Ledger::in_memory()?;
    let synced = ledger.sync(std::slice::from_ref(agent), system, &|_, _| {})?;
    let (mut counted, mut sources) = (0, Vec::<Source>::new());
    ledger.visit(&Selection::ALL, |_, columns| {
        counted += (0..columns.len()).filter(|&at| columns.is_counted(at)).count() as u64;
        Ok(())
    })?;
    row.turns = Some(about.turns.into());
    for (_, found) in &synced.found {
        row.paths.extend(found.roots.iter().map(|root| shown(root, system)));
        sources.extend(found.sources.iter().cloned());
        row.sources = Some(sources.len() as u64);
    }
    let survey = agent
        .vocabulary()
        .map_or_else(Survey::default, |vocabulary| Survey::of(vocabulary, &sources));
    row.unknown = survey
        .unknown
        .iter()
        .map(|(what, count)| (Text::from(what.as_str()), *count))
        .collect();
    row.counted = Some(counted);
    row.skipped = synced
        .skipped
        .iter()
        .map(|((_, why), count)| (Text::from(why.name()), *count))
        .collect();
    row.problems = synced
        .problems
        .iter()
        .map(|problem| tilde_all(&problem.to_string(), system))
        .collect();
    let wrong = synced
        .found
        .iter()
        .flat_map(|(_, found)| wrong_roots(agent.id(), found));
    row.problems.extend(wrong.map(|problem| tilde_all(&problem, system)));
    row.notes = about.limits.iter().map(|limit| (*limit).to_owned()).collect();
    let live = agent.program();
    row.live = Some(live.is_some());
    row.notes
        .extend(live.map(|program| format!("ttop ps knows {}", program.knows)));
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
    let roots = synced.found.iter().flat_map(|(_, found)| &found.roots);
    row.state = match (row.problems.is_empty(), &row.installed) {
        (false, _) => DoctorState::Problem,
        (true, None) if !has_place => DoctorState::Absent,
        _ if counted == 0 && (has_records || roots.into_iter().any(|root| has_records_below(&root.path))) => {
            DoctorState::Unread
        }
        _ => DoctorState::Ok,
    };
    if row.state == DoctorState::Unread && about.turns != "none" {
        let reason = "its files hold no turn that ttop can read: no reply is recorded yet, or their format is new";
        row.notes.insert(0, reason.to_owned());
    }
    Ok(Diagnosis { row, survey })
}

/// Whether a folder holds files that may be records, and not only settings.
fn has_records_below(root: &Path) -> bool {
    /// Of programs, their logs, texts and settings. Whatever else an agent writes may be records, also of a kind that is new.
    const OTHERS: [&str; 35] = [
        "bak", "bash", "bin", "cfg", "conf", "css", "dll", "exe", "fish", "gz", "html", "ini", "js", "lock", "log",
        "map", "md", "mjs", "node", "pid", "png", "ps1", "py", "sh", "so", "sock", "svg", "tgz", "tmp", "toml", "ts",
        "txt", "wasm", "yaml", "yml",
    ];
    const SETTINGS: [&str; 14] = [
        "auth",
        "cache",
        "config",
        "credential",
        "history.json",
        "install",
        "keybinding",
        "mcp",
        "model",
        "package",
        "projects.json",
        "setting",
        "state.json",
        "version",
    ];
    /// Folders of programs that an agent installs for itself.
    const PROGRAMS: [&str; 3] = ["bin", "node_modules", "plugins"];
    /// So many files are no settings: they are records with a name like theirs, or without an ending.
    const FULL: usize = 10;
    /// Enough to find one, however large the folder is.
    const MOST_ENTRIES: usize = 5000;
    let mut waiting = vec![root.to_owned()];
    let (mut seen, mut doubtful) = (0, 0);
    while let Some(folder) = waiting.pop() {
        // The agent's own walk reports folders that cannot be read.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MOST_ENTRIES {
                return false;
            }
            let (path, kind) = (entry.path(), entry.file_type());
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
                if !PROGRAMS.contains(&&*name) {
                    waiting.push(path);
                }
                continue;
            }
            let ending = path
                .extension()
                .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
            if ending.as_deref().is_some_and(|ending| OTHERS.contains(&ending)) {
                continue;
            }
            if ending.is_some() && !SETTINGS.iter().any(|setting| name.contains(setting)) {
                return true;
            }
            doubtful += 1;
            if doubtful >= FULL {
                return true;
            }
        }
    }
    false
}

fn shown(root: &Root, system: &System) -> DoctorPath {
    DoctorPath {
        path: system.tilde(&root.path),
        because: root.because.clone(),
        exists: root.exists,
    }
}

/// The text with the home folder as `~`: people paste it where others read it.
pub(crate) fn tilde_all(text: &str, system: &System) -> String {
    let home = system.home.to_string_lossy();
    if home.len() > 1 {
        text.replace(&*home, "~")
    } else {
        text.to_owned()
    }
}

/// The lines below the table: problems first, then details of what is here.
pub(crate) fn notes(rows: &[DoctorRow]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    for row in rows {
        wrong.extend(
            row.problems
                .iter()
                .map(|problem| format!("  {}: {problem}", row.subject)),
        );
        wrong.extend(row.unknown.iter().map(|(what, count)| {
            let times = if *count == 1 { "time" } else { "times" };
            format!(
                "  {}: unknown {what}, {count} {times}; its usage may be incomplete",
                row.subject
            )
        }));
    }
    if !wrong.is_empty() {
        lines.extend([String::new(), "Problems:".to_owned()]);
        lines.extend(wrong);
    }
    if rows.iter().any(|row| !row.unknown.is_empty()) {
        lines.push(
            "  ttop does not know some records; attach an anonymous report to an issue: ttop doctor --report".into(),
        );
    }
    for row in rows.iter().filter(|row| row.state != DoctorState::Absent) {
        let details = details(row);
        if !details.is_empty() {
            lines.extend([String::new(), format!("{}:", row.subject)]);
            lines.extend(details);
        }
    }
    lines
}

/// What is known of an agent or a file of ttop, besides its problems.
fn details(row: &DoctorRow) -> Vec<String> {
    let mut lines = Vec::new();
    let (here, missing): (Vec<_>, Vec<_>) = row.paths.iter().partition(|path| path.exists);
    lines.extend(
        here.iter()
            .map(|path| format!("  reads {} ({})", path.path, path.because)),
    );
    if !missing.is_empty() {
        let missing: Vec<&str> = missing.iter().map(|path| path.path.as_str()).collect();
        lines.push(format!("  not there: {}", missing.join(", ")));
    }
    lines.extend(row.command.iter().map(|command| format!("  command {command}")));
    let other: Vec<String> = row
        .skipped
        .iter()
        .map(|(why, count)| format!("{count} {why}"))
        .collect();
    if !other.is_empty() {
        lines.push(format!("  records that are no turns: {}", other.join(", ")));
    }
    lines.extend(row.notes.iter().map(|note| format!("  {note}")));
    lines
}

/// The agents that are not here, in one sentence, with the next step where there is none at all.
pub(crate) fn absent(rows: &[DoctorRow]) -> Vec<String> {
    let agents = rows.iter().filter(|row| row.kind == DoctorKind::Agent);
    let (absent, here): (Vec<_>, Vec<_>) = agents.partition(|row| row.state == DoctorState::Absent);
    let names: Vec<&str> = absent.iter().map(|row| &*row.subject).collect();
    let mut lines = Vec::new();
    if here.is_empty() {
        lines.extend([
            String::new(),
            "No agent is on this machine. Start one, or see a sample: ttop --demo".to_owned(),
        ]);
    }
    if !names.is_empty() {
        lines.extend([String::new(), format!("Not on this machine: {}", names.join(", "))]);
    }
    lines
}
