//! Heat maps: the year as weeks and weekdays, and the week as weekdays and hours.

use super::canvas::Canvas;
use crate::core::budget::Level;
use crate::render::plot;
use ratatui::layout::Rect;

const SHADES: [&str; 5] = ["·", "░", "▒", "▓", "█"];
pub(super) const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The shade of a value: a quarter of the largest each; `·` is zero.
pub(super) fn shade(value: f64, most: f64) -> &'static str {
    SHADES[plot::shade(value, most)]
}

/// Draws seven rows of cells, each `width` columns wide; `value` gives the value of a column and weekday.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    columns: usize,
    width: u16,
    most: f64,
    value: impl Fn(usize, usize) -> Option<f64>,
) {
    for (weekday, name) in WEEKDAYS.iter().enumerate() {
        let y = area.y + u16::try_from(weekday).unwrap_or_default();
        if y >= area.bottom() {
            return;
        }
        canvas.text(area.x, y, 4, *name, canvas.look.muted());
        for column in 0..columns {
            let x = area.x + 4 + u16::try_from(column).unwrap_or(u16::MAX).saturating_mul(width);
            if x + width > area.right() {
                break;
            }
            let Some(value) = value(column, weekday) else { continue };
            let style = match value > 0.0 {
                true => canvas.look.gauge(Level::Fine),
                false => canvas.look.muted(),
            };
            canvas.text(x, y, width, shade(value, most).repeat(usize::from(width)), style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_use_has_a_shade() {
        assert_eq!(
            [0.0, 0.001, 2.6, 9.0, 10.0].map(|value| shade(value, 10.0)),
            ["·", "░", "▒", "█", "█"]
        );
        assert_eq!(shade(1.0, 0.0), "·");
    }
}
