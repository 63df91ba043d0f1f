//! The live view: who waits, who works, and the words and plan of the agent under the cursor.

use super::canvas::Canvas;
use super::{empty, gauge, layout, list_area, table};
use crate::core::process::Todo;
use crate::core::rows::PsRow;
use crate::render::bar::GROUPS;
use crate::render::{Cell, Tone, number};
use crate::top::columns::word;
use crate::top::state::State;
use ratatui::layout::Rect;
use ratatui::style::Style;

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let parts = layout::parts(state);
    let rows = state.live.as_deref().unwrap_or_default();
    counts(canvas, parts.head, rows, state);
    let title = format!("Live · {}", count_text(rows.len()));
    let list = list_area(canvas, state, parts.list, title);
    let height = layout::row_height(state);
    table::draw_tall(canvas, list, rows, state.list(), &state.reader, true, height);
    if rows.is_empty() {
        let lines = match state.live {
            None => &["looking for running agents…"][..],
            Some(_) => &[
                "No agent runs.",
                "ttop doctor lists the agents it knows and where it looked.",
                "2 shows what they cost so far; ttop --demo top shows a sample.",
            ],
        };
        empty(canvas, list, lines);
    }
    match layout::is_wide(state) {
        true => panels(canvas, state, &parts),
        false => strip(canvas, state, parts.foot),
    }
}

fn count_text(agents: usize) -> String {
    match agents {
        1 => "1 agent".to_owned(),
        agents => format!("{agents} agents"),
    }
}

/// `A1 asks  G2 active …`: a letter, a number and a word for each group.
fn counts(canvas: &mut Canvas<'_>, area: Rect, rows: &[PsRow], state: &State) {
    let mut pieces: Vec<(String, Style)> = Vec::new();
    for group in &GROUPS {
        let count = rows.iter().filter(|row| group.statuses.contains(&row.status)).count();
        let style = if count == 0 {
            canvas.look.muted()
        } else {
            canvas.look.tone(group.tone)
        };
        pieces.push((
            format!(" {}{count} {} ", group.letter, group.name.to_lowercase()),
            style,
        ));
    }
    let own = rows.iter().filter(|row| row.host.is_none());
    let memory: u64 = own.filter_map(|row| row.memory_bytes).sum();
    if area.height > 0 {
        let end = canvas.pieces(area.x, area.y, area.width, &pieces);
        let text = format!("{} · {} ", count_text(rows.len()), number::bytes(memory));
        let room = state.width.saturating_sub(end + 1);
        if usize::from(room) > text.len() {
            canvas.right(state.width, area.y, room, text, canvas.look.muted());
        }
    }
}

/// Plan and last words in a line each.
fn strip(canvas: &mut Canvas<'_>, state: &State, area: Rect) {
    if area.height < 2 {
        return;
    }
    let Some(row) = state.agent() else { return };
    let line = "─".repeat(usize::from(area.width));
    canvas.text(area.x, area.y, area.width, line, canvas.look.border());
    let todos = todos(state, row);
    if state.has_todo && !todos.is_empty() {
        let mut pieces = vec![(" Todo: ".to_owned(), canvas.look.title())];
        pieces.extend(
            todos
                .iter()
                .map(|todo| (format!("{} ", todo_text(todo)), todo_style(canvas, todo))),
        );
        canvas.pieces(area.x + 1, area.y, area.width - 2, &pieces);
    }
    let about = about(row, state);
    let width = u16::try_from(crate::render::text::width(&about)).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(width + 2);
    canvas.right(area.right(), area.y + 1, width, about, canvas.look.muted());
    if let Some(text) = &row.last_text {
        canvas.text(
            area.x + 1,
            area.y + 1,
            room,
            format!("last: \"{text}\""),
            canvas.look.text(),
        );
    }
}

/// `~/acme-api · 14 turns · 608.6K`
fn about(row: &PsRow, state: &State) -> String {
    let mut parts = vec![Cell::path(row.cwd.as_deref(), &state.reader).text.into_string()];
    if let Some(turns) = row.turns {
        parts.push(format!("{turns} turns"));
        parts.push(number::tokens(row.tokens.total()));
    }
    parts.retain(|part| !part.is_empty());
    format!("{} ", parts.join(" · "))
}

fn todos<'s>(state: &'s State, row: &PsRow) -> &'s [Todo] {
    match &state.todos {
        Some((id, todos)) if row.session_id.as_deref() == Some(id) => todos,
        _ => &[],
    }
}

/// The mark of a line of a plan, and its text.
pub(super) fn todo_text(todo: &Todo) -> String {
    let mark = match todo.status.as_str() {
        "completed" => "[x]",
        "in_progress" => "[>]",
        "pending" => "[ ]",
        "cancelled" => "[-]",
        _ => "[?]",
    };
    format!("{mark} {}", todo.content)
}

pub(super) fn todo_style(canvas: &Canvas<'_>, todo: &Todo) -> Style {
    match (todo.status.as_str(), todo.priority.as_deref()) {
        ("completed" | "cancelled", _) | (_, Some("low")) => canvas.look.muted(),
        (_, Some("high")) => canvas.look.tone(Tone::Critical),
        (_, Some("medium")) => canvas.look.tone(Tone::Caution),
        _ => canvas.look.text(),
    }
}

/// Panels that follow the cursor: last words, plan and servers below; all of the session beside.
fn panels(canvas: &mut Canvas<'_>, state: &State, parts: &layout::Parts) {
    let foot = parts.foot;
    let side = parts.side;
    let narrow = foot.width / 4;
    let mut rest = foot;
    if side.width > 0 {
        let (left, activity) = layout::right(rest, foot.width * 2 / 5);
        rest = left;
        activity_panel(canvas, state, activity);
    }
    if state.has_mcp {
        let (left, mcp) = layout::right(rest, narrow);
        rest = left;
        mcp_panel(canvas, state, mcp);
    }
    if state.has_todo {
        let (left, todo) = layout::right(rest, if side.width > 0 { rest.width } else { narrow });
        rest = left;
        todo_panel(canvas, state, todo);
    }
    let words = if side.width > 0 { side } else { rest };
    words_panel(canvas, state, words);
}

fn words_panel(canvas: &mut Canvas<'_>, state: &State, area: Rect) {
    let Some(row) = state.agent() else {
        canvas.panel(area, "Last words");
        return;
    };
    let name = row
        .session_name
        .as_deref()
        .or(row.session_id.as_deref())
        .unwrap_or("no session");
    let inner = canvas.panel(area, format!("Last words · {name}"));
    let (status, tone) = word(row.status);
    let mut lines: Vec<(String, Style)> = Vec::new();
    let since = row
        .since_ms
        .map(|since| format!(" for {}", number::duration(since)))
        .unwrap_or_default();
    let doing = row
        .activity
        .as_deref()
        .map(|activity| format!(" {activity}"))
        .unwrap_or_default();
    lines.push((format!("{status}{doing}{since}"), canvas.look.tone(tone)));
    let facts = [
        row.host.as_ref().map(|host| format!("on {host}")),
        Some(row.agent_id.to_string()),
        row.version.clone(),
        row.model_id.as_ref().map(ToString::to_string),
        row.session_id
            .as_ref()
            .map(|_| number::money(row.cost, row.cost_status)),
        Some(about(row, state).trim().to_owned()),
    ];
    lines.push((
        facts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        canvas.look.muted(),
    ));
    lines.push((String::new(), canvas.look.text()));
    match &row.last_text {
        Some(text) => lines.push((format!("\"{text}\""), canvas.look.text())),
        None => lines.push(("no words of the agent on record".to_owned(), canvas.look.muted())),
    }
    wrapped(canvas, inner, &lines);
}

/// Writes lines, each on as many lines as it needs.
pub(super) fn wrapped(canvas: &mut Canvas<'_>, area: Rect, lines: &[(String, Style)]) {
    let mut y = area.y;
    for (text, style) in lines {
        for part in super::detail::wrap(text, usize::from(area.width)) {
            if y >= area.bottom() {
                return;
            }
            canvas.text(area.x, y, area.width, part, *style);
            y += 1;
        }
    }
}

fn todo_panel(canvas: &mut Canvas<'_>, state: &State, area: Rect) {
    let todos = state.agent().map(|row| todos(state, row)).unwrap_or_default();
    let done = todos.iter().filter(|todo| todo.status == "completed").count();
    let title = match todos.len() {
        0 => "Todo".to_owned(),
        all => format!("Todo {done}/{all}"),
    };
    let inner = canvas.panel(area, title);
    for (y, todo) in (inner.top()..inner.bottom()).zip(todos) {
        let style = todo_style(canvas, todo);
        canvas.text(inner.x, y, inner.width, todo_text(todo), style);
    }
    if todos.is_empty() {
        canvas.text(inner.x, inner.y, inner.width, "no plan on record", canvas.look.muted());
    }
}

fn mcp_panel(canvas: &mut Canvas<'_>, state: &State, area: Rect) {
    let inner = canvas.panel(area, "MCP");
    let mut lines: Vec<(String, Style)> = Vec::new();
    for server in state.mcp.iter().filter(|server| server.enabled) {
        let (what, style) = match (server.pids.len(), server.orphans.len()) {
            (0, 0) => ("", canvas.look.muted()),
            (_, 0) => ("runs", canvas.look.tone(Tone::Good)),
            (0, _) => ("ORPHAN", canvas.look.tone(Tone::Warning)),
            (_, _) => ("runs, ORPHAN", canvas.look.tone(Tone::Warning)),
        };
        lines.push((format!("{} {what}", server.name), style));
    }
    let disabled = state.mcp.iter().filter(|server| !server.enabled).count();
    if disabled > 0 {
        lines.push((format!("disabled: {disabled}"), canvas.look.muted()));
    }
    if lines.is_empty() {
        lines.push(("no servers".to_owned(), canvas.look.muted()));
    }
    for (y, (text, style)) in (inner.top()..inner.bottom()).zip(lines) {
        canvas.text(inner.x, y, inner.width, text, style);
    }
}

fn activity_panel(canvas: &mut Canvas<'_>, state: &State, area: Rect) {
    let inner = canvas.panel(area, "Tokens of the last hour");
    let Some(today) = &state.today else { return };
    let hour: Vec<f64> = today.burn.hour.iter().map(|tokens| *tokens as f64).collect();
    let (lines, chart) = layout::top(inner, 1);
    let cost = today.burn.cost_per_hour();
    let text = format!(
        "{}/min · {}/h",
        number::tokens(Some(today.burn.tokens_per_minute())),
        number::money(cost.money(), cost.status)
    );
    canvas.text(lines.x, lines.y, lines.width, text, canvas.look.text());
    let width = (chart.width / 12).max(1);
    let most = hour.iter().copied().fold(0.0, f64::max);
    gauge::columns(canvas, chart, &hour, width, most);
}
