//! Layout: which part of the screen each panel takes, by fixed breakpoints.

use crate::top::state::{Overlay, State};
use crate::top::view::View;
use ratatui::layout::{Position, Rect};

/// The smallest screen that anything is drawn on.
pub const LEAST: (u16, u16) = (40, 10);

/// Panels with borders, rather than lines.
pub fn is_wide(state: &State) -> bool {
    state.width >= 100 && state.height >= 28
}

/// Room for a third column.
pub fn is_very_wide(state: &State) -> bool {
    is_wide(state) && state.width >= 160
}

pub fn is_too_small(state: &State) -> bool {
    state.width < LEAST.0 || state.height < LEAST.1
}

/// Everything between the tabs and the keys.
pub fn body(state: &State) -> Rect {
    Rect::new(0, 1, state.width, state.height.saturating_sub(2))
}

/// The first `height` lines, and the rest.
pub fn top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (
        Rect { height, ..area },
        Rect::new(area.x, area.y + height, area.width, area.height - height),
    )
}

/// All but the last `height` lines, and those.
pub fn bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    top(area, area.height - height)
}

/// All but the last `width` columns, and those.
pub fn right(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let left = area.width - width;
    (
        Rect { width: left, ..area },
        Rect::new(area.x + left, area.y, width, area.height),
    )
}

/// The inside of a panel.
pub fn inside(area: Rect) -> Rect {
    if area.width < 2 || area.height < 2 {
        return Rect::new(area.x, area.y, 0, 0);
    }
    Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
}

/// The parts of a view.
pub struct Parts {
    /// Lines above the list.
    pub head: Rect,
    /// The list, with its border on a wide screen.
    pub list: Rect,
    /// Beside the list; empty on a narrow screen.
    pub side: Rect,
    /// Beside that; empty except on a very wide screen.
    pub far: Rect,
    /// Below the list.
    pub foot: Rect,
}

pub fn parts(state: &State) -> Parts {
    let (is_wide, is_very_wide) = (is_wide(state), is_very_wide(state));
    let (head, foot, side, far) = match (state.view, is_wide) {
        (View::Live, false) => (1, if state.height >= 16 { 2 } else { 0 }, 0, 0),
        (View::Live, true) => (1, (state.height / 3).clamp(8, 14), if is_very_wide { 70 } else { 0 }, 0),
        (View::Cost, false) => (
            if state.height >= 16 { 3 } else { 1 },
            if state.height >= 16 { 2 } else { 0 },
            0,
            0,
        ),
        (View::Cost, true) => (
            4,
            0,
            if is_very_wide { 52 } else { 42 },
            if is_very_wide { 40 } else { 0 },
        ),
        (View::Plans, false) => (0, if state.height >= 16 { 3 } else { 0 }, 0, 0),
        (View::Plans, true) => (0, 0, state.width - state.width * 52 / 100, 0),
        (View::Projects, false) => (0, if state.height >= 16 { 2 } else { 0 }, 0, 0),
        (View::Projects, true) => (0, 0, state.width * 42 / 100, 0),
        (View::Trends, _) => (0, 0, 0, 0),
    };
    let (head, rest) = top(body(state), head);
    let (rest, foot) = bottom(rest, foot);
    let (rest, far) = right(rest, far);
    let (list, side) = right(rest, side);
    Parts {
        head,
        list,
        side,
        far,
        foot,
    }
}

/// The lines of the list, its titles first; `None` on a view without one.
pub fn list(state: &State) -> Option<Rect> {
    if state.view == View::Trends || is_too_small(state) {
        return None;
    }
    let list = parts(state).list;
    Some(if is_wide(state) { inside(list) } else { list })
}

/// Few agents have a second line each, on a very wide screen.
pub fn row_height(state: &State) -> u16 {
    const FEW: usize = 16;
    let rows = state.list().order.len();
    let room = list(state).map_or(0, |list| usize::from(list.height.saturating_sub(1)));
    let is_tall = state.view == View::Live && is_very_wide(state) && rows < FEW && rows * 2 <= room;
    if is_tall { 2 } else { 1 }
}

/// The rows that the list shows at a time.
pub fn page(state: &State) -> usize {
    let lines = list(state).map_or(1, |list| list.height.saturating_sub(1));
    usize::from(lines / row_height(state)).max(1)
}

/// The details: beside the view where there is room, else in its place.
pub fn detail(state: &State) -> Rect {
    let body = body(state);
    match state.width {
        0..120 => body,
        width => right(body, width * 58 / 100).1,
    }
}

/// Lines of details above their tab.
pub const DETAIL_HEAD: u16 = 4;

/// The inside of the open tab of the details.
pub fn detail_tab(state: &State) -> Rect {
    let area = detail(state);
    let area = if state.width >= 120 { inside(area) } else { area };
    top(area, DETAIL_HEAD + 1).1
}

pub fn detail_page(state: &State) -> usize {
    let height = detail_tab(state).height;
    let is_list = state
        .detail
        .as_ref()
        .is_some_and(|detail| detail.tab == crate::top::state::Tab::Turns);
    usize::from(height.saturating_sub(u16::from(is_list))).max(1)
}

/// The lines of the open tab of the details.
pub fn detail_lines(state: &State) -> usize {
    super::detail::lines(state).len()
}

/// A window over the view.
pub fn overlay(state: &State) -> Rect {
    let body = body(state);
    let (width, height) = match state.overlay {
        Some(Overlay::Sort { .. }) => (26, 16),
        Some(Overlay::Palette { .. }) => (64, 18),
        Some(Overlay::Settings { .. }) => (96, 24),
        Some(Overlay::Help { .. }) => (76, 44),
        Some(Overlay::Log { .. }) => (120, 30),
        None => (0, 0),
    };
    let (width, height) = (width.min(body.width), height.min(body.height));
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y + (body.height - height) / 2,
        width,
        height,
    )
}

pub fn overlay_page(state: &State) -> usize {
    usize::from(inside(overlay(state)).height).max(1)
}

/// The first of the largest costs in the side panel of the cost view, and how many lines there are for them.
pub fn drivers(state: &State) -> Option<Rect> {
    if state.view != View::Cost || !is_wide(state) {
        return None;
    }
    let side = inside(parts(state).side);
    let budgets = state.cost.as_ref().map_or(0, |rows| rows.budgets.len().min(4));
    let above = u16::try_from(budgets).unwrap_or(4) * 2 + 1;
    Some(bottom(top(side, above).1, 3).0)
}

/// Which of the largest costs is at a position.
pub fn driver_at(state: &State, at: Position) -> Option<usize> {
    let drivers = drivers(state).filter(|drivers| drivers.contains(at))?;
    Some(usize::from(at.y - drivers.y))
}
