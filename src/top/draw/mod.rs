//! Draws the state: pure functions, one file per view.

mod canvas;
mod cost;
pub mod detail;
pub mod gauge;
mod heat;
pub mod help;
pub mod layout;
mod live;
mod overlay;
mod plans;
mod projects;
pub mod table;
pub mod tabs;
mod trends;

use super::state::State;
use super::view::View;
use canvas::Canvas;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the whole screen; returns where the cursor of a typed line is.
pub fn screen(state: &State, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let mut canvas = Canvas::new(buffer, &state.look);
    let all = canvas.area();
    canvas.clear(all, state.look.base());
    if layout::is_too_small(state) {
        let (width, height) = layout::LEAST;
        let text = format!(
            "ttop top needs {width}x{height}, this is {}x{}",
            state.width, state.height
        );
        let x = all.width.saturating_sub(u16::try_from(text.len()).unwrap_or(u16::MAX)) / 2;
        canvas.text(x, all.height / 2, all.width, text, state.look.text());
        return None;
    }
    tabs::draw(&mut canvas, state);
    match state.view {
        View::Live => live::draw(&mut canvas, state),
        View::Cost => cost::draw(&mut canvas, state),
        View::Plans => plans::draw(&mut canvas, state),
        View::Trends => trends::draw(&mut canvas, state),
        View::Projects => projects::draw(&mut canvas, state),
    }
    if state.detail.is_some() {
        detail::draw(&mut canvas, state);
    }
    let typed = last_line(&mut canvas, state);
    overlay::draw(&mut canvas, state).or(typed)
}

/// The last line: the filter that is typed, a flash, or keys.
fn last_line(canvas: &mut Canvas<'_>, state: &State) -> Option<(u16, u16)> {
    let y = state.height - 1;
    let line = Rect::new(0, y, state.width, 1);
    let (shown, all) = state.counts();
    let count = match (shown, all) {
        _ if state.detail.is_some() => String::new(),
        (0, 0) => String::new(),
        (shown, all) if shown == all => format!("{all} "),
        (shown, all) => format!("{shown} of {all} "),
    };
    canvas.right(state.width, y, 16, count.as_str(), canvas.look.muted());
    let room = state.width.saturating_sub(u16::try_from(count.len()).unwrap_or(0) + 1);
    if state.is_typing {
        canvas.text(line.x, y, 2, " /", canvas.look.accent());
        let at = canvas.text(2, y, room.saturating_sub(3), state.filter.before(), canvas.look.text());
        let rest = &state.filter.text()[state.filter.before().len()..];
        let end = canvas.text(at, y, room.saturating_sub(at), rest, canvas.look.text());
        if let Some(why) = &state.bad_filter {
            let style = canvas.look.tone(crate::render::Tone::Critical);
            canvas.text(end + 2, y, room.saturating_sub(end + 2), why.as_str(), style);
        } else if state.filter.text().is_empty() {
            let example = "model:opus project:. $>1 words (as the flags of commands; Esc clears)";
            canvas.text(end + 1, y, room.saturating_sub(end + 1), example, canvas.look.muted());
        }
        return Some((at.min(state.width - 1), y));
    }
    if let Some((text, _)) = &state.flash {
        canvas.text(1, y, room.saturating_sub(1), text.as_str(), canvas.look.accent());
        return None;
    }
    let mut pieces = Vec::new();
    if !state.filter.text().is_empty() {
        pieces.push((format!(" /{} ", state.filter.text()), canvas.look.accent()));
    }
    if let Some(why) = &state.bad_filter {
        pieces.push((format!(" {why} "), canvas.look.tone(crate::render::Tone::Critical)));
    }
    for (keys, hint) in help::hints(state) {
        pieces.push((format!(" {keys} {hint} "), canvas.look.muted()));
    }
    canvas.pieces(0, y, room, &pieces);
    None
}

/// A message in place of a list without rows.
fn empty(canvas: &mut Canvas<'_>, area: Rect, lines: &[&str]) {
    for (at, line) in lines.iter().enumerate() {
        let y = area.y + 2 + u16::try_from(at).unwrap_or(u16::MAX);
        if y < area.bottom() {
            canvas.text(area.x + 2, y, area.width.saturating_sub(2), *line, canvas.look.muted());
        }
    }
}

/// Room for a list: with a border on a wide screen.
fn list_area(canvas: &mut Canvas<'_>, state: &State, area: Rect, title: String) -> Rect {
    match layout::is_wide(state) {
        true => canvas.panel(area, title),
        false => area,
    }
}
