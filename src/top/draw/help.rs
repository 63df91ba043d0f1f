//! Help, hints and the palette: the key table in three forms.

use crate::top::keys::{Action, Keys, Scope, TABLE};
use crate::top::state::State;
use crate::top::view::View;

/// The lines of the help: the keys of the view first.
pub fn lines(keys: &Keys, view: View, has_detail: bool) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut is_own = true;
    let title = if has_detail { "Details" } else { view.title() };
    lines.push((String::new(), title.to_owned()));
    for (binding, names) in keys.lines(view, has_detail) {
        if is_own && binding.scope == Scope::Everywhere {
            is_own = false;
            lines.push((String::new(), "Everywhere".to_owned()));
        }
        lines.push((names, binding.help.to_owned()));
    }
    lines.push((String::new(), "Mouse".to_owned()));
    lines.push((
        "click".to_owned(),
        "Choose a view, a row or a column; a chosen row opens".to_owned(),
    ));
    lines.push((
        "shift".to_owned(),
        "Hold it to select text with the terminal".to_owned(),
    ));
    lines.push((String::new(), "Filter (/)".to_owned()));
    let names = crate::top::prompt::NAMES.map(|name| format!("{name}:")).join(" ");
    lines.push(("words".to_owned(), names));
    lines.push(("$>1 $<20".to_owned(), "Only rows that cost more or less".to_owned()));
    lines.push((String::new(), "Without a screen".to_owned()));
    lines.push((
        "c".to_owned(),
        "Each view has a command that prints its rows".to_owned(),
    ));
    lines
}

/// The keys of the last line, the most useful first.
pub fn hints(state: &State) -> impl Iterator<Item = (String, &'static str)> {
    let lines: Vec<_> = state.keys.lines(state.view, state.detail.is_some()).collect();
    let rank = |action: Action| match action {
        Action::Open => 0,
        Action::Jump => 1,
        Action::Filter => 2,
        Action::Help => 3,
        _ => 4,
    };
    let mut shown: Vec<_> = lines
        .into_iter()
        .filter(|(binding, _)| !binding.hint.is_empty())
        .filter(|(binding, _)| state.view != View::Trends || !matches!(binding.action, Action::Sort | Action::CopyId))
        .filter(|(binding, _)| state.view != View::Plans || binding.action != Action::LongerWindow)
        .collect();
    shown.sort_by_key(|(binding, _)| rank(binding.action));
    shown.into_iter().map(|(binding, names)| match binding.action {
        // The hint names its keys.
        Action::ByAgent | Action::Longer => (String::new(), binding.hint),
        _ => {
            let key = names.split(' ').next().unwrap_or_default();
            let key = if key == "enter" { "Enter" } else { key };
            (key.to_owned(), binding.hint)
        }
    })
}

/// The names of commands that contain what was typed; an exact word comes first.
pub fn found(keys: &Keys, typed: &str) -> Vec<&'static str> {
    let _ = keys;
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut found: Vec<&'static str> = Vec::new();
    let starts = |name: &str| words.first().is_none_or(|word| name.starts_with(word));
    for is_first in [true, false] {
        for binding in TABLE {
            let has = |word: &&str| binding.name.contains(*word) || binding.help.to_lowercase().contains(*word);
            if words.iter().all(has) && starts(binding.name) == is_first && !found.contains(&binding.name) {
                found.push(binding.name);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_has_every_key_that_works_and_no_other() {
        let keys = Keys::default();
        for view in View::ALL {
            for has_detail in [false, true] {
                let listed: Vec<String> = lines(&keys, view, has_detail)
                    .into_iter()
                    .map(|(_, help)| help)
                    .collect();
                for (binding, _) in keys.lines(view, has_detail) {
                    assert!(listed.iter().any(|help| help == binding.help), "{}", binding.name);
                }
            }
        }
    }

    #[test]
    fn the_palette_finds_commands_by_name_and_words() {
        let keys = Keys::default();
        assert_eq!(found(&keys, "quit").first(), Some(&"quit"));
        assert_eq!(found(&keys, "clipboard").len(), 2);
        assert!(found(&keys, "xyzzy").is_empty());
        assert!(found(&keys, "").len() > 40);
    }
}
