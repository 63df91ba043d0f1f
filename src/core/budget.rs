//! Budgets: the limit of a period, the spend so far, and its projection.

use super::filter::TurnFilter;
use super::money::Money;
use super::period::{Range, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;

/// Period of the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    Day,
    /// From Monday on.
    Week,
    Month,
}

impl Every {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub const fn unit(self) -> Unit {
        match self {
            Self::Day => Unit::Day,
            Self::Week => Unit::Week,
            Self::Month => Unit::Month,
        }
    }
}

/// Unit of the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    Usd,
    Tokens,
}

impl Measure {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::Tokens => "tokens",
        }
    }
}

/// An amount in the unit of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Amount {
    Usd(Money),
    Tokens(i64),
}

impl Amount {
    pub const fn measure(self) -> Measure {
        match self {
            Self::Usd(_) => Measure::Usd,
            Self::Tokens(_) => Measure::Tokens,
        }
    }

    /// Nano-dollars or tokens: amounts of one budget are all of one measure.
    fn raw(self) -> i64 {
        match self {
            Self::Usd(money) => money.nanos(),
            Self::Tokens(count) => count,
        }
    }

    fn like(self, raw: i64) -> Self {
        match self {
            Self::Usd(_) => Self::Usd(Money::from_nanos(raw)),
            Self::Tokens(_) => Self::Tokens(raw),
        }
    }

    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Usd(own), Self::Usd(other)) => Self::Usd(own.minus(other)),
            _ => self.like(self.raw().saturating_sub(other.raw())),
        }
    }
}

/// A JSON number: dollars, or a count of tokens.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Usd(money) => money.serialize(serializer),
            Self::Tokens(count) => count.serialize(serializer),
        }
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number", "description": "US dollars or tokens, by `unit`"})
    }
}

/// A budget as the config or the command line has it.
#[derive(Clone, Debug)]
pub struct Budget {
    pub id: String,
    pub every: Every,
    pub limit: Amount,
    /// Which turns it is about; its range is set by the period.
    pub filter: TurnFilter,
    /// The filter in the words it was asked for.
    pub scope: Scope,
    /// Count turns that a subscription covers, too.
    pub includes_plan: bool,
}

/// The turns a budget applies to; `None` means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub agent: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub project: Option<String>,
}

/// From which part on spending is a warning, and critical: per cent of a budget or limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    pub warning: f64,
    pub critical: f64,
}

/// How near the end of a budget spending is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Fine,
    Warning,
    Critical,
    /// More was spent than the budget has.
    Exceeded,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Exceeded => "exceeded",
        }
    }
}

impl Thresholds {
    /// The level of a percentage; exactly 100 is not exceeded.
    pub fn of_percent(self, percent: f64) -> Level {
        if percent > 100.0 {
            Level::Exceeded
        } else if percent >= self.critical {
            Level::Critical
        } else if percent >= self.warning {
            Level::Warning
        } else {
            Level::Fine
        }
    }

    /// The level of a spend. Any spend exceeds a budget of zero.
    pub fn of(self, spent: Amount, limit: Amount) -> Level {
        match share(spent, limit) {
            _ if spent.raw() > limit.raw() => Level::Exceeded,
            // The percentage exceeds 100 only by rounding.
            Some(percent) => self.of_percent(percent).min(Level::Critical),
            None => Level::Fine,
        }
    }
}

/// The part that was spent in per cent, at two decimals; `None` of a budget of nothing.
pub fn used_percent(spent: Amount, limit: Amount) -> Option<f64> {
    share(spent, limit).map(|percent| (percent * 100.0).round() / 100.0)
}

fn share(spent: Amount, limit: Amount) -> Option<f64> {
    (limit.raw() > 0).then(|| spent.raw() as f64 / limit.raw() as f64 * 100.0)
}

/// The projected spend at the end of the period; `None` in its first minute, when the rate is meaningless.
pub fn projected(spent: Amount, period: Range, now: i64) -> Option<Amount> {
    const LEAST_MS: i64 = 60_000;
    let elapsed = now.min(period.end).saturating_sub(period.start);
    if elapsed < LEAST_MS {
        return None;
    }
    let whole = period.end - period.start;
    Some(match spent {
        Amount::Usd(money) => Amount::Usd(money.scaled(whole, elapsed)),
        Amount::Tokens(count) => {
            let scaled = i128::from(count) * i128::from(whole) / i128::from(elapsed);
            Amount::Tokens(i64::try_from(scaled).unwrap_or(i64::MAX))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds {
        warning: 80.0,
        critical: 95.0,
    };

    fn usd(dollars: f64) -> Amount {
        Amount::Usd(Money::from_dollars(dollars))
    }

    #[test]
    fn levels_begin_at_their_thresholds_and_exceeding_above_all_of_it() {
        let level = |dollars| THRESHOLDS.of(usd(dollars), usd(20.0));
        assert_eq!(
            [0.0, 15.99, 16.0, 18.99, 19.0, 20.0].map(level),
            [
                Level::Fine,
                Level::Fine,
                Level::Warning,
                Level::Warning,
                Level::Critical,
                Level::Critical
            ]
        );
        assert_eq!(level(20.000_000_001), Level::Exceeded);
        // Thresholds that lie beyond the whole of it are never met, exceeding still is.
        let late = Thresholds {
            warning: 100.0,
            critical: 100.0,
        };
        assert_eq!(late.of(usd(19.999_999_999), usd(20.0)), Level::Fine);
        assert_eq!(late.of(usd(21.0), usd(20.0)), Level::Exceeded);
    }

    #[test]
    fn of_nothing_anything_is_too_much_and_no_part() {
        assert_eq!(THRESHOLDS.of(usd(0.0), usd(0.0)), Level::Fine);
        assert_eq!(THRESHOLDS.of(usd(0.01), usd(0.0)), Level::Exceeded);
        assert_eq!(used_percent(usd(0.01), usd(0.0)), None);
        assert_eq!(used_percent(Amount::Tokens(1), Amount::Tokens(3)), Some(33.33));
    }

    #[test]
    fn the_present_rate_is_carried_on_to_the_end() {
        let hour = 3_600_000;
        let day = Range {
            start: 0,
            end: 24 * hour,
        };
        assert_eq!(projected(usd(5.0), day, 6 * hour), Some(usd(20.0)));
        // A day of 23 hours ends earlier.
        let short = Range { end: 23 * hour, ..day };
        assert_eq!(
            projected(Amount::Tokens(600), short, 6 * hour),
            Some(Amount::Tokens(2300))
        );
        assert_eq!(projected(usd(5.0), day, 59_999), None);
        assert_eq!(projected(usd(5.0), day, 30 * hour), Some(usd(5.0)));
    }

    #[test]
    fn amounts_are_plain_numbers() {
        let text = |amount: Amount| serde_json::to_string(&amount).expect("serializes");
        assert_eq!((text(usd(1.5)), text(Amount::Tokens(-7))), ("1.5".into(), "-7".into()));
        assert_eq!(usd(1.0).minus(usd(3.0)), usd(-2.0));
    }
}
