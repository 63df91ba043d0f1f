//! Themes: which colors the terminal shows, at the depth it can show them.

mod built_in;
mod color;

pub use built_in::BUILT_IN;
pub use color::{Depth, Rgb};

use std::borrow::Cow;

/// Twenty colors by the role they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    pub id: Cow<'static, str>,
    pub name: Cow<'static, str>,
    pub scheme: Scheme,
    pub colors: Colors,
}

/// Whether a theme is made for a dark or a light background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Dark,
    Light,
}

/// The colors of a theme, under the keys of TokenTop's theme plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colors {
    pub background: Rgb,
    pub foreground: Rgb,
    pub text: Rgb,
    pub text_muted: Rgb,
    pub text_subtle: Rgb,
    pub primary: Rgb,
    pub secondary: Rgb,
    pub accent: Rgb,
    pub success: Rgb,
    pub warning: Rgb,
    pub error: Rgb,
    pub info: Rgb,
    pub border: Rgb,
    pub border_muted: Rgb,
    pub selection: Rgb,
    pub highlight: Rgb,
    pub gauge_background: Rgb,
    pub gauge_fill: Rgb,
    pub gauge_warning: Rgb,
    pub gauge_danger: Rgb,
}

/// The keys of [`Colors`], as plugins and `ttop theme show` spell them.
pub const KEYS: [&str; 20] = [
    "background",
    "foreground",
    "text",
    "textMuted",
    "textSubtle",
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "info",
    "border",
    "borderMuted",
    "selection",
    "highlight",
    "gaugeBackground",
    "gaugeFill",
    "gaugeWarning",
    "gaugeDanger",
];

impl Colors {
    const fn from_numbers(numbers: [u32; 20]) -> Self {
        let mut colors = [Rgb(0, 0, 0); 20];
        let mut at = 0;
        while at < colors.len() {
            colors[at] = Rgb::from_number(numbers[at]);
            at += 1;
        }
        Self::from_keys(colors)
    }

    /// Colors in the order of [`KEYS`].
    pub const fn from_keys(colors: [Rgb; 20]) -> Self {
        let [
            background,
            foreground,
            text,
            text_muted,
            text_subtle,
            primary,
            secondary,
            accent,
            success,
            warning,
            error,
            info,
            border,
            border_muted,
            selection,
            highlight,
            gauge_background,
            gauge_fill,
            gauge_warning,
            gauge_danger,
        ] = colors;
        Self {
            background,
            foreground,
            text,
            text_muted,
            text_subtle,
            primary,
            secondary,
            accent,
            success,
            warning,
            error,
            info,
            border,
            border_muted,
            selection,
            highlight,
            gauge_background,
            gauge_fill,
            gauge_warning,
            gauge_danger,
        }
    }

    /// The colors in the order of [`KEYS`].
    pub const fn all(&self) -> [Rgb; 20] {
        [
            self.background,
            self.foreground,
            self.text,
            self.text_muted,
            self.text_subtle,
            self.primary,
            self.secondary,
            self.accent,
            self.success,
            self.warning,
            self.error,
            self.info,
            self.border,
            self.border_muted,
            self.selection,
            self.highlight,
            self.gauge_background,
            self.gauge_fill,
            self.gauge_warning,
            self.gauge_danger,
        ]
    }
}

impl Theme {
    /// A built-in theme by its id.
    pub fn find(id: &str) -> Option<&'static Self> {
        BUILT_IN.iter().find(|theme| theme.id == id)
    }

    /// The theme of the same family for a scheme, where there is one among these.
    #[must_use]
    pub fn for_scheme<'t>(&'t self, scheme: Scheme, themes: &'t [Self]) -> &'t Self {
        let family = |theme: &Self| theme.id.split('-').next().map(str::to_owned);
        let is_sibling = |theme: &&'t Self| theme.scheme == scheme && family(theme) == family(self);
        match self.scheme == scheme {
            true => self,
            false => themes.iter().find(is_sibling).unwrap_or(self),
        }
    }

    /// Whether it shows no colors at all.
    pub fn is_plain(&self) -> bool {
        self.id == PLAIN
    }

    /// The colors that this terminal shows of it.
    pub fn depth(&self) -> Depth {
        match self.is_plain() {
            true => Depth::None,
            false => Depth::of_terminal(|name| std::env::var(name).ok()),
        }
    }
}

/// The theme without colors.
pub const PLAIN: &str = "plain";

/// The scheme that `COLORFGBG` names: its last number is the background's.
pub fn scheme_of(value: &str) -> Option<Scheme> {
    match value.rsplit(';').next()?.parse::<u8>().ok()? {
        7 | 9..=15 => Some(Scheme::Light),
        0..=6 | 8 => Some(Scheme::Dark),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_read_has_contrast_in_every_theme() {
        for theme in BUILT_IN {
            let on = |color: Rgb| color.contrast(theme.colors.background);
            let colors = &theme.colors;
            assert!(on(colors.text) >= 4.5, "{} text {:.1}", theme.id, on(colors.text));
            assert!(
                on(colors.text_muted) >= 3.0,
                "{} textMuted {:.1}",
                theme.id,
                on(colors.text_muted)
            );
            for (key, color) in KEYS.iter().zip(colors.all()).filter(|(key, _)| {
                [
                    "success",
                    "warning",
                    "error",
                    "info",
                    "primary",
                    "gaugeWarning",
                    "gaugeDanger",
                ]
                .contains(*key)
            }) {
                let least = if theme.id.starts_with("high-contrast") {
                    5.5
                } else {
                    2.0
                };
                assert!(on(color) >= least, "{} {key} {:.1}", theme.id, on(color));
            }
        }
    }

    #[test]
    fn ids_are_unique_and_a_family_has_its_other_scheme() {
        let ids: std::collections::BTreeSet<_> = BUILT_IN.iter().map(|theme| &theme.id).collect();
        assert_eq!(ids.len(), BUILT_IN.len());
        let light = |id: &str| {
            let theme = Theme::find(id).expect("a theme");
            theme.for_scheme(Scheme::Light, BUILT_IN).id.clone()
        };
        assert_eq!(light("tokyo-night"), "tokyo-night-day");
        assert_eq!(light("high-contrast"), "high-contrast-light");
        assert_eq!(light("nord"), "nord", "no light sibling");
    }

    #[test]
    fn the_variable_names_the_scheme() {
        assert_eq!(scheme_of("15;0"), Some(Scheme::Dark));
        assert_eq!(scheme_of("0;default;15"), Some(Scheme::Light));
        assert_eq!(scheme_of("default"), None);
    }
}
