//! Tables: the visible rows of a list, in columns of steady width.

use super::canvas::Canvas;
use crate::render::View as Reader;
use crate::top::list::{List, Listed, Width};
use ratatui::layout::Rect;

/// The mark of the row under the cursor.
const MARK: &str = "▌";

/// Where a column is, from the left end of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub col: usize,
    pub x: u16,
    pub width: u16,
}

/// The columns that a list of this width shows.
pub fn place<R: Listed>(width: u16) -> Vec<Place> {
    let shown: Vec<usize> = (0..R::COLS.len()).filter(|&at| R::COLS[at].from <= width).collect();
    let gaps = u16::try_from(shown.len()).unwrap_or(u16::MAX);
    let (mut fixed, mut shares) = (1 + gaps.saturating_sub(1), 0);
    for &at in &shown {
        match R::COLS[at].width {
            Width::Fixed(columns) => fixed = fixed.saturating_add(columns),
            Width::Flexible(share) => shares += share,
        }
    }
    let left = width.saturating_sub(fixed);
    let mut given = 0;
    let (mut x, mut places) = (1, Vec::with_capacity(shown.len()));
    let mut shares_left = shares;
    for at in shown {
        if x >= width {
            break;
        }
        let columns = match R::COLS[at].width {
            Width::Fixed(columns) => columns,
            Width::Flexible(share) => {
                shares_left -= share;
                // The last one takes what rounding left.
                let part = match shares_left {
                    0 => left - given,
                    _ => left * share / shares.max(1),
                };
                given += part;
                part
            }
        };
        let columns = columns.min(width.saturating_sub(x));
        places.push(Place {
            col: at,
            x,
            width: columns,
        });
        x = x.saturating_add(columns + 1);
    }
    places
}

/// Draws the titles and the visible rows.
pub fn draw<R: Listed>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    rows: &[R],
    list: &List,
    reader: &Reader,
    has_cursor: bool,
) {
    draw_tall(canvas, area, rows, list, reader, has_cursor, 1);
}

/// The same, with rows of so many lines: the second one has `Listed::second`.
pub fn draw_tall<R: Listed>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    rows: &[R],
    list: &List,
    reader: &Reader,
    has_cursor: bool,
    height: u16,
) {
    if area.height == 0 || area.width < 4 {
        return;
    }
    let places = place::<R>(area.width);
    for place in &places {
        let col = &R::COLS[place.col];
        let is_sorted = place.col == list.sort;
        let mark = match (is_sorted, list.is_descending) {
            (false, _) => "",
            (true, true) => "▼",
            (true, false) => "▲",
        };
        let style = if is_sorted {
            canvas.look.accent()
        } else {
            canvas.look.strong()
        };
        let (x, title) = (area.x + place.x, format!("{}{mark}", col.title));
        match col.is_number() {
            true => canvas.right(x + place.width, area.y, place.width, title, style),
            false => drop(canvas.text(x, area.y, place.width, title, style)),
        }
    }
    let page = usize::from((area.height - 1) / height.max(1));
    for (line, &row) in list.order.iter().skip(list.offset).take(page).enumerate() {
        let y = area.y + 1 + u16::try_from(line).unwrap_or(u16::MAX).saturating_mul(height);
        let Some(row) = rows.get(row) else { continue };
        if height > 1 {
            let (x, room) = (area.x + 3, area.width.saturating_sub(4));
            canvas.text(x, y + 1, room, row.second(reader), canvas.look.muted());
        }
        for place in &places {
            let col = &R::COLS[place.col];
            let cell = col.cell(row, reader);
            let style = canvas.look.tone(cell.tone);
            let x = area.x + place.x;
            match (col.is_number(), col.key) {
                (true, _) => canvas.right(x + place.width, y, place.width, cell.text, style),
                (false, "cwd" | "projectPath") => canvas.path(x, y, place.width, &cell.text, style),
                (false, _) => drop(canvas.text(x, y, place.width, cell.text, style)),
            }
        }
        if has_cursor && list.offset + line == list.cursor {
            canvas.tint(Rect::new(area.x, y, area.width, height), canvas.look.selected());
            for y in y..y + height {
                canvas.text(area.x, y, 1, MARK, canvas.look.accent());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::{CostRow, ProviderRow, PsRow, SessionRow, TurnRow};

    fn is_sound<R: Listed>() {
        for width in 0..320 {
            let mut end = 0;
            for place in place::<R>(width) {
                assert!(place.x >= end, "columns overlap at {width}");
                end = place.x + place.width;
                assert!(
                    end <= width.max(1),
                    "column {} ends at {end} of {width}",
                    R::COLS[place.col].key
                );
            }
        }
        let wide: u16 = place::<R>(200).iter().map(|place| place.width).sum();
        assert!(wide > 150, "a wide list is used");
    }

    #[test]
    fn columns_fit_every_width() {
        is_sound::<PsRow>();
        is_sound::<SessionRow>();
        is_sound::<CostRow>();
        is_sound::<ProviderRow>();
        is_sound::<TurnRow>();
    }
}
