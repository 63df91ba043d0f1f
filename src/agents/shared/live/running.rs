//! Running processes, and which of them run an agent's program.

use super::program::{Invocation, Program};
use super::programs::Programs;
use crate::core::process::Process;
use rustc_hash::FxHashMap;

/// Which of a machine's processes run which agent's program. Each process is compared once.
#[derive(Debug, Default)]
pub struct Invocations(FxHashMap<&'static str, Vec<(usize, Invocation)>>);

impl Invocations {
    pub fn among(processes: &[Process], programs: &Programs) -> Self {
        let mut found = Self::default();
        for (at, process) in processes.iter().enumerate().filter(|(_, process)| process.is_own) {
            for program in programs.candidates(process) {
                if let Some(invocation) = program.invocation(process) {
                    found.0.entry(program.agent_id).or_default().push((at, invocation));
                }
            }
        }
        found
    }

    /// All of these processes that run any agent's program.
    pub fn all<'a>(&'a self, processes: &'a [Process]) -> impl Iterator<Item = &'a Process> {
        self.0.values().flatten().map(|(at, _)| &processes[*at])
    }
}

/// All processes of a machine, with those that run agents' programs.
#[derive(Clone, Copy)]
pub struct Running<'a> {
    pub processes: &'a [Process],
    invocations: &'a Invocations,
}

impl<'a> Running<'a> {
    /// `invocations` are of these processes, in this order.
    pub const fn new(processes: &'a [Process], invocations: &'a Invocations) -> Self {
        Self { processes, invocations }
    }

    /// The processes of the user that run a program.
    pub fn of(&self, program: &Program) -> impl Iterator<Item = (&'a Process, &'a Invocation)> + use<'a> {
        let found = self.invocations.0.get(program.agent_id).map_or(&[][..], Vec::as_slice);
        let processes = self.processes;
        let all = found.iter().map(|(at, invocation)| (&processes[*at], invocation));
        all.filter(|(process, _)| process.is_own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::programs;

    fn process(exe: Option<&str>, args: &[&str]) -> Process {
        Process {
            exe: exe.map(Into::into),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            is_own: true,
            ..Process::default()
        }
    }

    #[test]
    fn the_index_finds_what_a_comparison_with_every_program_finds() {
        let mut processes = vec![
            process(Some("/home/dev/.local/share/claude/versions/2.1.63"), &["x", "-p"]),
            process(Some("/usr/bin/node"), &["claude"]),
            process(Some("/usr/bin/node"), &["node", "/n/@anthropic-ai/claude-code/cli.js"]),
            process(Some("C:\\tools\\codex.exe"), &["codex.exe", "exec"]),
            process(None, &[".opencode", "serve"]),
            process(None, &["vim", "claude"]),
            process(None, &[]),
        ];
        for program in programs().iter() {
            for command in program.commands {
                processes.push(process(None, &[command]));
                processes.push(process(Some(&format!("/opt/{command}")), &["anything"]));
                processes.push(process(None, &["node", &format!("/usr/bin/{command}")]));
            }
            for script in program.scripts {
                processes.push(process(None, &["bun", &format!("/n/node_modules/{script}")]));
                processes.push(process(None, &["bun", &format!("/n/node_modules/{script}x.js")]));
            }
            for module in program.modules {
                processes.push(process(None, &["python3.12", "-m", module]));
            }
        }
        let invocations = Invocations::among(&processes, programs());
        let running = Running::new(&processes, &invocations);
        for program in programs().iter() {
            let compared = processes
                .iter()
                .filter_map(|process| Some((process, program.invocation(process)?)));
            let compared: Vec<(&Process, Invocation)> = compared.collect();
            let found: Vec<(&Process, Invocation)> = running
                .of(program)
                .map(|(process, found)| (process, found.clone()))
                .collect();
            assert!(!found.is_empty(), "{}", program.agent_id);
            assert_eq!(found, compared, "{}", program.agent_id);
        }
    }

    #[test]
    fn a_process_of_another_user_is_no_ones() {
        let mut processes = vec![process(None, &["claude"])];
        let invocations = Invocations::among(&processes, programs());
        let claude = programs().of("claude-code").expect("a program");
        assert_eq!(Running::new(&processes, &invocations).of(claude).count(), 1);
        // A closer look may tell so after the comparison.
        processes[0].is_own = false;
        assert_eq!(Running::new(&processes, &invocations).of(claude).count(), 0);
        assert!(Invocations::among(&processes, programs()).0.is_empty());
    }
}
