//! The clipboard, by OSC 52: the terminal sets it, so that it works over ssh and without a display.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Terminals drop longer sequences.
const MOST_BYTES: usize = 74_000;

/// The sequence that asks the terminal to put a text on the clipboard; `None` for one that is too long.
pub(super) fn sequence(text: &str) -> Option<String> {
    let encoded = STANDARD.encode(text);
    (encoded.len() <= MOST_BYTES).then(|| format!("\u{1b}]52;c;{encoded}\u{1b}\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_encoded_whatever_it_holds() {
        assert_eq!(sequence("ttop ps").as_deref(), Some("\u{1b}]52;c;dHRvcCBwcw==\u{1b}\\"));
        let hostile = sequence("\u{7}\u{1b}]0;x\u{7}").expect("short");
        assert_eq!(hostile.matches('\u{1b}').count(), 2, "only its own");
        assert_eq!(sequence(&"x".repeat(100_000)), None);
    }
}
