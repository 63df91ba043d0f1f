//! Icons: prefixes, separators and symbols, for three kinds of fonts.

/// `--icons`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Icons {
    #[default]
    Unicode,
    /// A font patched by Nerd Fonts.
    Nerd,
    Ascii,
}

impl Icons {
    pub const fn separator(self) -> &'static str {
        match self {
            Self::Unicode | Self::Nerd => " · ",
            Self::Ascii => " | ",
        }
    }

    /// Marks truncated text; one column wide.
    pub const fn cut(self) -> &'static str {
        match self {
            Self::Unicode | Self::Nerd => super::text::ELLIPSIS,
            Self::Ascii => ".",
        }
    }

    /// The prefix of a segment, including its space.
    pub fn of(self, segment: &str) -> &'static str {
        match self {
            Self::Ascii => "",
            Self::Unicode => match segment {
                "session" => "▸ ",
                "waiting" => "◉ ",
                _ => "",
            },
            Self::Nerd => match segment {
                "today" => "\u{f155} ",
                "week" | "month" => "\u{f073} ",
                "session" => "\u{f075} ",
                "model" => "\u{f2db} ",
                "limit" => "\u{f0e4} ",
                "burn" => "\u{f06d} ",
                "status" => "\u{f120} ",
                "waiting" => "\u{f256} ",
                "budget" => "\u{f0d6} ",
                _ => "",
            },
        }
    }

    /// How full something is, at a glance; with its space.
    pub fn pie(self, percent: f64) -> &'static str {
        match self {
            Self::Unicode => match percent {
                ..12.5 => "○ ",
                ..37.5 => "◔ ",
                ..62.5 => "◑ ",
                ..87.5 => "◕ ",
                _ => "● ",
            },
            Self::Nerd | Self::Ascii => "",
        }
    }

    /// A sparkline: the tallest column is the greatest count.
    pub fn spark(self, counts: &[u64]) -> String {
        let columns: &[char] = match self {
            Self::Unicode | Self::Nerd => &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            Self::Ascii => &['.', ':', '-', '=', '+', '*', '#'],
        };
        let most = counts.iter().copied().max().unwrap_or(0).max(1);
        let top = columns.len() as u128 - 1;
        let column = |count: &u64| columns[(u128::from(*count) * top).div_ceil(u128::from(most)) as usize];
        counts.iter().map(column).collect()
    }

    /// Marks that are not ASCII, for fonts that have nothing else.
    pub fn words(self, text: String) -> String {
        match self {
            Self::Unicode | Self::Nerd => text,
            Self::Ascii => text.replace('≥', ">=").replace('—', "-").replace('…', ".."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparklines_reach_from_nothing_to_the_greatest() {
        assert_eq!(Icons::Unicode.spark(&[0, 1, 50, 100]), "▁▂▅█");
        assert_eq!(Icons::Ascii.spark(&[0, 0]), "..");
        assert_eq!(Icons::Unicode.spark(&[u64::MAX, 0]), "█▁");
    }
}
