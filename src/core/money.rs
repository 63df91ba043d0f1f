//! Money in integer nano-dollars, how a cost is known, and who pays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// US dollars in integer nano-dollars, so that every grouping of the same turns adds up to the same total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Nano-dollars in a dollar.
pub const NANOS_PER_DOLLAR: i64 = 1_000_000_000;

impl Money {
    pub const ZERO: Self = Self(0);

    pub fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    pub fn nanos(self) -> i64 {
        self.0
    }

    /// Rounds to the nearest nano-dollar; saturates, and what is not a number is 0.
    pub fn from_dollars(dollars: f64) -> Self {
        // `as` saturates and maps NaN to 0.
        Self((dollars * NANOS_PER_DOLLAR as f64).round() as i64)
    }

    pub fn dollars(self) -> f64 {
        self.0 as f64 / NANOS_PER_DOLLAR as f64
    }

    /// The sum, saturating.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, saturating.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// As a JSON number of dollars with at most 9 decimals.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
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

/// How a cost is known.
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
    /// The price list says this model is free.
    Free,
    /// The price list says 0 because a subscription covers it.
    Plan,
    /// No price known.
    Unknown,
}

/// Who pays.
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
    fn adding_cents_stays_exact() {
        let sum = (0..20_000).fold(Money::ZERO, |sum, _| sum.plus(Money::from_dollars(0.1)));
        assert_eq!(serde_json::to_string(&sum).expect("money serializes"), "2000.0");
    }

    #[test]
    fn prints_at_most_nine_decimals() {
        let money = Money::from_dollars(0.086437);
        assert_eq!(serde_json::to_string(&money).expect("money serializes"), "0.086437");
        assert_eq!(Money::from_dollars(f64::NAN), Money::ZERO);
        assert_eq!(Money::from_dollars(f64::INFINITY).nanos(), i64::MAX);
    }
}
