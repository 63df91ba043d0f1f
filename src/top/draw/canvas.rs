//! Canvas: writes text into cells. The only way to the screen, so nothing that steers a terminal gets through.

use crate::core::text::Printable;
use crate::render::text::{cut_end, cut_middle, width};
use crate::top::look::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A part of the screen and its look.
pub struct Canvas<'c> {
    buffer: &'c mut Buffer,
    pub look: &'c Look,
}

impl<'c> Canvas<'c> {
    pub fn new(buffer: &'c mut Buffer, look: &'c Look) -> Self {
        Self { buffer, look }
    }

    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// Writes the beginning of a text in at most `room` columns; returns the column after it.
    pub fn text(&mut self, x: u16, y: u16, room: u16, text: impl Into<Printable>, style: Style) -> u16 {
        let text: Printable = text.into();
        let area = self.buffer.area;
        let room = room.min(area.right().saturating_sub(x));
        if y >= area.bottom() || y < area.y || room == 0 {
            return x;
        }
        let cut = cut_end(&text, usize::from(room));
        self.buffer.set_stringn(x, y, cut, usize::from(room), style).0
    }

    /// Writes a text so that it ends before `right`.
    pub fn right(&mut self, right: u16, y: u16, room: u16, text: impl Into<Printable>, style: Style) {
        let text: Printable = text.into();
        let taken = u16::try_from(width(&text)).unwrap_or(u16::MAX).min(room);
        self.text(right.saturating_sub(taken), y, taken, text, style);
    }

    /// Writes both ends of a path.
    pub fn path(&mut self, x: u16, y: u16, room: u16, text: &Printable, style: Style) {
        let cut = cut_middle(text, usize::from(room)).into_owned();
        self.text(x, y, room, cut, style);
    }

    /// Writes pieces one after the other, as far as whole pieces have room; returns the column after them.
    pub fn pieces(&mut self, x: u16, y: u16, room: u16, pieces: &[(String, Style)]) -> u16 {
        let end = x.saturating_add(room);
        let mut at = x;
        for (text, style) in pieces {
            let text = Printable::new(text.as_str());
            let taken = u16::try_from(width(&text)).unwrap_or(u16::MAX);
            if at.saturating_add(taken) > end {
                break;
            }
            at = self.text(at, y, taken, text, *style);
        }
        at
    }

    /// Gives every cell of an area a style, and empties it.
    pub fn clear(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                let cell = &mut self.buffer[(x, y)];
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// Adds a style to an area, whose text stays.
    pub fn tint(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// Draws a border with a title; returns the inside.
    pub fn panel(&mut self, area: Rect, title: impl Into<Printable>) -> Rect {
        let area = area.intersection(self.buffer.area);
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let style = self.look.border();
        let line = "─".repeat(usize::from(area.width - 2));
        self.text(area.x, area.y, area.width, format!("┌{line}┐"), style);
        self.text(area.x, area.bottom() - 1, area.width, format!("└{line}┘"), style);
        for y in area.y + 1..area.bottom() - 1 {
            self.text(area.x, y, 1, "│", style);
            self.text(area.right() - 1, y, 1, "│", style);
        }
        let title: Printable = title.into();
        if !title.is_empty() && area.width > 6 {
            let title = cut_end(&title, usize::from(area.width - 4)).into_owned();
            self.text(
                area.x + 1,
                area.y,
                area.width - 2,
                format!(" {title} "),
                self.look.title(),
            );
        }
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }
}
