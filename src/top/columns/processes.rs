//! Columns of running agents.

use super::model;
use crate::core::money::Money;
use crate::core::rows::PsRow;
use crate::core::status::Status;
use crate::render::number::{bytes, duration};
use crate::render::{Cell, Tone, View as Reader};
use crate::top::list::Value::{self, Count, Path, Text};
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
        Col::new("status", "Status", Fixed(14), 0, STATUS),
        Col::new("sinceMs", "Since", Fixed(9), 0, SINCE),
        Col::new("sessionName", "Session", Flexible(3), 0, NAME),
        Col::new("cwd", "Folder", Flexible(1), 100, Path(|row| row.cwd.as_deref())),
        Col::new("agentId", "Agent", Fixed(11), 100, Text(|row| Some(&row.agent_id))),
        Col::new("modelId", "Model", Fixed(12), 70, MODEL),
        Col::new("turns", "Turns", Fixed(6), 120, Count(|row| row.turns)),
        Col::new("tokens", "Tokens", Fixed(7), 120, TOKENS),
        Col::new("cost", "Cost", Fixed(9), 0, COST),
        Col::new("pane", "Pane", Fixed(9), 60, PANE),
        Col::new("cpuPercent", "Cpu", Fixed(5), 110, CPU),
        Col::new("memoryBytes", "Memory", Fixed(9), 110, MEMORY),
        Col::new("pid", "Pid", Fixed(8), 130, PID),
    ];

    fn id(&self) -> String {
        let host = self.host.as_deref().unwrap_or_default();
        format!("{} {} {host}", self.pid, self.session_id.as_deref().unwrap_or_default())
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
        let texts = [
            &self.activity,
            &self.cwd,
            &self.tty,
            &self.pane,
            &self.last_text,
            &self.host,
        ];
        texts.into_iter().flatten().for_each(|text| found(text));
    }

    fn dollars(&self) -> Option<f64> {
        self.cost.map(Money::dollars)
    }

    /// `"May I run cargo test?" · ~/acme-api · 14 turns · up 2h`
    fn second(&self, reader: &Reader) -> String {
        let facts = [
            self.last_text.as_ref().map(|text| format!("\"{text}\"")),
            self.cwd
                .as_deref()
                .map(|folder| Cell::path(Some(folder), reader).text.into_string()),
            self.turns.map(|turns| format!("{turns} turns")),
            self.uptime_ms.map(|time| format!("up {}", duration(time))),
        ];
        facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    fn group(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

const STATUS: Value<PsRow> = Value::Own {
    is_number: false,
    cell: |row, _| {
        let (word, tone) = word(row.status);
        match &row.activity {
            Some(activity) => Cell::toned(format!("{word} {activity}"), tone),
            None => Cell::toned(word, tone),
        }
    },
    // The longest wait first.
    sort: |row| {
        const DAYS_MS: i64 = 1 << 42;
        SortKey::Int(urgency(row.status) * DAYS_MS - row.since_ms.unwrap_or_default().min(DAYS_MS - 1))
    },
};

const SINCE: Value<PsRow> = Value::Own {
    is_number: true,
    cell: |row, _| match row.status {
        Status::Unknown => Cell::empty(),
        _ => Cell::plain(row.since_ms.map(duration).unwrap_or_default()),
    },
    sort: |row| SortKey::int(row.since_ms),
};

const NAME: Value<PsRow> = Value::Own {
    is_number: false,
    cell: |row, _| match (&row.session_name, &row.session_id) {
        (Some(name), _) => plain(name),
        (None, Some(id)) => plain(id),
        (None, None) => Cell::toned(row.role.name(), Tone::Dim),
    },
    sort: |row| SortKey::text(row.session_name.as_deref()),
};

const TOKENS: Value<PsRow> = Value::Own {
    is_number: true,
    cell: |row, _| match row.session_id {
        Some(_) => Cell::tokens(row.tokens.total()),
        None => Cell::empty(),
    },
    sort: |row| SortKey::count(row.tokens.total()),
};

const COST: Value<PsRow> = Value::Own {
    is_number: true,
    cell: |row, _| match row.session_id {
        Some(_) => Cell::money(row.cost, row.cost_status),
        None => Cell::empty(),
    },
    sort: |row| SortKey::int(row.cost.map(Money::nanos)),
};

/// Where an agent is: its pane, which in tmux people name without `tmux`, or `@` and its machine.
const PANE: Value<PsRow> = Value::Own {
    is_number: false,
    cell: |row, _| match (&row.host, &row.tmux_pane, &row.pane) {
        (Some(host), ..) => plain(&format!("@{host}")),
        (_, Some(pane), _) | (.., Some(pane)) => plain(pane),
        _ => Cell::empty(),
    },
    sort: |row| SortKey::text(row.pane.as_deref()),
};

const CPU: Value<PsRow> = Value::Own {
    is_number: true,
    cell: |row, _| Cell::plain(row.cpu_percent.map(|cpu| format!("{cpu:.0}%")).unwrap_or_default()),
    sort: |row| SortKey::float(row.cpu_percent),
};

const MEMORY: Value<PsRow> = Value::Own {
    is_number: true,
    cell: |row, _| Cell::plain(row.memory_bytes.map(bytes).unwrap_or_default()),
    sort: |row| SortKey::count(row.memory_bytes),
};

const PID: Value<PsRow> = Value::Own {
    is_number: true,
    cell: |row, _| Cell::plain(row.pid.to_string()),
    sort: |row| SortKey::Int(i64::from(row.pid)),
};

const MODEL: Value<PsRow> = Value::Own {
    is_number: false,
    cell: |row, reader| model(row.provider_id.as_deref(), row.model_id.as_deref(), reader),
    sort: |row| SortKey::text(row.model_id.as_deref()),
};
