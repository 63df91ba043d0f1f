//! The table of `ttop ps`.

use crate::core::rows::PsRow;
use crate::core::status::Status;
use crate::render::number::{bytes, duration};
use crate::render::{Cell, Column, Row, Tone};

impl Row for PsRow {
    const NAME: &'static str = "ps";
    const EMPTY: &'static str = "no agents running";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::id("sessionId", "Id", 0, |row, view| match &row.session_id {
            Some(id) => Cell::session_id(id, view),
            None => Cell::empty(),
        }),
        Column::number("pid", "Pid", 1, |row, _| Cell::plain(row.pid.to_string())),
        Column::text("agentId", "Agent", 3, |row, _| Cell::plain(&*row.agent_id)),
        Column::text("host", "Host", 2, |row, _| Cell::text(row.host.as_deref())),
        Column::text("role", "Role", 8, |row, _| Cell::plain(row.role.name())),
        Column::text("status", "Status", 0, |row, _| {
            Cell::toned(row.status.name(), tone(row.status))
        }),
        Column::text("activity", "Doing", 5, |row, _| Cell::text(row.activity.as_deref())),
        Column::number("sinceMs", "Since", 2, |row, _| {
            Cell::plain(row.since_ms.map(duration).unwrap_or_default())
        }),
        Column::text("sessionName", "Session", 0, |row, _| {
            match (&row.session_name, &row.session_id) {
                (Some(name), _) => Cell::plain(&**name),
                (None, Some(id)) => Cell::plain(&**id),
                (None, None) => Cell::empty(),
            }
        }),
        Column::text("lastText", "Last", 0, |row, _| Cell::text(row.last_text.as_deref())),
        Column::path("cwd", "Folder", 6, |row, view| Cell::path(row.cwd.as_deref(), view)),
        Column::text("modelId", "Model", 7, |row, view| match &row.model_id {
            Some(_) => Cell::model(row.provider_id.as_deref(), row.model_id.as_deref(), view),
            None => Cell::empty(),
        }),
        Column::number("cost", "Cost", 4, |row, _| match row.session_id {
            Some(_) => Cell::money(row.cost, row.cost_status),
            None => Cell::empty(),
        }),
        Column::text("tmuxPane", "Pane", 3, |row, _| Cell::text(row.tmux_pane.as_deref())),
        Column::text("pane", "Terminal", 9, |row, _| Cell::text(row.pane.as_deref())),
        Column::text("tty", "Tty", 9, |row, _| Cell::text(row.tty.as_deref())),
        Column::number("cpuPercent", "Cpu", 9, |row, _| {
            Cell::plain(
                row.cpu_percent
                    .map(|percent| format!("{percent:.0}%"))
                    .unwrap_or_default(),
            )
        }),
        Column::number("memoryBytes", "Memory", 9, |row, _| {
            Cell::plain(row.memory_bytes.map(bytes).unwrap_or_default())
        }),
    ];
}

fn tone(status: Status) -> Tone {
    match status {
        Status::Working => Tone::Good,
        Status::Thinking | Status::Queued | Status::Retrying => Tone::Caution,
        Status::WaitingPermission | Status::WaitingQuestion => Tone::Warning,
        Status::Error | Status::Truncated => Tone::Critical,
        Status::DoneUnread => Tone::Strong,
        Status::Idle | Status::Interrupted => Tone::Plain,
        Status::Stale | Status::Unknown => Tone::Dim,
    }
}
