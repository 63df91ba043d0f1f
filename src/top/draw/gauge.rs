//! Gauges and sparklines, from eighths of a cell.

use super::canvas::Canvas;
use crate::core::budget::Level;

const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `███▍░░░░`: so many cells, filled in eighths, as the tables of commands have it.
pub fn bar(percent: f64, cells: usize) -> String {
    let eighths = (percent.clamp(0.0, 100.0) / 100.0 * (cells * 8) as f64).round() as usize;
    let (full, part) = (eighths / 8, PARTS[eighths % 8]);
    let empty = cells.saturating_sub(full + usize::from(!part.is_empty()));
    format!("{}{part}{}", "█".repeat(full), "░".repeat(empty))
}

/// Draws a gauge between end marks; a level above fine also shows in the right mark.
pub fn draw(canvas: &mut Canvas<'_>, x: u16, y: u16, cells: u16, percent: Option<f64>, level: Level) -> u16 {
    let (muted, fill) = (canvas.look.muted(), canvas.look.gauge(level));
    let at = canvas.text(x, y, 1, "▕", muted);
    let text = percent.map_or_else(
        || "·".repeat(usize::from(cells)),
        |percent| bar(percent, usize::from(cells)),
    );
    let at = canvas.text(at, y, cells, text, fill);
    match level {
        Level::Fine => canvas.text(at, y, 1, "▏", muted),
        Level::Warning => canvas.text(at, y, 1, "!", fill),
        Level::Critical | Level::Exceeded => canvas.text(at, y, 2, "!!", fill),
    }
}

/// One character for each value, by its part of the largest; `·` is zero.
pub fn sparkline(values: impl IntoIterator<Item = f64> + Clone) -> String {
    let most = values.clone().into_iter().fold(0.0, f64::max);
    values.into_iter().map(|value| block(value, most)).collect()
}

fn block(value: f64, most: f64) -> char {
    if value <= 0.0 || most <= 0.0 {
        return '·';
    }
    let step = (value / most * 8.0).ceil() as usize;
    HEIGHTS[step.clamp(1, 8) - 1]
}

/// Draws columns that grow from the bottom, one a value.
pub fn columns(canvas: &mut Canvas<'_>, area: ratatui::layout::Rect, values: &[f64], width: u16, most: f64) {
    let style = canvas.look.gauge(Level::Fine);
    for (at, value) in values.iter().enumerate() {
        let x = area.x + u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(width);
        if x + width > area.right() || most <= 0.0 {
            return;
        }
        let mut eighths = (value / most * f64::from(area.height) * 8.0).ceil().max(0.0) as usize;
        if *value <= 0.0 {
            canvas.text(x, area.bottom().saturating_sub(1), 1, "·", canvas.look.muted());
            continue;
        }
        for y in (area.top()..area.bottom()).rev() {
            if eighths == 0 {
                break;
            }
            let cell = HEIGHTS[eighths.min(8) - 1]
                .to_string()
                .repeat(usize::from(width.max(2) - 1));
            canvas.text(x, y, width, cell, style);
            eighths = eighths.saturating_sub(8);
        }
    }
}

/// Draws a line of steps filled to the bottom, one column a value; where it is empty, what is there stays.
pub fn steps(canvas: &mut Canvas<'_>, area: ratatui::layout::Rect, values: &[f64], most: f64) {
    let style = canvas.look.gauge(Level::Fine);
    for (x, value) in (area.left()..area.right()).zip(values) {
        let mut eighths = (value.clamp(0.0, most) / most * f64::from(area.height) * 8.0).ceil() as usize;
        for y in (area.top()..area.bottom()).rev() {
            if eighths == 0 {
                break;
            }
            canvas.text(x, y, 1, HEIGHTS[eighths.min(8) - 1].to_string(), style);
            eighths = eighths.saturating_sub(8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauges_keep_their_width() {
        for percent in [-5.0, 0.0, 0.4, 37.0, 99.9, 100.0, 250.0] {
            assert_eq!(bar(percent, 10).chars().count(), 10, "{percent}");
        }
        assert_eq!(bar(50.0, 0), "");
    }

    #[test]
    fn sparklines_show_any_use_at_all() {
        assert_eq!(sparkline([0.0, 0.001, 4.0, 8.0]), "·▁▄█");
        assert_eq!(sparkline([0.0, 0.0]), "··");
        assert_eq!(sparkline([] as [f64; 0]), "");
    }
}
