//! Text that others wrote, without what could steer the program that shows it.

use std::borrow::Cow;

/// The text without what could move the cursor, change colours, reorder the line or hide: titles are written by
/// models and by whoever they talked to.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|character| match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ if is_unsafe(character) => None,
        _ => Some(character),
    });
    Cow::Owned(kept.collect())
}

/// Like [`plain`], with lines and tabs as they are: for text that goes to a terminal as it stands.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |character: char| is_unsafe(character) && !matches!(character, '\n' | '\t');
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|&character| !steers(character)).collect())
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_stays() {
        assert_eq!(
            plain("a\u{1b}[31mred\u{7}\nline\u{202e}evil\u{200b}"),
            "a[31mred lineevil"
        );
        assert_eq!(plain("hidden\u{e0041}\u{e0042}"), "hidden");
        assert_eq!(plain("👨‍👩‍👧 ok é"), "👨‍👩‍👧 ok é");
        assert_eq!(harmless("a\tb\n\u{1b}[2Jc\u{9b}"), "a\tb\n[2Jc");
    }
}
