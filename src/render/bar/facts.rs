//! Facts: values of a snapshot at a point in time, shared by segments, templates, menus and JSON.

use super::{Icons, Level};
use crate::core::budget::{self, Thresholds};
use crate::core::snapshot::{AgentNow, BudgetNow, Cost, LimitNow, Snapshot, Span};
use crate::core::status::Status;
use crate::render::{Tone, UNKNOWN, number};

/// What agents that run are counted as, urgent first.
pub struct Group {
    pub letter: char,
    pub name: &'static str,
    pub tone: Tone,
    pub statuses: &'static [Status],
}

pub const GROUPS: [Group; 6] = [
    Group {
        letter: 'A',
        name: "Asking",
        tone: Tone::Warning,
        statuses: &[Status::WaitingPermission, Status::WaitingQuestion],
    },
    Group {
        letter: 'G',
        name: "Active",
        tone: Tone::Good,
        statuses: &[Status::Working],
    },
    Group {
        letter: 'T',
        name: "Thinking",
        tone: Tone::Caution,
        statuses: &[Status::Thinking, Status::Queued, Status::Retrying],
    },
    Group {
        letter: 'X',
        name: "Error",
        tone: Tone::Critical,
        statuses: &[Status::Error, Status::Truncated],
    },
    Group {
        letter: 'I',
        name: "Idle",
        tone: Tone::Plain,
        statuses: &[Status::Idle, Status::DoneUnread],
    },
    Group {
        letter: 'S',
        name: "Stale",
        tone: Tone::Dim,
        statuses: &[Status::Stale, Status::Unknown, Status::Interrupted],
    },
];

impl Group {
    pub fn of<'s>(&self, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s AgentNow> {
        let statuses = self.statuses;
        snapshot
            .agents
            .iter()
            .filter(move |agent| statuses.contains(&agent.status))
    }
}

pub(super) fn waiting(snapshot: &Snapshot) -> Vec<&AgentNow> {
    let mut waiting: Vec<&AgentNow> = GROUPS[0].of(snapshot).collect();
    // Who has waited longest comes first.
    waiting.sort_by_key(|agent| agent.since.unwrap_or(i64::MAX));
    waiting
}

/// The limit that is nearest to its end, of windows that are not over.
pub(super) fn fullest(snapshot: &Snapshot, now: i64) -> Option<&LimitNow> {
    let open = snapshot.limits.iter().filter(|limit| limit.is_open(now));
    open.max_by(|a, b| a.used_percent.total_cmp(&b.used_percent))
}

/// The budget that is nearest to its end, of periods that are not over.
pub(super) fn tightest(snapshot: &Snapshot, now: i64) -> Option<&BudgetNow> {
    let open = snapshot.budgets.iter().filter(|budget| budget.end > now);
    open.max_by(|a, b| {
        let order = |budget: &BudgetNow| (budget.level, budget.used_percent.unwrap_or(-1.0));
        let (a, b) = (order(a), order(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    })
}

pub(super) fn level_of(level: Option<budget::Level>) -> Level {
    match level {
        Some(budget::Level::Exceeded | budget::Level::Critical) => Level::Crit,
        Some(budget::Level::Warning) => Level::Warn,
        Some(budget::Level::Fine) | None => Level::Ok,
    }
}

pub(super) fn limit_level(snapshot: &Snapshot, percent: f64) -> Level {
    let (warning, critical) = snapshot.thresholds;
    level_of(Some(Thresholds { warning, critical }.of_percent(percent)))
}

/// The budget level of the total spend in a period, if there is such a budget.
pub(super) fn span_level(snapshot: &Snapshot, every: budget::Every, now: i64) -> Level {
    let whole = snapshot
        .budgets
        .iter()
        .filter(|budget| budget.is_whole && budget.every == every && budget.spent.is_some() && budget.end > now);
    whole.map(|budget| level_of(budget.level)).max().unwrap_or_default()
}

/// The name of a provider without the plan that follows it.
pub(super) fn short(name: &str) -> &str {
    name.split(" (").next().unwrap_or(name)
}

/// Money with its mark.
pub(super) fn money(cost: Cost, icons: Icons) -> String {
    icons.words(number::money(cost.money(), cost.status))
}

/// The spend in a period; unknown if the period ended after the last sum.
pub(super) fn spent(span: &Span, now: i64, icons: Icons) -> String {
    if now >= span.end {
        return icons.words(UNKNOWN.to_owned());
    }
    money(span.cost, icons)
}
