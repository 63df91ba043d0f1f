//! The key table: the one list from which keys are dispatched, and from which help, palette and manual page are made.

mod key;
mod table;

pub use key::Key;
pub use table::TABLE;

use super::view::View;
use key::TAKEN;
use std::collections::BTreeMap;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Quit,
    Suspend,
    Show(View),
    NextView,
    PreviousView,
    NextPanel,
    PreviousPanel,
    Down,
    Up,
    PageDown,
    PageUp,
    HalfDown,
    HalfUp,
    First,
    Last,
    Open,
    Back,
    Filter,
    Sort,
    FlipSort,
    NextSort,
    PreviousSort,
    LongerWindow,
    ShorterWindow,
    Refresh,
    CopyId,
    CopyCommand,
    Save,
    Settings,
    Palette,
    Log,
    Help,
    Jump,
    Helpers,
    Todo,
    Mcp,
    ByModel,
    ByProject,
    ByAgent,
    Budget,
    Unconfigured,
    Shorter,
    Longer,
    Split,
    Metric,
    Previous,
    Year,
}

/// Where a key is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Everywhere,
    On(View),
    Detail,
}

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    pub action: Action,
    pub scope: Scope,
    /// The name in `top.keys`.
    pub name: &'static str,
    pub keys: &'static [&'static str],
    /// Imperative, for help and palette.
    pub help: &'static str,
    /// A word or two for the last line of the screen; empty where it is not worth one.
    pub hint: &'static str,
}

use Scope::{Detail, Everywhere, On};

/// The table with the user's own keys.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The keys of each line of [`TABLE`].
    keys: Vec<Vec<Key>>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::new(&BTreeMap::new()).0
    }
}

impl Keys {
    /// The table with the keys of `top.keys`, by name, in place of its own; and what is wrong with them.
    pub fn new(own: &BTreeMap<String, Vec<String>>) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let keys = TABLE.iter().map(|binding| {
            let Some(texts) = own.get(binding.name) else {
                return binding.keys.iter().filter_map(|key| Key::parse(key)).collect();
            };
            let mut keys = Vec::new();
            for text in texts {
                match Key::parse(text) {
                    _ if TAKEN.contains(&text.as_str()) => {
                        problems.push(format!(
                            "top.keys.{}: terminals take '{text}' for themselves",
                            binding.name
                        ));
                    }
                    Some(key) => keys.push(key),
                    None => problems.push(format!("top.keys.{}: unknown key '{text}'", binding.name)),
                }
            }
            keys
        });
        let keys = Self { keys: keys.collect() };
        for name in own
            .keys()
            .filter(|name| TABLE.iter().all(|binding| binding.name != **name))
        {
            problems.push(format!("top.keys.{name}: there is no such command"));
        }
        (keys, problems)
    }

    /// What a key does on a view, with or without details open.
    pub fn action(&self, key: Key, view: View, has_detail: bool) -> Option<Action> {
        let lines = TABLE.iter().zip(&self.keys);
        let found = lines.filter(|(binding, keys)| {
            keys.contains(&key)
                && match binding.scope {
                    Everywhere => true,
                    On(on) => on == view && !has_detail,
                    Detail => has_detail,
                }
        });
        found.map(|(binding, _)| binding.action).next()
    }

    /// The lines that are valid on a view, with the names of their keys; those of the view come first.
    pub fn lines(&self, view: View, has_detail: bool) -> impl Iterator<Item = (&'static Binding, String)> {
        let lines = TABLE.iter().zip(&self.keys);
        lines.filter_map(move |(binding, keys)| {
            let is_valid = match binding.scope {
                Everywhere => true,
                On(on) => on == view && !has_detail,
                Detail => has_detail,
            };
            // A key that the view uses for itself is left out of the line below.
            let left = keys
                .iter()
                .filter(|key| self.action(**key, view, has_detail) == Some(binding.action));
            let names: Vec<String> = left.map(|key| key.name()).collect();
            (is_valid && !names.is_empty()).then(|| (binding, names.join(" ")))
        })
    }
}

/// The table for the manual page: the keys of each scope, one a line.
pub fn manual() -> String {
    let mut text = String::from("Keys (rebind them with top.keys.NAME):\n");
    let scopes = [
        ("Everywhere", Everywhere),
        ("Live", On(View::Live)),
        ("Cost", On(View::Cost)),
        ("Plans", On(View::Plans)),
        ("Trends", On(View::Trends)),
        ("Details", Detail),
    ];
    for (title, scope) in scopes {
        text.push_str(&format!("  {title}:\n"));
        for binding in TABLE.iter().filter(|binding| binding.scope == scope) {
            let keys = binding.keys.join(" ");
            text.push_str(&format!("    {keys:<16} {} ({})\n", binding.help, binding.name));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_one_and_means_one_thing_where_it_is_valid() {
        let keys = Keys::default();
        for (binding, bound) in TABLE.iter().zip(&keys.keys) {
            assert_eq!(bound.len(), binding.keys.len(), "{}", binding.name);
            for (key, text) in bound.iter().zip(binding.keys) {
                assert_eq!(key.name(), *text);
                assert!(!TAKEN.contains(text), "{text}");
                let (view, has_detail) = match binding.scope {
                    On(view) => (view, false),
                    Detail => (View::Live, true),
                    Everywhere => continue,
                };
                assert_eq!(keys.action(*key, view, has_detail), Some(binding.action), "{text}");
            }
        }
    }

    #[test]
    fn everything_can_be_reached_on_some_view() {
        let keys = Keys::default();
        for binding in TABLE {
            let reached = View::ALL
                .into_iter()
                .flat_map(|view| [(view, false), (view, true)])
                .any(|(view, has_detail)| keys.lines(view, has_detail).any(|(line, _)| line.name == binding.name));
            assert!(reached, "{}", binding.name);
        }
    }

    #[test]
    fn own_keys_replace_the_tables_and_mistakes_are_named() {
        let own = |name: &str, keys: &[&str]| {
            let keys = keys.iter().map(|&key| key.to_owned()).collect();
            Keys::new(&BTreeMap::from([(name.to_owned(), keys)]))
        };
        let (keys, problems) = own("quit", &["Q", "alt+x"]);
        assert_eq!(problems, Vec::<String>::new());
        let action = |text: &str| keys.action(Key::parse(text).expect("a key"), View::Cost, false);
        assert_eq!(
            (action("q"), action("Q"), action("alt+x")),
            (None, Some(Action::Quit), Some(Action::Quit))
        );
        assert_eq!(own("quit", &["hyper+q"]).1, ["top.keys.quit: unknown key 'hyper+q'"]);
        assert_eq!(own("quit", &["ctrl+s"]).1.len(), 1);
        assert_eq!(own("exit", &["q"]).1, ["top.keys.exit: there is no such command"]);
    }
}
