//! The table of `ttop plugin`.

use crate::core::rows::PluginRow;
use crate::render::{Cell, Column, Row, Tone};

impl Row for PluginRow {
    const NAME: &'static str = "plugin";
    const EMPTY: &'static str = "no plugins";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("type", "Type", 0, |row, _| Cell::text(row.kind.as_deref())),
        Column::text("pluginId", "Id", 0, |row, _| Cell::text(row.plugin_id.as_deref())),
        Column::text("name", "Name", 3, |row, _| Cell::text(row.name.as_deref())),
        Column::text("version", "Version", 2, |row, _| Cell::text(row.version.as_deref())),
        Column::text("state", "State", 0, |row, _| Cell::toned(&*row.state, tone(&row.state))),
        Column::path("path", "Source", 1, |row, view| Cell::path(Some(&row.path), view)),
        Column::text("rights", "Rights", 4, |row, _| Cell::plain(row.rights.join("; "))),
    ];
}

fn tone(state: &str) -> Tone {
    match state {
        "loaded" | "initialized" | "started" => Tone::Good,
        "refused" | "failed" => Tone::Critical,
        "untrusted" | "shadowed" => Tone::Warning,
        _ => Tone::Dim,
    }
}
