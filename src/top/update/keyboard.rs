//! Keys: what each does to the state.

use super::Effect;
use super::open;
use crate::top::draw::{help, layout};
use crate::top::keys::{Action, Key, TABLE};
use crate::top::list::{Col, List, Listed};
use crate::top::prompt::Line;
use crate::top::rows::Request;
use crate::top::state::{Drivers, Overlay, State};
use crate::top::view::View;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key was pressed.
pub(super) fn press(state: &mut State, event: &KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    #[cfg(feature = "test-programs")]
    assert!(event.code != KeyCode::F(12), "the key that tests end the screen with");
    let key = Key::of(event);
    // These work whatever is open and typed.
    let always = state.keys.action(key, state.view, state.detail.is_some());
    if event.modifiers.contains(KeyModifiers::CONTROL) && matches!(always, Some(Action::Quit | Action::Suspend)) {
        return act(state, always.unwrap_or(Action::Quit));
    }
    if state.is_typing {
        type_filter(state, event);
        return Vec::new();
    }
    if state.overlay.is_some() {
        return in_overlay(state, event, always);
    }
    match always {
        Some(action) => act(state, action),
        None => Vec::new(),
    }
}

/// Text was pasted: it is typed where something is typed, and else it is no keys.
pub(super) fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    match &mut state.overlay {
        Some(Overlay::Palette { line, .. } | Overlay::Settings { edited: Some(line), .. }) => line.insert(text),
        None if state.is_typing => {
            state.filter.insert(text);
            state.arrange();
        }
        _ => {}
    }
    Vec::new()
}

/// Does what a key or a line of the palette means.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Show(view) => show(state, view),
        Action::NextView => show(state, state.view.next()),
        Action::PreviousView => show(state, state.view.previous()),
        Action::NextPanel => turn_tab(state, true),
        Action::PreviousPanel => turn_tab(state, false),
        Action::Down => step(state, 1),
        Action::Up => step(state, -1),
        Action::PageDown => step(state, page(state)),
        Action::PageUp => step(state, -page(state)),
        Action::HalfDown => step(state, (page(state) / 2).max(1)),
        Action::HalfUp => step(state, -(page(state) / 2).max(1)),
        Action::First => step(state, isize::MIN),
        Action::Last => step(state, isize::MAX),
        Action::Open => open::open(state),
        Action::Back => back(state),
        Action::Filter => state.is_typing = true,
        Action::Sort => {
            let cursor = sorted(state).sort;
            state.overlay = has_columns(state).then_some(Overlay::Sort { cursor });
        }
        Action::FlipSort => {
            let list = sorted(state);
            list.is_descending = !list.is_descending;
            state.arrange();
        }
        Action::NextSort => sort_by_neighbor(state, 1),
        Action::PreviousSort => sort_by_neighbor(state, -1),
        Action::LongerWindow => state.windows[state.view as usize] = state.window().next(),
        Action::ShorterWindow => state.windows[state.view as usize] = state.window().previous(),
        Action::Refresh => {
            state.flash(if state.view == View::Plans {
                "asking providers"
            } else {
                "reading again"
            });
            return vec![Effect::Ask(Request::Refresh)];
        }
        Action::CopyId => return open::id(state).map(Effect::Copy).into_iter().collect(),
        Action::CopyCommand => return vec![Effect::Copy(state.wanted().command())],
        Action::Save => return vec![Effect::Save],
        Action::Settings => {
            state.overlay = Some(Overlay::Settings {
                cursor: 0,
                edited: None,
            });
            return vec![Effect::Ask(Request::Settings)];
        }
        Action::Palette => {
            state.overlay = Some(Overlay::Palette {
                line: Line::default(),
                cursor: 0,
            });
        }
        Action::Log => {
            state.is_log_read = true;
            state.overlay = Some(Overlay::Log { scroll: 0 });
        }
        Action::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Jump => return open::jump(state),
        Action::Helpers => state.has_helpers = !state.has_helpers,
        Action::Todo => state.has_todo = !state.has_todo,
        Action::Mcp => state.has_mcp = !state.has_mcp,
        Action::ByModel => state.drivers = Drivers::Models,
        Action::ByProject => state.drivers = Drivers::Projects,
        Action::ByAgent => state.drivers = Drivers::Agents,
        Action::Budget => {
            let budgets = state.cost.as_ref().map_or(0, |rows| rows.budgets.len());
            state.budget = (state.budget + 1) % budgets.max(1);
        }
        Action::Unconfigured => state.has_unconfigured = !state.has_unconfigured,
        Action::Shorter => state.days = if state.days > 30 { 30 } else { 7 },
        Action::Longer => state.days = if state.days < 30 { 30 } else { 90 },
        Action::Split => state.is_split = !state.is_split,
        Action::Metric => state.is_tokens = !state.is_tokens,
        Action::Previous => state.has_previous = !state.has_previous,
        Action::Year => state.has_year = !state.has_year,
    }
    Vec::new()
}

pub(super) fn show(state: &mut State, view: View) {
    state.view = view;
    (state.detail, state.bad_filter) = (None, None);
    state.arrange();
}

fn back(state: &mut State) {
    if let Some(detail) = &mut state.detail {
        if detail.wanted.turn.take().is_some() {
            detail.tab = crate::top::state::Tab::Turns;
        } else {
            state.detail = None;
        }
    } else if !state.filter.text().is_empty() {
        state.filter.clear();
        state.bad_filter = None;
        state.arrange();
    }
}

fn turn_tab(state: &mut State, is_forward: bool) {
    let Some(detail) = &mut state.detail else {
        return show(
            state,
            if is_forward {
                state.view.next()
            } else {
                state.view.previous()
            },
        );
    };
    let tabs: Vec<_> = detail.tabs().collect();
    let at = tabs.iter().position(|tab| *tab == detail.tab).unwrap_or_default();
    let by = if is_forward { 1 } else { tabs.len() - 1 };
    detail.tab = tabs[(at + by) % tabs.len()];
    detail.scroll = 0;
    open::explain(state);
}

fn page(state: &State) -> isize {
    let page = match state.detail {
        Some(_) => layout::detail_page(state),
        None => layout::page(state),
    };
    isize::try_from(page).unwrap_or(1).max(1)
}

/// Moves the cursor of whatever is in front.
pub(super) fn step(state: &mut State, by: isize) {
    use crate::top::state::Tab;
    let page = layout::page(state);
    let detail_page = layout::detail_page(state);
    if let Some(detail) = &mut state.detail {
        let turns = detail.rows.as_ref().map_or(&[][..], |rows| &rows.turns);
        match detail.tab {
            Tab::Turns => detail.list.step(by, detail_page, turns),
            _ => {
                let most = layout::detail_lines(state).saturating_sub(detail_page);
                if let Some(detail) = &mut state.detail {
                    detail.scroll = detail.scroll.saturating_add_signed(by).min(most);
                }
            }
        }
        return;
    }
    let list = &mut state.lists[state.view as usize];
    match state.view {
        View::Live => list.step(by, page, state.live.as_deref().unwrap_or_default()),
        View::Cost => list.step(by, page, state.cost.as_ref().map_or(&[][..], |rows| &rows.sessions)),
        View::Plans => list.step(by, page, state.plans.as_ref().map_or(&[][..], |rows| &rows.providers)),
        View::Projects => list.step(by, page, state.projects.as_ref().map_or(&[][..], |rows| &rows.projects)),
        View::Trends => {
            let last = usize::from(state.days).saturating_sub(1);
            state.day = state.day.saturating_add_signed(by).min(last);
        }
    }
}

/// The list that is in front.
fn sorted(state: &mut State) -> &mut List {
    match &mut state.detail {
        Some(detail) => &mut detail.list,
        None => &mut state.lists[state.view as usize],
    }
}

fn has_columns(state: &State) -> bool {
    !columns(state).is_empty()
}

/// The titles of the columns of the list in front.
pub fn columns(state: &State) -> Vec<&'static str> {
    fn titles<R: Listed>() -> Vec<&'static str> {
        R::COLS.iter().map(|col| col.title).collect()
    }
    use crate::core::rows::{CostRow, ProviderRow, PsRow, SessionRow, TurnRow};
    match state.view {
        _ if state.detail.is_some() => titles::<TurnRow>(),
        View::Live => titles::<PsRow>(),
        View::Cost => titles::<SessionRow>(),
        View::Plans => titles::<ProviderRow>(),
        View::Projects => titles::<CostRow>(),
        View::Trends => Vec::new(),
    }
}

fn sort_by_neighbor(state: &mut State, by: isize) {
    let columns = columns(state).len();
    if columns > 0 {
        let at = sorted(state).sort;
        sort_by(state, (at + columns).saturating_add_signed(by) % columns);
    }
}

/// Sorts by a column; by the same one again, the other way round. Numbers start with the largest.
pub(super) fn sort_by(state: &mut State, column: usize) {
    fn is_number<R: Listed>(at: usize) -> bool {
        R::COLS.get(at).is_some_and(Col::is_number)
    }
    use crate::core::rows::{CostRow, ProviderRow, PsRow, SessionRow, TurnRow};
    let starts_descending = match state.view {
        _ if state.detail.is_some() => is_number::<TurnRow>(column),
        View::Live => is_number::<PsRow>(column),
        View::Cost => is_number::<SessionRow>(column),
        View::Plans => is_number::<ProviderRow>(column) || column == 2,
        View::Projects => is_number::<CostRow>(column),
        View::Trends => false,
    };
    let list = sorted(state);
    list.is_descending = if list.sort == column {
        !list.is_descending
    } else {
        starts_descending
    };
    list.sort = column;
    state.arrange();
}

fn type_filter(state: &mut State, event: &KeyEvent) {
    match event.code {
        KeyCode::Enter => state.is_typing = false,
        KeyCode::Esc if state.filter.text().is_empty() => state.is_typing = false,
        KeyCode::Esc => {
            state.filter.clear();
            state.bad_filter = None;
        }
        _ => edit(&mut state.filter, event),
    }
    state.arrange();
}

/// Changes a line that is typed.
fn edit(line: &mut Line, event: &KeyEvent) {
    let has_control = event.modifiers.contains(KeyModifiers::CONTROL);
    match event.code {
        KeyCode::Char('w') if has_control => line.delete_word(),
        KeyCode::Char('u') if has_control => line.clear(),
        KeyCode::Char('a') if has_control => line.home(),
        KeyCode::Char('e') if has_control => line.end(),
        KeyCode::Char(character) if !has_control => line.insert(character.encode_utf8(&mut [0; 4])),
        KeyCode::Backspace => line.backspace(),
        KeyCode::Delete => line.delete(),
        KeyCode::Left => line.left(),
        KeyCode::Right => line.right(),
        KeyCode::Home => line.home(),
        KeyCode::End => line.end(),
        _ => {}
    }
}

fn in_overlay(state: &mut State, event: &KeyEvent, action: Option<Action>) -> Vec<Effect> {
    let page = layout::overlay_page(state);
    let (columns, settings) = (columns(state), state.settings.clone());
    let Some(overlay) = &mut state.overlay else {
        return Vec::new();
    };
    let by: isize = match (action, event.code) {
        (_, KeyCode::Down) => 1,
        (_, KeyCode::Up) => -1,
        (_, KeyCode::PageDown) => isize::try_from(page).unwrap_or(1),
        (_, KeyCode::PageUp) => -isize::try_from(page).unwrap_or(1),
        _ => 0,
    };
    match overlay {
        Overlay::Palette { line, cursor } => {
            match event.code {
                KeyCode::Esc => state.overlay = None,
                KeyCode::Enter => {
                    let chosen = help::found(&state.keys, line.text()).into_iter().nth(*cursor);
                    state.overlay = None;
                    if let Some(binding) = chosen {
                        return run(state, binding);
                    }
                }
                KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                    let last = help::found(&state.keys, line.text()).len().saturating_sub(1);
                    *cursor = cursor.saturating_add_signed(by).min(last);
                }
                _ => {
                    edit(line, event);
                    *cursor = 0;
                }
            }
            return Vec::new();
        }
        Overlay::Settings {
            cursor,
            edited: Some(line),
        } => {
            match event.code {
                KeyCode::Esc => {
                    state.overlay = Some(Overlay::Settings {
                        cursor: *cursor,
                        edited: None,
                    })
                }
                KeyCode::Enter => {
                    let (cursor, value) = (*cursor, line.text().to_owned());
                    state.overlay = Some(Overlay::Settings { cursor, edited: None });
                    // What was not changed is not written: a default stays one, and a secret is not shown whole.
                    let changed = settings.get(cursor).filter(|setting| setting.value != value);
                    let key = changed.map(|setting| setting.key.clone());
                    return key
                        .map(|key| Effect::Ask(Request::Set { key, value }))
                        .into_iter()
                        .collect();
                }
                _ => edit(line, event),
            }
            return Vec::new();
        }
        _ => {}
    }
    let by = match (by, action) {
        (0, Some(Action::Down)) => 1,
        (0, Some(Action::Up)) => -1,
        (0, Some(Action::First)) => isize::MIN,
        (0, Some(Action::Last)) => isize::MAX,
        (by, _) => by,
    };
    match overlay {
        Overlay::Help { scroll } => {
            let most = help::lines(&state.keys, state.view, state.detail.is_some())
                .len()
                .saturating_sub(page);
            *scroll = scroll.saturating_add_signed(by).min(most);
        }
        // The newest line is at the bottom, and up goes back in time.
        Overlay::Log { scroll } => *scroll = scroll.saturating_add_signed(by.saturating_neg()),
        Overlay::Sort { cursor } => {
            *cursor = cursor.saturating_add_signed(by).min(columns.len().saturating_sub(1));
            let typed = match event.code {
                KeyCode::Char(character) if by == 0 => columns
                    .iter()
                    .position(|title| title.to_lowercase().starts_with(character.to_ascii_lowercase())),
                _ => None,
            };
            let chosen = typed.or((event.code == KeyCode::Enter).then_some(*cursor));
            if let Some(column) = chosen {
                state.overlay = None;
                sort_by(state, column);
                return Vec::new();
            }
        }
        Overlay::Settings { cursor, edited } => {
            *cursor = cursor.saturating_add_signed(by).min(settings.len().saturating_sub(1));
            if event.code == KeyCode::Enter {
                *edited = settings.get(*cursor).map(|setting| Line::new(setting.value.as_str()));
                return Vec::new();
            }
        }
        Overlay::Palette { .. } => {}
    }
    // The key that opened a window closes it.
    let is_own = matches!(
        (&state.overlay, action),
        (Some(Overlay::Help { .. }), Some(Action::Help))
            | (Some(Overlay::Log { .. }), Some(Action::Log))
            | (Some(Overlay::Settings { .. }), Some(Action::Settings))
    );
    if event.code == KeyCode::Esc || action == Some(Action::Quit) || is_own {
        state.overlay = None;
    }
    Vec::new()
}

/// Runs a line of the palette, on the view it belongs to.
fn run(state: &mut State, name: &str) -> Vec<Effect> {
    use crate::top::keys::Scope;
    let Some(binding) = TABLE.iter().find(|binding| binding.name == name) else {
        return Vec::new();
    };
    if let Scope::On(view) = binding.scope
        && state.view != view
    {
        show(state, view);
    }
    act(state, binding.action)
}
