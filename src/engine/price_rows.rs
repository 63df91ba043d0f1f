//! The price list as rows: current prices, the prices of a model over time, and what an update changed.

use super::Engine;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::filter::Globs;
use crate::core::problem::Problem;
use crate::core::rows::PriceRow;
use crate::core::vendor::vendor_of;
use crate::prices::{self, billing_of};
use crate::render::keys::nearest;
use anyhow::{Result, anyhow, bail};
use std::collections::BTreeSet;

impl Engine {
    /// Current prices of providers and models; empty lists match all.
    pub fn current_prices(&self, providers: &[String], models: &[String]) -> Vec<PriceRow> {
        let book = self.prices();
        let providers = Globs::new(providers);
        let models = Globs::new(models).or_words(book.all().map(|(_, model)| model));
        let wanted: BTreeSet<(&str, &str)> = book
            .all()
            .filter(|(provider, model)| providers.matches(Some(provider)) && models.matches(Some(model)))
            .collect();
        self.newest_prices(wanted.into_iter())
    }

    /// The prices of `model` or `provider/model` over time: those of its maker first, else by provider.
    ///
    /// # Errors
    /// When no price is listed.
    pub fn price_history(&self, model: &str) -> Result<Vec<PriceRow>> {
        let rows = match model.split_once('/') {
            Some((provider, name)) => self.prices_at(provider, name, model)?,
            None => self.prices_of(model),
        };
        if !rows.is_empty() {
            return Ok(rows);
        }
        let name = model.rsplit('/').next().unwrap_or(model);
        let listed: BTreeSet<&str> = self.prices().all().map(|(_, listed)| listed).collect();
        let message = format!("no price is listed for {model}");
        Err(match nearest(name, listed.iter().copied()) {
            Some(near) => CannotAnswer::new(message, format!("did you mean '{near}'?")).into(),
            None => anyhow!(message),
        })
    }

    /// Fetches the newest price list and exchange rates. Returns the prices that changed.
    ///
    /// # Errors
    /// When the list cannot be fetched.
    pub fn update_prices(&self) -> Result<Vec<PriceRow>> {
        let update = prices::update(&self.system)?;
        if let Err(error) = prices::refresh_rates(&self.system, &self.config) {
            self.note_problem(Problem::new("exchange rates", format_args!("{error:#}")));
        }
        if update.skipped > 0 {
            let reason = format!("skipped {} models without a usable price", update.skipped);
            self.note_problem(Problem::new("price list", reason));
        }
        let changed = update.changed.iter();
        Ok(self.newest_prices(changed.map(|(provider, model)| (provider.as_str(), model.as_str()))))
    }

    fn newest_prices<'m>(&self, models: impl Iterator<Item = (&'m str, &'m str)>) -> Vec<PriceRow> {
        models
            .filter_map(|(provider, model)| self.prices_over_time(provider, model).pop())
            .collect()
    }

    fn prices_over_time(&self, provider: &str, model: &str) -> Vec<PriceRow> {
        let billing = billing_of(&self.config, "", provider);
        PriceRow::history(provider, model, &self.prices().of(provider, model), billing)
    }

    /// `provider/model`, by the rule that prices turns; some model ids have a `/` themselves.
    fn prices_at(&self, provider: &str, name: &str, model: &str) -> Result<Vec<PriceRow>> {
        let mut rows = self.prices_over_time(provider, name);
        if rows.is_empty() {
            rows = self.prices_of(model);
        }
        let is_provider = self.prices().has_provider(provider);
        match vendor_of(name) {
            Some(vendor) if rows.is_empty() && !is_provider && !self.prices_over_time(vendor, name).is_empty() => {
                bail!(
                    "no list prices {name} at {provider}; to use the prices of {vendor}: \
                     ttop config set providers.{provider}.pricesFrom {vendor}"
                )
            }
            _ => Ok(rows),
        }
    }

    /// The maker's own price first, then everybody who lists exactly this id.
    fn prices_of(&self, model: &str) -> Vec<PriceRow> {
        let vendor = vendor_of(model).filter(|_| !model.contains('/'));
        let mut rows = vendor.map_or_else(Vec::new, |vendor| self.prices_over_time(vendor, model));
        let listed = self.prices().all().filter(|(_, listed)| *listed == model);
        let sellers: BTreeSet<&str> = listed.map(|(seller, _)| seller).collect();
        let others = sellers.into_iter().filter(|seller| Some(*seller) != vendor);
        rows.extend(others.flat_map(|seller| self.prices_over_time(seller, model)));
        rows
    }
}
