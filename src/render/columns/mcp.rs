//! The table of `ttop mcp`.

use crate::core::rows::McpRow;
use crate::render::{Align, Cell, Column, Row, Tone};

impl Row for McpRow {
    const NAME: &'static str = "mcp";
    const EMPTY: &'static str = "no MCP servers configured";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "agentId",
                title: "Agent",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::plain(&*row.agent_id),
            },
            Column {
                key: "name",
                title: "Server",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::plain(&*row.name),
            },
            Column {
                key: "enabled",
                title: "Enabled",
                align: Align::Left,
                drop: 1,
                cell: |row, _| match row.enabled {
                    true => Cell::toned("yes", Tone::Good),
                    false => Cell::toned("no", Tone::Dim),
                },
            },
            Column {
                key: "command",
                title: "Runs",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.command.as_deref().or(row.host.as_deref())),
            },
            Column {
                key: "pids",
                title: "Pids",
                align: Align::Left,
                drop: 2,
                cell: |row, _| Cell::plain(list(&row.pids)),
            },
            Column {
                key: "orphans",
                title: "Orphans",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::toned(list(&row.orphans), Tone::Warning),
            },
            Column {
                key: "projectPath",
                title: "Project",
                align: Align::Path,
                drop: 3,
                cell: |row, view| Cell::path(row.project_path.as_deref(), view),
            },
            Column {
                key: "source",
                title: "Configured in",
                align: Align::Path,
                drop: 4,
                cell: |row, view| Cell::path(Some(&row.source), view),
            },
        ]
    }
}

fn list(pids: &[u32]) -> String {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    pids.join(" ")
}
