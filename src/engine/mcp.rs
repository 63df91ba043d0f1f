//! Configured MCP servers, and the processes that run them.

use super::Engine;
use crate::agents::programs;
use crate::agents::shared::listings::Inventory;
use crate::agents::shared::live::live;
use crate::agents::shared::live::running::{Invocations, Running};
use crate::agents::shared::mcp::configured;
use crate::core::mcp::McpServer;
use crate::core::process::Process;
use crate::core::rows::McpRow;
use crate::processes::Reader;
use crate::processes::tree::{Tree, serving};
use rustc_hash::FxHashSet;

impl Engine {
    /// Servers of all folders, and of the projects in which ttop or an agent runs.
    pub fn mcp_servers(&self) -> Vec<McpRow> {
        if self.is_sample {
            return Vec::new();
        }
        let system = &self.system;
        let processes = Reader::default().list();
        let tree = Tree::new(&processes);
        let lives = self.registry.agents.iter().filter_map(|agent| live(&**agent));
        let invocations = Invocations::among(&processes, programs());
        let running = Running::new(&processes, &invocations);
        let inventory = Inventory::new(system, &self.listings);
        let agents: FxHashSet<u32> = lives.flat_map(|live| live.pids(running, &inventory)).collect();
        let folders = agents.iter().filter_map(|pid| tree.process(*pid)?.cwd.clone());
        let folders: Vec<_> = folders.chain([system.cwd.clone()]).collect();
        let found = configured(&folders, system);
        found
            .problems
            .into_iter()
            .for_each(|problem| self.note_problem(problem));
        let rows = found.servers.iter();
        rows.map(|server| {
            let (served, orphans) = serving(server, &tree, &agents, &processes);
            row(server, &served, &orphans)
        })
        .collect()
    }
}

fn row(server: &McpServer, served: &[&Process], orphans: &[&Process]) -> McpRow {
    let pids = |processes: &[&Process]| {
        let mut pids: Vec<u32> = processes.iter().map(|process| process.pid).collect();
        pids.sort_unstable();
        pids
    };
    McpRow {
        agent_id: server.agent_id.to_string(),
        name: server.name.clone(),
        kind: server.kind,
        command: server.shown_command(),
        host: server.host.clone(),
        enabled: server.is_enabled,
        source: server.source.clone(),
        project_path: server.project.clone(),
        pids: pids(served),
        orphans: pids(orphans),
    }
}
