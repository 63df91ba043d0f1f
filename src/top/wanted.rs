//! Wanted: the rows that the screen needs at a moment, and the command that prints the same ones.

use super::view::View;
use super::window::Window;
use crate::core::filter_text::{FilterText, PresenceWanted};
use crate::core::rows::Text;
use crate::core::shell::quoted;
use clap::ValueEnum;

/// What is shown; whenever it changes, the worker makes other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub view: View,
    pub window: Window,
    pub filter: FilterText,
    /// Days of the trend.
    pub days: u16,
    /// Whether the trend is split by model.
    pub is_split: bool,
    /// Whether processes that agents started, and subagents, are listed.
    pub has_helpers: bool,
    /// Whether providers without a credential are listed.
    pub has_unconfigured: bool,
    /// The agent and id of the session whose plan is shown.
    pub agent: Option<(Text, Text)>,
    /// Turns to list in detail.
    pub detail: Option<DetailWanted>,
}

/// Turns that a number consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailWanted {
    pub filter: FilterText,
    /// The agent and id of the session, where it is one.
    pub session: Option<(Text, Text)>,
    /// A turn whose numbers are to be explained.
    pub turn: Option<String>,
    /// The pane to show.
    pub pane: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            view: View::Live,
            window: Window::default(),
            filter: FilterText::default(),
            days: 30,
            is_split: false,
            has_helpers: false,
            has_unconfigured: false,
            agent: None,
            detail: None,
        }
    }
}

impl Wanted {
    /// The filter of the view's turns: the words of the prompt, in the window.
    pub fn turns(&self) -> FilterText {
        let mut filter = self.filter.clone();
        if !filter.has_time() {
            filter.since = match self.view {
                View::Trends => Some(format!("{}d", self.days)),
                _ => self.window.since().map(str::to_owned),
            };
        }
        filter
    }

    /// The command that prints the rows of the view, or of the detail that is open.
    pub fn command(&self) -> String {
        if let Some(detail) = &self.detail {
            return match (&detail.turn, &detail.session) {
                (Some(turn), _) => format!("ttop show {turn} --explain"),
                _ => format!("ttop turns{}", flags(&detail.filter)),
            };
        }
        let turns = self.turns();
        match self.view {
            View::Live if self.has_helpers => format!("ttop ps --all{}", flags(&self.filter)),
            View::Live => format!("ttop ps{}", flags(&self.filter)),
            View::Cost => format!("ttop sessions{} --sort cost:desc", flags(&turns)),
            View::Plans if self.has_unconfigured => format!("ttop providers --all{}", flags(&self.filter)),
            View::Plans => format!("ttop providers{}", flags(&self.filter)),
            View::Trends if self.is_split => format!("ttop cost --by day,model{}", flags(&turns)),
            View::Trends => format!("ttop cost --by day{}", flags(&turns)),
            View::Projects => format!("ttop cost --by project{}", flags(&turns)),
        }
    }
}

/// A filter as flags, each with a space before it.
fn flags(filter: &FilterText) -> String {
    let mut line = String::new();
    let mut add = |flag: &str, value: &str| line.push_str(&format!(" --{flag} {}", quoted(value)));
    for (flag, value) in [("since", &filter.since), ("until", &filter.until), ("on", &filter.on)] {
        if let Some(value) = value {
            add(flag, value);
        }
    }
    for (flag, values) in [
        ("agent", &filter.agent),
        ("provider", &filter.provider),
        ("model", &filter.model),
        ("project", &filter.project),
        ("session", &filter.session),
        ("branch", &filter.branch),
        ("subagent", &filter.subagent),
        ("grep", &filter.grep),
    ] {
        values.iter().for_each(|value| add(flag, value));
    }
    for presence in &filter.presence {
        add("presence", presence_name(*presence).as_str());
    }
    line
}

fn presence_name(presence: PresenceWanted) -> String {
    let value = presence.to_possible_value();
    value.map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_view_names_the_command_that_prints_its_rows() {
        let of = |view| Wanted {
            view,
            ..Wanted::default()
        };
        assert_eq!(of(View::Live).command(), "ttop ps");
        assert_eq!(of(View::Cost).command(), "ttop sessions --since today --sort cost:desc");
        assert_eq!(of(View::Plans).command(), "ttop providers");
        assert_eq!(of(View::Trends).command(), "ttop cost --by day --since 30d");
        let everything = Wanted {
            window: Window::All,
            ..of(View::Projects)
        };
        assert_eq!(everything.command(), "ttop cost --by project");
    }

    #[test]
    fn words_of_a_filter_are_quoted_for_the_shell() {
        let wanted = Wanted {
            filter: FilterText {
                model: vec!["*opus*".to_owned()],
                grep: vec!["it's".to_owned()],
                ..FilterText::default()
            },
            ..Wanted::default()
        };
        assert_eq!(wanted.command(), r"ttop ps --model '*opus*' --grep 'it'\''s'");
    }
}
