//! What lacks a price or an exchange rate, and what mends it: lines below a table.

use super::Usage;
use super::models::Model;
use crate::core::price::{CostFrom, DatedPrice, Gaps};
use crate::prices::newer_than;
use crate::render::number;

/// So many models are named; the rest is counted.
const MOST_NAMED: usize = 3;

impl Usage<'_> {
    /// What the turns that were priced so far lack: prices and exchange rates.
    pub fn unpriced_notes(&self) -> Vec<String> {
        let mut notes = self.missing_prices();
        notes.extend(self.gaps());
        if let Some(exchange) = self.exchange.as_ref().filter(|_| self.has_newer.get()) {
            let (code, last) = (exchange.currency.code, exchange.last());
            notes.push(format!(
                "{code} rates are known up to {last}; later turns have the rate of {last}: ttop prices update"
            ));
        }
        notes
    }

    /// Which models lack a price, how many tokens, and the command that mends it.
    fn missing_prices(&self) -> Vec<String> {
        let unpriced = self.models().unpriced();
        if unpriced.is_empty() {
            return Vec::new();
        }
        let tokens: u64 = unpriced.iter().map(|model| model.unpriced_tokens()).sum();
        let (tokens, names) = (number::tokens(Some(tokens)), listed(&unpriced, name));
        if self.cost_from == CostFrom::Agent {
            return vec![
                format!("agents recorded no cost of {tokens} tokens: {names}"),
                "costs by the price list: leave out --cost-from agent".to_owned(),
            ];
        }
        let mut notes = vec![format!("{tokens} tokens have no price: {names}")];
        for remedy in unpriced.iter().take(MOST_NAMED).filter_map(|model| self.remedy(model)) {
            if !notes.contains(&remedy) {
                notes.push(remedy);
            }
        }
        notes
    }

    /// What makes a cost a lower bound beside that: items, regions and missing counts, and whose they are.
    fn gaps(&self) -> Vec<String> {
        /// How many of a gap a model has, and the words for one and for several.
        type Gap = (fn(&Gaps) -> u64, &'static str, &'static str);
        const GAPS: [Gap; 5] = [
            (
                |gaps| gaps.searches,
                "web search has no known price",
                "web searches have no known price",
            ),
            (
                |gaps| gaps.items,
                "billed item has no known price",
                "billed items have no known price",
            ),
            (
                |gaps| gaps.regions,
                "turn ran in a region whose price is not known",
                "turns ran in regions whose price is not known",
            ),
            (
                |gaps| gaps.counts,
                "turn lacks a token count that its agent did not record",
                "turns lack a token count that their agents did not record",
            ),
            (
                |gaps| gaps.unreported,
                "turn has no token counts: its provider reported none",
                "turns have no token counts: their providers reported none",
            ),
        ];
        let models = self.models().with_gaps();
        let mut notes = Vec::new();
        for (count, one, several) in GAPS {
            let of: Vec<&Model> = models
                .iter()
                .copied()
                .filter(|model| count(&model.gaps.get()) > 0)
                .collect();
            let sum: u64 = of.iter().map(|model| count(&model.gaps.get())).sum();
            if sum > 0 {
                let what = if sum == 1 { one } else { several };
                notes.push(format!("{sum} {what}: {}", listed(&of, billed_name)));
            }
        }
        let unlisted = models.iter().find(|model| model.gaps.get().searches > 0);
        notes.extend(unlisted.and_then(|model| {
            let (provider, vendor) = (model.provider.as_deref()?, model.vendor.as_deref()?);
            let is_gateway = !self.models().is_listed(provider);
            is_gateway.then(|| prices_from(provider, vendor))
        }));
        notes
    }

    /// The command that gives a model a price; none for one without a name.
    fn remedy(&self, model: &Model) -> Option<String> {
        let (provider, id) = (model.provider.as_deref()?, model.model.as_deref()?);
        let is_listed = !model.prices.entries().is_empty();
        Some(match &model.vendor {
            _ if self.models().is_listed(provider) && !is_listed => newer_than(self.models().list_name()),
            Some(vendor) if !is_listed => prices_from(provider, vendor),
            _ => format!(
                "your own price: ttop config set 'prices.overrides.{provider}/{id}' '{}'",
                own_price(model.prices.entries().last())
            ),
        })
    }
}

fn prices_from(provider: &str, vendor: &str) -> String {
    format!("the maker's prices: ttop config set providers.{provider}.pricesFrom {vendor}")
}

/// The first models, and how many there are besides.
fn listed(models: &[&Model], name: fn(&Model) -> String) -> String {
    let mut names: Vec<String> = models.iter().take(MOST_NAMED).map(|model| name(model)).collect();
    if models.len() > MOST_NAMED {
        names.push(format!("{} more", models.len() - MOST_NAMED));
    }
    names.join(", ")
}

/// The value to begin with: where only the price of fast mode is missing, the rest is as listed.
fn own_price(listed: Option<&DatedPrice>) -> String {
    let Some(listed) = listed else {
        return r#"{"input": 1, "output": 2}"#.to_owned();
    };
    let rates = listed.standard.base();
    let known = [
        ("input", Some(rates.input)),
        ("output", Some(rates.output)),
        ("reasoning", rates.reasoning),
        ("cacheRead", rates.cache_read),
        ("cacheWrite", rates.cache_write),
    ];
    let keys = known
        .into_iter()
        .filter_map(|(key, rate)| Some(format!(r#""{key}": {}"#, rate? as f64 / 1e9)));
    let keys: Vec<String> = keys.collect();
    format!(r#"{{{}, "fast": {{"input": 1, "output": 2}}}}"#, keys.join(", "))
}

/// `gpt-5.5 (mock)`
fn billed_name(model: &Model) -> String {
    let id = model.model.as_deref().unwrap_or("(unknown)");
    match &model.provider {
        Some(provider) => format!("{id} ({provider})"),
        None => id.to_owned(),
    }
}

/// `gpt-5.5 (mock)`, `claude-opus-4-8 (this service mode, anthropic)`.
fn name(model: &Model) -> String {
    let id = model.model.as_deref().unwrap_or("(unknown)");
    let mut about = Vec::new();
    if !model.prices.entries().is_empty() && model.unpriced.get().0 == 0 {
        about.push("this service mode");
    }
    about.extend(model.provider.as_deref());
    match about.is_empty() {
        true => id.to_owned(),
        false => format!("{id} ({})", about.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::price::Price;

    #[test]
    fn a_missing_mode_is_added_to_the_listed_price() {
        let listed = DatedPrice {
            since: None,
            standard: Price::flat(2.5, 15.0),
            modes: Vec::new(),
            source: String::new(),
            reason: None,
        };
        for (listed, keys) in [(None, 2), (Some(&listed), 3)] {
            let value: serde_json::Value = serde_json::from_str(&own_price(listed)).expect("a value");
            assert_eq!(value.as_object().map(serde_json::Map::len), Some(keys), "{value}");
        }
    }
}
