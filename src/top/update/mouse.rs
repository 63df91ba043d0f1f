//! The mouse: tabs, rows, titles of columns and the wheel.

use super::keyboard::{show, sort_by, step};
use super::{Effect, open};
use crate::top::draw::{layout, table, tabs};
use crate::top::list::Listed;
use crate::top::state::{Overlay, State};
use crate::top::view::View;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// Rows that a notch of the wheel moves.
const NOTCH: isize = 3;

pub(super) fn point(state: &mut State, mouse: &MouseEvent) -> Vec<Effect> {
    let by = match mouse.kind {
        MouseEventKind::ScrollDown => NOTCH,
        MouseEventKind::ScrollUp => -NOTCH,
        MouseEventKind::Down(MouseButton::Left) => {
            click(state, Position::new(mouse.column, mouse.row));
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    match &mut state.overlay {
        Some(Overlay::Help { scroll }) => *scroll = scroll.saturating_add_signed(by),
        Some(Overlay::Log { scroll }) => *scroll = scroll.saturating_add_signed(-by),
        Some(_) => {}
        None => step(state, by),
    }
    Vec::new()
}

fn click(state: &mut State, at: Position) {
    if state.overlay.take().is_some() {
        return;
    }
    if let Some(view) = tabs::at(state, at) {
        return show(state, view);
    }
    if state.detail.is_none()
        && let Some(driver) = layout::driver_at(state, at)
    {
        state.detail = open::of_driver(state, driver);
        return;
    }
    let Some(list) = layout::list(state).filter(|list| list.contains(at)) else {
        return;
    };
    if state.detail.is_some() {
        return;
    }
    if at.y == list.y {
        let width = list.width;
        let column = match state.view {
            View::Live => column_at::<crate::core::rows::PsRow>(width, at.x - list.x),
            View::Cost => column_at::<crate::core::rows::SessionRow>(width, at.x - list.x),
            View::Plans => column_at::<crate::core::rows::ProviderRow>(width, at.x - list.x),
            View::Projects => column_at::<crate::core::rows::CostRow>(width, at.x - list.x),
            View::Trends => None,
        };
        if let Some(column) = column {
            sort_by(state, column);
        }
        return;
    }
    let row = state.list().offset + usize::from((at.y - list.y - 1) / layout::row_height(state));
    if row >= state.list().order.len() {
        return;
    }
    if row == state.list().cursor {
        return open::open(state);
    }
    let (to, from) = (isize::try_from(row), isize::try_from(state.list().cursor));
    if let (Ok(to), Ok(from)) = (to, from) {
        step(state, to - from);
    }
}

fn column_at<R: Listed>(width: u16, x: u16) -> Option<usize> {
    let placed = table::place::<R>(width);
    placed
        .into_iter()
        .find(|place| (place.x..place.x + place.width).contains(&x))
        .map(|place| place.col)
}
