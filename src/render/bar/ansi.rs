//! Colors as terminals know them.

use super::Bar;
use crate::render::Palette;

/// All pieces in their colors.
pub(super) fn draw(bar: &Bar<'_>) -> String {
    bar.join(|piece| Palette::ON.paint(piece.tone, &piece.text))
}
