//! The first line: views, and what today cost.

use super::canvas::Canvas;
use crate::core::time::Time;
use crate::render::number;
use crate::top::state::State;
use crate::top::view::View;
use ratatui::layout::Position;
use ratatui::style::Modifier;

const NAME: &str = " ttop ";

/// The places of the views in the line: the first column and the one after the last.
fn places(width: u16) -> impl Iterator<Item = (View, u16, u16, String)> {
    // Names have no room on a narrow screen, except that of the view.
    let is_narrow = width < 64;
    let mut x = u16::try_from(NAME.len()).unwrap_or_default();
    View::ALL.into_iter().map(move |view| {
        let text = match is_narrow {
            true => format!(" {} ", view as usize + 1),
            false => format!(" {} {} ", view as usize + 1, view.title()),
        };
        let start = x;
        x += u16::try_from(text.len()).unwrap_or_default() + 1;
        (view, start, x - 1, text)
    })
}

/// The view whose tab is at a position.
pub fn at(state: &State, position: Position) -> Option<View> {
    let mut places = places(state.width);
    let is_in = |start: u16, end: u16| position.y == 0 && (start..end).contains(&position.x);
    places
        .find(|(_, start, end, _)| is_in(*start, *end))
        .map(|(view, ..)| view)
}

pub fn draw(canvas: &mut Canvas<'_>, state: &State) {
    canvas.text(0, 0, 6, NAME, canvas.look.title());
    let mut end = 0;
    for (view, start, after, text) in places(state.width) {
        let style = match view == state.view {
            true => canvas.look.title().add_modifier(Modifier::REVERSED),
            false => canvas.look.muted(),
        };
        // The view is marked by brackets too: color is never the only sign.
        let text = match view == state.view {
            true => format!("[{}]", text.trim()),
            false => text,
        };
        canvas.text(start, 0, after - start, text, style);
        end = after;
    }
    let now = Time(state.reader.now).timestamp().to_zoned(state.reader.zone.clone());
    let mut pieces = vec![now.strftime("%H:%M").to_string()];
    if let Some(today) = &state.today {
        let cost = number::money(today.total.cost, today.total.cost_status);
        pieces.insert(0, format!("today {cost}"));
    }
    if state.is_reading {
        pieces.insert(0, "reading…".to_owned());
    }
    if !state.is_log_read {
        pieces.insert(0, format!("{} in the log (L)", state.log.len()));
    }
    while !pieces.is_empty() {
        let text = format!("{} ", pieces.join("  "));
        let width = u16::try_from(crate::render::text::width(&text)).unwrap_or(u16::MAX);
        if end + width < state.width {
            canvas.right(state.width, 0, width, text, canvas.look.text());
            return;
        }
        pieces.remove(0);
    }
}
