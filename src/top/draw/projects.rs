//! The projects view: what each project cost, by model, agent and day.

use super::canvas::Canvas;
use super::cost::share;
use super::{empty, gauge, layout, list_area, table};
use crate::core::budget::Level;
use crate::core::rows::CostRow;
use crate::render::number::money;
use crate::render::{Cell, UNKNOWN};
use crate::top::columns::short_model;
use crate::top::rows::ProjectRows;
use crate::top::state::State;
use ratatui::layout::Rect;

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let parts = layout::parts(state);
    let Some(rows) = &state.projects else {
        empty(canvas, layout::body(state), &["adding up…"]);
        return;
    };
    let total = money(rows.total.cost, rows.total.cost_status);
    let title = format!("Projects {} · {} · {total}", rows.projects.len(), state.window().name());
    let list = list_area(canvas, state, parts.list, title);
    // The share has a bar of its own beside the columns where there is room.
    let bars = if list.width >= 56 { 15 } else { 0 };
    let (columns, shares) = layout::right(list, bars);
    table::draw(canvas, columns, &rows.projects, state.list(), &state.reader, true);
    if bars > 0 {
        draw_shares(canvas, state, rows, shares);
    }
    if rows.projects.is_empty() {
        empty(canvas, list, &["No turns in this window; t shows a longer one."]);
    }
    let Some(row) = state.list().selected(&rows.projects) else {
        return;
    };
    match layout::is_wide(state) {
        true => side(canvas, state, rows, row, parts.side),
        false => foot(canvas, state, rows, row, parts.foot),
    }
}

fn draw_shares(canvas: &mut Canvas<'_>, state: &State, rows: &ProjectRows, area: Rect) {
    canvas.text(area.x + 1, area.y, area.width, "Share", canvas.look.strong());
    let list = state.list();
    for (y, &at) in (area.top() + 1..area.bottom()).zip(list.order.iter().skip(list.offset)) {
        let share = rows.projects.get(at).and_then(|row| share(row, &rows.total));
        let bar = gauge::bar(share.unwrap_or_default(), 8).replace('░', " ");
        canvas.text(area.x + 1, y, 8, bar, canvas.look.gauge(Level::Fine));
        let text = share.map_or(UNKNOWN.to_owned(), |share| format!("{share:.0}%"));
        canvas.right(area.right(), y, 5, text, canvas.look.text());
    }
}

fn of<'r>(rows: &'r [CostRow], row: &CostRow) -> impl Iterator<Item = &'r CostRow> {
    let path = row.project_path.clone();
    rows.iter().filter(move |other| other.project_path == path)
}

/// The cost of the newest days, oldest first.
fn days(rows: &ProjectRows, row: &CostRow, count: usize) -> Vec<f64> {
    let mut days: Vec<(i64, f64)> = of(&rows.days, row)
        .map(|day| {
            (
                day.start.unwrap_or_default(),
                day.cost.map_or(0.0, |cost| cost.at_newest_rate().dollars()),
            )
        })
        .collect();
    days.sort_by_key(|(start, _)| *start);
    let skipped = days.len().saturating_sub(count);
    days.into_iter().skip(skipped).map(|(_, cost)| cost).collect()
}

fn foot(canvas: &mut Canvas<'_>, state: &State, rows: &ProjectRows, row: &CostRow, area: Rect) {
    if area.height < 2 {
        return;
    }
    let line = "─".repeat(usize::from(area.width));
    canvas.text(area.x, area.y, area.width, line, canvas.look.border());
    let name = Cell::path(row.project_path.as_deref(), &state.reader).text;
    canvas.text(
        area.x + 1,
        area.y,
        area.width - 2,
        format!(" {name} "),
        canvas.look.title(),
    );
    let mut pieces: Vec<_> = of(&rows.models, row)
        .map(|row| {
            let name = row.model_id.as_deref().map_or("unknown", short_model);
            let text = format!(" {name} {} ", money(row.cost, row.cost_status));
            (text, canvas.look.text())
        })
        .collect();
    let days = gauge::sparkline(days(rows, row, 20));
    pieces.push((format!("  active days {days}"), canvas.look.accent()));
    canvas.pieces(area.x, area.y + 1, area.width, &pieces);
}

fn side(canvas: &mut Canvas<'_>, state: &State, rows: &ProjectRows, row: &CostRow, area: Rect) {
    let name = match row.project_path {
        Some(_) => Cell::path(row.project_path.as_deref(), &state.reader)
            .text
            .into_string(),
        None => "Turns without a project".to_owned(),
    };
    let inner = canvas.panel(area, name);
    let mut y = inner.y;
    let mut line = |canvas: &mut Canvas<'_>, name: &str, value: String| {
        if y >= inner.bottom() {
            return;
        }
        let style = if value.is_empty() {
            canvas.look.title()
        } else {
            canvas.look.text()
        };
        canvas.text(inner.x, y, inner.width.saturating_sub(12), name, style);
        canvas.right(inner.right(), y, 11, value, canvas.look.text());
        y += 1;
    };
    line(canvas, "Models", String::new());
    for row in of(&rows.models, row).take(8) {
        let name = format!(" {}", row.model_id.as_deref().unwrap_or("unknown"));
        line(canvas, &name, money(row.cost, row.cost_status));
    }
    line(canvas, "Agents", String::new());
    for row in of(&rows.agents, row).take(8) {
        let name = format!(" {}", row.agent_id.as_deref().unwrap_or("unknown"));
        line(canvas, &name, money(row.cost, row.cost_status));
    }
    line(canvas, "Active days", String::new());
    line(
        canvas,
        &format!(" {}", gauge::sparkline(days(rows, row, 60))),
        " ".to_owned(),
    );
    line(canvas, "Sessions", String::new());
    let sessions = rows
        .sessions
        .iter()
        .filter(|session| session.project_path == row.project_path);
    for session in sessions {
        let name = format!(" {}", session.session_name.as_deref().unwrap_or(&session.session_id));
        line(canvas, &name, money(session.cost, session.cost_status));
    }
}
