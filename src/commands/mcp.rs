//! `ttop mcp`: configured MCP servers and the processes that run them.

use super::context::Context;
use crate::args::{Filters, RowArgs};
use crate::core::rows::McpRow;
use crate::engine::empty_answer::empty_or;
use crate::engine::filters::check;
use crate::exit::Exit;
use crate::render::{Grep, Layout};
use anyhow::Result;
use clap::Args;

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
        let request = context.request(&self.rows)?;
        request.check::<McpRow>(false)?;
        let filters = self.filters.text();
        check::<McpRow>(&filters)?;
        let rows = context.engine.mcp_servers();
        context.warn_all();
        let unknown = context.engine.unknown_names(&filters, &rows)?;
        context.out.report_unknown(&unknown, false)?;
        let had_rows = !rows.is_empty();
        let rows = context.engine.choose(&filters, rows)?;
        let layout = Layout {
            grep: Grep::new(&filters.grep),
            empty: empty_or("no MCP servers are configured", had_rows, &filters),
            ..Layout::default()
        };
        context.out.print(&request, layout, rows.into_iter().map(Ok))
    }
}
