//! Tokens: five disjoint buckets, each a count or unknown.

use schemars::JsonSchema;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde::{Deserialize, Deserializer};

/// The kinds of tokens a provider bills apart, in row order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    Input,
    Output,
    Reasoning,
    CacheRead,
    CacheWrite,
}

/// All buckets, in row order.
pub const BUCKETS: [Bucket; 5] = [
    Bucket::Input,
    Bucket::Output,
    Bucket::Reasoning,
    Bucket::CacheRead,
    Bucket::CacheWrite,
];

/// The keys of the buckets in every row.
pub const BUCKET_KEYS: [&str; 5] = ["input", "output", "reasoning", "cacheRead", "cacheWrite"];

/// Tokens of one turn: `input` excludes cache, `output` excludes reasoning.
///
/// A bucket is unknown only if the turn may have used such tokens and no record contains the count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tokens {
    counts: [u64; 5],
    unknown: u8,
}

/// Upper bound of a bucket: larger counts are damage and saturate (2^53 is exact in every JSON reader).
pub const MAX_COUNT: u64 = 1 << 53;

impl Tokens {
    /// Five known zeros.
    pub const ZERO: Self = Self {
        counts: [0; 5],
        unknown: 0,
    };

    /// All five buckets known; counts above [`MAX_COUNT`] saturate.
    pub fn new(input: u64, output: u64, reasoning: u64, cache_read: u64, cache_write: u64) -> Self {
        let counts = [input, output, reasoning, cache_read, cache_write].map(|n| n.min(MAX_COUNT));
        Self { counts, unknown: 0 }
    }

    /// Every bucket unknown: a finished request whose provider reported no usage.
    pub fn unreported() -> Self {
        Self {
            counts: [0; 5],
            unknown: 0b1_1111,
        }
    }

    /// From counts and a bit mask of unknown buckets (bit = position in [`BUCKETS`]).
    #[inline]
    pub fn from_parts(counts: [u64; 5], unknown: u8) -> Self {
        let mut tokens = Self {
            counts: counts.map(|n| n.min(MAX_COUNT)),
            unknown: unknown & 0b1_1111,
        };
        if tokens.unknown != 0 {
            for (at, count) in tokens.counts.iter_mut().enumerate() {
                if unknown & (1 << at) != 0 {
                    *count = 0;
                }
            }
        }
        tokens
    }

    /// The same tokens with one bucket unknown.
    #[must_use]
    pub fn without(mut self, bucket: Bucket) -> Self {
        self.counts[bucket as usize] = 0;
        self.unknown |= 1 << bucket as u8;
        self
    }

    /// The count of a bucket, `None` where it is unknown.
    pub fn count(&self, bucket: Bucket) -> Option<u64> {
        (self.unknown & (1 << bucket as u8) == 0).then_some(self.counts[bucket as usize])
    }

    /// The counts with 0 for unknown buckets.
    pub fn counts(&self) -> [u64; 5] {
        self.counts
    }

    /// Bit mask of unknown buckets.
    pub fn unknown_mask(&self) -> u8 {
        self.unknown
    }

    pub fn input(&self) -> Option<u64> {
        self.count(Bucket::Input)
    }

    pub fn output(&self) -> Option<u64> {
        self.count(Bucket::Output)
    }

    pub fn reasoning(&self) -> Option<u64> {
        self.count(Bucket::Reasoning)
    }

    pub fn cache_read(&self) -> Option<u64> {
        self.count(Bucket::CacheRead)
    }

    pub fn cache_write(&self) -> Option<u64> {
        self.count(Bucket::CacheWrite)
    }

    /// Everything known added up; `None` only when every bucket is unknown.
    pub fn total(&self) -> Option<u64> {
        (self.unknown != 0b1_1111).then(|| self.known_total())
    }

    /// Everything known added up, 0 when nothing is.
    pub fn known_total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether every bucket is known and 0.
    pub fn is_zero(&self) -> bool {
        self.unknown == 0 && self.counts == [0; 5]
    }
}

impl Serialize for Tokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Tokens", 5)?;
        for (bucket, key) in BUCKETS.into_iter().zip(BUCKET_KEYS) {
            row.serialize_field(key, &self.count(bucket))?;
        }
        row.end()
    }
}

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape = TokensShape::deserialize(deserializer)?;
        let counts = [
            shape.input,
            shape.output,
            shape.reasoning,
            shape.cache_read,
            shape.cache_write,
        ];
        let unknown = counts.iter().enumerate().filter(|(_, count)| count.is_none());
        let unknown = unknown.fold(0, |mask, (at, _)| mask | 1 << at);
        Ok(Self::from_parts(
            counts.map(|count| count.unwrap_or(0).min(MAX_COUNT)),
            unknown,
        ))
    }
}

/// Tokens by bucket; the buckets are disjoint.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TokensShape {
    input: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
}

impl JsonSchema for Tokens {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tokens".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        TokensShape::json_schema(generator)
    }
}

/// A sum of tokens: unknown counts are skipped, and a bucket is unknown only when it was in every addend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenSum {
    counts: [u64; 5],
    known: u8,
    is_empty: bool,
}

impl Default for TokenSum {
    fn default() -> Self {
        Self::new()
    }
}

impl TokenSum {
    pub fn new() -> Self {
        Self {
            counts: [0; 5],
            known: 0,
            is_empty: true,
        }
    }

    pub fn add(&mut self, tokens: &Tokens) {
        for (sum, count) in self.counts.iter_mut().zip(tokens.counts) {
            *sum = sum.saturating_add(count);
        }
        self.known |= !tokens.unknown & 0b1_1111;
        self.is_empty = false;
    }

    /// The same as adding all addends of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (sum, count) in self.counts.iter_mut().zip(other.counts) {
            *sum = sum.saturating_add(count);
        }
        self.known |= other.known;
        self.is_empty &= other.is_empty;
    }

    /// The sum as tokens; the sum of nothing is five zeros.
    pub fn tokens(&self) -> Tokens {
        let unknown = if self.is_empty { 0 } else { !self.known & 0b1_1111 };
        Tokens {
            counts: self.counts,
            unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_skips_unknown_counts_and_is_unknown_only_when_all_are() {
        let mut sum = TokenSum::new();
        assert_eq!(sum.tokens(), Tokens::new(0, 0, 0, 0, 0));
        sum.add(
            &Tokens::new(1, 2, 3, 4, 5)
                .without(Bucket::CacheRead)
                .without(Bucket::Reasoning),
        );
        sum.add(&Tokens::new(10, 0, 7, 0, 0).without(Bucket::CacheRead));
        assert_eq!(sum.tokens(), Tokens::new(11, 2, 7, 0, 5).without(Bucket::CacheRead));
        assert_eq!(sum.tokens().total(), Some(25));
    }

    #[test]
    fn unreported_tokens_have_no_total() {
        assert_eq!(Tokens::unreported().total(), None);
        assert_eq!(Tokens::default().total(), Some(0));
    }

    #[test]
    fn huge_counts_saturate() {
        assert_eq!(Tokens::new(u64::MAX, 0, 0, 0, 0).input(), Some(MAX_COUNT));
    }

    #[test]
    fn serializes_every_bucket_in_order() {
        let tokens = Tokens::new(1, 2, 3, 4, 5).without(Bucket::CacheRead);
        let text = serde_json::to_string(&tokens).expect("tokens serialize");
        assert_eq!(
            text,
            r#"{"input":1,"output":2,"reasoning":3,"cacheRead":null,"cacheWrite":5}"#
        );
    }
}
