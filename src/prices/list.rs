//! models.dev's price list and everything written in its shape: JSON to entries.

use super::line::{Entry, mode_named};
use super::table::Listed;
use crate::core::price::{ListedRates, Price, Rate, Tier, rate_of_dollars};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The price of a model, in dollars for a million tokens: models.dev's `cost`, OpenCode's and ttop's own keys.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cost {
    input: Option<f64>,
    output: Option<f64>,
    reasoning: Option<f64>,
    #[serde(alias = "cacheRead")]
    cache_read: Option<f64>,
    #[serde(alias = "cacheWrite")]
    cache_write: Option<f64>,
    tiers: Vec<TierCost>,
    /// How tiers were written before there were several.
    context_over_200k: Option<Box<Cost>>,
}

#[derive(Debug, Deserialize)]
struct TierCost {
    #[serde(flatten)]
    cost: Cost,
    tier: TierKind,
}

#[derive(Debug, Deserialize)]
struct TierKind {
    r#type: String,
    size: u64,
}

/// Why a price is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadPrice {
    /// Not both input and output.
    Incomplete,
    /// Negative or absurd.
    OutOfRange,
}

impl std::fmt::Display for BadPrice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "a price needs both input and output",
            Self::OutOfRange => "prices are in dollars per million tokens, from 0 to 1000000",
        })
    }
}

impl Cost {
    /// # Errors
    /// When it is no price.
    pub(crate) fn price(&self) -> Result<Price, BadPrice> {
        let base = self.listed()?.rates().ok_or(BadPrice::Incomplete)?;
        let tier = |cost: &Self, above| {
            Ok(Tier {
                above,
                rates: cost.listed()?.over(&base),
            })
        };
        let contexts = self.tiers.iter().filter(|tier| tier.tier.r#type == "context");
        let mut tiers = contexts
            .map(|listed| tier(&listed.cost, listed.tier.size))
            .collect::<Result<Vec<_>, _>>()?;
        if tiers.is_empty()
            && let Some(cost) = &self.context_over_200k
        {
            tiers.push(tier(cost, 200_000)?);
        }
        Ok(Price::new(base, tiers))
    }

    fn listed(&self) -> Result<ListedRates, BadPrice> {
        let rate = |dollars: Option<f64>| -> Result<Option<Rate>, BadPrice> {
            dollars
                .map(|dollars| rate_of_dollars(dollars).ok_or(BadPrice::OutOfRange))
                .transpose()
        };
        Ok(ListedRates {
            input: rate(self.input)?,
            output: rate(self.output)?,
            reasoning: rate(self.reasoning)?,
            cache_read: rate(self.cache_read)?,
            cache_write: rate(self.cache_write)?,
        })
    }
}

#[derive(Deserialize)]
struct ListedProvider {
    #[serde(default)]
    models: BTreeMap<String, Box<RawValue>>,
}

#[derive(Deserialize)]
struct ListedModel {
    cost: Option<Cost>,
    experimental: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Experimental {
    modes: BTreeMap<String, Box<RawValue>>,
}

#[derive(Deserialize)]
struct ListedMode {
    cost: Option<Cost>,
}

/// A list that was read.
#[derive(Default)]
pub(crate) struct List {
    pub listed: Listed,
    /// Models whose entry makes no sense.
    pub skipped: usize,
}

/// Reads models.dev's `api.json`: its priced models, each with one entry since `since`. One odd model, provider or mode
/// never loses the others.
///
/// # Errors
/// When it is not such a list at all.
pub(crate) fn parse(json: &[u8], since: Option<i64>) -> serde_json::Result<List> {
    let providers: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(json)?;
    let mut list = List::default();
    for (provider_id, provider) in providers {
        let Ok(provider) = serde_json::from_str::<ListedProvider>(provider.get()) else {
            list.skipped += 1;
            continue;
        };
        for (model_id, model) in provider.models {
            let is_clean = |id: &str| !id.is_empty() && !id.contains(char::is_control);
            match serde_json::from_str::<ListedModel>(model.get()) {
                Ok(ListedModel { cost: None, .. }) => {}
                Ok(ListedModel {
                    cost: Some(cost),
                    experimental,
                }) if is_clean(&provider_id) && is_clean(&model_id) => {
                    match entry(&cost, experimental.as_deref(), since) {
                        Ok(entry) => drop(list.listed.insert((provider_id.clone(), model_id), vec![entry])),
                        Err(_) => list.skipped += 1,
                    }
                }
                _ => list.skipped += 1,
            }
        }
    }
    Ok(list)
}

fn entry(cost: &Cost, experimental: Option<&RawValue>, since: Option<i64>) -> Result<Entry, BadPrice> {
    let experimental = experimental.and_then(|json| serde_json::from_str::<Experimental>(json.get()).ok());
    let listed = experimental.into_iter().flat_map(|experimental| experimental.modes);
    let modes = listed.filter_map(|(name, mode)| {
        let mode: ListedMode = serde_json::from_str(mode.get()).ok()?;
        Some((mode_named(&name)?, mode.cost?.price().ok()?))
    });
    Ok(Entry {
        since,
        standard: cost.price()?,
        modes: modes.collect(),
        why: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::turn::Mode;

    fn list(json: &str) -> List {
        parse(json.as_bytes(), None).expect("a list")
    }

    fn line(list: &List, provider: &str, model: &str) -> String {
        let entries = &list.listed[&(provider.to_owned(), model.to_owned())];
        entries[0].line(provider, model)
    }

    #[test]
    fn reads_prices_tiers_and_modes() {
        let list = list(
            r#"{"openai": {"id": "openai", "models": {"gpt-5.5": {"cost": {"input": 5, "output": 30, "cache_read": 0.5,
            "tiers": [{"input": 10, "output": 45, "cache_read": 1, "tier": {"type": "context", "size": 272000}},
                      {"input": 99, "output": 99, "tier": {"type": "weekday", "size": 1}}],
            "context_over_200k": {"input": 10, "output": 45, "cache_read": 1}},
            "experimental": {"modes": {"fast": {"cost": {"input": 12.5, "output": 75}}, "pro": {}}}}}}}"#,
        );
        let expected = "openai\tgpt-5.5\t\t5\t30\t0.5\t-\t-\t>272000=10,45,1,-,- fast=12.5,75,-,-,-\n";
        assert_eq!(line(&list, "openai", "gpt-5.5"), expected);
    }

    #[test]
    fn the_old_spelling_of_a_tier_counts_where_there_is_no_new_one() {
        let list = list(
            r#"{"acme": {"models": {"long": {"cost": {"input": 1, "output": 4, "cache_read": 0.1,
            "context_over_200k": {"input": 2, "output": 6}}}}}}"#,
        );
        assert_eq!(
            line(&list, "acme", "long"),
            "acme\tlong\t\t1\t4\t0.1\t-\t-\t>200000=2,6,0.1,-,-\n"
        );
    }

    #[test]
    fn one_odd_entry_does_not_lose_the_others() {
        let list = list(
            r#"{"a": {"models": {"fine": {"cost": {"input": 1, "output": 2}}, "unpriced": {"name": "x"},
            "text": {"cost": "cheap"}, "half": {"cost": {"input": 1}}, "less": {"cost": {"input": -1, "output": 2}},
            "tab\t": {"cost": {"input": 1, "output": 2}},
            "mode": {"cost": {"input": 1, "output": 2}, "experimental": {"modes": {"fast": {"cost": {"input": 3}}}}}}},
            "b": 7, "c": {}}"#,
        );
        let models: Vec<_> = list.listed.keys().map(|(_, model)| model.as_str()).collect();
        assert_eq!((models, list.skipped), (vec!["fine", "mode"], 5));
        assert!(parse(b"<html>", None).is_err());
        assert!(parse(b"[]", None).is_err());
    }

    #[test]
    fn a_mode_is_known_by_the_name_the_list_gives_it() {
        assert_eq!(mode_named("fast"), Some(Mode::Fast));
        assert_eq!(mode_named("pro"), None);
    }
}
