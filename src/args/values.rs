//! Values that flags take: amounts, counts and durations.

use crate::core::period::parse_duration;
use std::time::Duration;

/// The shortest `--watch`.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// Parses money, or an amount of something else.
///
/// # Errors
/// When the text is no amount.
pub(crate) fn amount(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("'{text}' is not a number"))?;
    if number.is_finite() && number >= 0.0 {
        Ok(number)
    } else {
        Err(format!("'{text}' is not an amount"))
    }
}

/// Parses a whole amount.
///
/// # Errors
/// When the text is none.
pub(crate) fn count(text: &str) -> Result<f64, String> {
    let number = amount(text)?;
    match number.fract() {
        0.0 => Ok(number),
        _ => Err(format!("'{text}' is not a whole number")),
    }
}

/// Parses `30s`, `10min`, `2h`, `1h30m`, `1d` or `500ms`.
///
/// # Errors
/// When the text is no duration.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
    if let Some(days) = days {
        return Ok(Duration::from_millis(days.saturating_mul(86_400_000)));
    }
    match parse_duration(text) {
        Some(Ok(ms)) => Ok(Duration::from_millis(ms.unsigned_abs())),
        Some(Err(error)) => Err(format!("{error}; {}", error.hint)),
        None => Err(format!(
            "'{text}' is not a duration; use for example 30s, 10min or 1h30m"
        )),
    }
}

/// Parses a duration after which something is shown again.
///
/// # Errors
/// When the text is no duration, or a very short one.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Some(Ok(ms)) => match Duration::from_millis(ms.unsigned_abs()) {
            time if time >= SHORTEST_INTERVAL => Ok(time),
            _ => Err("must be at least 100ms".to_owned()),
        },
        Some(Err(error)) => Err(format!("{error}; {}", error.hint)),
        None => Err("expected a duration such as 2s or 500ms".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_name_their_unit() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("10min"), Ok(Duration::from_secs(600)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86_400)));
        assert!(duration("10m").is_err() && duration("10").is_err() && duration("s").is_err());
    }

    #[test]
    fn intervals_are_durations_of_some_length() {
        assert_eq!(interval("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(interval("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["0s", "-2s", "1ms", "soon", "2", ""] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
