//! The table of `ttop theme`.

use crate::core::rows::ThemeRow;
use crate::render::{Cell, Column, Row, Tone};

impl Row for ThemeRow {
    const NAME: &'static str = "theme";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("themeId", "Theme", 0, |row, _| Cell::plain(&*row.theme_id)),
        Column::text("name", "Name", 0, |row, _| Cell::plain(&*row.name)),
        Column::text("scheme", "Scheme", 0, |row, _| Cell::plain(&*row.scheme)),
        Column::text("active", "Active", 0, |row, _| match row.active {
            true => Cell::toned("active", Tone::Good),
            false => Cell::empty(),
        }),
        Column::number("contrast", "Contrast", 1, |row, _| {
            Cell::plain(format!("{:.1}", row.contrast))
        }),
    ];
}
