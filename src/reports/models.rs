//! Models: each provider and model of the ledger with its names, prices and who pays.

use crate::core::money::Billing;
use crate::core::price::{Gaps, ModelPrices};
use crate::core::rows::Text;
use crate::core::vendor::vendor_of;
use crate::ledger::Ledger;
pub(crate) use crate::prices::model_name;
use crate::prices::{PriceBook, billing_of};
use crate::system::config::Config;
use rustc_hash::FxHashMap;
use std::cell::{Cell, OnceCell, RefCell};

/// A model as one provider bills it.
pub struct Model {
    pub provider: Option<Text>,
    pub vendor: Option<Text>,
    pub model: Option<Text>,
    /// For people: the same for every spelling of the model.
    pub display: Option<Text>,
    /// `provider/model`.
    pub name: Text,
    pub prices: ModelPrices,
    /// Tokens that were met without a price so far: those of standard requests, and of other modes.
    pub unpriced: Cell<(u64, u64)>,
    /// What was met so far that the listed price does not cover.
    pub gaps: Cell<Gaps>,
    /// Whether a turn was met that only its agent has a price for.
    pub is_priced_by_agent: Cell<bool>,
    /// The first agent (by row) that was asked about, mostly the only one, and who pays there.
    billing: OnceCell<(u32, Billing)>,
}

impl Model {
    pub fn unpriced_tokens(&self) -> u64 {
        let (standard, other) = self.unpriced.get();
        standard.saturating_add(other)
    }
}

/// All models of a ledger, looked up when first met.
pub struct Models<'a> {
    ledger: &'a Ledger,
    book: &'a PriceBook,
    config: &'a Config,
    known: Vec<OnceCell<Model>>,
    unknown: Model,
    billings: RefCell<FxHashMap<(u32, u32), Billing>>,
}

impl<'a> Models<'a> {
    pub fn new(ledger: &'a Ledger, book: &'a PriceBook, config: &'a Config) -> Self {
        let known = (0..ledger.names().len()).map(|_| OnceCell::new()).collect();
        let unknown = Model {
            provider: None,
            vendor: None,
            model: None,
            display: None,
            name: "".into(),
            prices: ModelPrices::missing(),
            unpriced: Cell::default(),
            gaps: Cell::default(),
            is_priced_by_agent: Cell::default(),
            billing: OnceCell::new(),
        };
        Self {
            ledger,
            book,
            config,
            known,
            unknown,
            billings: RefCell::default(),
        }
    }

    /// The model of a row; unnamed for a row that does not exist.
    pub fn of(&self, row: u32) -> &Model {
        let Some(cell) = self.known.get(row as usize) else {
            return &self.unknown;
        };
        cell.get_or_init(|| {
            let (provider, model) = self.ledger.names().model(row);
            let text = |text: &str| (!text.is_empty()).then(|| Text::from(text));
            Model {
                provider: text(provider),
                vendor: vendor_of(model).map(Text::from),
                model: text(model),
                display: text(&model_name(provider, model)),
                name: format!("{provider}/{model}").into(),
                prices: self.book.of(provider, model),
                unpriced: Cell::default(),
                gaps: Cell::default(),
                is_priced_by_agent: Cell::default(),
                billing: OnceCell::new(),
            }
        })
    }

    /// Models that turns were met of for which there is no price, most tokens first.
    pub fn unpriced(&self) -> Vec<&Model> {
        let met = self.known.iter().filter_map(OnceCell::get);
        let mut unpriced: Vec<&Model> = met.filter(|model| model.unpriced_tokens() > 0).collect();
        unpriced.sort_by_key(|model| (std::cmp::Reverse(model.unpriced_tokens()), model.name.clone()));
        unpriced
    }

    /// Models that turns were met of which their price does not cover completely, by name.
    pub fn with_gaps(&self) -> Vec<&Model> {
        let met = self.known.iter().filter_map(OnceCell::get);
        let mut found: Vec<&Model> = met.filter(|model| model.gaps.get() != Gaps::default()).collect();
        found.sort_by_key(|model| model.name.clone());
        found
    }

    /// The name of the price list, where a model was met that is newer than it and that its agent has a price for.
    pub fn outdated_list(&self) -> Option<&str> {
        let mut met = self.known.iter().filter_map(OnceCell::get);
        let is_newer = met.any(|model| {
            let provider = model.provider.as_deref();
            model.is_priced_by_agent.get() && provider.is_some_and(|provider| self.is_listed(provider))
        });
        is_newer.then(|| self.list_name())
    }

    /// The name of the price list.
    pub fn list_name(&self) -> &str {
        self.book.name()
    }

    /// Whether a price list knows who bills.
    pub fn is_listed(&self, provider_id: &str) -> bool {
        self.book.has_provider(provider_id)
    }

    /// Who pays for a model used by an agent (both by row).
    pub fn billing(&self, agent: u32, row: u32) -> Billing {
        let ask = || {
            let names = self.ledger.names();
            billing_of(self.config, names.agent(agent).unwrap_or(""), names.model(row).0)
        };
        let (first, billing) = *self.of(row).billing.get_or_init(|| (agent, ask()));
        if first == agent {
            return billing;
        }
        *self.billings.borrow_mut().entry((agent, row)).or_insert_with(ask)
    }
}
