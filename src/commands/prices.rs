//! `ttop prices`: what models cost, where the price is from, and the price list itself.

use super::context::Context;
use crate::args::{RowArgs, complete};
use crate::core::filter_text::FilterText;
use crate::core::rows::PriceRow;
use crate::engine::empty_answer::no_match;
use crate::exit::Exit;
use crate::prices::PriceBook;
use crate::render::{Grep, Layout, columns, footer};
use anyhow::Result;
use clap::{Args, Subcommand};
use std::collections::BTreeSet;

/// Show the price list
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "ACTION",
    subcommand_help_heading = "Actions"
)]
pub struct PricesArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only include these providers
    #[arg(long, value_name = "GLOB", add = complete::words(providers))]
    provider: Vec<String>,
    /// Only include these models
    #[arg(long, value_name = "GLOB", add = complete::words(models))]
    model: Vec<String>,
    /// Only include rows that contain this text, ignoring case
    #[arg(long, value_name = "TEXT")]
    grep: Vec<String>,
    #[command(flatten)]
    rows: RowArgs,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Fetch the newest price list and show the changes; past turns keep their prices
    ///
    /// With `display.currency`, also fetches the exchange rates of the days since the built-in ones.
    Update {
        #[command(flatten)]
        rows: RowArgs,
    },
    /// Show the prices of a model over time, and the name it is listed under
    Show {
        /// Model, as `model` or `provider/model`
        #[arg(add = complete::words(models))]
        model: String,
        #[command(flatten)]
        rows: RowArgs,
    },
}

/// Every model in the built-in list, for completions.
fn models() -> Vec<String> {
    let book = PriceBook::built_in();
    let models: BTreeSet<&str> = book.all().map(|(_, model)| model).collect();
    models.into_iter().map(str::to_owned).collect()
}

/// Every provider in the built-in list.
fn providers() -> Vec<String> {
    let book = PriceBook::built_in();
    let providers: BTreeSet<&str> = book.all().map(|(provider, _)| provider).collect();
    providers.into_iter().map(str::to_owned).collect()
}

impl PricesArgs {
    /// # Errors
    /// When stdout cannot be written, the list cannot be fetched, or the model has no price.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match &self.action {
            None => self.list(context),
            Some(Action::Show { model, rows }) => show(context, model, rows),
            Some(Action::Update { rows }) => update(context, rows),
        }
    }

    /// All current prices.
    fn list(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        let rows = context.engine.current_prices(&self.provider, &self.model);
        context.warn_all();
        let filters = FilterText {
            provider: self.provider.clone(),
            model: self.model.clone(),
            grep: self.grep.clone(),
            ..FilterText::default()
        };
        let unknown = context.engine.unknown_names::<PriceRow>(&filters, &[])?;
        context.out.report_unknown(&unknown, false)?;
        let layout = Layout {
            grep: Grep::new(&self.grep),
            empty: no_match(&filters),
            ..Layout::default()
        };
        context.out.print(&request, layout, rows.into_iter().map(Ok))
    }
}

fn show(context: &mut Context, model: &str, args: &RowArgs) -> Result<Exit> {
    let request = context.request(args)?;
    let rows = context.engine.price_history(model);
    context.warn_all();
    let mut rows = rows?;
    let mut notes = columns::price::reasons(&rows);
    if request.is_screen() && !model.contains('/') {
        notes.extend(columns::price::keep_maker(&mut rows, model));
    }
    let layout = Layout {
        footer: footer(notes),
        ..Layout::default()
    };
    context.out.print(&request, layout, rows.into_iter().map(Ok))
}

fn update(context: &mut Context, args: &RowArgs) -> Result<Exit> {
    let request = context.request(args)?;
    request.check::<PriceRow>(false)?;
    let rows = context.engine.update_prices();
    context.warn_all();
    context
        .out
        .print(&request, Layout::default(), rows?.into_iter().map(Ok))
}
