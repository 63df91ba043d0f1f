//! Models: each provider and model of the ledger with its names, prices and who pays.

use crate::core::money::Billing;
use crate::core::price::ModelPrices;
use crate::core::rows::Text;
use crate::core::vendor::vendor_of;
use crate::ledger::Ledger;
use crate::prices::{PriceBook, billing_of};
use crate::system::config::Config;
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};

/// A model as one provider bills it.
pub struct Model {
    pub provider: Option<Text>,
    pub vendor: Option<Text>,
    pub model: Option<Text>,
    /// `provider/model`.
    pub name: Text,
    pub prices: ModelPrices,
    /// The first agent (by row) that was asked about, mostly the only one, and who pays there.
    billing: OnceCell<(u32, Billing)>,
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
            name: "".into(),
            prices: ModelPrices::missing(),
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
                name: format!("{provider}/{model}").into(),
                prices: self.book.of(provider, model),
                billing: OnceCell::new(),
            }
        })
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
