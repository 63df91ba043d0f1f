//! The plans view: limits, credits and spend of each provider, and how a window filled.

use super::canvas::Canvas;
use super::{empty, gauge, layout, list_area, table};
use crate::core::budget::Level;
use crate::core::rows::{LimitRow, ProviderRow};
use crate::core::time::Time;
use crate::render::number::{duration, money, percent};
use crate::top::columns::amount;
use crate::top::rows::PlanRows;
use crate::top::state::State;
use ratatui::layout::Rect;
use ratatui::style::Style;

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let parts = layout::parts(state);
    let rows = state.plans.as_ref();
    let providers = rows.map_or(&[][..], |rows| &rows.providers);
    let asking = if rows.is_some_and(|rows| rows.is_asking) {
        " · asking…"
    } else {
        ""
    };
    let list = list_area(canvas, state, parts.list, format!("Plans {}{asking}", providers.len()));
    table::draw(canvas, list, providers, state.list(), &state.reader, true);
    if providers.is_empty() {
        empty(
            canvas,
            list,
            &["No provider is known yet; r asks those that there is a login for."],
        );
    }
    let (Some(row), Some(rows)) = (state.list().selected(providers), rows) else {
        return;
    };
    match layout::is_wide(state) {
        true => side(canvas, state, row, rows, parts.side),
        false => foot(canvas, state, row, rows, parts.foot),
    }
}

/// How near its end a plan is: by the tables' own steps.
pub(super) fn level(row: &ProviderRow) -> Level {
    of_percent(row.used_percent)
}

fn of_percent(used: Option<f64>) -> Level {
    match used {
        Some(100.0..) => Level::Exceeded,
        Some(90.0..) => Level::Critical,
        Some(75.0..) => Level::Warning,
        _ => Level::Fine,
    }
}

fn until(limit: &LimitRow, now: i64) -> String {
    match limit.resets_at {
        Some(at) if at > now => format!("resets in {}", duration(at - now)),
        Some(_) => "has ended".to_owned(),
        None => String::new(),
    }
}

fn facts(state: &State, row: &ProviderRow) -> Vec<(String, Style)> {
    let (text, muted) = (state.look.text(), state.look.muted());
    let mut lines = Vec::new();
    if let Some(credits) = row.credits {
        lines.push((
            format!("credits {} left", amount(credits, row.credits_currency.as_deref())),
            text,
        ));
    } else if row.credits_unlimited {
        lines.push(("credits unlimited".to_owned(), text));
    }
    if let Some(spend) = row.spend {
        let currency = row.spend_currency.as_deref();
        let of = row
            .spend_limit
            .map(|limit| format!(" of {}", amount(limit, currency)))
            .unwrap_or_default();
        lines.push((format!("spend {}{of}", amount(spend, currency)), text));
    }
    if let (Some(price), Some(covered)) = (row.plan_price, row.plan_covered) {
        let (price, covered) = (money(Some(price), None), money(Some(covered), None));
        lines.push((format!("covered {covered} in 30 days, for {price} per month"), text));
    }
    let age = row.fetched_at.map(|at| duration((state.reader.now - at).max(0)));
    let state_name = row.state.name();
    lines.push(match age {
        Some(age) => (format!("{state_name}, reported {age} ago"), muted),
        None => (state_name.to_owned(), muted),
    });
    [&row.note, &row.source]
        .into_iter()
        .flatten()
        .for_each(|line| lines.push((line.clone(), muted)));
    lines
}

/// Lines of the chart of a window.
const CHART: u16 = 5;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// How full a limit was, oldest first, with what was reported last.
fn seen(rows: &PlanRows, row: &ProviderRow, limit: &LimitRow) -> Vec<(i64, f64)> {
    let own = rows
        .history
        .iter()
        .filter(|seen| seen.provider_id == row.provider_id && seen.label == limit.label);
    let mut seen: Vec<(i64, f64)> = own.map(|seen| (seen.timestamp, seen.used_percent)).collect();
    seen.extend(row.fetched_at.zip(limit.used_percent));
    seen.sort_by_key(|(at, _)| *at);
    seen
}

/// How a window filled so far, as steps, with the diagonal that an even pace makes; without a known length, the last 14 days.
fn window_chart(canvas: &mut Canvas<'_>, state: &State, limit: &LimitRow, seen: &[(i64, f64)], area: Rect) {
    let now = state.reader.now;
    let length = limit.window_minutes.and_then(|minutes| i64::try_from(minutes).ok());
    let window = limit.resets_at.zip(length).filter(|(end, _)| *end > now);
    let (start, end) = match window {
        Some((end, minutes)) => (end - minutes * 60_000, end),
        None => (now - 14 * DAY_MS, now),
    };
    let (chart, axis) = layout::bottom(area, 1);
    let columns = i64::from(chart.width.max(1));
    let time = |column: i64| start + (end - start) * column / columns;
    // Between two reports it filled evenly, as far as anybody knows; a window began empty.
    let within: Vec<(i64, f64)> = seen
        .iter()
        .copied()
        .filter(|(at, _)| *at > start && *at <= now)
        .collect();
    let used = |column: i64| {
        let at = time(column + 1).min(now);
        let next = within.partition_point(|(seen, _)| *seen < at);
        let (from, before) = next.checked_sub(1).map_or((start, 0.0), |last| within[last]);
        match within.get(next) {
            Some((to, after)) => before + (after - before) * (at - from) as f64 / (to - from).max(1) as f64,
            None => before,
        }
    };
    let passed = (0..columns).take_while(|column| time(*column) <= now);
    let values: Vec<f64> = passed.map(used).collect();
    if window.is_some() {
        let (height, last) = (i64::from(chart.height), i64::from(chart.height) - 1);
        for (column, x) in (0..columns).zip(chart.left()..chart.right()) {
            let up = u16::try_from((column * height / columns).min(last)).unwrap_or_default();
            let is_filled = usize::try_from(column)
                .ok()
                .and_then(|column| values.get(column))
                .is_some_and(|used| used / 100.0 * f64::from(chart.height) > f64::from(up));
            if !is_filled {
                canvas.text(x, chart.bottom() - 1 - up, 1, "╱", canvas.look.muted());
            }
        }
    }
    gauge::steps(canvas, chart, &values, 100.0);
    let (from, to) = match window {
        Some(_) => (day_of(state, start), format!("╱ even pace · {} ", day_of(state, end))),
        None => ("14 days ago".to_owned(), "now ".to_owned()),
    };
    canvas.text(axis.x, axis.y, axis.width, from, canvas.look.muted());
    canvas.right(
        axis.right(),
        axis.y,
        axis.width.saturating_sub(12),
        to,
        canvas.look.muted(),
    );
}

/// `Fri 18:00`
fn day_of(state: &State, at: i64) -> String {
    let at = Time(at).timestamp().to_zoned(state.reader.zone.clone());
    at.strftime("%a %H:%M").to_string()
}

/// The kept history of a window: its highest use in each of so many parts of the last 14 days.
fn history(rows: &PlanRows, provider: &str, label: &str, now: i64, parts: usize) -> Vec<f64> {
    const SPAN_MS: i64 = 14 * 24 * 3600 * 1000;
    let mut filled = vec![0.0; parts];
    let own = rows
        .history
        .iter()
        .filter(|seen| seen.provider_id == provider && seen.label == label);
    for seen in own {
        let since = seen.timestamp - (now - SPAN_MS);
        let Ok(since) = usize::try_from(since) else { continue };
        let at = since * parts / SPAN_MS.unsigned_abs() as usize;
        if let Some(most) = filled.get_mut(at) {
            *most = seen.used_percent.max(*most);
        }
    }
    filled
}

fn foot(canvas: &mut Canvas<'_>, state: &State, row: &ProviderRow, rows: &PlanRows, area: Rect) {
    if area.height < 3 {
        return;
    }
    let line = "─".repeat(usize::from(area.width));
    canvas.text(area.x, area.y, area.width, line, canvas.look.border());
    canvas.text(
        area.x + 1,
        area.y,
        area.width,
        format!(" {} ", row.name),
        canvas.look.title(),
    );
    let mut x = area.x + 1;
    for limit in &row.limits {
        let tail = format!(" {} {}  ", percent(limit.used_percent), until(limit, state.reader.now));
        if usize::from(area.right().saturating_sub(x)) < limit.label.len() + tail.len() + 11 {
            break;
        }
        x = canvas.text(
            x,
            area.y + 1,
            area.width,
            format!("{} ", limit.label),
            canvas.look.text(),
        );
        x = gauge::draw(
            canvas,
            x,
            area.y + 1,
            8,
            limit.used_percent,
            of_percent(limit.used_percent),
        );
        x = canvas.text(x, area.y + 1, area.width, tail, canvas.look.muted());
    }
    if row.limits.is_empty() {
        let text: Vec<String> = facts(state, row).into_iter().map(|(text, _)| text).collect();
        canvas.text(
            x,
            area.y + 1,
            area.width.saturating_sub(2),
            text.join(" · "),
            canvas.look.text(),
        );
    }
    if let Some(limit) = row.limits.last() {
        let values = history(rows, &row.provider_id, &limit.label, state.reader.now, 28);
        let text = match values.iter().any(|value| *value > 0.0) {
            true => format!("{}, last 14 days: {}", limit.label, gauge::sparkline(values)),
            false => format!("{}: no history yet", limit.label),
        };
        canvas.text(area.x + 1, area.y + 2, area.width - 2, text, canvas.look.muted());
    }
}

fn side(canvas: &mut Canvas<'_>, state: &State, row: &ProviderRow, rows: &PlanRows, area: Rect) {
    let title = match &row.plan {
        Some(plan) => format!("{} · {plan}", row.name),
        None => row.name.clone(),
    };
    let inner = canvas.panel(area, title);
    let mut y = inner.y;
    for limit in &row.limits {
        if y + 4 >= inner.bottom() {
            return;
        }
        canvas.text(inner.x, y, inner.width, limit.label.as_str(), canvas.look.strong());
        let cells = inner.width.saturating_sub(30).min(40);
        let at = gauge::draw(
            canvas,
            inner.x,
            y + 1,
            cells,
            limit.used_percent,
            of_percent(limit.used_percent),
        );
        let text = format!(" {} {}", percent(limit.used_percent), until(limit, state.reader.now));
        canvas.text(at, y + 1, inner.right().saturating_sub(at), text, canvas.look.text());
        y += 2;
        if let Some(projected) = limit.projected_percent {
            let out = limit.runs_out_at.filter(|at| *at > state.reader.now);
            let text = match out {
                Some(at) => format!("; runs out in {}", duration(at - state.reader.now)),
                None if projected <= 100.0 => "; lasts until the reset".to_owned(),
                None => String::new(),
            };
            let text = format!("at this pace {} at the reset{text}", percent(Some(projected)));
            canvas.text(inner.x, y, inner.width, text, canvas.look.muted());
            y += 1;
        }
        let seen = seen(rows, row, limit);
        if !seen.is_empty() && y + CHART + 2 < inner.bottom() {
            let chart = Rect::new(inner.x, y, inner.width, CHART + 1);
            window_chart(canvas, state, limit, &seen, chart);
            y += CHART + 1;
        }
        y += 1;
    }
    let rest = Rect::new(inner.x, y, inner.width, inner.bottom().saturating_sub(y));
    let lines = facts(state, row);
    super::live::wrapped(canvas, rest, &lines);
}
