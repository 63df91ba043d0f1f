//! Quota: plan limits, credits and spend, as a provider reports them.

use super::tokens::Tokens;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One answer of a provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderUsage {
    /// The plan by the name people know.
    pub plan: Option<String>,
    pub limits: Vec<Limit>,
    pub credits: Option<Credits>,
    pub spend: Option<Spend>,
    /// Counted by the provider, without a spend.
    pub tokens: Option<ReportedTokens>,
    /// A note on the numbers; never text from the response.
    pub note: Option<String>,
}

/// A window or pool that fills up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limit {
    /// How the provider names it, where that is not told by its window.
    pub name: Option<String>,
    /// The part of the account it is for; `None` for all of it.
    pub scope: Option<String>,
    /// 0 to 100, above it when more was used than allowed; two decimals.
    pub used_percent: f64,
    pub used: Option<f64>,
    pub limit: Option<f64>,
    /// `requests`, `tokens`, `USD`, …
    pub unit: Option<String>,
    /// `None` if the length is unknown.
    pub window_minutes: Option<u64>,
    /// Epoch milliseconds.
    pub resets_at: Option<i64>,
}

pub const FIVE_HOURS: u64 = 300;
pub const DAY: u64 = 1440;
pub const WEEK: u64 = 10_080;
/// Nominal: `resets_at` is exact.
pub const MONTH: u64 = 43_200;

impl Limit {
    /// A window; percentages are kept at two decimals and never below 0.
    pub fn new(used_percent: f64, window_minutes: Option<u64>) -> Self {
        Self {
            used_percent: (used_percent.max(0.0) * 100.0).round() / 100.0,
            window_minutes,
            ..Self::default()
        }
    }

    /// A window of which absolute numbers are known; `None` when nothing is allowed at all.
    pub fn counted(used: f64, limit: f64, unit: &str, window_minutes: Option<u64>) -> Option<Self> {
        (limit > 0.0).then(|| Self::new(used / limit * 100.0, window_minutes).with_counts(used, limit, unit))
    }

    #[must_use]
    pub fn with_counts(self, used: f64, limit: f64, unit: &str) -> Self {
        Self {
            used: Some(money(used)),
            limit: Some(money(limit)),
            unit: Some(unit.to_owned()).filter(|unit| !unit.is_empty()),
            ..self
        }
    }

    #[must_use]
    pub fn until(self, resets_at: Option<i64>) -> Self {
        // Providers round differently from call to call: fractions of a second are noise.
        let resets_at = resets_at.map(|at| at - at.rem_euclid(1000));
        Self { resets_at, ..self }
    }

    #[must_use]
    pub fn of(self, scope: impl Into<String>) -> Self {
        Self {
            scope: Some(scope.into()),
            ..self
        }
    }

    /// `5-hour`, `Weekly (Opus)`, `Quota`: by duration, never by where it stood in the answer.
    pub fn label(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let window = match self.window_minutes {
            None => "Quota".to_owned(),
            Some(DAY) => "Daily".to_owned(),
            Some(WEEK) => "Weekly".to_owned(),
            Some(MONTH) => "Monthly".to_owned(),
            Some(minutes) if minutes > 0 && minutes % DAY == 0 => format!("{}-day", minutes / DAY),
            Some(minutes) if minutes > 0 && minutes % 60 == 0 => format!("{}-hour", minutes / 60),
            Some(minutes) => format!("{minutes}-minute"),
        };
        match &self.scope {
            Some(scope) => format!("{window} ({scope})"),
            None => window,
        }
    }

    pub fn is_reached(&self) -> bool {
        self.used_percent >= 100.0
    }
}

/// A plan limit found in an agent's file (Codex `rate_limits`, Claude Code's status line).
#[derive(Clone, Debug, PartialEq)]
pub struct LimitSeen {
    /// The provider's id, or the one it bills under.
    pub provider_id: String,
    pub plan: Option<String>,
    /// As [`Limit::label`] writes it.
    pub label: String,
    pub used_percent: f64,
    pub window_minutes: Option<u64>,
    /// Epoch milliseconds.
    pub resets_at: Option<i64>,
    pub seen_at: i64,
}

impl LimitSeen {
    pub fn limit(&self) -> Limit {
        let scope = self.label.split_once(" (").and_then(|(_, rest)| rest.strip_suffix(')'));
        Limit {
            scope: scope.map(str::to_owned),
            ..Limit::new(self.used_percent, self.window_minutes).until(self.resets_at)
        }
    }
}

/// Four decimals, as all amounts here.
pub fn money(amount: f64) -> f64 {
    (amount * 10_000.0).round() / 10_000.0
}

/// Unscoped first, then the shorter window (unknown last), then by label.
pub fn sort_limits(limits: &mut [Limit]) {
    limits.sort_by_cached_key(|limit| {
        (
            limit.scope.is_some(),
            limit.window_minutes.unwrap_or(u64::MAX),
            limit.label(),
        )
    });
}

/// Prepaid balance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Credits {
    pub balance: Option<f64>,
    /// ISO 4217, or `credits`.
    pub currency: String,
    pub is_unlimited: bool,
}

impl Credits {
    pub fn new(balance: f64, currency: &str) -> Self {
        Self {
            balance: Some(money(balance)),
            currency: currency.to_owned(),
            is_unlimited: false,
        }
    }
}

/// Money spent in the current period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spend {
    pub amount: f64,
    /// ISO 4217, or `credits`.
    pub currency: String,
    pub period: SpendPeriod,
    pub limit: Option<f64>,
    #[serde(default)]
    pub tokens: Option<SpentTokens>,
}

impl Spend {
    pub fn new(amount: f64, currency: &str, period: SpendPeriod) -> Self {
        Self {
            amount: money(amount),
            currency: currency.to_owned(),
            period,
            limit: None,
            tokens: None,
        }
    }

    #[must_use]
    pub fn within(self, limit: Option<f64>) -> Self {
        Self {
            limit: limit.map(money),
            ..self
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpendPeriod {
    Month,
    BillingCycle,
}

/// The sum of an organization's usage report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpentTokens {
    /// Without cached ones.
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub requests: Option<u64>,
}

/// Tokens of an account that a provider counts; its cache may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedTokens {
    pub input: u64,
    pub output: u64,
    pub cache_read: Option<u64>,
    pub cache_write: Option<u64>,
}

impl ReportedTokens {
    pub fn tokens(&self) -> Tokens {
        use super::tokens::Bucket;
        let (read, written) = (self.cache_read, self.cache_write);
        let tokens = Tokens::new(
            self.input,
            self.output,
            0,
            read.unwrap_or_default(),
            written.unwrap_or_default(),
        );
        let unknown = [(Bucket::CacheRead, read), (Bucket::CacheWrite, written)];
        let unknown = unknown.into_iter().filter(|(_, count)| count.is_none());
        unknown.fold(tokens.without(Bucket::Reasoning), |tokens, (bucket, _)| {
            tokens.without(bucket)
        })
    }
}

impl SpentTokens {
    /// An empty sum of a report that counts requests.
    pub fn counting_requests() -> Self {
        Self {
            requests: Some(0),
            ..Self::default()
        }
    }

    /// These reports include reasoning in output without a separate count.
    pub fn tokens(&self) -> Tokens {
        Tokens::new(self.input, self.output, 0, self.cache_read, self.cache_write)
            .without(super::tokens::Bucket::Reasoning)
    }
}

/// How asking a provider went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderState {
    Ok,
    /// Its terms restrict the use of another tool's login, and the user has not agreed to it.
    NeedsConsent,
    NotConfigured,
    AuthExpired,
    Unauthorized,
    RateLimited,
    /// This account or provider has no numbers to give.
    Unsupported,
    Unreachable,
}

impl ProviderState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NeedsConsent => "needs_consent",
            Self::NotConfigured => "not_configured",
            Self::AuthExpired => "auth_expired",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate_limited",
            Self::Unsupported => "unsupported",
            Self::Unreachable => "unreachable",
        }
    }
}

/// The reason for a state, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// JSON without the keys the answer is known by.
    Schema,
    NotJson,
    /// A page that wants to see a browser.
    BotWall,
    /// The credential may not read this.
    Scope,
    /// The account does not have this product, or this kind of credential has no usage endpoint.
    Product,
}

/// A value that a provider can report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    Limits,
    Credits,
    Spend,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_named_by_their_duration() {
        let label = |minutes| Limit::new(1.0, minutes).label();
        let named = [None, Some(300), Some(1440), Some(10_080), Some(43_200)].map(label);
        assert_eq!(named, ["Quota", "5-hour", "Daily", "Weekly", "Monthly"]);
        assert_eq!(
            [Some(4320), Some(240), Some(45), Some(0)].map(label),
            ["3-day", "4-hour", "45-minute", "0-minute"]
        );
        assert_eq!(Limit::new(1.0, Some(WEEK)).of("Opus").label(), "Weekly (Opus)");
    }

    #[test]
    fn percentages_keep_two_decimals_and_may_exceed_100() {
        assert_eq!(Limit::new(100.333_333, None).used_percent, 100.33);
        assert_eq!(Limit::new(-3.0, None).used_percent, 0.0);
        assert!(Limit::counted(1.0, 0.0, "calls", None).is_none());
    }

    #[test]
    fn limits_of_the_whole_account_come_first() {
        let mut limits = vec![
            Limit::new(1.0, Some(FIVE_HOURS)).of("B"),
            Limit::new(1.0, None),
            Limit::new(1.0, Some(WEEK)),
            Limit::new(1.0, Some(FIVE_HOURS)).of("A"),
        ];
        sort_limits(&mut limits);
        let labels: Vec<_> = limits.iter().map(Limit::label).collect();
        assert_eq!(labels, ["Weekly", "Quota", "5-hour (A)", "5-hour (B)"]);
    }

    #[test]
    fn resets_are_whole_seconds() {
        assert_eq!(Limit::new(1.0, None).until(Some(1_999)).resets_at, Some(1_000));
    }
}
