//! `ttop mcp`: configured MCP servers and the processes that run them.

use super::context::Context;
use crate::agents::shared::live::lives;
use crate::agents::shared::mcp::configured;
use crate::args::{Filters, RowArgs};
use crate::core::mcp::McpServer;
use crate::core::process::Process;
use crate::core::rows::McpRow;
use crate::exit::Exit;
use crate::processes::Reader;
use crate::processes::tree::{Tree, serving};
use crate::render::Layout;
use anyhow::Result;
use clap::Args;
use rustc_hash::FxHashSet;

/// List configured MCP servers and the processes that run them
#[derive(Args, Debug, Default)]
pub struct McpArgs {
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl McpArgs {
    /// # Errors
    /// When the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        context.request(&self.rows)?.check::<McpRow>(false)?;
        self.filters.check::<McpRow>()?;
        let rows = if context.global.demo { Vec::new() } else { list(context) };
        let rows = self.filters.choose(context, rows)?;
        let layout = Layout {
            grep: self.filters.grep(),
            ..Layout::default()
        };
        context.print(&self.rows, layout, rows.into_iter().map(Ok))
    }
}

/// Servers of all folders, and of the projects in which ttop or an agent runs.
fn list(context: &mut Context) -> Vec<McpRow> {
    let system = &context.system;
    let processes = Reader::default().list();
    let tree = Tree::new(&processes);
    let agents: FxHashSet<u32> = lives().iter().flat_map(|live| live.pids(&processes, system)).collect();
    let folders = agents.iter().filter_map(|pid| tree.process(*pid)?.cwd.clone());
    let folders: Vec<_> = folders.chain([system.cwd.clone()]).collect();
    let found = configured(&folders, system);
    found.problems.iter().for_each(|problem| context.warn(problem));
    let rows = found.servers.iter();
    rows.map(|server| {
        let (served, orphans) = serving(server, &tree, &agents, &processes);
        row(server, &served, &orphans)
    })
    .collect()
}

fn row(server: &McpServer, served: &[&Process], orphans: &[&Process]) -> McpRow {
    let pids = |processes: &[&Process]| {
        let mut pids: Vec<u32> = processes.iter().map(|process| process.pid).collect();
        pids.sort_unstable();
        pids
    };
    McpRow {
        agent_id: server.agent_id.to_owned(),
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
