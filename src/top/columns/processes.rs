//! Columns of running agents.

use super::{col, count, nanos, short_model};
use crate::core::money::Money;
use crate::core::rows::PsRow;
use crate::core::status::Status;
use crate::render::number::{bytes, duration};
use crate::render::{Cell, Tone};
use crate::top::list::Width::{Fixed, Flexible};
use crate::top::list::{Col, Listed, SortKey, plain};

/// How urgent a status is: 0 needs the user.
pub const fn urgency(status: Status) -> i64 {
    match status {
        Status::WaitingPermission | Status::WaitingQuestion => 0,
        Status::Error | Status::Truncated => 1,
        Status::DoneUnread => 2,
        Status::Working => 3,
        Status::Thinking | Status::Queued | Status::Retrying => 4,
        Status::Idle => 5,
        Status::Interrupted => 6,
        Status::Stale => 7,
        Status::Unknown => 8,
    }
}

/// A status in one word: color is never its only sign.
pub const fn word(status: Status) -> (&'static str, Tone) {
    match status {
        Status::WaitingPermission | Status::WaitingQuestion => ("ASKS", Tone::Warning),
        Status::Error => ("ERROR", Tone::Critical),
        Status::Truncated => ("CUT OFF", Tone::Critical),
        Status::DoneUnread => ("done", Tone::Strong),
        Status::Working => ("works", Tone::Good),
        Status::Thinking => ("thinks", Tone::Caution),
        Status::Queued => ("queued", Tone::Caution),
        Status::Retrying => ("retries", Tone::Caution),
        Status::Idle => ("idle", Tone::Plain),
        Status::Interrupted => ("stopped", Tone::Plain),
        Status::Stale => ("stale", Tone::Dim),
        Status::Unknown => ("?", Tone::Dim),
    }
}

impl Listed for PsRow {
    const COLS: &'static [Col<Self>] = &[
        col(
            "status",
            "Status",
            Fixed(14),
            0,
            false,
            |row, _| {
                let (word, tone) = word(row.status);
                match &row.activity {
                    Some(activity) => Cell::toned(format!("{word} {activity}"), tone),
                    None => Cell::toned(word, tone),
                }
            },
            // The longest wait first.
            |row| {
                const DAYS_MS: i64 = 1 << 42;
                SortKey::Int(urgency(row.status) * DAYS_MS - row.since_ms.unwrap_or_default().min(DAYS_MS - 1))
            },
        ),
        col(
            "sinceMs",
            "Since",
            Fixed(9),
            0,
            true,
            |row, _| match row.status {
                Status::Unknown => Cell::empty(),
                _ => Cell::plain(row.since_ms.map(duration).unwrap_or_default()),
            },
            |row| SortKey::int(row.since_ms),
        ),
        col(
            "sessionName",
            "Session",
            Flexible(3),
            0,
            false,
            |row, _| match (&row.session_name, &row.session_id) {
                (Some(name), _) => plain(name),
                (None, Some(id)) => plain(id),
                (None, None) => Cell::toned(row.role.name(), Tone::Dim),
            },
            |row| SortKey::text(row.session_name.as_deref()),
        ),
        col(
            "cwd",
            "Folder",
            Flexible(1),
            100,
            false,
            |row, view| Cell::path(row.cwd.as_deref(), view),
            |row| SortKey::text(row.cwd.as_deref()),
        ),
        col(
            "agentId",
            "Agent",
            Fixed(11),
            100,
            false,
            |row, _| plain(&row.agent_id),
            |row| SortKey::Text(&row.agent_id),
        ),
        col(
            "modelId",
            "Model",
            Fixed(12),
            70,
            false,
            |row, _| plain(row.model_id.as_deref().map(short_model).unwrap_or_default()),
            |row| SortKey::text(row.model_id.as_deref()),
        ),
        col(
            "turns",
            "Turns",
            Fixed(6),
            120,
            true,
            |row, _| Cell::plain(row.turns.map(|turns| turns.to_string()).unwrap_or_default()),
            |row| count(row.turns),
        ),
        col(
            "tokens",
            "Tokens",
            Fixed(7),
            120,
            true,
            |row, _| match row.session_id {
                Some(_) => Cell::tokens(row.tokens.total()),
                None => Cell::empty(),
            },
            |row| count(row.tokens.total()),
        ),
        col(
            "cost",
            "Cost",
            Fixed(9),
            0,
            true,
            |row, _| match row.session_id {
                Some(_) => Cell::money(row.cost, row.cost_status),
                None => Cell::empty(),
            },
            |row| nanos(row.cost),
        ),
        col(
            "tmuxPane",
            "Pane",
            Fixed(9),
            60,
            false,
            |row, _| plain(row.tmux_pane.as_deref().unwrap_or_default()),
            |row| SortKey::text(row.tmux_pane.as_deref()),
        ),
        col(
            "cpuPercent",
            "Cpu",
            Fixed(5),
            110,
            true,
            |row, _| Cell::plain(row.cpu_percent.map(|cpu| format!("{cpu:.0}%")).unwrap_or_default()),
            |row| SortKey::float(row.cpu_percent),
        ),
        col(
            "memoryBytes",
            "Memory",
            Fixed(9),
            110,
            true,
            |row, _| Cell::plain(row.memory_bytes.map(bytes).unwrap_or_default()),
            |row| count(row.memory_bytes),
        ),
        col(
            "pid",
            "Pid",
            Fixed(8),
            130,
            true,
            |row, _| Cell::plain(row.pid.to_string()),
            |row| SortKey::Int(i64::from(row.pid)),
        ),
    ];

    fn id(&self) -> String {
        format!("{} {}", self.pid, self.session_id.as_deref().unwrap_or_default())
    }

    fn texts<'r>(&'r self, found: &mut dyn FnMut(&'r str)) {
        found(&self.agent_id);
        found(self.role.name());
        found(self.status.name());
        let texts = [
            &self.session_id,
            &self.session_name,
            &self.project_path,
            &self.provider_id,
            &self.model_id,
        ];
        texts.into_iter().flatten().for_each(|text| found(text));
        let texts = [&self.activity, &self.cwd, &self.tty, &self.tmux_pane, &self.last_text];
        texts.into_iter().flatten().for_each(|text| found(text));
    }

    fn dollars(&self) -> Option<f64> {
        self.cost.map(Money::dollars)
    }
}
