//! Windows over the view: help, log, sort, palette and settings.

use super::canvas::Canvas;
use super::{help, layout};
use crate::top::keys::TABLE;
use crate::top::state::{Overlay, State};
use crate::top::update::columns;
use ratatui::layout::Rect;

const MARK: &str = "▸";

/// Draws the open window; returns where the cursor of its line is.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) -> Option<(u16, u16)> {
    let overlay = state.overlay.as_ref()?;
    let area = layout::overlay(state);
    canvas.clear(area, state.look.base());
    match overlay {
        Overlay::Help { scroll } => {
            let inner = canvas.panel(area, "Help (Esc closes, j k scroll)");
            help_lines(canvas, state, inner, *scroll);
            None
        }
        Overlay::Log { scroll } => {
            let inner = canvas.panel(area, "Log, the newest at the bottom");
            log_lines(canvas, state, inner, *scroll);
            None
        }
        Overlay::Sort { cursor } => {
            let inner = canvas.panel(area, "Sort by");
            sort_lines(canvas, state, inner, *cursor);
            None
        }
        Overlay::Palette { line, cursor } => {
            let inner = canvas.panel(area, "Commands");
            canvas.text(inner.x, inner.y, 2, ": ", canvas.look.accent());
            let at = canvas.text(
                inner.x + 2,
                inner.y,
                inner.width.saturating_sub(2),
                line.before(),
                canvas.look.text(),
            );
            let rest = &line.text()[line.before().len()..];
            canvas.text(at, inner.y, inner.right().saturating_sub(at), rest, canvas.look.text());
            palette_lines(canvas, state, layout::top(inner, 1).1, line.text(), *cursor);
            Some((at.min(inner.right().saturating_sub(1)), inner.y))
        }
        Overlay::Settings { cursor, edited } => {
            let inner = canvas.panel(area, "Settings (Enter changes one, as ttop config set)");
            setting_lines(canvas, state, inner, *cursor, edited.as_ref())
        }
    }
}

/// The first line of a page that shows the cursor.
fn first(cursor: usize, page: u16) -> usize {
    (cursor + 1).saturating_sub(usize::from(page))
}

fn help_lines(canvas: &mut Canvas<'_>, state: &State, area: Rect, scroll: usize) {
    let lines = help::lines(&state.keys, state.view, state.detail.is_some());
    for (y, (keys, text)) in (area.top()..area.bottom()).zip(lines.into_iter().skip(scroll)) {
        if keys.is_empty() {
            canvas.text(area.x, y, area.width, text, canvas.look.title());
            continue;
        }
        canvas.text(area.x + 1, y, 14, keys, canvas.look.accent());
        canvas.text(area.x + 16, y, area.width.saturating_sub(16), text, canvas.look.text());
    }
}

fn log_lines(canvas: &mut Canvas<'_>, state: &State, area: Rect, scroll: usize) {
    if state.log.is_empty() {
        canvas.text(area.x + 1, area.y, area.width, "no messages", canvas.look.muted());
    }
    let lines = state.log.iter().rev().skip(scroll);
    for (y, line) in (area.top()..area.bottom()).rev().zip(lines) {
        canvas.text(area.x, y, area.width, line.as_str(), canvas.look.text());
    }
}

fn sort_lines(canvas: &mut Canvas<'_>, state: &State, area: Rect, cursor: usize) {
    let list = state.detail.as_ref().map_or(state.list(), |detail| &detail.list);
    let first = first(cursor, area.height);
    for (y, (at, title)) in (area.top()..area.bottom()).zip(columns(state).into_iter().enumerate().skip(first)) {
        let mark = if at == cursor { MARK } else { " " };
        let order = match (at == list.sort, list.is_descending) {
            (false, _) => "",
            (true, true) => "▼",
            (true, false) => "▲",
        };
        canvas.text(
            area.x,
            y,
            area.width,
            format!("{mark} {title} {order}"),
            canvas.look.text(),
        );
        if at == cursor {
            canvas.tint(Rect::new(area.x, y, area.width, 1), canvas.look.selected());
        }
    }
}

fn palette_lines(canvas: &mut Canvas<'_>, state: &State, area: Rect, typed: &str, cursor: usize) {
    let found = help::found(&state.keys, typed);
    let keys: Vec<_> = state.keys.lines(state.view, state.detail.is_some()).collect();
    let first = first(cursor, area.height);
    for (y, (at, name)) in (area.top()..area.bottom()).zip(found.into_iter().enumerate().skip(first)) {
        let about = TABLE
            .iter()
            .find(|binding| binding.name == name)
            .map_or("", |binding| binding.help);
        let own = keys.iter().find(|(binding, _)| binding.name == name);
        let mark = if at == cursor { MARK } else { " " };
        canvas.text(area.x, y, 1, mark, canvas.look.accent());
        canvas.text(area.x + 2, y, area.width.saturating_sub(14), about, canvas.look.text());
        let names = own.map(|(_, names)| names.as_str()).unwrap_or_default();
        canvas.right(area.right(), y, 11, names, canvas.look.muted());
        if at == cursor {
            canvas.tint(Rect::new(area.x, y, area.width, 1), canvas.look.selected());
        }
    }
}

fn setting_lines(
    canvas: &mut Canvas<'_>,
    state: &State,
    area: Rect,
    cursor: usize,
    edited: Option<&crate::top::prompt::Line>,
) -> Option<(u16, u16)> {
    let mut typed = None;
    let (list, about) = layout::bottom(area, 1);
    let first = first(cursor, list.height);
    let key_width = (list.width / 2).min(36);
    for (y, (at, setting)) in (list.top()..list.bottom()).zip(state.settings.iter().enumerate().skip(first)) {
        canvas.text(list.x + 2, y, key_width, setting.key.as_str(), canvas.look.text());
        let x = list.x + 3 + key_width;
        let room = list.right().saturating_sub(x);
        match edited.filter(|_| at == cursor) {
            Some(line) => {
                let end = canvas.text(x, y, room, line.before(), canvas.look.accent());
                let rest = &line.text()[line.before().len()..];
                canvas.text(end, y, list.right().saturating_sub(end), rest, canvas.look.accent());
                typed = Some((end.min(list.right().saturating_sub(1)), y));
            }
            None => {
                let is_default = setting.value == setting.default;
                let style = if is_default {
                    canvas.look.muted()
                } else {
                    canvas.look.strong()
                };
                canvas.text(x, y, room, setting.value.as_str(), style);
            }
        }
        if at == cursor {
            canvas.tint(Rect::new(list.x, y, list.width, 1), canvas.look.selected());
            canvas.text(list.x, y, 1, MARK, canvas.look.accent());
        }
    }
    if let Some(setting) = state.settings.get(cursor) {
        let hint = match (setting.key.contains('*'), setting.default.as_str()) {
            (true, _) => "type its name, a space, and the value".to_owned(),
            (false, "") => "no default".to_owned(),
            (false, default) => format!("default {default}"),
        };
        let text = format!("{} ({hint})", setting.about);
        canvas.text(
            about.x + 2,
            about.y,
            about.width.saturating_sub(2),
            text,
            canvas.look.muted(),
        );
    }
    typed
}
