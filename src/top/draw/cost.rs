//! The cost view: the sessions of a window, with budgets, plans and the largest costs.

use super::canvas::Canvas;
use super::{empty, gauge, layout, list_area, table};
use crate::core::budget::{Amount, Level};
use crate::core::rows::{BudgetRow, CostRow, ProviderRow};
use crate::core::text::Printable;
use crate::render::number::{duration, money, percent, tokens};
use crate::render::{Cell, UNKNOWN};
use crate::top::columns::short_model;
use crate::top::rows::CostRows;
use crate::top::state::{Drivers, State};
use ratatui::layout::Rect;
use ratatui::style::Style;

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let parts = layout::parts(state);
    let Some(rows) = &state.cost else {
        empty(canvas, layout::body(state), &["adding up…"]);
        return;
    };
    let (kpis, head) = layout::top(parts.head, 1);
    strip(canvas, state, rows, kpis);
    let is_wide = layout::is_wide(state);
    if is_wide {
        let inner = canvas.panel(head, "Plans");
        plans(canvas, state, inner);
    } else if head.height >= 2 {
        budget_line(canvas, state, rows, Rect { height: 1, ..head });
        plans(canvas, state, layout::top(head, 1).1);
    }
    let title = format!("Sessions {} · {}", rows.sessions.len(), state.window().name());
    let list = list_area(canvas, state, parts.list, title);
    table::draw(canvas, list, &rows.sessions, state.list(), &state.reader, true);
    if rows.sessions.is_empty() {
        empty(canvas, list, &["No turns in this window; t shows a longer one."]);
    }
    if is_wide {
        side(canvas, state, rows, parts.side);
        if parts.far.width > 0 {
            far(canvas, state, rows, parts.far);
        }
    } else if parts.foot.height >= 2 {
        drivers_line(canvas, state, rows, parts.foot);
        canvas.text(
            parts.foot.x + 1,
            parts.foot.y + 1,
            parts.foot.width.saturating_sub(2),
            tip(rows),
            canvas.look.muted(),
        );
    }
}

/// `COST ~$2.23 (before $0.40)  TOKENS 2.3M  TURNS 48  BURN $0.61/h ▂▃▅`
fn strip(canvas: &mut Canvas<'_>, state: &State, rows: &CostRows, area: Rect) {
    let (label, strong, text) = (canvas.look.muted(), canvas.look.strong(), canvas.look.text());
    let mut pieces: Vec<(String, Style)> = vec![
        (" COST ".to_owned(), label),
        (money(rows.total.cost, rows.total.cost_status), strong),
    ];
    let before = rows.before.as_ref().filter(|before| before.turns > 0);
    if let Some(before) = before {
        let name = if state.window().name() == "today" {
            "yesterday"
        } else {
            "before"
        };
        pieces.push((format!(" ({name} {})", money(before.cost, before.cost_status)), label));
    }
    pieces.push(("  TOKENS ".to_owned(), label));
    pieces.push((tokens(rows.total.total_tokens), strong));
    pieces.push(("  TURNS ".to_owned(), label));
    pieces.push((rows.total.turns.to_string(), strong));
    if let Some(today) = &state.today {
        let burn = today.burn.cost_per_hour();
        pieces.push(("  BURN ".to_owned(), label));
        pieces.push((format!("{}/h", money(burn.money(), burn.status)), strong));
        pieces.push((format!(" {}/min ", tokens(Some(today.burn.tokens_per_minute()))), text));
        let hour = today.burn.hour.map(|tokens| tokens as f64);
        pieces.push((format!(" {}", gauge::sparkline(hour)), canvas.look.accent()));
    }
    let end = canvas.pieces(area.x, area.y, area.width, &pieces);
    let window = format!("{} (t) ", state.window().name());
    if end + 12 < area.right() {
        canvas.right(area.right(), area.y, 12, window, label);
    }
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Usd(dollars) => money(Some(dollars), None),
        Amount::Tokens(count) => tokens(u64::try_from(count).ok()),
    }
}

fn budget_line(canvas: &mut Canvas<'_>, state: &State, rows: &CostRows, area: Rect) {
    let Some(row) = rows.budgets.get(state.budget % rows.budgets.len().max(1)) else {
        let text = " no budget: ttop config set budgets.daily 20";
        canvas.text(area.x, area.y, area.width, text, canvas.look.muted());
        return;
    };
    let label = format!(" {} {} of {} ", row.budget_id, spent(row), amount(row.budget));
    let at = canvas.text(area.x, area.y, area.width, label, canvas.look.text());
    let at = gauge::draw(canvas, at, area.y, 10, row.used_percent, level(row));
    let mut text = format!(" {}", percent(row.used_percent));
    if let Some(left) = row.remaining {
        text.push_str(&format!("  left {}", amount(left)));
    }
    if let Some(projected) = row.projected {
        text.push_str(&format!("  at this pace {}", amount(projected)));
    }
    if row.level.is_some_and(|level| level > Level::Fine) {
        text.push_str(&format!("  {}", level(row).name().to_uppercase()));
    }
    canvas.text(at, area.y, area.right().saturating_sub(at), text, canvas.look.muted());
}

fn level(row: &BudgetRow) -> Level {
    row.level.unwrap_or(Level::Fine)
}

fn spent(row: &BudgetRow) -> String {
    match row.spent {
        None => UNKNOWN.to_owned(),
        Some(Amount::Usd(dollars)) => money(Some(dollars), row.cost_status),
        Some(other) => amount(other),
    }
}

/// A gauge for each plan, the fullest first.
fn plans(canvas: &mut Canvas<'_>, state: &State, area: Rect) {
    if area.height == 0 {
        return;
    }
    let providers = state.plans.as_ref().map_or(&[][..], |plans| &plans.providers);
    let mut with_limits: Vec<&ProviderRow> = providers.iter().filter(|row| row.used_percent.is_some()).collect();
    with_limits.sort_by(|a, b| {
        b.used_percent
            .partial_cmp(&a.used_percent)
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut x = area.x + 1;
    for row in &with_limits {
        let name = match layout::is_wide(state) {
            true => format!("{} {} ", row.provider_id, row.plan.as_deref().unwrap_or_default()),
            false => format!("{} ", row.provider_id),
        };
        let left = row.resets_at.filter(|at| *at > state.reader.now);
        let left = left.map(|at| duration(at - state.reader.now)).unwrap_or_default();
        let tail = format!(" {} {left}  ", percent(row.used_percent));
        let width = crate::render::text::width(&Printable::new(name.as_str())) + 11 + tail.len();
        if usize::from(area.right().saturating_sub(x)) < width {
            return;
        }
        x = canvas.text(x, area.y, area.width, name, canvas.look.text());
        x = gauge::draw(canvas, x, area.y, 8, row.used_percent, super::plans::level(row));
        x = canvas.text(x, area.y, area.width, tail, canvas.look.muted());
    }
    if with_limits.is_empty() {
        let text = "no plan limits known; 3 and r ask the providers";
        canvas.text(x, area.y, area.width.saturating_sub(1), text, canvas.look.muted());
    }
}

fn driver_rows<'r>(state: &State, rows: &'r CostRows) -> (&'static str, &'r [CostRow]) {
    match state.drivers {
        Drivers::Models => ("models", &rows.models),
        Drivers::Projects => ("projects", &rows.projects),
        Drivers::Agents => ("agents", &rows.agents),
    }
}

fn driver_name(state: &State, row: &CostRow) -> Printable {
    match state.drivers {
        Drivers::Models => Printable::new(row.model_id.as_deref().map_or("unknown", short_model)),
        Drivers::Projects if row.project_path.is_none() => Printable::new("(none)"),
        Drivers::Projects => Cell::path(row.project_path.as_deref(), &state.reader).text,
        Drivers::Agents => Printable::new(row.agent_id.as_deref().unwrap_or("unknown")),
    }
}

/// The part of the total that a row is, in percent.
pub(super) fn share(row: &CostRow, total: &CostRow) -> Option<f64> {
    let (part, all) = (row.cost?.nanos(), total.cost?.nanos());
    (all > 0).then(|| part as f64 / all as f64 * 100.0)
}

fn drivers_line(canvas: &mut Canvas<'_>, state: &State, rows: &CostRows, area: Rect) {
    let (name, drivers) = driver_rows(state, rows);
    let mut pieces = vec![(format!(" Top {name}  "), canvas.look.title())];
    for row in drivers.iter().take(6) {
        let share = share(row, &rows.total).map_or(UNKNOWN.to_owned(), |share| format!("{share:.0}%"));
        pieces.push((format!("{} {share}  ", driver_name(state, row)), canvas.look.text()));
    }
    canvas.pieces(area.x, area.y, area.width, &pieces);
}

fn side(canvas: &mut Canvas<'_>, state: &State, rows: &CostRows, area: Rect) {
    let inner = canvas.panel(area, "Budgets and drivers");
    let mut y = inner.y;
    for row in rows.budgets.iter().take(4) {
        if y + 1 >= inner.bottom() {
            return;
        }
        let label = format!("{:<8.8}", row.budget_id);
        let at = canvas.text(inner.x, y, 8, label, canvas.look.text());
        let at = gauge::draw(canvas, at, y, 6, row.used_percent, level(row));
        canvas.text(at, y, 7, format!(" {}", percent(row.used_percent)), canvas.look.text());
        let text = format!("{} of {}", spent(row), amount(row.budget));
        canvas.right(inner.right(), y, 16, text, canvas.look.muted());
        let left = row
            .remaining
            .map(|left| format!("left {}", amount(left)))
            .unwrap_or_default();
        let pace = row
            .projected
            .map(|pace| format!("  at this pace {}", amount(pace)))
            .unwrap_or_default();
        canvas.text(
            inner.x + 1,
            y + 1,
            inner.width - 1,
            format!("{left}{pace}"),
            canvas.look.muted(),
        );
        y += 2;
    }
    let (name, drivers) = driver_rows(state, rows);
    let Some(place) = layout::drivers(state) else { return };
    canvas.text(
        inner.x,
        place.y.saturating_sub(1),
        inner.width,
        format!("Top {name} (m p a)"),
        canvas.look.title(),
    );
    let name_width = inner.width.saturating_sub(24);
    for (y, row) in (place.top()..place.bottom()).zip(drivers) {
        let share = share(row, &rows.total);
        let name = driver_name(state, row);
        canvas.text(inner.x, y, name_width, name, canvas.look.text());
        let bar = gauge::bar(share.unwrap_or_default(), 8).replace('░', " ");
        canvas.text(inner.x + name_width + 1, y, 8, bar, canvas.look.gauge(Level::Fine));
        let share = share.map_or(UNKNOWN.to_owned(), |share| format!("{share:.0}%"));
        canvas.right(
            inner.right() - 5,
            y,
            9,
            money(row.cost, row.cost_status),
            canvas.look.text(),
        );
        canvas.right(inner.right(), y, 4, share, canvas.look.muted());
    }
    let tip_area = layout::bottom(inner, 2).1;
    super::live::wrapped(canvas, tip_area, &[(tip(rows), canvas.look.muted())]);
}

fn far(canvas: &mut Canvas<'_>, state: &State, rows: &CostRows, area: Rect) {
    let (now, agents) = layout::top(area, area.height / 2);
    let inner = canvas.panel(now, "Last hour");
    if let Some(today) = &state.today {
        let hour: Vec<f64> = today.burn.hour.iter().map(|tokens| *tokens as f64).collect();
        let most = hour.iter().copied().fold(0.0, f64::max);
        let (line, chart) = layout::top(inner, 1);
        let text = format!("{} tokens in 5 min at most", tokens(Some(most as u64)));
        canvas.text(line.x, line.y, line.width, text, canvas.look.muted());
        gauge::columns(canvas, chart, &hour, (chart.width / 12).max(1), most);
    }
    let inner = canvas.panel(agents, "Agents");
    for (y, row) in (inner.top()..inner.bottom()).zip(&rows.agents) {
        canvas.text(
            inner.x,
            y,
            inner.width / 2,
            row.agent_id.as_deref().unwrap_or("unknown"),
            canvas.look.text(),
        );
        let text = format!("{} turns  {}", row.turns, money(row.cost, row.cost_status));
        canvas.right(inner.right(), y, inner.width / 2, text, canvas.look.muted());
    }
}

/// What could cost less, or what plans cover.
fn tip(rows: &CostRows) -> String {
    let mut parts = Vec::new();
    if rows.covered > crate::core::money::Money::ZERO {
        parts.push(format!("of which {} covered by plans", money(Some(rows.covered), None)));
    }
    if rows.total.unpriced_tokens > 0 {
        let count = tokens(Some(rows.total.unpriced_tokens));
        parts.push(format!("{count} tokens have no price"));
    }
    let tokens = &rows.total.tokens;
    if let (Some(read), Some(input), Some(write)) = (tokens.cache_read(), tokens.input(), tokens.cache_write()) {
        let all = read + input + write;
        if all > 0 {
            let part = read as f64 / all as f64 * 100.0;
            parts.push(format!("{part:.0}% of the input came from the cache"));
        }
    }
    parts.join("; ")
}
