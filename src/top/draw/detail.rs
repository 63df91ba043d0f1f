//! Details: the turns behind a number, and what the agent's own records hold of a session.

use super::canvas::Canvas;
use super::{empty, gauge, layout, live, table};
use crate::core::time::Time;
use crate::render::number::{money, tokens};
use crate::render::text::width;
use crate::top::rows::DetailRows;
use crate::top::state::{Detail, State, Tab};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

/// Draws the details over the view, or beside its list.
pub fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let Some(detail) = &state.detail else { return };
    let area = layout::detail(state);
    canvas.clear(area, state.look.base());
    let title = format!("◂ Esc  {}", detail.title);
    let inner = match state.width >= 120 {
        true => canvas.panel(area, title),
        false => {
            canvas.text(
                area.x + 1,
                area.y,
                area.width.saturating_sub(2),
                title,
                canvas.look.title(),
            );
            layout::top(area, 1).1
        }
    };
    let (head, _) = layout::top(inner, layout::DETAIL_HEAD - u16::from(state.width < 120));
    let Some(rows) = &detail.rows else {
        empty(canvas, inner, &["adding up…"]);
        return;
    };
    facts(canvas, rows, head);
    let tab = layout::detail_tab(state);
    let y = tab.y.saturating_sub(1);
    canvas.text(
        inner.x,
        y,
        inner.width,
        "─".repeat(usize::from(inner.width)),
        canvas.look.border(),
    );
    let mut x = inner.x + 1;
    for one in detail.tabs() {
        let is_open = one == detail.tab;
        let text = if is_open {
            format!("[{}]", one.title())
        } else {
            format!(" {} ", one.title())
        };
        let style = if is_open {
            canvas.look.title().add_modifier(Modifier::REVERSED)
        } else {
            canvas.look.muted()
        };
        x = canvas.text(x, y, inner.right().saturating_sub(x), text, style);
    }
    if detail.tab == Tab::Turns {
        table::draw(canvas, tab, &rows.turns, &detail.list, &state.reader, true);
        return;
    }
    let lines = lines(state);
    for (y, (text, style)) in (tab.top()..tab.bottom()).zip(lines.into_iter().skip(detail.scroll)) {
        canvas.text(tab.x, y, tab.width, text, style);
    }
}

/// Cost, tokens and models of what is open, with the tokens of each turn.
fn facts(canvas: &mut Canvas<'_>, rows: &DetailRows, area: Rect) {
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let Some(row) = &rows.session {
        let counts = [
            ("in", row.tokens.input()),
            ("out", row.tokens.output()),
            ("reason", row.tokens.reasoning()),
            ("cacheR", row.tokens.cache_read()),
            ("cacheW", row.tokens.cache_write()),
        ];
        let counts = counts
            .map(|(name, count)| format!("{name} {}", tokens(count)))
            .join(" ");
        let cost = money(row.cost, row.cost_status);
        lines.push((format!("{cost} · {} turns · {counts}", row.turns), canvas.look.strong()));
        let parts = [
            Some(&row.agent_id),
            Some(&row.session_id),
            row.model_id.as_ref(),
            row.project_path.as_ref(),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().map(ToString::to_string).collect();
        lines.push((parts.join(" · "), canvas.look.muted()));
    } else {
        lines.push((
            format!("{} turns, the newest first", rows.turns.len()),
            canvas.look.strong(),
        ));
    }
    let room = usize::from(area.width).saturating_sub(18);
    let skipped = rows.turns.len().saturating_sub(room);
    let counts = rows
        .turns
        .iter()
        .skip(skipped)
        .map(|turn| turn.total_tokens.unwrap_or_default() as f64);
    lines.push((
        format!("tokens per turn {}", gauge::sparkline(counts)),
        canvas.look.accent(),
    ));
    for (y, (text, style)) in (area.top()..area.bottom()).zip(lines) {
        canvas.text(area.x, y, area.width, text, style);
    }
}

/// The lines of the open tab, where it is none of turns.
pub fn lines(state: &State) -> Vec<(String, Style)> {
    let Some(detail) = &state.detail else { return Vec::new() };
    let Some(rows) = &detail.rows else { return Vec::new() };
    let room = usize::from(layout::detail_tab(state).width).max(1);
    let mut lines = match detail.tab {
        Tab::Turns => Vec::new(),
        Tab::Messages => messages(state, rows),
        Tab::Terminal => terminal(state, rows),
        Tab::Todo => todos(state, rows),
        Tab::Models => models(state, rows),
        Tab::Origin => origin(state, detail, rows),
    };
    if lines.is_empty() && detail.tab != Tab::Turns {
        lines.push(("nothing on record".to_owned(), state.look.muted()));
    }
    if detail.tab == Tab::Terminal {
        return lines;
    }
    let wrapped = lines.into_iter().flat_map(|(text, style)| {
        let parts = wrap(&text, room);
        parts.into_iter().map(move |part| (part, style))
    });
    wrapped.collect()
}

fn messages(state: &State, rows: &DetailRows) -> Vec<(String, Style)> {
    let mut lines = Vec::new();
    for message in &rows.messages {
        let at = message
            .at
            .map(|at| Time(at).timestamp().to_zoned(state.reader.zone.clone()));
        let at = at.map(|at| at.strftime("%H:%M").to_string()).unwrap_or_default();
        let model = message.model_id.as_deref().unwrap_or_default();
        let counts = message
            .tokens
            .map(|count| format!("  in {} out {}", tokens(count.input()), tokens(count.output())));
        let head = format!("{at} {}  {model}{}", message.role, counts.unwrap_or_default());
        lines.push((head, state.look.title()));
        for line in message.text.lines() {
            lines.push((line.to_owned(), state.look.text()));
        }
        lines.push((String::new(), state.look.text()));
    }
    lines
}

fn terminal(state: &State, rows: &DetailRows) -> Vec<(String, Style)> {
    let lines = rows.pane.iter().flatten();
    lines.map(|line| (line.clone(), state.look.text())).collect()
}

fn todos(state: &State, rows: &DetailRows) -> Vec<(String, Style)> {
    let style = |todo: &crate::core::process::Todo| match todo.status.as_str() {
        "completed" | "cancelled" => state.look.muted(),
        _ => state.look.text(),
    };
    rows.todos
        .iter()
        .map(|todo| (live::todo_text(todo), style(todo)))
        .collect()
}

fn models(state: &State, rows: &DetailRows) -> Vec<(String, Style)> {
    let mut lines = Vec::new();
    for row in &rows.models {
        let name = row.model_id.as_deref().unwrap_or("unknown");
        let provider = row.provider_id.as_deref().unwrap_or("unknown");
        let cost = money(row.cost, row.cost_status);
        let text = format!(
            "{provider}/{name}  {} turns  {}  {cost}",
            row.turns,
            tokens(row.tokens.total())
        );
        lines.push((text, state.look.text()));
    }
    if !rows.children.is_empty() {
        lines.push((String::new(), state.look.text()));
        lines.push(("Sessions it started".to_owned(), state.look.title()));
    }
    for child in &rows.children {
        let name = child.session_name.as_deref().unwrap_or(&child.session_id);
        let cost = money(child.cost, child.cost_status);
        lines.push((format!("{name}  {} turns  {cost}", child.turns), state.look.text()));
    }
    lines
}

fn origin(state: &State, detail: &Detail, rows: &DetailRows) -> Vec<(String, Style)> {
    let (text, muted) = (state.look.text(), state.look.muted());
    let Some(explained) = &rows.explained else {
        let hint = if detail.wanted.turn.is_some() {
            "looking…"
        } else {
            "choose a turn and press Enter"
        };
        return vec![(hint.to_owned(), muted)];
    };
    let mut lines = vec![
        (format!("turn {:016x}", explained.turn_id.0), state.look.title()),
        (
            format!("cost {}", money(explained.cost, Some(explained.cost_status))),
            state.look.strong(),
        ),
        (format!("price: {}", explained.price), text),
        (format!("mode: {}", explained.mode.name()), text),
        (format!("tokens: {}", explained.mapping), text),
        (String::new(), text),
        ("Copies of its record".to_owned(), state.look.title()),
    ];
    for copy in &explained.copies {
        let mark = if copy.counted { "counts" } else { "      " };
        lines.push((format!("{mark}  {} at {}", copy.source, copy.place), text));
        lines.push((format!("        {}, session {}", copy.why, copy.session_id), muted));
    }
    lines
}

/// Cuts a text into lines of at most so many columns, at spaces where there are any.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let text = crate::core::text::plain(text);
    if room == 0 || width(&text) <= room {
        return vec![text.into_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_word_bounds() {
        let (taken, next) = (width(&line), width(word));
        if taken + next <= room {
            line.push_str(word);
            continue;
        }
        if next <= room {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            if !word.trim().is_empty() {
                line.push_str(word);
            }
            continue;
        }
        // A word that is longer than a line goes on where the line is.
        for grapheme in word.graphemes(true) {
            if width(&line) + width(grapheme) > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(grapheme);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_words_and_no_line_is_too_long() {
        assert_eq!(wrap("port the payment service", 10), ["port the", "payment", "service"]);
        assert_eq!(wrap("日本語のタイトル", 7), ["日本語", "のタイ", "トル"]);
        assert_eq!(wrap("", 5), [""]);
        for room in 1..30 {
            for line in wrap("a long_identifier_without_any_space and 日本語 👨‍👩‍👧", room) {
                assert!(width(&line) <= room.max(2), "'{line}' in {room}");
            }
        }
    }
}
