//! Money in integer nano-dollars, how a cost is known, and who pays.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// US dollars in integer nano-dollars, so that every grouping of the same turns adds up to the same total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money {
    nanos: i64,
    /// What the amount is worth more at the newest exchange rate, because its turns have the rates of their days: in
    /// nano-dollars. 0 for a reader of dollars.
    drift: i64,
}

/// Nano-dollars in a dollar.
pub const NANOS_PER_DOLLAR: i64 = 1_000_000_000;

impl Money {
    pub const ZERO: Self = Self::from_nanos(0);

    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos, drift: 0 }
    }

    pub const fn nanos(self) -> i64 {
        self.nanos
    }

    /// The same amount with the drift of its exchange rate, in nano-dollars.
    #[must_use]
    pub const fn with_drift(self, drift: i64) -> Self {
        Self { drift, ..self }
    }

    /// What [`Self::with_drift`] was given.
    pub const fn drift(self) -> i64 {
        self.drift
    }

    /// The dollars that are worth, at the newest exchange rate, what the turns cost at the rates of their days.
    #[must_use]
    pub const fn at_newest_rate(self) -> Self {
        Self::from_nanos(self.nanos.saturating_add(self.drift))
    }

    /// Rounds to the nearest nano-dollar and saturates; NaN is 0.
    pub fn from_dollars(dollars: f64) -> Self {
        // `as` saturates and maps NaN to 0.
        Self::from_nanos((dollars * NANOS_PER_DOLLAR as f64).round() as i64)
    }

    /// Parses dollars in JSON's number syntax (`0.0305`, `3.2e-05`) without binary fractions. Rounds to the nearest
    /// nano-dollar and saturates; `None` if the text is not a number.
    pub fn from_decimal(text: &[u8]) -> Option<Self> {
        parse_short(text).or_else(|| Self::from_scientific(text))
    }

    fn from_scientific(text: &[u8]) -> Option<Self> {
        /// More digits than a nano-dollar amount in an `i64` can have; those behind them only move the point.
        const MOST_DIGITS: u32 = 20;
        let (is_negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let exponent_at = unsigned.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (digits, exponent) = match exponent_at {
            Some(at) => (&unsigned[..at], parse_exponent(&unsigned[at + 1..])?),
            None => (unsigned, 0),
        };
        let (mut mantissa, mut kept) = (0_u128, 0_u32);
        let mut shift = exponent.saturating_add(9);
        let (mut seen_digit, mut seen_point) = (false, false);
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    seen_digit = true;
                    if kept < MOST_DIGITS {
                        mantissa = mantissa * 10 + u128::from(byte - b'0');
                        kept += u32::from(mantissa > 0);
                        shift -= i64::from(seen_point);
                    } else {
                        shift += i64::from(!seen_point);
                    }
                }
                b'.' if !seen_point => seen_point = true,
                _ => return None,
            }
        }
        if !seen_digit {
            return None;
        }
        let power = |exponent: i64| u32::try_from(exponent).ok().and_then(|n| 10_u128.checked_pow(n));
        let nanos = if mantissa == 0 {
            0
        } else if shift >= 0 {
            power(shift).map_or(u128::MAX, |power| mantissa.saturating_mul(power))
        } else {
            power(-shift).map_or(0, |power| (mantissa + power / 2) / power)
        };
        let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
        Some(Self::from_nanos(if is_negative { -nanos } else { nanos }))
    }

    pub fn dollars(self) -> f64 {
        self.nanos as f64 / NANOS_PER_DOLLAR as f64
    }

    /// The sum, saturating.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            drift: self.drift.saturating_add(other.drift),
        }
    }

    /// So much for `to` where this is for `from`, saturating. `from` must not be 0.
    #[must_use]
    pub fn scaled(self, to: i64, from: i64) -> Self {
        let scale = |amount: i64| {
            let scaled = i128::from(amount) * i128::from(to) / i128::from(from);
            i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
        };
        Self {
            nanos: scale(self.nanos),
            drift: scale(self.drift),
        }
    }

    /// The difference, saturating.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_sub(other.nanos),
            drift: self.drift.saturating_sub(other.drift),
        }
    }
}

/// Shares out one figure by weight, to the nano-dollar: the shares add up to it. Without any weight the last gets all.
pub fn share(whole: Money, weights: &[u64]) -> Vec<Money> {
    let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    let (mut weight, mut given) = (0, 0);
    let shares = weights.iter().enumerate().map(|(at, part)| {
        weight += i128::from(*part);
        let up_to_here = match total {
            _ if at + 1 == weights.len() => whole.nanos,
            0 => 0,
            // Never more than the whole.
            total => (i128::from(whole.nanos) * weight / total) as i64,
        };
        let share = up_to_here - given;
        given = up_to_here;
        Money::from_nanos(share)
    });
    shares.collect()
}

/// What parts of a whole cost: each its own, and what is left of the whole by weight for those that have a weight.
pub fn fill(left: Option<Money>, parts: &[(Option<Money>, Option<u64>)]) -> Vec<Option<Money>> {
    let weights: Vec<u64> = parts.iter().filter_map(|(_, weight)| *weight).collect();
    let mut shares = left.into_iter().flat_map(|left| share(left, &weights));
    let cost = |(own, weight): &(Option<Money>, Option<u64>)| match weight {
        Some(_) => shares.next(),
        None => *own,
    };
    parts.iter().map(cost).collect()
}

/// What nearly all amounts look like, in one pass: at most nine digits, a point, any digits. `None` for anything else.
fn parse_short(text: &[u8]) -> Option<Money> {
    const MOST_WHOLE_DIGITS: usize = 9;
    const FRACTION_DIGITS: usize = 9;
    let mut nanos = 0_i64;
    let mut digits = text.iter();
    let mut whole = 0;
    loop {
        match digits.next()? {
            digit @ b'0'..=b'9' if whole < MOST_WHOLE_DIGITS => nanos = nanos * 10 + i64::from(digit - b'0'),
            b'.' if whole > 0 => break,
            _ => return None,
        }
        whole += 1;
    }
    for _ in 0..FRACTION_DIGITS {
        nanos = nanos * 10
            + match digits.next() {
                Some(digit @ b'0'..=b'9') => i64::from(digit - b'0'),
                None => 0,
                Some(_) => return None,
            };
    }
    let rest = digits.as_slice();
    let rounds_up = rest.first().is_some_and(|digit| *digit >= b'5');
    rest.iter()
        .all(u8::is_ascii_digit)
        .then(|| Money::from_nanos(nanos + i64::from(rounds_up)))
}

/// The digits behind an `e`; saturates far beyond anything that changes a result.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let exponent = digits
        .iter()
        .fold(0_i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(1_000_000));
    Some(if is_negative { -exponent } else { exponent })
}

/// As a JSON number of dollars with at most 9 decimals.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_dollars(f64::deserialize(deserializer)?))
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number", "description": "US dollars"})
    }
}

/// How the cost is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostStatus {
    /// The agent wrote it down itself.
    Recorded,
    /// Tokens times the price list.
    Estimated,
    /// A sum of recorded and estimated costs.
    Mixed,
    /// A lower bound: some turns have no price, or some buckets are unknown.
    Partial,
    /// The price list gives the model a price of zero.
    Free,
    /// The price list gives zero because a subscription covers the model.
    Plan,
    /// No price known.
    Unknown,
}

impl CostStatus {
    /// The prefix of a cost with this status.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Estimated | Self::Mixed => "~",
            Self::Partial => "≥",
            Self::Recorded | Self::Free | Self::Plan | Self::Unknown => "",
        }
    }
}

/// How the turns are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    Metered,
    Plan,
    Mixed,
    Unknown,
}

impl Billing {
    /// Who pays for two things together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Mixed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole() {
        for weights in [&[1, 1, 1][..], &[0, 0], &[7, 0, 5, 1 << 53], &[9]] {
            for nanos in [0, 1, 2, 100, 12_345_678_901] {
                let shares = share(Money::from_nanos(nanos), weights);
                assert_eq!(
                    shares.iter().map(|share| share.nanos()).sum::<i64>(),
                    nanos,
                    "{weights:?}"
                );
                assert!(shares.iter().all(|share| share.nanos() >= 0), "{weights:?}");
            }
        }
        assert_eq!(share(Money::from_nanos(100), &[1, 3]), [25, 75].map(Money::from_nanos));
    }

    #[test]
    fn adding_cents_stays_exact() {
        let sum = (0..20_000).fold(Money::ZERO, |sum, _| sum.plus(Money::from_dollars(0.1)));
        assert_eq!(serde_json::to_string(&sum).expect("money serializes"), "2000.0");
    }

    #[test]
    fn reads_decimals_to_the_nearest_nano() {
        let nanos = |text: &str| Money::from_decimal(text.as_bytes()).map(Money::nanos);
        for (text, expected) in [
            ("0", 0),
            ("0.0305", 30_500_000),
            ("3.2e-05", 32_000),
            ("1.5E+2", 150_000_000_000),
            ("12", 12_000_000_000),
            ("0.086437000000000001", 86_437_000),
            ("0.0000000005", 1),
            ("0.00000000049", 0),
            ("-0.25", -250_000_000),
            ("1e400", i64::MAX),
            ("-1e400", -i64::MAX),
            ("1e-400", 0),
            ("0e99999999999999999999", 0),
            ("123456789012345678901234567890", i64::MAX),
            ("0.1234567890123456789012345678901234567890123456", 123_456_789),
        ] {
            assert_eq!(nanos(text), Some(expected), "{text}");
        }
        for text in ["", ".", "-", "e5", "1e", "1.2.3", "NaN", "true", "1,5", "0x1"] {
            assert_eq!(nanos(text), None, "{text}");
        }
    }

    #[test]
    fn prints_at_most_nine_decimals() {
        let money = Money::from_dollars(0.086437);
        assert_eq!(serde_json::to_string(&money).expect("money serializes"), "0.086437");
        assert_eq!(Money::from_dollars(f64::NAN), Money::ZERO);
        assert_eq!(Money::from_dollars(f64::INFINITY).nanos(), i64::MAX);
    }
}
