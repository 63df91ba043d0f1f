//! Writes a value so that a shell which inserts it as it is takes it for that value and nothing else.

use super::line::Open;

/// Characters that mean only themselves in every shell, wherever they stand.
fn means_itself(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | ':' | '@' | '%' | '+' | ',')
}

/// For bash, after quotes that may be open.
pub(super) fn bash(value: &str, open: Open) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match (open, character) {
            (Open::Nothing, '=') => text.push('='),
            (Open::Nothing, _) if character.is_ascii() && !means_itself(character) => text.extend(['\\', character]),
            (Open::Single, '\'') => text.push_str(r"'\''"),
            (Open::Double, '\\' | '"' | '$' | '`') => text.extend(['\\', character]),
            // A backslash would stay, and without one it stands for a line of the history; not before the end, where bash
            // closes the quotes itself unless there is a quote already.
            (Open::Double, '!') if characters.peek().is_some() => text.push_str(r#""'!'""#),
            _ => text.push(character),
        }
    }
    text
}

/// For Nushell, as a whole word.
pub(super) fn nushell(value: &str) -> String {
    // Colons begin names of attributes, `%` and `+` numbers and operators.
    let is_bare = |character: char| means_itself(character) && !matches!(character, '%' | '+' | '@' | ',');
    if !value.is_empty() && value.chars().all(is_bare) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""))
}

/// For PowerShell, as a whole word. It takes typographic quotes for plain ones.
pub(super) fn powershell(value: &str) -> String {
    let is_bare = |character: char| means_itself(character) && !matches!(character, '@' | '%' | ',');
    if !value.is_empty() && value.chars().all(is_bare) {
        return value.to_owned();
    }
    let mut text = String::from("'");
    for character in value.chars() {
        text.push(character);
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            text.push(character);
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::super::line;
    use super::*;

    const HOSTILE: &[&str] = &[
        "plain/model-1.2",
        "my project; touch PWN",
        "`touch PWN`",
        "$(touch${IFS}PWN)",
        "it's \"quoted\" \\ back",
        "a!b!!",
        "*?[a]{b,c}",
        "~root",
        "#comment",
        "a&b|c>d<e",
        "日本 語",
        "\u{2019};calc\u{2019}",
    ];

    #[test]
    fn a_line_with_the_inserted_value_holds_the_value_as_one_word() {
        for value in HOSTILE {
            for (start, open) in [("", Open::Nothing), ("'", Open::Single), ("\"", Open::Double)] {
                let typed = format!("ttop {start}{}", bash(value, open));
                let read = line::bash(&typed).expect("nothing that stands for something else");
                assert_eq!(read.words, ["ttop", value], "{typed}");
            }
            let typed = format!("ttop {}", nushell(value));
            assert_eq!(line::nushell(&typed).expect("words"), ["ttop", value], "{typed}");
        }
    }

    #[test]
    fn powershell_gets_one_literal() {
        assert_eq!(powershell("gpt-5"), "gpt-5");
        assert_eq!(powershell("it's $(calc)"), "'it''s $(calc)'");
        assert_eq!(powershell("\u{2019};calc"), "'\u{2019}\u{2019};calc'");
    }
}
