//! Time: an instant as every row writes it besides its epoch milliseconds.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// An instant in epoch milliseconds, serialized as RFC 3339 UTC with milliseconds: `2026-11-20T18:00:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The instant as a jiff timestamp, clamped to the years -9999 to 9999.
    pub fn timestamp(self) -> Timestamp {
        let end = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_millisecond(self.0).unwrap_or(end)
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        let mut text = String::with_capacity(24);
        PRINTER
            .print_timestamp(&self.timestamp(), &mut text)
            .map_err(|_| std::fmt::Error)?;
        f.write_str(&text)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let at: Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(at.as_millisecond()))
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_in_utc_with_milliseconds() {
        assert_eq!(Time(1_795_197_600_000).to_string(), "2026-11-20T18:00:00.000Z");
        assert_eq!(Time(-1).to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn instants_beyond_the_calendar_stop_at_its_end() {
        assert_eq!(Time(i64::MAX).to_string(), "9999-12-30T22:00:00.999Z");
        assert_eq!(Time(i64::MIN).to_string(), "-009999-01-02T01:59:59.000Z");
    }
}
