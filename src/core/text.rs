//! Sanitizes text from other programs, so it cannot control the terminal or bar that shows it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use unicode_segmentation::UnicodeSegmentation;

/// Characters that one visible character may consist of. The longest emoji sequences take ten; a flood of combining
/// marks takes thousands, and each of them is drawn over the lines around it.
pub const MOST_IN_GRAPHEME: usize = 16;

/// One line of text that is safe on a terminal: it cannot move the cursor, change colors, reorder or hide text. Models
/// write titles and users name folders; a terminal gets either only as this type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Printable(String);

impl Printable {
    /// Makes any text printable: line ends and tabs become spaces, what steers a terminal goes.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        match plain(&text) {
            Cow::Owned(plain) => Self(plain),
            Cow::Borrowed(_) => Self(text),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for Printable {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<T: Into<String>> From<T> for Printable {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

/// The text as one printable line; see [`Printable`].
pub fn plain(text: &str) -> Cow<'_, str> {
    cleaned(text, |character| match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ if is_unsafe(character) => None,
        _ => Some(character),
    })
}

/// Like [`plain`], but keeps lines and tabs: for text of several lines.
pub fn strip_control(text: &str) -> Cow<'_, str> {
    cleaned(text, |character| match character {
        '\n' | '\t' => Some(character),
        _ if is_unsafe(character) => None,
        _ => Some(character),
    })
}

fn cleaned(text: &str, clean: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    let is_clean = |text: &str| text.chars().all(|character| clean(character) == Some(character));
    if text.is_ascii() {
        return if is_clean(text) {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.chars().filter_map(clean).collect())
        };
    }
    let is_short = |grapheme: &str| grapheme.len() <= MOST_IN_GRAPHEME || grapheme.chars().count() <= MOST_IN_GRAPHEME;
    if is_clean(text) && text.graphemes(true).all(is_short) {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().filter_map(clean).collect();
    // Removed characters may have separated graphemes, so count them in the result.
    Cow::Owned(
        kept.graphemes(true)
            .flat_map(|grapheme| grapheme.chars().take(MOST_IN_GRAPHEME))
            .collect(),
    )
}

/// Whether a character steers a terminal, reorders text or shows nothing.
pub fn is_unsafe(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(
            character,
            '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
                | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
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
        assert_eq!(plain("hidden\u{e0041}\u{e0042}\u{e0100}\u{3164}"), "hidden");
        assert_eq!(plain("👨‍👩‍👧 ok é"), "👨‍👩‍👧 ok é");
        assert_eq!(strip_control("a\tb\n\u{1b}[2Jc\u{9b}"), "a\tb\n[2Jc");
    }

    #[test]
    fn marks_are_capped_and_the_longest_emoji_stay_whole() {
        let flood = format!("a{}b", "\u{301}".repeat(4000));
        assert_eq!(plain(&flood).chars().count(), MOST_IN_GRAPHEME + 1);
        let split = format!("a{}", "\u{301}\u{200b}".repeat(4000));
        assert_eq!(plain(&split).chars().count(), MOST_IN_GRAPHEME);
        let chain = "👩\u{200d}".repeat(4000);
        assert!(plain(&chain).chars().count() <= MOST_IN_GRAPHEME);
        let kiss = "👩🏻\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏼 é";
        assert_eq!(plain(kiss), kiss);
    }

    proptest::proptest! {
        #[test]
        fn whatever_was_made_printable_is(text in ".{0,60}") {
            let once = Printable::new(text.as_str());
            proptest::prop_assert!(!once.chars().any(is_unsafe));
            proptest::prop_assert_eq!(&Printable::new(once.as_str()), &once);
        }
    }
}
