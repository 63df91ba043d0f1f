//! Update: how the state changes with a key, a click or rows, and what has to be done besides.

mod keyboard;
mod mouse;
mod open;

pub use keyboard::columns;

use super::rows::{Data, Request};
use super::state::{Overlay, State};
use ratatui::crossterm::event::{KeyEvent, MouseEvent};
use std::time::{Duration, Instant};

/// How long a flash stays.
pub const FLASH: Duration = Duration::from_millis(2500);

/// Something that happened.
#[expect(clippy::large_enum_variant, reason = "one at a time is on its way")]
pub enum Event {
    Key(KeyEvent),
    Mouse(MouseEvent),
    Paste(String),
    Resize(u16, u16),
    Data(Data),
    /// A line that something wrote to stderr.
    Stderr(String),
    /// Time passed: what is shown for a moment may go.
    Tick,
    Signal(i32),
    /// Another program stops this one.
    Stop,
    /// It goes on after a stop.
    Continue,
    /// The terminal cannot be read any more.
    Closed,
    /// The worker ended, and with it the screen.
    Ended,
}

/// Something the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Quit,
    /// End, and then by this signal.
    Die(i32),
    Suspend,
    /// Draw every cell: another program may have written.
    Redraw,
    Copy(String),
    /// Save the rows of the view.
    Save,
    Ask(Request),
}

/// Changes the state.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let effects = match event {
        Event::Key(key) => keyboard::press(state, &key),
        Event::Mouse(mouse) => mouse::point(state, &mouse),
        Event::Paste(text) => keyboard::paste(state, &text),
        Event::Resize(width, height) => {
            (state.width, state.height) = (width, height);
            Vec::new()
        }
        Event::Data(data) => {
            state.take(data);
            Vec::new()
        }
        Event::Stderr(line) => {
            state.note(line);
            Vec::new()
        }
        Event::Tick => {
            if state.flash.as_ref().is_some_and(|(_, at)| at.elapsed() >= FLASH) {
                state.flash = None;
            }
            Vec::new()
        }
        Event::Stop => vec![Effect::Suspend],
        Event::Continue => vec![Effect::Redraw],
        Event::Signal(signal) => vec![Effect::Die(signal)],
        Event::Closed | Event::Ended => vec![Effect::Quit],
    };
    keep_cursors_on_the_page(state);
    effects
}

/// When a flash has to go.
pub fn next_tick(state: &State) -> Option<Instant> {
    state.flash.as_ref().map(|(_, at)| *at + FLASH)
}

fn keep_cursors_on_the_page(state: &mut State) {
    let page = super::draw::layout::page(state);
    state.lists[state.view as usize].scroll(page);
    let detail_page = super::draw::layout::detail_page(state);
    if let Some(detail) = &mut state.detail {
        detail.list.scroll(detail_page);
    }
    let log = state.log.len();
    if let Some(Overlay::Log { scroll }) = &mut state.overlay {
        *scroll = (*scroll).min(log.saturating_sub(1));
    }
}
