//! The table of `ttop mcp`.

use crate::core::rows::McpRow;
use crate::render::{Cell, Column, Row, Tone};

impl Row for McpRow {
    const NAME: &'static str = "mcp";
    const EMPTY: &'static str = "no MCP servers configured";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("agentId", "Agent", 0, |row, _| Cell::plain(&*row.agent_id)),
        Column::text("name", "Server", 0, |row, _| Cell::plain(&*row.name)),
        Column::text("enabled", "Enabled", 1, |row, _| match row.enabled {
            true => Cell::toned("yes", Tone::Good),
            false => Cell::toned("no", Tone::Dim),
        }),
        Column::text("command", "Runs", 0, |row, _| {
            Cell::text(row.command.as_deref().or(row.host.as_deref()))
        }),
        Column::text("pids", "Pids", 2, |row, _| Cell::plain(list(&row.pids))),
        Column::text("orphans", "Orphans", 0, |row, _| {
            Cell::toned(list(&row.orphans), Tone::Warning)
        }),
        Column::path("projectPath", "Project", 3, |row, view| {
            Cell::path(row.project_path.as_deref(), view)
        }),
        Column::path("source", "Configured in", 4, |row, view| {
            Cell::path(Some(&row.source), view)
        }),
    ];
}

fn list(pids: &[u32]) -> String {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    pids.join(" ")
}
