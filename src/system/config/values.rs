//! Values of settings that are words of a list, or objects of their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An enumeration whose values are spelled as given.
macro_rules! words {
    ($($name:ident { $($word:ident = $text:literal),* })*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $(#[serde(rename = $text)] $word,)* }

        impl $name {
            /// As it is spelled in the file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$word => $text,)* }
            }
        }
    )*};
}

words! {
    Currency { Usd = "USD" }
    DisplayCurrency { Usd = "USD", Eur = "EUR", Gbp = "GBP", Jpy = "JPY", Chf = "CHF", Cny = "CNY", Inr = "INR", Cad = "CAD", Aud = "AUD", Brl = "BRL", Sek = "SEK", Nok = "NOK", Dkk = "DKK", Pln = "PLN", Krw = "KRW", Czk = "CZK", Huf = "HUF", Ron = "RON", Isk = "ISK", Try = "TRY", Hkd = "HKD", Idr = "IDR", Ils = "ILS", Mxn = "MXN", Myr = "MYR", Nzd = "NZD", Php = "PHP", Sgd = "SGD", Thb = "THB", Zar = "ZAR" }
    SinkType { Desktop = "desktop", Bell = "bell", Command = "command", Webhook = "webhook", Plugin = "plugin" }
    SinkFormat { Slack = "slack", Discord = "discord", Json = "json" }
    TopView { Auto = "auto", Live = "live", Cost = "cost", Plans = "plans", Trends = "trends", Projects = "projects" }
    ColorScheme { Auto = "auto", Light = "light", Dark = "dark" }
    TimeFormat { Hours24 = "24h", Hours12 = "12h" }
    NumberFormat { Compact = "compact", Full = "full" }
    SparklineStyle { Braille = "braille", Block = "block" }
    SparklineOrientation { Up = "up", Down = "down" }
    TimeWindow {
        Minutes5 = "5m", Minutes15 = "15m", Hour = "1h", Day = "24h", Week = "7d", Month = "30d", All = "all"
    }
}

/// `prices.overrides.<provider/model>`: one price, or several with dates.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a configuration holds a handful")]
pub enum OwnPrices {
    One(OwnPrice),
    Dated(Vec<OwnPrice>),
}

/// A price in dollars per million tokens
#[derive(JsonSchema)]
#[schemars(extend("x-all-or-nothing" = true))]
#[expect(dead_code, reason = "describes values that the price book parses")]
pub struct OwnPrice {
    #[serde(flatten)]
    rates: Rates,
    /// Prices above a size of the context, as models.dev lists them
    tiers: Option<Vec<Tier>>,
    /// Prices above 200,000 tokens of context
    context_over_200k: Option<TierRates>,
    /// Prices of fast mode
    fast: Option<Rates>,
    /// Day or time from which the price holds
    #[schemars(extend("type" = ["string", "integer", "null"], "format" = "day-or-time"))]
    from: Option<Value>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes values that the price book parses")]
struct Rates {
    /// Input tokens
    #[schemars(range(min = 0, max = 1_000_000))]
    input: f64,
    /// Output tokens
    #[schemars(range(min = 0, max = 1_000_000))]
    output: f64,
    /// Reasoning tokens
    #[schemars(range(min = 0, max = 1_000_000))]
    reasoning: Option<f64>,
    /// Tokens read from a cache
    #[schemars(range(min = 0, max = 1_000_000), extend("x-alias" = "cache_read"))]
    cache_read: Option<f64>,
    /// Tokens written to a cache
    #[schemars(range(min = 0, max = 1_000_000), extend("x-alias" = "cache_write"))]
    cache_write: Option<f64>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes values that the price book parses")]
struct TierRates {
    /// Input tokens
    #[schemars(range(min = 0, max = 1_000_000))]
    input: Option<f64>,
    /// Output tokens
    #[schemars(range(min = 0, max = 1_000_000))]
    output: Option<f64>,
    /// Reasoning tokens
    #[schemars(range(min = 0, max = 1_000_000))]
    reasoning: Option<f64>,
    /// Tokens read from a cache
    #[schemars(range(min = 0, max = 1_000_000), extend("x-alias" = "cache_read"))]
    cache_read: Option<f64>,
    /// Tokens written to a cache
    #[schemars(range(min = 0, max = 1_000_000), extend("x-alias" = "cache_write"))]
    cache_write: Option<f64>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes values that the price book parses")]
struct Tier {
    #[serde(flatten)]
    rates: TierRates,
    /// Where the tier starts
    tier: TierKind,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes values that the price book parses")]
struct TierKind {
    /// `context`
    r#type: String,
    /// Tokens of context
    size: u64,
}
