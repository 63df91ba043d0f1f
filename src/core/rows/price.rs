//! `PriceRow`: the price of a model at a provider, as `ttop prices` prints it.

use crate::core::money::Billing;
use crate::core::price::{DatedPrice, Found, ModelPrices, Price, Rate, Rates};
use crate::core::time::Time;
use crate::core::tokens::Bucket;
use crate::core::turn::Mode;
use schemars::JsonSchema;
use serde::Serialize;

/// Price of a model over a time range, in US dollars per million tokens.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "price")]
pub struct PriceRow {
    /// Provider that bills, by its models.dev id.
    pub provider_id: String,
    pub model_id: String,
    #[serde(flatten)]
    pub rates: RatesShown,
    /// Prices of requests with a larger context, smallest first.
    pub tiers: Vec<TierShown>,
    /// Prices in fast mode.
    pub fast: Option<RatesShown>,
    /// Prices of priority processing.
    pub priority: Option<RatesShown>,
    /// How turns of this provider are paid.
    pub billing: Billing,
    /// Effective from this time: epoch milliseconds UTC, null for the earliest known price.
    pub start: Option<i64>,
    /// Effective until this time: epoch milliseconds UTC, null if still in force.
    pub end: Option<i64>,
    /// Where the price comes from.
    pub source: String,
    /// Why it changed then.
    pub reason: Option<String>,
    pub found: FoundAs,
    /// The `provider/model` with this price, if it is another one.
    pub listed_as: Option<String>,
}

/// US dollars per million tokens of each kind, with derived values for those a list omits.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RatesShown {
    pub input: f64,
    pub output: f64,
    pub reasoning: f64,
    pub cache_read: f64,
    /// Cache writes with a lifetime of five minutes.
    pub cache_write: f64,
    /// Cache writes with a lifetime of one hour.
    pub cache_write1h: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TierShown {
    /// Tokens of input, cache reads and cache writes together.
    pub above: u64,
    #[serde(flatten)]
    pub rates: RatesShown,
}

/// How the price was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundAs {
    /// The list has this provider and model.
    Exact,
    /// The list has it under another id that means the same.
    Alias,
    /// The user's own price.
    Override,
}

impl PriceRow {
    /// One row for each time the price changed, oldest first; none where there is no price.
    pub fn history(provider_id: &str, model_id: &str, prices: &ModelPrices, billing: Billing) -> Vec<Self> {
        let (found, listed_as) = match prices.found() {
            Found::Exact => (FoundAs::Exact, None),
            Found::Alias(id) => (FoundAs::Alias, Some(id.clone())),
            Found::Override => (FoundAs::Override, None),
            Found::Missing => return Vec::new(),
        };
        let ends = prices.entries().iter().skip(1).map(|entry| entry.since);
        let is_dated = prices.entries().len() > 1;
        let rows = prices.entries().iter().zip(ends.chain([None])).enumerate();
        rows.map(|(at, (entry, end))| Self {
            provider_id: provider_id.to_owned(),
            model_id: model_id.to_owned(),
            rates: RatesShown::of(entry.standard.base()),
            tiers: tiers(&entry.standard),
            fast: mode(entry, Mode::Fast),
            priority: mode(entry, Mode::Priority),
            billing,
            start: entry.since,
            end,
            source: entry.source.clone(),
            reason: reason(entry, at == 0, is_dated),
            found,
            listed_as: listed_as.clone(),
        })
        .collect()
    }
}

impl RatesShown {
    fn of(rates: &Rates) -> Self {
        let dollars = |rate: Rate| rate as f64 / 1e9;
        Self {
            input: dollars(rates.of(Bucket::Input)),
            output: dollars(rates.of(Bucket::Output)),
            reasoning: dollars(rates.of(Bucket::Reasoning)),
            cache_read: dollars(rates.of(Bucket::CacheRead)),
            cache_write: dollars(rates.of(Bucket::CacheWrite)),
            cache_write1h: dollars(rates.cache_write_1h()),
        }
    }
}

/// Why a price holds from its date on, where it has one.
fn reason(entry: &DatedPrice, is_first: bool, is_dated: bool) -> Option<String> {
    let known = entry.reason.clone();
    known.or_else(|| match entry.since {
        _ if is_first => is_dated.then(|| "the first known price".to_owned()),
        Some(since) => {
            let time = Time(since).to_string();
            Some(format!(
                "changed in the list of {}",
                time.split('T').next().unwrap_or_default()
            ))
        }
        None => None,
    })
}

fn tiers(price: &Price) -> Vec<TierShown> {
    let tier = price.tiers().iter();
    tier.map(|tier| TierShown {
        above: tier.above,
        rates: RatesShown::of(&tier.rates),
    })
    .collect()
}

fn mode(entry: &DatedPrice, mode: Mode) -> Option<RatesShown> {
    let found = entry.modes.iter().find(|(listed, _)| *listed == mode);
    found.map(|(_, price)| RatesShown::of(price.base()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_every_key_in_order_and_ends_where_the_next_begins() {
        let entry = |since, input| DatedPrice {
            since,
            standard: Price::flat(input, 5.0),
            modes: vec![(Mode::Fast, Price::flat(2.0, 10.0))],
            source: "models.dev 2026-09-28".into(),
            reason: None,
        };
        let prices = ModelPrices::new(
            vec![entry(None, 1.0), entry(Some(1000), 0.0)],
            Found::Alias("a/m".into()),
            false,
        );
        let rows = PriceRow::history("a", "M", &prices, Billing::Unknown);
        assert_eq!((rows[0].start, rows[0].end), (None, Some(1000)));
        assert_eq!((rows[1].start, rows[1].end), (Some(1000), None));
        assert_eq!(
            serde_json::to_string(&rows[0]).expect("rows serialize"),
            concat!(
                r#"{"providerId":"a","modelId":"M","input":1.0,"output":5.0,"reasoning":5.0,"cacheRead":1.0,"#,
                r#""cacheWrite":1.25,"cacheWrite1h":2.0,"tiers":[],"#,
                r#""fast":{"input":2.0,"output":10.0,"reasoning":10.0,"cacheRead":2.0,"cacheWrite":2.5,"cacheWrite1h":4.0},"#,
                r#""priority":null,"billing":"unknown","start":null,"end":1000,"source":"models.dev 2026-09-28","reason":"the first known price","#,
                r#""found":"alias","listedAs":"a/m"}"#
            )
        );
        assert!(PriceRow::history("a", "m", &ModelPrices::missing(), Billing::Unknown).is_empty());
    }
}
