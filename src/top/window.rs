//! Windows: the spans of time that a view covers.

/// A span up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    FiveMinutes,
    QuarterHour,
    Hour,
    #[default]
    Today,
    DayLong,
    Week,
    Month,
    All,
}

impl Window {
    pub const ALL: [Self; 8] = [
        Self::FiveMinutes,
        Self::QuarterHour,
        Self::Hour,
        Self::Today,
        Self::DayLong,
        Self::Week,
        Self::Month,
        Self::All,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5min",
            Self::QuarterHour => "15min",
            Self::Hour => "1h",
            Self::Today => "today",
            Self::DayLong => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::All => "all",
        }
    }

    /// The value of `--since`; `None` for everything.
    pub const fn since(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            other => Some(other.name()),
        }
    }

    /// By its name, or as TokenTop spells it: `5m`.
    pub fn find(name: &str) -> Option<Self> {
        let is_it = |window: &&Self| window.name() == name || window.name().strip_suffix("in") == Some(name);
        Self::ALL.iter().find(is_it).copied()
    }

    /// The next longer one; the shortest follows the longest.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    #[must_use]
    pub fn previous(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_found_by_both_spellings_and_go_round() {
        assert_eq!(Window::find("5m"), Some(Window::FiveMinutes));
        assert_eq!(Window::find("15min"), Some(Window::QuarterHour));
        assert_eq!(Window::find("24h"), Some(Window::DayLong));
        assert_eq!(Window::find("2h"), None);
        for window in Window::ALL {
            assert_eq!(window.next().previous(), window);
            assert_eq!(Window::find(window.name()), Some(window));
        }
    }
}
