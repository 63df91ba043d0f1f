//! The table of `ttop ps`.

use crate::core::rows::PsRow;
use crate::core::status::Status;
use crate::render::number::{bytes, duration};
use crate::render::{Align, Cell, Column, Row, Tone};

impl Row for PsRow {
    const NAME: &'static str = "ps";
    const EMPTY: &'static str = "no agents running";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "pid",
                title: "Pid",
                align: Align::Right,
                drop: 1,
                cell: |row, _| Cell::plain(row.pid.to_string()),
            },
            Column {
                key: "agentId",
                title: "Agent",
                align: Align::Left,
                drop: 3,
                cell: |row, _| Cell::plain(&*row.agent_id),
            },
            Column {
                key: "role",
                title: "Role",
                align: Align::Left,
                drop: 8,
                cell: |row, _| Cell::plain(row.role.name()),
            },
            Column {
                key: "status",
                title: "Status",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::toned(row.status.name(), tone(row.status)),
            },
            Column {
                key: "activity",
                title: "Doing",
                align: Align::Left,
                drop: 5,
                cell: |row, _| Cell::text(row.activity.as_deref()),
            },
            Column {
                key: "sinceMs",
                title: "Since",
                align: Align::Right,
                drop: 2,
                cell: |row, _| Cell::plain(row.since_ms.map(duration).unwrap_or_default()),
            },
            Column {
                key: "sessionName",
                title: "Session",
                align: Align::Left,
                drop: 0,
                cell: |row, _| match (&row.session_name, &row.session_id) {
                    (Some(name), _) => Cell::plain(&**name),
                    (None, Some(id)) => Cell::plain(&**id),
                    (None, None) => Cell::empty(),
                },
            },
            Column {
                key: "lastText",
                title: "Last",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::text(row.last_text.as_deref()),
            },
            Column {
                key: "cwd",
                title: "Folder",
                align: Align::Path,
                drop: 6,
                cell: |row, view| Cell::path(row.cwd.as_deref(), view),
            },
            Column {
                key: "modelId",
                title: "Model",
                align: Align::Left,
                drop: 7,
                cell: |row, _| Cell::text(row.model_id.as_deref()),
            },
            Column {
                key: "cost",
                title: "Cost",
                align: Align::Right,
                drop: 4,
                cell: |row, _| match row.session_id {
                    Some(_) => Cell::money(row.cost, row.cost_status),
                    None => Cell::empty(),
                },
            },
            Column {
                key: "tmuxPane",
                title: "Pane",
                align: Align::Left,
                drop: 3,
                cell: |row, _| Cell::text(row.tmux_pane.as_deref()),
            },
            Column {
                key: "tty",
                title: "Tty",
                align: Align::Left,
                drop: 9,
                cell: |row, _| Cell::text(row.tty.as_deref()),
            },
            Column {
                key: "cpuPercent",
                title: "Cpu",
                align: Align::Right,
                drop: 9,
                cell: |row, _| {
                    Cell::plain(
                        row.cpu_percent
                            .map(|percent| format!("{percent:.0}%"))
                            .unwrap_or_default(),
                    )
                },
            },
            Column {
                key: "memoryBytes",
                title: "Memory",
                align: Align::Right,
                drop: 9,
                cell: |row, _| Cell::plain(row.memory_bytes.map(bytes).unwrap_or_default()),
            },
        ]
    }
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
