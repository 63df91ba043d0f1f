//! Pango markup, as waybar and its like read it.

use super::Bar;

/// Text that is no markup.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&#39;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// All pieces in their colors.
pub(super) fn draw(bar: &Bar<'_>) -> String {
    bar.join(|piece| {
        let text = escape(&piece.text);
        match bar.hex(piece.tone) {
            Some(color) => format!("<span color='{color}'>{text}</span>"),
            None => text,
        }
    })
}
