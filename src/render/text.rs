//! Text on a terminal: width, truncation, and removal of control characters.

pub use crate::core::text::{plain, strip_control};

use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Marks truncated text.
pub const ELLIPSIS: &str = "…";

/// Columns a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a text, in at most `limit` columns.
pub fn cut_end(text: &str, limit: usize) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    if limit == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}{ELLIPSIS}", beginning(text, limit - 1).trim_end()))
}

/// Both ends of a text, in at most `limit` columns; the end is the longer one, since paths differ there.
pub fn cut_middle(text: &str, limit: usize) -> Cow<'_, str> {
    if width(text) <= limit || limit < 5 {
        return cut_end(text, limit);
    }
    let head = beginning(text, (limit - 1) / 3);
    let tail = ending(text, limit - 1 - width(head));
    Cow::Owned(format!("{head}{ELLIPSIS}{tail}"))
}

/// A line in lines of at most `limit` columns, broken between words; further lines are indented like the first one and a
/// bit more. Commands (`'ttop …'`, or one at the end) are not broken: people copy them.
pub fn wrap(line: &str, limit: Option<usize>) -> Vec<String> {
    const LEAST: usize = 20;
    let Some(limit) = limit.filter(|limit| width(line) > *limit && *limit >= LEAST) else {
        return vec![line.to_owned()];
    };
    let indent = line.len() - line.trim_start_matches(' ').len();
    let (prose, command) = match line.find(": ttop ") {
        Some(at) => (&line[..at + 1], Some(line[at + 2..].trim_start())),
        None => (line, None),
    };
    let hanging = " ".repeat(indent + 2);
    let mut lines: Vec<String> = Vec::new();
    let mut current = line[..indent].to_owned();
    let mut is_empty = true;
    for word in words(prose).into_iter().chain(command) {
        let gap = usize::from(!is_empty);
        if !is_empty && width(&current) + gap + width(word) > limit {
            lines.push(std::mem::replace(&mut current, hanging.clone()));
            is_empty = true;
        }
        if !is_empty {
            current.push(' ');
        }
        current.push_str(word);
        is_empty = false;
    }
    lines.push(current);
    lines
}

/// Words, and commands in quotes as one word each.
fn words(prose: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = prose.trim_start();
    while !rest.is_empty() {
        let quoted = rest.starts_with("'ttop ").then(|| rest[1..].find('\'')).flatten();
        let from = quoted.map_or(0, |end| end + 2);
        let end = rest[from..]
            .find(char::is_whitespace)
            .map_or(rest.len(), |end| from + end);
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

/// As much of the beginning as fits, whole characters as people see them.
fn beginning(text: &str, limit: usize) -> &str {
    let mut used = 0;
    let end = text.grapheme_indices(true).find(|(_, grapheme)| {
        used += width(grapheme);
        used > limit
    });
    end.map_or(text, |(at, _)| &text[..at])
}

fn ending(text: &str, limit: usize) -> &str {
    let mut used = 0;
    let start = text.grapheme_indices(true).rev().find(|(_, grapheme)| {
        used += width(grapheme);
        used > limit
    });
    start.map_or(text, |(at, grapheme)| &text[at + grapheme.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_columns_and_never_inside_a_character() {
        for (text, limit, expected) in [
            ("short", 5, "short"),
            ("a longer title", 8, "a longe…"),
            ("a longer title", 9, "a longer…"),
            ("日本語のタイトル", 7, "日本語…"),
            ("日本語のタイトル", 6, "日本…"),
            ("family 👨‍👩‍👧‍👦 and more", 9, "family…"),
            ("family 👨‍👩‍👧‍👦 and more", 10, "family 👨‍👩‍👧‍👦…"),
            ("cafe\u{301} society", 5, "cafe\u{301}…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            let cut = cut_end(text, limit);
            assert_eq!(cut, expected, "{text} in {limit}");
            assert!(width(&cut) <= limit);
        }
    }

    #[test]
    fn lines_are_broken_between_words_and_commands_are_not() {
        assert_eq!(wrap("  note: some words", Some(40)), ["  note: some words"]);
        assert_eq!(
            wrap("  note: some versions around 2.1.29 wrote only sums", Some(24)),
            ["  note: some versions", "    around 2.1.29 wrote", "    only sums"]
        );
        assert_eq!(
            wrap("no price: ttop config set 'a b' '{\"input\": 1}'", Some(24)),
            ["no price:", "  ttop config set 'a b' '{\"input\": 1}'"]
        );
        assert_eq!(
            wrap(
                "run 'ttop setup --print' to see the changes, or 'ttop setup --yes' to make them",
                Some(30)
            ),
            [
                "run 'ttop setup --print' to",
                "  see the changes, or",
                "  'ttop setup --yes' to make",
                "  them"
            ]
        );
        assert_eq!(wrap("日本語の長い文 です", Some(20)).len(), 1);
        assert_eq!(wrap("a long line", None), ["a long line"]);
    }

    #[test]
    fn paths_keep_both_ends() {
        assert_eq!(cut_middle("~/work/clients/acme/backend", 15), "~/wo…me/backend");
        assert_eq!(cut_middle("~/work", 15), "~/work");
        assert_eq!(cut_middle("/日本/語/プロジェクト", 10), "/日…ェクト");
    }
}
