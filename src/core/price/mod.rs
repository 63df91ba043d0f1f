//! What tokens cost: the price of a model over time, the cost of a turn, and the rule for sums.

mod cost;
mod gaps;
#[cfg(test)]
mod lower_bound;
mod rates;
mod sum;

pub use cost::{CostFrom, TurnCost, cost_of};
pub use gaps::Gaps;
pub use rates::{ListedRates, MAX_RATE, Price, Rate, Rates, Tier, rate_of_dollars};
pub use sum::CostSum;

use super::turn::Mode;

/// The prices of one model as one provider bills it, oldest first.
#[derive(Clone, Debug, Default)]
pub struct ModelPrices {
    entries: Vec<DatedPrice>,
    found: Found,
    is_plan: bool,
    surcharges: Surcharges,
}

/// A factor of 1: factors are thousandths.
const PERMILLE: u32 = 1_000;

/// Charges of a provider besides a model's tokens; `None` if unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surcharges {
    /// Nano-dollars for one web search.
    pub web_search: Option<u64>,
    /// Price of a request bound to the United States, in thousandths of the list price.
    pub us: Option<u32>,
}

/// The price of a model since a point in time.
#[derive(Clone, Debug)]
pub struct DatedPrice {
    /// In force from then on, epoch milliseconds; `None` = as far back as known.
    pub since: Option<i64>,
    pub standard: Price,
    /// Prices of other service modes.
    pub modes: Vec<(Mode, Price)>,
    /// Name of the source: `models.dev 2026-09-28`, `config`.
    pub source: String,
    /// Why the price changed, where that is known.
    pub reason: Option<String>,
}

/// How the price was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// The list has this provider and model.
    Exact,
    /// The list has it under this `provider/model`.
    Alias(String),
    /// The user's own price.
    Override,
    #[default]
    Missing,
}

impl ModelPrices {
    /// `entries` in any order; `is_plan`: a subscription covers models that this provider lists as 0.
    pub fn new(mut entries: Vec<DatedPrice>, found: Found, is_plan: bool) -> Self {
        entries.sort_by_key(|entry| entry.since);
        Self {
            entries,
            found,
            is_plan,
            surcharges: Surcharges::default(),
        }
    }

    #[must_use]
    pub fn with_surcharges(self, surcharges: Surcharges) -> Self {
        Self { surcharges, ..self }
    }

    /// At so many thousandths of every rate.
    #[must_use]
    pub fn times(mut self, permille: u32) -> Self {
        for entry in &mut self.entries {
            entry.standard = entry.standard.times(permille);
            for (_, price) in &mut entry.modes {
                *price = price.times(permille);
            }
        }
        self
    }

    /// What the model costs in a service mode, as far as that is listed.
    pub fn in_mode(mut self, mode: Mode) -> Option<Self> {
        self.entries.retain_mut(|entry| {
            let listed = std::mem::take(&mut entry.modes)
                .into_iter()
                .find(|(other, _)| *other == mode);
            let is_listed = listed.is_some();
            if let Some((_, price)) = listed {
                entry.standard = price;
            }
            is_listed
        });
        (!self.entries.is_empty()).then_some(self)
    }

    /// The same, found in another way.
    #[must_use]
    pub fn found_as(self, found: Found) -> Self {
        Self { found, ..self }
    }

    pub fn surcharges(&self) -> &Surcharges {
        &self.surcharges
    }

    /// With other prices before some moment.
    #[must_use]
    pub fn after(mut self, before: Vec<DatedPrice>, own: i64) -> Self {
        if let Some(first) = self.entries.first_mut() {
            first.since = Some(own);
            self.entries.splice(0..0, before);
        }
        self
    }

    /// No price is known.
    pub fn missing() -> Self {
        Self::default()
    }

    /// The price in force at that time (epoch milliseconds). Before the first entry, the first one applies, because
    /// nothing older is known. `None` if the mode has no price.
    pub fn at(&self, timestamp: i64, mode: Mode) -> Option<&Price> {
        let entry = match &self.entries[..] {
            [only] => only,
            entries => entries
                .iter()
                .rev()
                .find(|entry| entry.since.is_none_or(|since| since <= timestamp))
                .or(entries.first())?,
        };
        match mode {
            Mode::Standard => Some(&entry.standard),
            other => entry
                .modes
                .iter()
                .find(|(mode, _)| *mode == other)
                .map(|(_, price)| price),
        }
    }

    /// Oldest first.
    pub fn entries(&self) -> &[DatedPrice] {
        &self.entries
    }

    pub fn found(&self) -> &Found {
        &self.found
    }

    /// Whether a subscription covers models listed as 0.
    pub fn is_plan(&self) -> bool {
        self.is_plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(since: Option<i64>, input: f64) -> DatedPrice {
        DatedPrice {
            since,
            standard: Price::flat(input, input),
            modes: vec![(Mode::Fast, Price::flat(input * 2.0, input * 2.0))],
            source: "test".into(),
            reason: None,
        }
    }

    #[test]
    fn a_price_holds_from_its_date_until_the_next() {
        let prices = ModelPrices::new(
            vec![entry(Some(200), 3.0), entry(None, 1.0), entry(Some(100), 2.0)],
            Found::Exact,
            false,
        );
        let input = |at, mode| prices.at(at, mode).map(|price| price.base().input);
        for (at, dollars) in [(0, 1), (99, 1), (100, 2), (199, 2), (200, 3), (i64::MAX, 3)] {
            assert_eq!(input(at, Mode::Standard), Some(dollars * 1_000_000_000), "{at}");
        }
        assert_eq!(input(150, Mode::Fast), Some(4_000_000_000));
        assert_eq!(input(150, Mode::Batch), None);
    }

    #[test]
    fn before_the_first_known_price_that_one_holds() {
        let prices = ModelPrices::new(vec![entry(Some(200), 3.0), entry(Some(100), 2.0)], Found::Exact, false);
        assert_eq!(prices.at(1, Mode::Standard), Some(&Price::flat(2.0, 2.0)));
        assert!(ModelPrices::missing().at(1, Mode::Standard).is_none());
    }
}
