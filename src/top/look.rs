//! The look: which style each part of the screen has, in a theme and at a depth of colors.

use crate::core::budget::Level;
use crate::render::Tone;
use crate::render::theme::{Colors, Depth, Rgb, Scheme, Theme};
use ratatui::style::{Color, Modifier, Style};

/// The styles of the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    colors: Colors,
    depth: Depth,
    /// The look on a light background, if the terminal has one and was not asked yet.
    light: Option<Box<Look>>,
}

impl Look {
    pub fn new(theme: &Theme, depth: Depth) -> Self {
        Self {
            colors: theme.colors,
            depth,
            light: None,
        }
    }

    /// With another look for a light terminal.
    #[must_use]
    pub fn with_light(self, light: Option<Self>) -> Self {
        Self {
            light: light.map(Box::new),
            ..self
        }
    }

    /// Whether the background of the terminal matters.
    pub fn asks_for_background(&self) -> bool {
        self.light.is_some() && self.depth > Depth::None
    }

    /// The look for a terminal with this background.
    #[must_use]
    pub fn on(mut self, scheme: Option<Scheme>) -> Self {
        match (self.light.take(), scheme) {
            (Some(light), Some(Scheme::Light)) => *light,
            _ => self,
        }
    }

    /// The screen's own background. With few colors it is the terminal's: none of the sixteen is sure to fit the text.
    pub fn base(&self) -> Style {
        match self.depth {
            Depth::None | Depth::Ansi16 => Style::new(),
            Depth::Ansi256 | Depth::Rgb => self.paint(self.colors.text).bg(self.color(self.colors.background)),
        }
    }

    pub fn text(&self) -> Style {
        match self.depth {
            // The terminal's own text is readable on its own background.
            Depth::None | Depth::Ansi16 => Style::new(),
            Depth::Ansi256 | Depth::Rgb => self.paint(self.colors.text),
        }
    }

    pub fn muted(&self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.paint(self.colors.text_muted),
        }
    }

    pub fn strong(&self) -> Style {
        self.text().add_modifier(Modifier::BOLD)
    }

    pub fn border(&self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.paint(self.colors.border),
        }
    }

    pub fn title(&self) -> Style {
        self.paint(self.colors.primary).add_modifier(Modifier::BOLD)
    }

    pub fn accent(&self) -> Style {
        self.paint(self.colors.accent)
    }

    /// The row under the cursor; a mark in front of it means the same.
    pub fn selected(&self) -> Style {
        match self.depth {
            Depth::None | Depth::Ansi16 => Style::new().add_modifier(Modifier::REVERSED),
            Depth::Ansi256 | Depth::Rgb => Style::new().bg(self.color(self.colors.selection)),
        }
    }

    pub fn tone(&self, tone: Tone) -> Style {
        let colors = &self.colors;
        match tone {
            Tone::Plain => self.text(),
            Tone::Dim => self.muted(),
            Tone::Good => self.paint(colors.success),
            Tone::Notice => self.paint(colors.info),
            Tone::Caution => self.paint(colors.gauge_warning),
            Tone::Warning => self.paint(colors.warning).add_modifier(Modifier::BOLD),
            Tone::Critical => self.paint(colors.error).add_modifier(Modifier::BOLD),
            Tone::Strong => self.strong(),
        }
    }

    /// The filled part of a gauge.
    pub fn gauge(&self, level: Level) -> Style {
        match level {
            Level::Fine => self.paint(self.colors.gauge_fill),
            Level::Warning => self.paint(self.colors.gauge_warning),
            Level::Critical | Level::Exceeded => self.paint(self.colors.gauge_danger),
        }
    }

    /// Series of a chart: each has its own color and, where it matters, its own letter.
    pub fn series(&self, at: usize) -> Style {
        let colors = &self.colors;
        let all = [
            colors.primary,
            colors.secondary,
            colors.success,
            colors.warning,
            colors.accent,
            colors.error,
        ];
        self.paint(all[at % all.len()])
    }

    fn paint(&self, color: Rgb) -> Style {
        match self.depth {
            Depth::None => Style::new(),
            _ => Style::new().fg(self.color(color)),
        }
    }

    fn color(&self, color: Rgb) -> Color {
        match self.depth {
            Depth::None => Color::Reset,
            Depth::Ansi16 => SIXTEEN[usize::from(color.to_16()) % SIXTEEN.len()],
            Depth::Ansi256 => Color::Indexed(color.to_256()),
            Depth::Rgb => Color::Rgb(color.0, color.1, color.2),
        }
    }
}

/// The sixteen colors by their numbers.
const SIXTEEN: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::theme::BUILT_IN;

    #[test]
    fn without_colors_there_are_attributes_only() {
        let look = Look::new(&BUILT_IN[0], Depth::None);
        let levels = [Level::Fine, Level::Warning, Level::Critical];
        let styles = Tone::ALL
            .map(|tone| look.tone(tone))
            .into_iter()
            .chain(levels.map(|level| look.gauge(level)))
            .chain([
                look.base(),
                look.text(),
                look.muted(),
                look.border(),
                look.selected(),
                look.title(),
                look.series(2),
            ]);
        for style in styles {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert!(look.selected().add_modifier.contains(Modifier::REVERSED));
        assert!(look.tone(Tone::Warning).add_modifier.contains(Modifier::BOLD));
    }

    #[test]
    fn each_depth_has_colors_of_its_own_kind() {
        let of = |depth| Look::new(&BUILT_IN[0], depth).tone(Tone::Critical).fg;
        assert_eq!(of(Depth::Rgb), Some(Color::Rgb(0xf7, 0x76, 0x8e)));
        assert!(matches!(of(Depth::Ansi256), Some(Color::Indexed(16..))));
        assert_eq!(of(Depth::Ansi16), Some(Color::LightRed));
    }
}
