//! The programs of all agents, by which `ps` knows their processes.

use super::program::{Program, runs_script};
use crate::core::process::Process;
use rustc_hash::FxHashMap;

/// The programs by what is compared first: most processes of a machine are no agent's, and comparing each with every
/// program takes longer than reading it.
pub struct Programs {
    all: Vec<&'static Program>,
    by_command: FxHashMap<&'static str, Vec<&'static Program>>,
    with_folders: Vec<&'static Program>,
}

impl Programs {
    pub fn new(all: Vec<&'static Program>) -> Self {
        let mut by_command: FxHashMap<&'static str, Vec<&'static Program>> = FxHashMap::default();
        for &program in &all {
            for command in program.commands {
                by_command.entry(command).or_default().push(program);
            }
        }
        Self {
            by_command,
            with_folders: all
                .iter()
                .copied()
                .filter(|program| !program.folders.is_empty())
                .collect(),
            all,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &'static Program> + use<'_> {
        self.all.iter().copied()
    }

    /// The program of an agent.
    pub fn of(&self, agent_id: &str) -> Option<&'static Program> {
        self.iter().find(|program| program.agent_id == agent_id)
    }

    /// The programs that a process may run, each once.
    pub(super) fn candidates(&self, process: &Process) -> Vec<&'static Program> {
        // The script that a runtime runs may be any agent's.
        if runs_script(process) {
            return self.all.clone();
        }
        let by_name = process
            .names()
            .filter_map(|name| self.by_command.get(Program::command_of(name)))
            .flatten();
        let by_folder = self
            .with_folders
            .iter()
            .filter(|program| program.has_folder_of(process));
        let mut found: Vec<&'static Program> = Vec::new();
        for &program in by_name.chain(by_folder) {
            if found.iter().all(|known| known.agent_id != program.agent_id) {
                found.push(program);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::{built_in, programs};
    use crate::core::process::Role;

    /// Agents that are windows, or parts of one: no process of theirs is a session.
    const WINDOWS: [&str; 7] = [
        "antigravity",
        "codebuff",
        "copilot-chat",
        "kilo-code",
        "roo-code",
        "windsurf",
        "zed",
    ];
    /// Agents whose command is another program's on most machines: `dsh` runs commands on many hosts.
    const AMBIGUOUS: [&str; 1] = ["deepseek-harness"];
    /// Agents whose records say nothing of their turns.
    const SILENT: [&str; 2] = ["kiro", "mux"];

    /// Agents whose made-up fixtures have shorter ids than the agent gives.
    const SHORT: [&str; 1] = ["hermes"];

    /// Ids of sessions in an agent's fixtures.
    fn session_ids(agent_id: &str) -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/agents");
        let cases = std::fs::read_dir(folder.join(agent_id)).into_iter().flatten();
        let truths = cases.map(|case| case.expect("a case").path().join("truth.json"));
        let rows = truths.flat_map(|truth| {
            let text = std::fs::read(&truth).expect("a truth");
            let truth: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
            truth["rows"].as_array().cloned().expect("rows")
        });
        rows.filter_map(|row| Some(row["sessionId"].as_str()?.to_owned()))
            .collect()
    }

    #[test]
    fn a_program_knows_the_ids_of_its_sessions() {
        for program in programs().iter().filter(|program| !SHORT.contains(&program.agent_id)) {
            let ids = session_ids(program.agent_id);
            // Ids of subagents may have another form: no command line names them.
            let is_known = ids.iter().any(|id| (program.is_session_id)(id));
            assert!(is_known || ids.is_empty(), "{}: {ids:?}", program.agent_id);
        }
    }

    fn started(args: &[&str]) -> Process {
        Process {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Process::default()
        }
    }

    #[test]
    fn every_agent_that_leaves_records_while_it_works_has_a_program() {
        for agent in built_in() {
            let lists = [&WINDOWS[..], &AMBIGUOUS, &SILENT];
            let is_unnamed = lists.iter().any(|list| list.contains(&agent.id()));
            assert_eq!(
                agent.program().is_none(),
                is_unnamed,
                "{}: expected either a program or its id in WINDOWS, AMBIGUOUS or SILENT",
                agent.id()
            );
            if let Some(program) = agent.program() {
                assert_eq!(program.agent_id, agent.id());
            }
        }
        for program in programs().iter() {
            assert!(!program.commands.is_empty(), "{}", program.agent_id);
        }
    }

    #[test]
    fn a_process_is_one_agents_only() {
        for program in programs().iter() {
            let commands = program.commands.iter().map(|command| started(&[command]));
            let scripts = program.scripts.iter().map(|script| {
                let end = if script.ends_with('/') { "dist/cli.js" } else { "" };
                started(&["node", &format!("/usr/lib/node_modules/{script}{end}")])
            });
            let modules = program.modules.iter().map(|module| started(&["python3", "-m", module]));
            for process in commands.chain(scripts).chain(modules) {
                let known = programs()
                    .iter()
                    .filter(|program| program.invocation(&process).is_some());
                let ids: Vec<_> = known.map(|program| program.agent_id).collect();
                assert_eq!(ids, [program.agent_id], "{:?}", process.args);
            }
        }
    }

    #[test]
    fn helpers_are_helpers_of_every_agent() {
        for program in programs().iter() {
            for word in ["login", "update", "mcp", "--version"] {
                let process = started(&[program.commands[0], word]);
                let role = program.invocation(&process).map(|invocation| invocation.role);
                assert_eq!(role, Some(Role::Helper), "{:?}", process.args);
            }
        }
    }
}
