//! Colors and the depth at which a terminal shows them.

/// A color of the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// How many colors the output shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: bold and reverse are all there is.
    None,
    /// The sixteen colors that the terminal's own settings define.
    Ansi16,
    /// The 256-color palette.
    Ansi256,
    /// 24 bits.
    Rgb,
}

impl Depth {
    /// The color depth of a terminal, from its environment. Apple's Terminal never has 24-bit colors.
    pub fn of_terminal(var: impl Fn(&str) -> Option<String>) -> Self {
        let is = |name: &str, values: &[&str]| var(name).is_some_and(|value| values.contains(&value.as_str()));
        let term = var("TERM").unwrap_or_default();
        if term == "linux" || term.ends_with("-16color") {
            Self::Ansi16
        } else if is("COLORTERM", &["truecolor", "24bit"]) && !is("TERM_PROGRAM", &["Apple_Terminal"]) {
            Self::Rgb
        } else {
            Self::Ansi256
        }
    }
}

impl Rgb {
    /// `0xRRGGBB`
    pub const fn from_number(number: u32) -> Self {
        let [_, red, green, blue] = number.to_be_bytes();
        Self(red, green, blue)
    }

    /// `#rrggbb`, or `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(digits, 16).ok().map(Self::from_number)
    }

    /// `#rrggbb`
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// The nearest color of the 256-color palette: of its cube or its greys, never of the sixteen that users redefine.
    pub fn to_256(self) -> u8 {
        const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        let nearest = |channel: u8| {
            (0..6)
                .min_by_key(|&at: &u8| LEVELS[usize::from(at)].abs_diff(channel))
                .unwrap_or_default()
        };
        let [red, green, blue] = [self.0, self.1, self.2].map(nearest);
        let level = |at: u8| LEVELS[usize::from(at)];
        let cube = (
            16 + 36 * red + 6 * green + blue,
            Self(level(red), level(green), level(blue)),
        );
        let average = (u16::from(self.0) + u16::from(self.1) + u16::from(self.2)) / 3;
        let step = u8::try_from((average.saturating_sub(3) / 10).min(23)).unwrap_or(23);
        let grey = 8 + 10 * step;
        let grey = (232 + step, Self(grey, grey, grey));
        if self.distance(grey.1) < self.distance(cube.1) {
            grey.0
        } else {
            cube.0
        }
    }

    /// The one of the sixteen colors that means the same: a color by its hue, since a pale red is still a red, and a
    /// grey by its lightness.
    pub fn to_16(self) -> u8 {
        const HUES: [u8; 6] = [1, 3, 2, 6, 4, 5];
        const BRIGHT: u8 = 8;
        let Self(red, green, blue) = self;
        let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
        let range = f64::from(most - least);
        if most - least < 40 {
            return match most {
                0..=63 => 0,
                64..=159 => 8,
                160..=223 => 7,
                224..=255 => 15,
            };
        }
        let part = |a: u8, b: u8| (f64::from(a) - f64::from(b)) / range;
        let sixths = if most == red {
            part(green, blue).rem_euclid(6.0)
        } else if most == green {
            2.0 + part(blue, red)
        } else {
            4.0 + part(red, green)
        };
        let hue = HUES[sixths.round() as usize % HUES.len()];
        if most > 214 { hue + BRIGHT } else { hue }
    }

    /// How different two colors look: the weighted Euclidean distance known as redmean, squared.
    fn distance(self, other: Self) -> u32 {
        let red_mean = (u32::from(self.0) + u32::from(other.0)) / 2;
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        (((512 + red_mean) * square(self.0, other.0)) >> 8)
            + 4 * square(self.1, other.1)
            + (((767 - red_mean) * square(self.2, other.2)) >> 8)
    }

    /// The contrast ratio of WCAG 2, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_color_of_a_smaller_palette() {
        assert_eq!(Rgb(255, 0, 0).to_256(), 196);
        assert_eq!(Rgb(8, 8, 8).to_256(), 232);
        assert_eq!(Rgb(128, 128, 128).to_256(), 244);
        assert_eq!(Rgb(0, 0, 0).to_256(), 16);
        assert_eq!(Rgb(247, 118, 142).to_16(), 9, "a red");
        assert_eq!(Rgb(0, 95, 0).to_16(), 2, "a green");
        assert_eq!(Rgb(125, 207, 200).to_16(), 6, "a cyan");
        assert_eq!(Rgb(122, 162, 247).to_16(), 12, "a blue");
        assert_eq!(Rgb(255, 255, 255).to_16(), 15);
    }

    #[test]
    fn colors_are_six_hexadecimal_digits() {
        assert_eq!(Rgb::parse("#1a1b26"), Some(Rgb(0x1a, 0x1b, 0x26)));
        for wrong in ["1a1b26", "#1a1b2", "#1a1b2g", "#+1b26a", "", "#日本"] {
            assert_eq!(Rgb::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Rgb(0x1a, 0x1b, 0x26).hex(), "#1a1b26");
    }

    #[test]
    fn the_environment_says_how_deep_colors_are() {
        let depth = |set: &'static [(&str, &str)]| {
            Depth::of_terminal(|name| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(
            depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]),
            Depth::Rgb
        );
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Ansi256);
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Ansi16);
        assert_eq!(
            depth(&[("COLORTERM", "truecolor"), ("TERM_PROGRAM", "Apple_Terminal")]),
            Depth::Ansi256
        );
    }
}
