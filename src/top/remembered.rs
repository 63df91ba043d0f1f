//! What the screen remembers from one run to the next: the view, and how each one is shown. Names that are unknown, and a file
//! that is damaged, are as good as none.

use super::list::Listed;
use super::state::{Drivers, State};
use super::view::View;
use super::window::Window;
use crate::core::rows::{CostRow, ProviderRow, PsRow, SessionRow};
use crate::system::System;
use crate::system::open::{self, Most};
use crate::system::replace::swap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// The days that trends can show.
const DAYS: [u16; 3] = [7, 30, 90];

/// The parts of a state that are kept, by names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    view: String,
    /// By view.
    windows: BTreeMap<String, String>,
    /// The key of the column of each view, with `-` before it if the largest comes first.
    sorts: BTreeMap<String, String>,
    days: u16,
    drivers: String,
    switches: BTreeMap<String, bool>,
}

/// `~/.local/state/tokentop/top.json`
pub fn file(system: &System) -> PathBuf {
    system.state_dir().join("tokentop/top.json")
}

impl Remembered {
    /// What the last run left.
    pub fn load(system: &System) -> Self {
        let text = open::read(&file(system), Most::WORD).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// # Errors
    /// Those of the file system.
    pub fn save(&self, system: &System) -> io::Result<()> {
        swap(&file(system), serde_json::to_string(self)?.as_bytes())
    }

    pub fn view(&self) -> Option<View> {
        View::find(&self.view)
    }

    pub fn of(state: &State) -> Self {
        let named = |view: View| view.name().to_owned();
        let sort = |view: View| {
            let list = &state.lists[view as usize];
            let key = columns(view).get(list.sort).copied()?;
            let mark = if list.is_descending { "-" } else { "" };
            Some((named(view), format!("{mark}{key}")))
        };
        let window = |view: View| (named(view), state.windows[view as usize].name().to_owned());
        Self {
            view: named(state.view),
            windows: View::ALL.map(window).into(),
            sorts: View::ALL.into_iter().filter_map(sort).collect(),
            days: state.days,
            drivers: state.drivers.name().to_owned(),
            switches: switches(state).map(|(name, is_on)| (name.to_owned(), is_on)).into(),
        }
    }

    /// Shows each view as it was; which one is chosen elsewhere.
    pub fn restore(&self, state: &mut State) {
        for view in View::ALL {
            if let Some(window) = self.windows.get(view.name()).and_then(|name| Window::find(name)) {
                state.windows[view as usize] = window;
            }
            let Some(sort) = self.sorts.get(view.name()) else {
                continue;
            };
            let (key, is_descending) = match sort.strip_prefix('-') {
                Some(key) => (key, true),
                None => (sort.as_str(), false),
            };
            if let Some(column) = columns(view).iter().position(|known| *known == key) {
                let list = &mut state.lists[view as usize];
                (list.sort, list.is_descending) = (column, is_descending);
            }
        }
        if DAYS.contains(&self.days) {
            state.days = self.days;
        }
        if let Some(drivers) = Drivers::ALL.into_iter().find(|drivers| drivers.name() == self.drivers) {
            state.drivers = drivers;
        }
        for (name, is_on) in &self.switches {
            if let Some(switch) = switch(state, name) {
                *switch = *is_on;
            }
        }
    }
}

/// The keys of the columns of a view.
fn columns(view: View) -> Vec<&'static str> {
    fn of<R: Listed>() -> Vec<&'static str> {
        R::COLS.iter().map(|col| col.key).collect()
    }
    match view {
        View::Live => of::<PsRow>(),
        View::Cost => of::<SessionRow>(),
        View::Plans => of::<ProviderRow>(),
        View::Projects => of::<CostRow>(),
        View::Trends => Vec::new(),
    }
}

fn switches(state: &State) -> [(&'static str, bool); 7] {
    [
        ("split", state.is_split),
        ("tokens", state.is_tokens),
        ("previous", state.has_previous),
        ("year", state.has_year),
        ("todo", state.has_todo),
        ("mcp", state.has_mcp),
        ("unconfigured", state.has_unconfigured),
    ]
}

fn switch<'s>(state: &'s mut State, name: &str) -> Option<&'s mut bool> {
    Some(match name {
        "split" => &mut state.is_split,
        "tokens" => &mut state.is_tokens,
        "previous" => &mut state.has_previous,
        "year" => &mut state.has_year,
        "todo" => &mut state.has_todo,
        "mcp" => &mut state.has_mcp,
        "unconfigured" => &mut state.has_unconfigured,
        _ => return None,
    })
}
