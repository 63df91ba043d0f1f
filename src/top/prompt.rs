//! The filter prompt: the filters of the command line as words, and plain text.

use super::list::Words;
use crate::core::filter_text::{FilterText, PresenceWanted};
use clap::ValueEnum;
use unicode_segmentation::UnicodeSegmentation;

/// A line that is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    /// In bytes, between graphemes.
    cursor: usize,
}

impl Line {
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            cursor: text.len(),
            text,
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn insert(&mut self, text: &str) {
        let text = crate::core::text::plain(text);
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    pub fn backspace(&mut self) {
        if let Some((at, _)) = self.before().grapheme_indices(true).next_back() {
            self.text.replace_range(at..self.cursor, "");
            self.cursor = at;
        }
    }

    pub fn delete(&mut self) {
        if let Some(next) = self.text[self.cursor..].graphemes(true).next() {
            let end = self.cursor + next.len();
            self.text.replace_range(self.cursor..end, "");
        }
    }

    /// Deletes the word before the cursor.
    pub fn delete_word(&mut self) {
        let before = self.before().trim_end();
        let start = before.rfind(' ').map_or(0, |at| at + 1);
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    pub fn left(&mut self) {
        if let Some((at, _)) = self.before().grapheme_indices(true).next_back() {
            self.cursor = at;
        }
    }

    pub fn right(&mut self) {
        if let Some(next) = self.text[self.cursor..].graphemes(true).next() {
            self.cursor += next.len();
        }
    }

    pub fn home(&mut self) {
        self.cursor = 0;
    }

    pub fn end(&mut self) {
        self.cursor = self.text.len();
    }
}

/// The names of filters that the prompt takes, as the flags are called.
pub(super) const NAMES: [&str; 11] = [
    "agent", "model", "project", "provider", "session", "branch", "subagent", "since", "until", "on", "presence",
];

/// Takes a typed filter apart: `model:opus project:. $>1 flaky`.
pub(super) fn parse(typed: &str) -> (FilterText, Words) {
    let (mut filter, mut words) = (FilterText::default(), Words::default());
    for word in split(typed) {
        if let Some(limit) = word.strip_prefix("$>").and_then(|text| text.parse().ok()) {
            words.above = Some(limit);
        } else if let Some(limit) = word.strip_prefix("$<").and_then(|text| text.parse().ok()) {
            words.below = Some(limit);
        } else if let Some((name, value)) = word.split_once(':').filter(|(name, _)| NAMES.contains(name)) {
            add(&mut filter, name, value);
        } else if !word.starts_with('$') {
            words.texts.push(word.to_lowercase());
        }
    }
    (filter, words)
}

fn add(filter: &mut FilterText, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    let value = value.to_owned();
    match name {
        "agent" => filter.agent.push(glob(value)),
        "model" => filter.model.push(glob(value)),
        "provider" => filter.provider.push(glob(value)),
        "branch" => filter.branch.push(glob(value)),
        "subagent" => filter.subagent.push(glob(value)),
        "project" => filter.project.push(value),
        "session" => filter.session.push(value),
        "since" => filter.since = Some(value),
        "until" => filter.until = Some(value),
        "on" => filter.on = Some(value),
        _ => filter.presence.extend(PresenceWanted::from_str(&value, true)),
    }
}

/// A name that is typed without `*` may be a part of one.
fn glob(value: String) -> String {
    if value.contains(['*', '?']) {
        value
    } else {
        format!("*{value}*")
    }
}

/// Words at spaces, except between double quotes.
fn split(typed: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for character in typed.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_filters_of_the_command_line_and_plain_text() {
        let (filter, words) =
            parse(r#"acme model:opus agent:code* project:"my app" since:7d presence:gone $>1.5 $<20 Flaky"#);
        assert_eq!(filter.model, ["*opus*"]);
        assert_eq!(filter.agent, ["code*"]);
        assert_eq!(filter.project, ["my app"]);
        assert_eq!(filter.since.as_deref(), Some("7d"));
        assert_eq!(filter.presence, [PresenceWanted::Gone]);
        assert_eq!(words.texts, ["acme", "flaky"]);
        assert_eq!((words.above, words.below), (Some(1.5), Some(20.0)));
    }

    #[test]
    fn half_typed_words_filter_nothing() {
        for typed in ["model:", "$>", "$", "", "  ", "\""] {
            let (filter, words) = parse(typed);
            assert!(filter.is_empty() && words.is_empty(), "{typed}");
        }
    }

    #[test]
    fn editing_moves_by_whole_characters() {
        let mut line = Line::new("né👨‍👩‍👧x");
        line.left();
        line.backspace();
        assert_eq!(line.text(), "néx");
        line.home();
        line.delete();
        line.right();
        line.insert("\u{1b}[2J日");
        assert_eq!((line.text(), line.before()), ("é[2J日x", "é[2J日"));
        line.end();
        line.delete_word();
        assert_eq!(line.text(), "");
    }
}
