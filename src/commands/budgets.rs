//! `ttop budgets`: spend against each budget, and its projection.

use super::context::Context;
use crate::args::values::{amount, count};
use crate::args::{Filters, RowArgs};
use crate::core::bad_request::BadRequest;
use crate::core::budget::{Amount, Budget, Every, Level};
use crate::core::filter::TurnFilter;
use crate::core::money::Money;
use crate::core::problem::Problem;
use crate::core::rows::BudgetRow;
use crate::engine::Engine;
use crate::engine::empty_answer::empty_or;
use crate::engine::filters::check;
use crate::exit::Exit;
use crate::render::{Grep, Layout, Row, footer};
use crate::reports::budgets::{Spent, plan_note};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

/// Show spend against each budget
///
/// Budgets are configured as `budgets.*`. --usd or --tokens adds one for this run; --agent, --provider, --model and
/// --project narrow it.
#[derive(Args, Debug, Default)]
pub struct BudgetsArgs {
    /// Add a budget of this many US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub usd: Option<f64>,
    /// Add a budget of this many tokens
    #[arg(long, value_name = "COUNT", value_parser = count, conflicts_with = "usd")]
    pub tokens: Option<f64>,
    /// Set the period of the added budget
    #[arg(long, value_name = "PERIOD", default_value = "day")]
    pub every: PeriodWanted,
    /// Only list exceeded budgets; exit 3 if any
    #[arg(long)]
    pub check: bool,
    /// Also count turns that a subscription covers
    #[arg(long)]
    pub include_plan: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

/// `--every`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PeriodWanted {
    #[default]
    Day,
    Week,
    Month,
}

impl BudgetsArgs {
    /// # Errors
    /// When the ledger cannot be used, or the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<BudgetRow>(false)?;
        let filters = self.filters.text();
        check::<BudgetRow>(&filters)?;
        if self.check {
            let keys = ["budgets", "billing", "prices.overrides", "providers", "projects"];
            context.engine.config.require("budgets --check", &keys)?;
        }
        let mut budgets = context.engine.budgets()?;
        let configured = budgets.clone();
        let added = self.added(&context.engine)?;
        let is_added = added.is_some();
        budgets.extend(added);
        if self.include_plan {
            budgets.iter_mut().for_each(|budget| budget.includes_plan = true);
        }
        context.report(&TurnFilter::default(), |engine, out| {
            engine.require_history()?;
            out.report_unknown(&engine.unknown_names::<BudgetRow>(&filters, &[])?, self.check)?;
            for budget in &configured {
                let Some(name) = engine.unknown_in_scope(budget)? else {
                    continue;
                };
                let problem = Problem::new(format_args!("budget {}", budget.id), name.message());
                if self.check {
                    bail!("{problem}, so the check could never fail; {}", name.hint());
                }
                out.warn(&problem);
            }
            let (spent, unpriced) = engine.spent_with_notes(&budgets)?;
            let unpriced_budgets = spent.iter().filter_map(Spent::unpriced);
            unpriced_budgets.for_each(|problem| out.warn(&problem));
            let notes = plan_note(&spent);
            let mut rows: Vec<BudgetRow> = spent.into_iter().map(|one| one.row).collect();
            let nothing = match self.check && !rows.is_empty() {
                true => "no budget is exceeded",
                false => BudgetRow::EMPTY,
            };
            if self.check {
                rows.retain(|row| row.level == Some(Level::Exceeded));
            }
            let had_rows = !rows.is_empty();
            // With a budget of this run, these filters define its turns.
            if !is_added {
                rows = engine.choose(&filters, rows)?;
            }
            let has_failed = self.check && !rows.is_empty();
            notes.iter().for_each(|note| out.note(note));
            let layout = Layout {
                grep: Grep::new(&filters.grep),
                empty: empty_or(nothing, had_rows, &filters),
                footer: footer(if rows.is_empty() { Vec::new() } else { unpriced }),
                ..Layout::default()
            };
            let exit = out.print(&request, layout, rows.into_iter().map(Ok))?;
            Ok(exit.checked(has_failed))
        })
    }

    /// The budget of this run.
    fn added(&self, engine: &Engine) -> Result<Option<Budget>> {
        let limit = match (self.usd, self.tokens) {
            (Some(dollars), _) => Amount::Usd(Money::from_dollars(dollars)),
            (None, Some(count)) => Amount::Tokens(count as i64),
            (None, None) => return Ok(None),
        };
        let scope = self.filters.text();
        if scope.has_time() {
            return Err(BadRequest::new("budgets do not take a time range: use --every day, week or month").into());
        }
        let every = match self.every {
            PeriodWanted::Day => Every::Day,
            PeriodWanted::Week => Every::Week,
            PeriodWanted::Month => Every::Month,
        };
        engine.budget_of("this-run", every, limit, &scope).map(Some)
    }
}
