//! A plugin's prices: what the lists have under the model that it maps to, and last the prices that it declares.

use super::plugin::Plugin;
use crate::core::price::Price;
use crate::prices::list::Cost;
use crate::prices::{MapModel, MorePrices};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Reports wait no longer for a model's other name.
const WAIT: Duration = Duration::from_secs(3);
/// Models that a plugin is asked for; of more, none has another name.
const MOST: usize = 10_000;

/// What a provider plugin prices; `None` where it prices nothing.
pub fn pricing(plugin: &Arc<Plugin>) -> Option<MorePrices> {
    let declared = plugin.declaration.value["pricing"].as_object()?;
    let own = declared.get("staticPrices").and_then(Value::as_object);
    Some(MorePrices {
        provider_id: plugin.id().to_owned(),
        source: format!("plugin {}", plugin.id()),
        listed_as: declared
            .get("modelsDevProviderId")
            .and_then(Value::as_str)
            .map(str::to_owned),
        own: own.map(prices).unwrap_or_default(),
        map: plugin.declaration.has("pricing.mapModelId").then(|| {
            Arc::new(Names {
                plugin: Arc::clone(plugin),
                known: Mutex::default(),
            }) as Arc<dyn MapModel>
        }),
    })
}

/// `ModelPricing` of the SDK: dollars for a million tokens. A price that is none is left out.
fn prices(declared: &Map<String, Value>) -> BTreeMap<String, Price> {
    let price = |value: &Value| {
        let mut cost = json!({"input": value["input"], "output": value["output"],
            "cacheRead": value["cacheRead"], "cacheWrite": value["cacheWrite"]});
        if !value["longContextInput"].is_null() || !value["longContextOutput"].is_null() {
            cost["context_over_200k"] = json!({"input": value["longContextInput"], "output": value["longContextOutput"],
                "cacheRead": value["longContextCacheRead"], "cacheWrite": value["longContextCacheWrite"]});
        }
        serde_json::from_value::<Cost>(cost).ok()?.price().ok()
    };
    let priced = declared
        .iter()
        .filter_map(|(model, value)| Some((model.clone(), price(value)?)));
    priced.collect()
}

/// Names of models, each asked for once.
#[derive(Debug)]
struct Names {
    plugin: Arc<Plugin>,
    known: Mutex<BTreeMap<String, Option<String>>>,
}

impl MapModel for Names {
    fn map(&self, model_id: &str) -> Option<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known.get(model_id) {
            return name.clone();
        }
        if known.len() >= MOST {
            return None;
        }
        let called = self
            .plugin
            .ask_within("pricing.mapModelId", json!({"modelId": model_id}), WAIT);
        let name = called.ok().and_then(|called| called.value.as_str().map(str::to_owned));
        known.insert(model_id.to_owned(), name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::price::rate_of_dollars;

    #[test]
    fn declared_prices_have_a_tier_for_long_contexts_and_odd_ones_are_left_out() {
        let declared = json!({
            "flat": {"input": 1, "output": 2},
            "long": {"input": 1, "output": 2, "cacheRead": 0.1, "longContextInput": 2, "longContextOutput": 4},
            "none": {"output": 2}, "less": {"input": -1, "output": 2}, "text": "cheap",
        });
        let prices = prices(declared.as_object().expect("an object"));
        assert_eq!(prices.keys().collect::<Vec<_>>(), ["flat", "long"]);
        assert!(prices["flat"].tiers().is_empty());
        let tier = &prices["long"].tiers()[0];
        assert_eq!((tier.above, Some(tier.rates.input)), (200_000, rate_of_dollars(2.0)));
    }
}
