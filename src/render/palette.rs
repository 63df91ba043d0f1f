//! Palette: the only place that knows colors. Words or marks always carry the same meaning.

use super::Tone;
use super::theme::{Depth, Rgb, Theme};
use owo_colors::{AnsiColors, DynColors, Style, XtermColors};

/// Turns tones into colors, or leaves text as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    is_on: bool,
    /// The colors of a theme by [`Tone`]; without one, colors that are readable on black and on white.
    themed: Option<[Style; Tone::COUNT]>,
}

/// `--color`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// On a terminal, unless the environment overrides it.
    #[default]
    Auto,
    Always,
    Never,
}

impl Palette {
    pub const OFF: Self = Self {
        is_on: false,
        themed: None,
    };
    pub const ON: Self = Self {
        is_on: true,
        themed: None,
    };

    /// The flag wins, then `NO_COLOR`, `CLICOLOR_FORCE`, `FORCE_COLOR`, `CLICOLOR=0`, then whether it is a terminal.
    pub fn choose(when: When, is_terminal: bool, var: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| var(name).is_some_and(|value| !value.is_empty());
        let is_forced = |name| var(name).is_some_and(|value| !value.is_empty() && value != "0");
        let is_on = match when {
            When::Always => true,
            When::Never => false,
            When::Auto if is_set("NO_COLOR") => false,
            When::Auto if is_forced("CLICOLOR_FORCE") || is_forced("FORCE_COLOR") => true,
            When::Auto => {
                is_terminal && var("CLICOLOR").as_deref() != Some("0") && var("TERM").as_deref() != Some("dumb")
            }
        };
        if is_on { Self::ON } else { Self::OFF }
    }

    /// The same, in the colors of a theme.
    #[must_use]
    pub fn with_theme(self, theme: &Theme, depth: Depth) -> Self {
        let style = |tone: Tone| {
            let style = themed(tone, theme).map_or_else(Style::new, |color| paint(color, depth));
            match tone {
                Tone::Strong | Tone::Critical => style.bold(),
                _ => style,
            }
        };
        Self {
            themed: Some(Tone::ALL.map(style)),
            ..self
        }
    }

    pub fn is_on(self) -> bool {
        self.is_on
    }

    /// The escape codes before and after text of a tone; `None` for plain text.
    pub fn codes(self, tone: Tone) -> Option<(String, String)> {
        let style = match self.themed {
            _ if !self.is_on => return None,
            Some(styles) => styles[tone as usize],
            None => style(tone)?,
        };
        if style == Style::new() {
            return None;
        }
        Some((
            style.prefix_formatter().to_string(),
            style.suffix_formatter().to_string(),
        ))
    }

    pub fn paint(self, tone: Tone, text: &str) -> String {
        match self.codes(tone) {
            Some((before, after)) => format!("{before}{text}{after}"),
            None => text.to_owned(),
        }
    }
}

/// Colors of the 256-color cube with about the same contrast on black and on white.
const fn color(tone: Tone) -> Option<u8> {
    match tone {
        Tone::Plain | Tone::Strong => None,
        Tone::Dim => Some(243),
        Tone::Good => Some(29),
        Tone::Notice => Some(31),
        Tone::Caution => Some(136),
        Tone::Warning => Some(130),
        Tone::Critical => Some(160),
    }
}

/// The role in a theme that a tone has; `None` for the color of the text around it.
pub(super) const fn themed(tone: Tone, theme: &Theme) -> Option<Rgb> {
    let colors = &theme.colors;
    match tone {
        Tone::Plain | Tone::Strong => None,
        Tone::Dim => Some(colors.text_muted),
        Tone::Good => Some(colors.success),
        Tone::Notice => Some(colors.info),
        Tone::Caution => Some(colors.gauge_warning),
        Tone::Warning => Some(colors.warning),
        Tone::Critical => Some(colors.error),
    }
}

/// The sixteen colors by their numbers.
const SIXTEEN: [AnsiColors; 16] = [
    AnsiColors::Black,
    AnsiColors::Red,
    AnsiColors::Green,
    AnsiColors::Yellow,
    AnsiColors::Blue,
    AnsiColors::Magenta,
    AnsiColors::Cyan,
    AnsiColors::White,
    AnsiColors::BrightBlack,
    AnsiColors::BrightRed,
    AnsiColors::BrightGreen,
    AnsiColors::BrightYellow,
    AnsiColors::BrightBlue,
    AnsiColors::BrightMagenta,
    AnsiColors::BrightCyan,
    AnsiColors::BrightWhite,
];

fn paint(color: Rgb, depth: Depth) -> Style {
    match depth {
        Depth::None => Style::new(),
        Depth::Ansi16 => Style::new().color(SIXTEEN[usize::from(color.to_16())]),
        Depth::Ansi256 => Style::new().color(XtermColors::from(color.to_256())),
        Depth::Rgb => Style::new().color(DynColors::Rgb(color.0, color.1, color.2)),
    }
}

fn style(tone: Tone) -> Option<Style> {
    let colored = color(tone).map(|number| Style::new().color(XtermColors::from(number)));
    match tone {
        Tone::Strong => Some(Style::new().bold()),
        Tone::Critical => colored.map(Style::bold),
        _ => colored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG relative luminance of a color of the 256-color palette.
    fn luminance(number: u8) -> f64 {
        const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        let level = |place: u8| LEVELS[usize::from((number - 16) / place % 6)];
        let gray = number.checked_sub(232).map(|step| 8 + 10 * step);
        let [red, green, blue] = gray.map_or_else(|| [36, 6, 1].map(level), |gray| [gray; 3]);
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    #[test]
    fn every_color_is_readable_on_black_and_on_white() {
        for tone in [Tone::Dim, Tone::Good, Tone::Notice, Tone::Warning, Tone::Critical] {
            let luminance = luminance(color(tone).expect("a color"));
            let (on_white, on_black) = (1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05);
            assert!(
                on_white > 3.8 && on_black > 3.8,
                "{tone:?}: {on_white:.1} {on_black:.1}"
            );
        }
    }

    #[test]
    fn the_flag_beats_the_environment_and_the_environment_the_terminal() {
        let choose = |when, is_terminal, set: &'static [(&str, &str)]| {
            let var = |name: &str| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            Palette::choose(when, is_terminal, var).is_on()
        };
        assert!(choose(When::Auto, true, &[]));
        assert!(!choose(When::Auto, false, &[]));
        assert!(!choose(When::Auto, true, &[("NO_COLOR", "1")]));
        assert!(choose(When::Always, false, &[("NO_COLOR", "1")]));
        assert!(choose(When::Auto, false, &[("FORCE_COLOR", "1")]));
        assert!(choose(When::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!choose(When::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!choose(When::Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(!choose(When::Auto, true, &[("TERM", "dumb")]));
        assert!(!choose(When::Never, true, &[("FORCE_COLOR", "1")]));
    }

    #[test]
    fn a_theme_colors_by_role_at_any_depth() {
        let theme = Theme::find("dracula").expect("a theme");
        let paint = |depth| Palette::ON.with_theme(theme, depth).paint(Tone::Good, "ok");
        assert_eq!(paint(Depth::Rgb), "\u{1b}[38;2;80;250;123mok\u{1b}[0m");
        assert_eq!(paint(Depth::Ansi256), "\u{1b}[38;5;84mok\u{1b}[0m");
        assert_eq!(paint(Depth::None), "ok");
        let off = Palette::OFF.with_theme(theme, Depth::Rgb);
        assert_eq!(off.paint(Tone::Critical, "ok"), "ok");
    }

    #[test]
    fn paints_and_resets() {
        assert_eq!(Palette::ON.paint(Tone::Good, "ok"), "\u{1b}[38;5;29mok\u{1b}[0m");
        assert_eq!(Palette::ON.paint(Tone::Plain, "ok"), "ok");
        assert_eq!(Palette::OFF.paint(Tone::Critical, "ok"), "ok");
    }
}
