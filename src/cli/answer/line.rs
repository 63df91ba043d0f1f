//! Takes the line before the cursor apart as its shell would, the last word unfinished.

use std::iter::Peekable;
use std::str::Chars;

/// The quotes that are open at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    Nothing,
    Single,
    Double,
}

/// Words without their quotes; the last one, where the cursor is, may be empty.
#[derive(Debug)]
pub(super) struct Line {
    pub words: Vec<String>,
    pub open: Open,
}

impl Line {
    pub(super) fn last(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }
}

/// A line of bash. None where it holds what stands for something else, which only bash can know.
pub(super) fn bash(line: &str) -> Option<Line> {
    let mut words = vec![String::new()];
    let mut open = Open::Nothing;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let word = words.last_mut()?;
        match (open, character) {
            (Open::Nothing, ' ' | '\t' | '\n') => {
                if !word.is_empty() {
                    words.push(String::new());
                }
            }
            (Open::Nothing, '$') if matches!(characters.peek(), Some('\'' | '"' | '(' | '{')) => return None,
            (Open::Nothing | Open::Double, '`') => return None,
            (Open::Nothing, '\'') => open = Open::Single,
            (Open::Single, '\'') | (Open::Double, '"') => open = Open::Nothing,
            (Open::Nothing, '"') => open = Open::Double,
            (Open::Nothing, '\\') => word.extend(characters.next()),
            (Open::Double, '\\') => {
                let escapes = matches!(characters.peek(), Some('\\' | '"' | '$' | '`'));
                word.push(if escapes { characters.next()? } else { '\\' });
            }
            _ => word.push(character),
        }
    }
    Some(Line { words, open })
}

/// The last command on a line of Nushell.
pub(super) fn nushell(line: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '|' | ';' | '(' | '{' => words = vec![String::new()],
            _ if character.is_whitespace() => {
                if words.last().is_some_and(|word| !word.is_empty()) {
                    words.push(String::new());
                }
            }
            // Quotes mean something only where a word begins.
            '"' | '\'' | '`' if words.last().is_some_and(String::is_empty) => {
                words.last_mut()?.push_str(&quoted(&mut characters, character)?);
            }
            _ => words.last_mut()?.push(character),
        }
    }
    Some(words)
}

/// What stands in quotes, as far as the line goes.
fn quoted(characters: &mut Peekable<Chars>, quote: char) -> Option<String> {
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            _ if character == quote => break,
            '\\' if quote == '"' => match characters.next() {
                Some(escaped @ ('"' | '\'' | '\\' | '`' | '$' | '(' | ')' | '{' | '}' | '/')) => text.push(escaped),
                Some(_) => return None,
                None => {}
            },
            _ => text.push(character),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_lines_fall_into_words_with_the_last_one_open() {
        for (line, words, open) in [
            ("ttop cost ", &["ttop", "cost", ""][..], Open::Nothing),
            (
                r"ttop --project /w/my\ pr",
                &["ttop", "--project", "/w/my pr"],
                Open::Nothing,
            ),
            (r#"ttop "a b" "c\$d "#, &["ttop", "a b", "c$d "], Open::Double),
            (r"ttop 'it'\''s", &["ttop", "it's"], Open::Single),
            (r"ttop a\", &["ttop", "a"], Open::Nothing),
        ] {
            let found = bash(line).expect("plain words");
            assert_eq!(
                (found.words.as_slice(), found.open),
                (
                    &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()[..],
                    open
                ),
                "{line}"
            );
        }
        for line in [
            "ttop $(id) ",
            "ttop `id` ",
            "ttop ${HOME} ",
            "ttop $'a' ",
            "ttop \"`id` ",
        ] {
            assert!(bash(line).is_none(), "{line}");
        }
    }

    #[test]
    fn nushell_lines_begin_at_the_last_command() {
        for (line, words) in [
            ("ls | ttop cost --model ", &["ttop", "cost", "--model", ""][..]),
            ("ttop --project 'a b", &["ttop", "--project", "a b"]),
            (r#"ttop --project "a \"b" x"#, &["ttop", "--project", r#"a "b"#, "x"]),
            ("(ttop it's", &["ttop", "it's"]),
        ] {
            assert_eq!(nushell(line).expect("words"), words, "{line}");
        }
    }
}
