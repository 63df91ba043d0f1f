//! Fields of foreign JSON: taken as they come where that is harmless, refused without quoting them where it is not.

use super::instant::{parse_time, time_of};
use crate::core::money::Money;
use crate::core::tokens::MAX_COUNT;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// Bytes as text; what is no UTF-8 becomes U+FFFD. Checking first is several times faster for sound text than what the
/// lossy way of the standard library does with it.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Text with whatever escapes it has: half a surrogate pair (`"\ud83d"`, an emoji that was cut in two) becomes
/// U+FFFD, where a strict reader refuses the whole record.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsText;
        impl<'de> Visitor<'de> for AsText {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Text(lossy(bytes)))
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(lossy(bytes).into_owned())))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        // serde_json hands out bytes without checking them, text only when every escape is sound.
        deserializer.deserialize_bytes(AsText)
    }
}

/// A count of tokens: null, absent and negative ones are 0 (gateways write -1 for "all cached").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count(pub u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsCount;
        impl<'de> Visitor<'de> for AsCount {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count")
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<Count, E> {
                Ok(Count(count.min(MAX_COUNT)))
            }

            fn visit_i64<E: Error>(self, count: i64) -> Result<Count, E> {
                Ok(Count(u64::try_from(count).unwrap_or(0).min(MAX_COUNT)))
            }

            fn visit_f64<E: Error>(self, count: f64) -> Result<Count, E> {
                // `as` saturates: what is below 0 becomes 0.
                Ok(Count((count as u64).min(MAX_COUNT)))
            }

            /// Some gateways quote their numbers.
            fn visit_str<E: Error>(self, text: &str) -> Result<Count, E> {
                let number = text.trim();
                if let Ok(count) = number.parse() {
                    return self.visit_u64(count);
                }
                match number.parse() {
                    Ok(number) if f64::is_finite(number) => self.visit_f64(number),
                    _ => Err(E::invalid_type(Unexpected::Other("text"), &self)),
                }
            }

            fn visit_unit<E: Error>(self) -> Result<Count, E> {
                Ok(Count(0))
            }
        }
        deserializer.deserialize_any(AsCount)
    }
}

/// A time as text or as a number since 1970, in any unit; `None` for anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When(pub Option<i64>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsWhen;
        impl<'de> Visitor<'de> for AsWhen {
            type Value = When;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<When, E> {
                Ok(When(parse_time(text)))
            }

            fn visit_u64<E: Error>(self, ms: u64) -> Result<When, E> {
                Ok(When(time_of(ms as f64)))
            }

            fn visit_i64<E: Error>(self, ms: i64) -> Result<When, E> {
                Ok(When(time_of(ms as f64)))
            }

            fn visit_f64<E: Error>(self, ms: f64) -> Result<When, E> {
                Ok(When(time_of(ms)))
            }

            fn visit_unit<E: Error>(self) -> Result<When, E> {
                Ok(When(None))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<When, E> {
                Ok(When(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<When, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(When(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<When, A::Error> {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(When(None))
            }
        }
        deserializer.deserialize_any(AsWhen)
    }
}

/// A cost in dollars that an agent wrote down; negative ones are damage.
pub fn dollars(cost: Option<f64>) -> Option<Money> {
    cost.filter(|cost| cost.is_finite() && *cost >= 0.0)
        .map(Money::from_dollars)
}

/// A part of a record that must not cost the record when it has an unexpected type.
pub fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// How much of a first prompt serves as a session's name.
const TITLE_CHARS: usize = 200;

/// A session's name made of a text: its first line that is not empty, at most 200 characters.
pub fn title(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(TITLE_CHARS).collect())
}

/// Why a record could not be read, without any of its content (serde's own words may quote it).
pub fn reason(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Data => "an unexpected type of value",
        Category::Eof => "JSON that ends too early",
        Category::Syntax | Category::Io => "not valid JSON",
    };
    format!("{what} at column {}", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_does_not_cost_the_record() {
        let text: Text = serde_json::from_str(r#""cut \ud83d""#).expect("text");
        assert!(text.starts_with("cut \u{fffd}"));
        let text: Text = serde_json::from_str(r#""plain""#).expect("text");
        assert!(matches!(text.0, Cow::Borrowed("plain")));
        assert!(serde_json::from_str::<Text>("5").is_err());
    }

    #[test]
    fn counts_are_never_negative_and_never_absurd() {
        let counts: Vec<Count> = serde_json::from_str("[3,-1,null,2.0,-0.5,1e300,99999999999999999999]").expect("read");
        let counts: Vec<u64> = counts.into_iter().map(|count| count.0).collect();
        assert_eq!(counts, [3, 0, 0, 2, 0, MAX_COUNT, MAX_COUNT]);
    }

    #[test]
    fn a_count_in_quotes_is_a_count_and_a_word_is_none() {
        let counts: Vec<Count> = serde_json::from_str(r#"["3"," 12 ","-1","2.0","1e300"]"#).expect("read");
        let counts: Vec<u64> = counts.into_iter().map(|count| count.0).collect();
        assert_eq!(counts, [3, 12, 0, 2, MAX_COUNT]);
        for word in [r#""""#, r#""many""#, r#""NaN""#, r#""inf""#, r#""0x3""#] {
            assert!(serde_json::from_str::<Count>(word).is_err(), "{word}");
        }
    }

    #[test]
    fn times_come_in_both_spellings_and_anything_else_is_none() {
        let text = r#"["2026-03-02T09:00:00Z","2026-03-02T10:00:00.123456789+01:00",1772442000000,"soon",null,{},[1],true,1e30]"#;
        let times: Vec<When> = serde_json::from_str(text).expect("read");
        let times: Vec<_> = times.into_iter().map(|when| when.0).collect();
        let at = 1_772_442_000_000;
        assert_eq!(times[..3], [Some(at), Some(at + 123), Some(at)]);
        assert!(times[3..].iter().all(Option::is_none));
    }

    #[test]
    fn costs_are_never_negative() {
        assert_eq!(dollars(Some(0.0123)), Some(Money::from_nanos(12_300_000)));
        assert_eq!(dollars(Some(0.0)), Some(Money::ZERO));
        assert_eq!(dollars(Some(-0.5)), None);
        assert_eq!(dollars(None), None);
    }

    #[test]
    fn a_title_is_one_line_of_bounded_length() {
        assert_eq!(title("\n  Fix it \nplease").as_deref(), Some("Fix it"));
        assert_eq!(
            title(&"ä".repeat(500)).map(|title| title.chars().count()),
            Some(TITLE_CHARS)
        );
        assert_eq!(title(" \n "), None);
    }

    #[test]
    fn reasons_never_quote_the_record() {
        let error = serde_json::from_str::<Count>(r#""secret""#).expect_err("no count");
        assert_eq!(reason(&error), "an unexpected type of value at column 8");
    }
}
