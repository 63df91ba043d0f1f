//! The clock: the system's, or the one that `TTOP_NOW` sets, fixed or ticking.

use super::parse_instant;
use anyhow::{Result, anyhow};
use std::time::Instant;

/// All times are epoch milliseconds UTC.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    Wall,
    /// Fixed, so that every run prints the same.
    Fixed(i64),
    /// Ticks from a time that it had when the process began.
    Ticking {
        start: i64,
        began: Instant,
    },
}

impl Clock {
    /// Parses a fixed time; after an `@`, the clock ticks from there.
    ///
    /// # Errors
    /// When the setting is not a time.
    pub fn from_setting(setting: Option<&str>) -> Result<Self> {
        let Some(text) = setting else { return Ok(Self::Wall) };
        let parse = |time: &str| {
            parse_instant(time).ok_or_else(|| anyhow!("TTOP_NOW: '{text}' is neither RFC 3339 nor epoch milliseconds"))
        };
        Ok(match text.strip_prefix('@') {
            Some(start) => Self::Ticking {
                start: parse(start)?,
                began: Instant::now(),
            },
            None => Self::Fixed(parse(text)?),
        })
    }

    pub fn now(self) -> i64 {
        match self {
            Self::Wall => jiff::Timestamp::now().as_millisecond(),
            Self::Fixed(now) => now,
            Self::Ticking { start, began } => {
                start.saturating_add(i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX))
            }
        }
    }

    /// Like [`Clock::now`], but the system's time if this clock is fixed.
    pub fn ticking_now(self) -> i64 {
        match self {
            Self::Fixed(_) => Self::Wall.now(),
            Self::Wall | Self::Ticking { .. } => self.now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_795_197_600_000;

    #[test]
    fn a_time_stands_still_and_ticks_after_an_at_sign() {
        let fixed = Clock::from_setting(Some("2026-11-20T18:00:00Z")).expect("a time");
        assert_eq!(fixed.now(), START);
        assert!(fixed.ticking_now() > 0 && fixed.ticking_now() != START);
        for text in ["@2026-11-20T18:00:00Z", "@1795197600000"] {
            let ticking = Clock::from_setting(Some(text)).expect("a time");
            let first = ticking.now();
            assert!((START..START + 60_000).contains(&first), "{first}");
            while ticking.now() == first {}
            assert!(ticking.now() > first);
        }
        assert!(matches!(Clock::from_setting(None), Ok(Clock::Wall)));
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for text in ["soon", "@", "@soon", "@@1795197600000"] {
            let error = Clock::from_setting(Some(text)).expect_err("refused").to_string();
            assert!(error.contains("TTOP_NOW") && error.contains(text), "{error}");
        }
    }
}
