//! What lacks a price or an exchange rate, and what mends it: lines below a table.

use super::Usage;
use super::models::Model;
use crate::core::price::DatedPrice;
use crate::render::number;

/// So many models are named; the rest is counted.
const MOST_NAMED: usize = 3;

impl Usage<'_> {
    /// What the turns that were priced so far lack: prices and exchange rates.
    pub fn unpriced_notes(&self) -> Vec<String> {
        let mut notes = self.missing_prices();
        if let Some(exchange) = self.exchange.as_ref().filter(|_| self.has_newer.get()) {
            let (code, month) = (exchange.currency.code, exchange.last_month());
            notes.push(format!(
                "{code} rates are known up to {month}; later turns have the rate of {month}"
            ));
        }
        notes
    }

    /// Which models lack a price, how many tokens, and the command that mends it.
    fn missing_prices(&self) -> Vec<String> {
        let unpriced = self.models().unpriced();
        let Some(first) = unpriced.first() else {
            return Vec::new();
        };
        let tokens: u64 = unpriced.iter().map(|model| model.unpriced_tokens()).sum();
        let mut names: Vec<String> = unpriced.iter().take(MOST_NAMED).map(|model| name(model)).collect();
        if unpriced.len() > MOST_NAMED {
            names.push(format!("{} more", unpriced.len() - MOST_NAMED));
        }
        vec![
            format!(
                "{} tokens have no price: {}",
                number::tokens(Some(tokens)),
                names.join(", ")
            ),
            self.remedy(first),
        ]
    }

    fn remedy(&self, model: &Model) -> String {
        let provider = model.provider.as_deref().unwrap_or_default();
        let id = model.model.as_deref().unwrap_or_default();
        if self.models().is_listed(provider) && model.prices.entries().is_empty() {
            return "models newer than the price list: ttop prices update".to_owned();
        }
        match &model.vendor {
            Some(vendor) if !provider.is_empty() && model.prices.entries().is_empty() => {
                format!("the maker's prices: ttop config set providers.{provider}.pricesFrom {vendor}")
            }
            _ => format!(
                "your own price: ttop config set 'prices.overrides.{provider}/{id}' '{}'",
                own_price(model.prices.entries().last())
            ),
        }
    }
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
