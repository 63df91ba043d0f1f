//! `ttop prices`: what models cost, where the price is from, and the price list itself.

use super::context::{Context, footer, no_match};
use crate::args::{RowArgs, complete};
use crate::core::cannot_answer::CannotAnswer;
use crate::core::filter::Globs;
use crate::core::filter_text::FilterText;
use crate::core::problem::Problem;
use crate::core::rows::PriceRow;
use crate::core::shell;
use crate::core::time::Time;
use crate::core::vendor::vendor_of;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::prices::{self, PriceBook, billing_of};
use crate::render::keys::nearest;
use crate::render::{Grep, Layout, number};
use anyhow::{Result, anyhow, bail};
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
        open(context);
        let book = context.engine.prices();
        let providers = Globs::new(&self.provider);
        let models = Globs::new(&self.model).or_words(book.all().map(|(_, model)| model));
        let wanted: BTreeSet<(&str, &str)> = book
            .all()
            .filter(|(provider, model)| providers.matches(Some(provider)) && models.matches(Some(model)))
            .collect();
        let now = wanted
            .into_iter()
            .filter_map(|(provider, model)| history(&context.engine, book, provider, model).pop());
        let rows: Vec<PriceRow> = now.collect();
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
    open(context);
    let (engine, book) = (&context.engine, context.engine.prices());
    let rows = match model.split_once('/') {
        Some((provider, name)) => of_provider(engine, book, provider, name, model)?,
        None => of_model(engine, book, model),
    };
    if rows.is_empty() {
        let name = model.rsplit('/').next().unwrap_or(model);
        let listed: BTreeSet<&str> = book.all().map(|(_, listed)| listed).collect();
        let message = format!("no price is listed for {model}");
        return Err(match nearest(name, listed.iter().copied()) {
            Some(near) => CannotAnswer::new(message, format!("did you mean '{near}'?")).into(),
            None => anyhow!(message),
        });
    }
    let mut notes = steps(&rows);
    let mut rows = rows;
    if request.is_screen() && !model.contains('/') {
        notes.extend(only_first(&mut rows, model));
    }
    let layout = Layout {
        footer: footer(notes),
        ..Layout::default()
    };
    context.out.print(&request, layout, rows.into_iter().map(Ok))
}

/// Leaves the prices of the maker, and names the command that lists everybody else's.
fn only_first(rows: &mut Vec<PriceRow>, model: &str) -> Option<String> {
    let maker = vendor_of(model)?;
    let sellers: BTreeSet<String> = rows.iter().map(|row| row.provider_id.to_string()).collect();
    if rows.first().is_none_or(|row| *row.provider_id != *maker) || sellers.len() < 2 {
        return None;
    }
    rows.retain(|row| *row.provider_id == *maker);
    let others = number::counted(sellers.len() as u64 - 1, "other provider");
    let verb = if sellers.len() == 2 { "lists" } else { "list" };
    Some(format!(
        "{others} {verb} this model: ttop prices --model {}",
        shell::quoted(model)
    ))
}

/// Why the price of the first seller changed each time.
fn steps(rows: &[PriceRow]) -> Vec<String> {
    let seller = rows.first().map(|row| &row.provider_id);
    let history = rows.iter().take_while(|row| Some(&row.provider_id) == seller);
    history
        .filter_map(|row| {
            let reason = row.reason.as_deref()?;
            let since = row.start.map(|start| Time(start).to_string());
            let day = since.as_deref().and_then(|since| since.split('T').next());
            Some(format!("{}: {reason}", day.unwrap_or("before")))
        })
        .collect()
}

/// `provider/model`, by the rule that prices turns; some model ids have a `/` themselves.
fn of_provider(engine: &Engine, book: &PriceBook, provider: &str, name: &str, model: &str) -> Result<Vec<PriceRow>> {
    let mut rows = history(engine, book, provider, name);
    if rows.is_empty() {
        rows = of_model(engine, book, model);
    }
    let is_provider = book.has_provider(provider);
    match vendor_of(name) {
        Some(vendor) if rows.is_empty() && !is_provider && !history(engine, book, vendor, name).is_empty() => {
            bail!(
                "no list prices {name} at {provider}; to use the prices of {vendor}: \
                 ttop config set providers.{provider}.pricesFrom {vendor}"
            )
        }
        _ => Ok(rows),
    }
}

/// The maker's own price first, then everybody who lists exactly this id.
fn of_model(engine: &Engine, book: &PriceBook, model: &str) -> Vec<PriceRow> {
    let vendor = vendor_of(model).filter(|_| !model.contains('/'));
    let mut rows: Vec<PriceRow> = vendor.map_or_else(Vec::new, |vendor| history(engine, book, vendor, model));
    let listed = book.all().filter(|(_, listed)| *listed == model);
    let sellers: BTreeSet<&str> = listed.map(|(seller, _)| seller).collect();
    let others = sellers.into_iter().filter(|seller| Some(*seller) != vendor);
    rows.extend(others.flat_map(|seller| history(engine, book, seller, model)));
    rows
}

fn update(context: &mut Context, args: &RowArgs) -> Result<Exit> {
    let request = context.request(args)?;
    request.check::<PriceRow>(false)?;
    let update = prices::update(&context.engine.system)?;
    if let Err(error) = prices::refresh_rates(&context.engine.system, &context.engine.config) {
        context
            .out
            .warn(&Problem::new("exchange rates", format_args!("{error:#}")));
    }
    if update.skipped > 0 {
        let reason = format!("skipped {} models without a usable price", update.skipped);
        context.out.warn(&Problem::new("price list", reason));
    }
    open(context);
    let book = context.engine.prices();
    let changed = update.changed.iter();
    let rows = changed.filter_map(|(provider, model)| history(&context.engine, book, provider, model).pop());
    let rows: Vec<PriceRow> = rows.collect();
    context.out.print(&request, Layout::default(), rows.into_iter().map(Ok))
}

/// Opens the price list and reports its problems.
fn open(context: &mut Context) {
    context.engine.prices();
    context.warn_all();
}

fn history(engine: &Engine, book: &PriceBook, provider: &str, model: &str) -> Vec<PriceRow> {
    let billing = billing_of(&engine.config, "", provider);
    PriceRow::history(provider, model, &book.of(provider, model), billing)
}
