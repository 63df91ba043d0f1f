//! The trends view: cost per day beside the period before, the year, and when in the week.

use super::canvas::Canvas;
use super::{empty, gauge, heat, layout};
use crate::core::group::Totals;
use crate::core::money::Money;
use crate::core::rows::CostRow;
use crate::core::time::Time;
use crate::render::number::{money, tokens};
use crate::top::columns::short_model;
use crate::top::rows::TrendRows;
use crate::top::state::State;
use jiff::civil::Date;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

const WEEKS: usize = 53;

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let body = layout::body(state);
    let Some(rows) = &state.trends else {
        empty(canvas, body, &["adding up…"]);
        return;
    };
    let is_wide = layout::is_wide(state);
    let below = match (is_wide, state.has_year, state.height) {
        (true, true, _) => 11,
        (false, true, 20..) => 9,
        _ => 0,
    };
    let (chart, below) = layout::bottom(body, below);
    let unit = if state.is_tokens { "Tokens" } else { "Cost" };
    let title = format!("{unit} per day · {} days", state.days);
    let inner = match is_wide {
        true => canvas.panel(chart, title),
        false => chart,
    };
    draw_days(canvas, state, rows, inner);
    if below.height == 0 {
        return;
    }
    let (year, hours) = layout::right(
        below,
        if is_wide {
            below.width.saturating_sub(66).min(60)
        } else {
            0
        },
    );
    let year = match is_wide {
        true => canvas.panel(year, format!("The year, {} per day", unit.to_lowercase())),
        false => year,
    };
    draw_year(canvas, state, rows, year);
    if hours.width > 34 {
        let inner = canvas.panel(hours, "When");
        draw_hours(canvas, state, rows, inner);
    }
}

fn value(state: &State, row: &CostRow) -> f64 {
    measure(state, row.total_tokens, row.cost)
}

fn value_of(state: &State, totals: &Totals) -> f64 {
    measure(state, totals.tokens.tokens().total(), totals.cost.cost())
}

fn measure(state: &State, tokens: Option<u64>, cost: Option<Money>) -> f64 {
    match state.is_tokens {
        true => tokens.unwrap_or_default() as f64,
        false => cost.map_or(0.0, |cost| cost.at_newest_rate().dollars()),
    }
}

fn label(state: &State, value: f64) -> String {
    match state.is_tokens {
        true => tokens(Some(value as u64)),
        false => money(Some(Money::from_dollars(value)), None),
    }
}

fn text_of(state: &State, row: &CostRow) -> String {
    match state.is_tokens {
        true => tokens(row.total_tokens),
        false => money(row.cost, row.cost_status),
    }
}

fn text_before(state: &State, totals: &Totals) -> String {
    match state.is_tokens {
        true => tokens(totals.tokens.tokens().total()),
        false => money(totals.cost.cost(), totals.cost.status()),
    }
}

fn date(state: &State, at: i64) -> Date {
    Time(at).timestamp().to_zoned(state.reader.zone.clone()).date()
}

/// Rows by their day.
fn by_date<'r>(state: &State, rows: &'r [CostRow]) -> BTreeMap<Date, &'r CostRow> {
    rows.iter()
        .filter_map(|row| Some((date(state, row.start?), row)))
        .collect()
}

/// The days of the chart, oldest first.
fn dates(state: &State, count: usize) -> Vec<Date> {
    let mut day = date(state, state.reader.now);
    let mut dates = Vec::with_capacity(count);
    for _ in 0..count {
        dates.push(day);
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    dates.reverse();
    dates
}

fn draw_days(canvas: &mut Canvas<'_>, state: &State, rows: &TrendRows, area: Rect) {
    let days = dates(state, usize::from(state.days));
    let by_day = by_date(state, &rows.days);
    let values: Vec<f64> = days
        .iter()
        .map(|day| by_day.get(day).map_or(0.0, |row| value(state, row)))
        .collect();
    let compared = &rows.compared;
    let before: Vec<f64> = days
        .iter()
        .map(|day| compared.days_before.get(&compared.span.before(*day)))
        .map(|totals| totals.map_or(0.0, |totals| value_of(state, totals)))
        .collect();
    let shown_before = if state.has_previous { before.as_slice() } else { &[] };
    let most = values.iter().chain(shown_before).copied().fold(0.0, f64::max);
    let facts_width = if area.width >= 76 { 40.min(area.width / 3) } else { 0 };
    let (area, facts) = layout::right(area, facts_width);
    let labels = 9;
    let chart = Rect::new(
        area.x + labels,
        area.y,
        area.width.saturating_sub(labels + 1),
        area.height.saturating_sub(2),
    );
    if chart.height == 0 || days.is_empty() {
        return;
    }
    for (y, part) in [
        (chart.top(), 1.0),
        (chart.top() + chart.height / 2, 0.5),
        (chart.bottom() - 1, 0.0),
    ] {
        canvas.right(
            chart.x - 1,
            y,
            labels - 1,
            label(state, most * part),
            canvas.look.muted(),
        );
        canvas.text(chart.x - 1, y, 1, "┤", canvas.look.border());
    }
    let count = u16::try_from(days.len()).unwrap_or(u16::MAX);
    let width = (chart.width / count).clamp(1, 6);
    // The newest days, where not all have room.
    let fitting = usize::from(chart.width / width).min(days.len());
    let skipped = days.len() - fitting;
    gauge::columns(canvas, chart, &values[skipped..], width, most);
    if state.has_previous && most > 0.0 {
        draw_before(canvas, chart, &before[skipped..], width, most);
    }
    let cursor = (days.len() - 1).saturating_sub(state.day);
    if let Some(at) = cursor.checked_sub(skipped) {
        let x = chart.x + u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(width);
        canvas.text(x, chart.bottom(), 1, "▲", canvas.look.accent());
    }
    let chosen = days[cursor];
    let text = match by_day.get(&chosen) {
        Some(row) => format!("{chosen}  {}  {} turns", text_of(state, row), row.turns),
        None => format!("{chosen}  no turns"),
    };
    canvas.text(chart.x, chart.bottom() + 1, chart.width, text, canvas.look.text());
    draw_facts(canvas, state, rows, &values, facts);
}

/// A dot where the day of the period before was.
fn draw_before(canvas: &mut Canvas<'_>, chart: Rect, before: &[f64], width: u16, most: f64) {
    for (at, value) in before.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let x = chart.x + u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(width);
        let up = (value / most * f64::from(chart.height - 1)).round() as u16;
        let y = chart.bottom().saturating_sub(1 + up);
        if y >= chart.top() && x < chart.right() {
            canvas.text(x, y, 1, "•", canvas.look.tone(crate::render::Tone::Caution));
        }
    }
}

fn draw_facts(canvas: &mut Canvas<'_>, state: &State, rows: &TrendRows, values: &[f64], area: Rect) {
    let mut y = area.y;
    let mut line = |canvas: &mut Canvas<'_>, text: String, is_strong: bool| {
        if y < area.bottom() {
            let style = if is_strong {
                canvas.look.strong()
            } else {
                canvas.look.muted()
            };
            canvas.text(area.x + 1, y, area.width.saturating_sub(1), text, style);
            y += 1;
        }
    };
    line(canvas, format!("total {}", text_of(state, &rows.total)), true);
    if state.has_previous {
        line(
            canvas,
            format!(
                "{} days before {}  •",
                state.days,
                text_before(state, &rows.compared.before.total)
            ),
            false,
        );
    }
    let idle = values.iter().filter(|value| **value <= 0.0).count();
    let peak = values.iter().copied().fold(0.0, f64::max);
    line(canvas, format!("peak {}", label(state, peak)), false);
    line(canvas, format!("{idle} of {} days without use", state.days), false);
    if state.is_split {
        let models: Vec<&CostRow> = rows.models.iter().collect();
        for row in models {
            let name = row.model_id.as_deref().map_or("unknown", short_model);
            line(canvas, format!("{name} {}", text_of(state, row)), false);
        }
    }
}

fn draw_year(canvas: &mut Canvas<'_>, state: &State, rows: &TrendRows, area: Rect) {
    let by_day = &rows.compared.days;
    let today = date(state, state.reader.now);
    let to_monday = i64::from(today.weekday().to_monday_zero_offset());
    let room = usize::from(area.width.saturating_sub(5));
    let width: u16 = if room >= WEEKS * 2 { 2 } else { 1 };
    let weeks = (room / usize::from(width)).min(WEEKS);
    let back = |column: usize, weekday: usize| -> Option<Date> {
        let weeks_back = i64::try_from(weeks - 1 - column).ok()?;
        let days = to_monday + weeks_back * 7 - i64::try_from(weekday).ok()?;
        today
            .checked_sub(jiff::Span::new().try_days(days).ok()?)
            .ok()
            .filter(|day| *day <= today)
    };
    let first = back(0, 0).unwrap_or(today);
    let shown = by_day.range(first..).map(|(_, totals)| value_of(state, totals));
    let most = shown.fold(0.0, f64::max);
    let (names, cells) = layout::top(area, 1);
    let mut last = 0;
    for column in 0..weeks {
        let Some(day) = back(column, 0) else { continue };
        let x = names.x + 4 + u16::try_from(column).unwrap_or(u16::MAX) * width;
        if day.day() <= 7 && (x >= last || last == 0) {
            canvas.text(x, names.y, 4, day.strftime("%b").to_string(), canvas.look.muted());
            last = x + 4;
        }
    }
    heat::draw(canvas, cells, weeks, width, most, |column, weekday| {
        let day = back(column, weekday)?;
        Some(by_day.get(&day).map_or(0.0, |totals| value_of(state, totals)))
    });
    let legend = Rect::new(area.x, cells.y + 7, area.width, 1);
    if legend.y < area.bottom() {
        canvas.text(
            legend.x + 4,
            legend.y,
            legend.width,
            "less ·░▒▓█ more",
            canvas.look.muted(),
        );
    }
}

fn draw_hours(canvas: &mut Canvas<'_>, state: &State, rows: &TrendRows, area: Rect) {
    let hours = &rows.compared.now.hours;
    let most = hours
        .iter()
        .flatten()
        .map(|totals| value_of(state, totals))
        .fold(0.0, f64::max);
    let width: u16 = if area.width >= 53 { 2 } else { 1 };
    let (names, cells) = layout::top(area, 1);
    for hour in [0_u16, 6, 12, 18] {
        canvas.text(
            names.x + 4 + hour * width,
            names.y,
            3,
            format!("{hour:02}"),
            canvas.look.muted(),
        );
    }
    heat::draw(canvas, cells, 24, width, most, |hour, weekday| {
        Some(value_of(state, &hours[weekday][hour]))
    });
}
