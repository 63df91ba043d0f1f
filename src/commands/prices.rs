//! `ttop prices`: what models cost, where the price is from, and the price list itself.

use super::context::Context;
use crate::args::RowArgs;
use crate::core::filter::Globs;
use crate::core::problem::Problem;
use crate::core::rows::PriceRow;
use crate::core::vendor::vendor_of;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::prices::{self, PriceBook, billing_of};
use crate::render::{Grep, Layout};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use std::collections::BTreeSet;

/// Show what models cost
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "ACTION",
    subcommand_help_heading = "Actions"
)]
pub struct PricesArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Of these providers
    #[arg(long, value_name = "GLOB")]
    provider: Vec<String>,
    /// Of these models
    #[arg(long, value_name = "GLOB")]
    model: Vec<String>,
    /// With this text in any text column
    #[arg(long, value_name = "TEXT")]
    grep: Vec<String>,
    #[command(flatten)]
    rows: RowArgs,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Fetch the newest price list and show what changed; the past keeps its prices
    Update {
        #[command(flatten)]
        rows: RowArgs,
    },
    /// Show every price a model has had, and under which name it was found
    Show {
        /// `model` or `provider/model`
        model: String,
        #[command(flatten)]
        rows: RowArgs,
    },
}

impl PricesArgs {
    /// # Errors
    /// When stdout cannot be written, the list cannot be fetched, or nobody has a price for the model.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match &self.action {
            None => self.list(context),
            Some(Action::Show { model, rows }) => show(context, model, rows),
            Some(Action::Update { rows }) => update(context, rows),
        }
    }

    /// What is in force now, everywhere.
    fn list(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        open(context);
        let book = context.engine.prices();
        let (providers, models) = (Globs::new(&self.provider), Globs::new(&self.model));
        let wanted: BTreeSet<(&str, &str)> = book
            .all()
            .filter(|(provider, model)| providers.matches(Some(provider)) && models.matches(Some(model)))
            .collect();
        let now = wanted
            .into_iter()
            .filter_map(|(provider, model)| history(&context.engine, book, provider, model).pop());
        let rows: Vec<PriceRow> = now.collect();
        let layout = Layout {
            grep: Grep::new(&self.grep),
            ..Layout::default()
        };
        context.out.print(&request, layout, rows.into_iter().map(Ok))
    }
}

fn show(context: &mut Context, model: &str, args: &RowArgs) -> Result<Exit> {
    open(context);
    let book = context.engine.prices();
    let mut rows = Vec::new();
    if let Some((provider, model)) = model.split_once('/') {
        rows.extend(history(&context.engine, book, provider, model));
    }
    if rows.is_empty() {
        // The maker's own price first, then everybody who lists exactly this id.
        let vendor = vendor_of(model);
        rows.extend(
            vendor
                .into_iter()
                .flat_map(|vendor| history(&context.engine, book, vendor, model)),
        );
        let sellers: BTreeSet<&str> = book
            .all()
            .filter(|(_, listed)| *listed == model)
            .map(|(seller, _)| seller)
            .collect();
        let others = sellers.into_iter().filter(|seller| Some(*seller) != vendor);
        rows.extend(others.flat_map(|seller| history(&context.engine, book, seller, model)));
    }
    if rows.is_empty() {
        bail!("nobody lists a price for {model}");
    }
    context.rows(args, rows)
}

fn update(context: &mut Context, args: &RowArgs) -> Result<Exit> {
    let update = prices::update(&context.engine.system)?;
    if update.skipped > 0 {
        let reason = format!("{} models without a usable price were skipped", update.skipped);
        context.out.warn(&Problem::new("price list", reason));
    }
    open(context);
    let book = context.engine.prices();
    let changed = update.changed.iter();
    let rows = changed.filter_map(|(provider, model)| history(&context.engine, book, provider, model).pop());
    let rows: Vec<PriceRow> = rows.collect();
    context.rows(args, rows)
}

/// Opens the price book, and says what is wrong with it.
fn open(context: &mut Context) {
    context.engine.prices();
    context.warn_all();
}

fn history(engine: &Engine, book: &PriceBook, provider: &str, model: &str) -> Vec<PriceRow> {
    let billing = billing_of(&engine.config, "", provider);
    PriceRow::history(provider, model, &book.of(provider, model), billing)
}
