//! The table of `ttop cost`: dimensions that were not asked for are empty, so their columns are left out.

use crate::core::money::Money;
use crate::core::rows::CostRow;
use crate::core::time::Time;
use crate::render::{Cell, Column, Row, Tone, View, number};

impl Row for CostRow {
    const NAME: &'static str = "cost";
    const EMPTY: &'static str = "no turns";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("period", "Period", 0, period),
        Column::number("end", "Left", 0, left),
        Column::id("sessionId", "Id", 0, |row, view| match &row.session_id {
            Some(id) => Cell::session_id(id, view),
            None => Cell::empty(),
        }),
        Column::text("agentId", "Agent", 0, |row, _| {
            dimension(row, "agentId", row.agent_id.as_deref())
        }),
        Column::text("providerId", "Provider", 0, |row, _| {
            dimension(row, "providerId", row.provider_id.as_deref())
        }),
        Column::text("vendorId", "Vendor", 0, |row, _| {
            dimension(row, "vendorId", row.vendor_id.as_deref())
        }),
        Column::text("modelId", "Model", 0, |row, _| {
            dimension(row, "modelId", row.model_id.as_deref())
        }),
        // Where ids are asked for, they say it already.
        Column::text("modelName", "Model name", 0, |row, _| {
            dimension(
                row,
                "modelName",
                row.model_name.as_deref().filter(|_| row.model_id.is_none()),
            )
        }),
        Column::path("projectPath", "Project", 0, |row, view| match &row.project_path {
            Some(path) => Cell::path(Some(path), view),
            None => dimension(row, "projectPath", None),
        }),
        Column::text("sessionName", "Session", 0, |row, _| {
            Cell::text(row.session_name.as_deref().or(row.session_id.as_deref()))
        }),
        Column::text("session.agentId", "Agent", 2, |row, _| {
            let session = row.session.as_ref().filter(|_| row.agent_id.is_none());
            Cell::text(session.map(|session| &*session.agent_id))
        }),
        Column::path("session.projectPath", "Project", 4, |row, view| {
            let session = row.session.as_ref().filter(|_| row.project_path.is_none());
            Cell::path(session.and_then(|session| session.project_path.as_deref()), view)
        }),
        Column::text("branch", "Branch", 0, |row, _| {
            dimension(row, "branch", row.branch.as_deref())
        }),
        // The sessions themselves have no kind.
        Column::text("subagent", "Subagent", 0, |row, _| Cell::text(row.subagent.as_deref())),
        Column::text("host", "Host", 0, |row, _| {
            let is_here = row.grouped_by.contains(&"host") && row.host.is_none();
            Cell::text(if is_here {
                Some("(this machine)")
            } else {
                row.host.as_deref()
            })
        }),
        Column::number("costPerHour", "$/hour", 1, |row, _| {
            row.cost_per_hour
                .map_or_else(Cell::empty, |cost| Cell::money(Some(cost), row.cost_status))
        }),
        Column::number("projectedCost", "Projected", 1, |row, _| {
            row.projected_cost
                .map_or_else(Cell::empty, |cost| Cell::money(Some(cost), row.cost_status))
        }),
        Column::text("used.agents", "Agents", 11, |row, _| {
            let used = row.used.as_ref().filter(|_| names_its_parts(row));
            Cell::plain(used.map(|used| used.agents.join(", ")).unwrap_or_default())
        }),
        Column::text("used.models", "Models", 10, |row, _| {
            let used = row.used.as_ref().filter(|_| names_its_parts(row));
            Cell::plain(used.map(|used| used.models.join(", ")).unwrap_or_default())
        }),
        Column::number("sessions", "Sessions", 6, |row, _| match row.session_id {
            None => Cell::count(row.sessions),
            Some(_) => Cell::empty(),
        }),
        Column::number("turns", "Turns", 5, |row, _| Cell::count(row.turns)),
        Column::number("tokens.input", "Input", 3, |row, _| Cell::tokens(row.tokens.input())),
        Column::number("tokens.output", "Output", 2, |row, _| Cell::tokens(row.tokens.output())),
        Column::number("tokens.reasoning", "Reason", 7, |row, _| {
            Cell::tokens(row.tokens.reasoning())
        }),
        Column::number("tokens.cacheRead", "Cache R", 4, |row, _| {
            Cell::tokens(row.tokens.cache_read())
        }),
        Column::number("tokens.cacheWrite", "Cache W", 4, |row, _| {
            Cell::tokens(row.tokens.cache_write())
        }),
        Column::number("totalTokens", "Tokens", 1, |row, _| Cell::tokens(row.total_tokens)),
        Column::number("cost", "Cost", 0, |row, _| Cell::money(row.cost, row.cost_status)),
        Column::text("session.updatedAt", "Updated", 3, |row, view| {
            Cell::age(row.session.as_ref().and_then(|session| session.updated_at), view)
        }),
    ];
}

/// A value that rows are grouped by: one that no record holds has a name, too.
fn dimension(row: &CostRow, key: &'static str, value: Option<&str>) -> Cell {
    match value {
        None if is_grouped_by(row, &[key]) => Cell::named(None),
        value => Cell::text(value),
    }
}

/// Whether agents and models are parts of the row: rows of times and projects.
fn names_its_parts(row: &CostRow) -> bool {
    row.grouped_by
        .iter()
        .all(|key| ["period", "block", "projectPath"].contains(key))
        && !row.grouped_by.is_empty()
}

fn is_grouped_by(row: &CostRow, keys: &[&str]) -> bool {
    row.grouped_by.iter().any(|key| keys.contains(key))
}

/// How much of the active block is left.
fn left(row: &CostRow, view: &View) -> Cell {
    let end = row.end.filter(|_| is_grouped_by(row, &["block"]));
    match (row.start, end) {
        (Some(start), Some(end)) if (start..end).contains(&view.now) => {
            Cell::toned(format!("● {}", number::duration(end - view.now)), Tone::Strong)
        }
        _ => Cell::empty(),
    }
}

/// The period as its key has it; a block by its local hours.
fn period(row: &CostRow, view: &View) -> Cell {
    let (Some(start), Some(end), true) = (row.start, row.end, is_grouped_by(row, &["block"])) else {
        return Cell::text(row.period.as_deref());
    };
    let local = |at: i64, format: &str| {
        let at = view.zone.to_datetime(Time(at).timestamp());
        at.strftime(format).to_string()
    };
    let format = match local(start, "%Y") == local(view.now, "%Y") {
        true => "%m-%d %H:%M",
        false => "%Y-%m-%d %H:%M",
    };
    let span = format!("{}–{}", local(start, format), local(end, "%H:%M"));
    match (start..end).contains(&view.now) {
        true => Cell::toned(span, Tone::Strong),
        false => Cell::plain(span),
    }
}

/// `of which $180.00 covered by plans`, where any is.
pub fn covered_note(covered: Money) -> Option<String> {
    (covered != Money::ZERO).then(|| format!("of which {} covered by plans", number::money(Some(covered), None)))
}
