//! `ttop cost`: tokens and money, grouped.

use super::context::{Context, with_ids};
use super::plot;
use crate::args::plot::PlotArgs;
use crate::args::values::amount;
use crate::args::{Filters, RowArgs};
use crate::core::bad_request::BadRequest;
use crate::core::money::Money;
use crate::core::rows::CostRow;
use crate::exit::Exit;
use crate::prices;
use crate::render::columns::cost::covered_note;
use crate::render::{Footer, Format, Grep, Layout, footer};
use crate::reports::by::{By, grouping};
use crate::reports::select::needs_sessions;
use crate::reports::{Sessions, ccusage, plots};
use anyhow::Result;
use clap::{Args, ValueEnum};

/// Report tokens and cost, grouped by time, agent or model
///
/// Covers this machine and what `ttop merge` brought here; `ttop serve` also covers `remotes`.
#[derive(Args, Debug, Default)]
pub struct CostArgs {
    /// Group by these dimensions
    #[arg(long, value_name = "DIM", value_delimiter = ',', ignore_case = true)]
    pub by: Vec<By>,
    /// Also group by model
    #[arg(long)]
    pub breakdown: bool,
    /// Only include this many of the latest periods
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub last: Option<u32>,
    /// Leave costs out of tables
    #[arg(long)]
    pub no_cost: bool,
    /// Exit 3 if the total, including plan-covered cost, exceeds this many US dollars
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub max: Option<f64>,
    /// Count subagents under the session that started them
    #[arg(long)]
    pub roots: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
    #[command(flatten)]
    pub plot: PlotArgs,
}

/// Whether a word of `--by` is a period; it takes only one.
pub(crate) fn is_period(word: &str) -> bool {
    By::from_str(word, false).is_ok_and(By::is_period)
}

impl CostArgs {
    /// The default of a bare `ttop`: today by model.
    #[must_use]
    pub fn or_today_by_model(mut self) -> Self {
        if self.last.is_some() {
            return self;
        }
        if !self.filters.text().has_time() {
            self.filters.since = Some("today".to_owned());
        }
        if self.by.is_empty() {
            self.by.push(By::Model);
        }
        self
    }

    /// # Errors
    /// When the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let mut by = if self.by.is_empty() {
            vec![By::Day]
        } else {
            self.by.clone()
        };
        if self.breakdown && !by.contains(&By::Model) {
            by.push(By::Model);
        }
        let by = &by[..];
        let mut grouping = grouping(by, self.roots, context.engine.projects())?;
        if self.last.is_some() && !by.iter().any(|by| by.is_period()) {
            return Err(BadRequest::new("--last counts periods, and --by names none")
                .with_hint("for example --by day,model --last 7")
                .into());
        }
        let period = by.iter().find(|by| by.is_period()).copied();
        if self.plot.plot.is_some() && period.is_none() {
            return Err(BadRequest::new("--plot draws periods, and --by names none")
                .with_hint("for example --by day --plot")
                .into());
        }
        grouping.last = self.last.map(|last| last as usize);
        let filters = self.filters.text();
        let filter = context.engine.filter(&filters)?;
        let grep = Grep::new(&filters.grep);
        let ccusage = ccusage::name_of(by);
        let mut request = context.request(&self.rows)?;
        if self.no_cost {
            request.hidden = &["cost", "costPerHour", "projectedCost"];
        }
        request.check::<CostRow>(ccusage.is_some())?;
        if self.max.is_some() {
            let keys = ["prices.overrides", "providers", "projects"];
            context.engine.config.require("cost --max", &keys)?;
        }
        let wants_ccusage = self.rows.format == Some(Format::Ccusage);
        context.report(&filter, |engine, out| {
            let usage = engine.usage()?;
            let sessions = (grouping.needs_sessions() || needs_sessions(&filter)).then(|| Sessions::load(usage.ledger));
            let sessions = sessions.transpose()?;
            out.report_unknown(&engine.unknown_names::<CostRow>(&filters, &[])?, self.max.is_some())?;
            let selected = usage.select(&filter, sessions.as_ref())?;
            let report = usage.cost_rows(
                &selected,
                sessions.as_ref(),
                &grouping,
                engine.system.zone()?,
                engine.system.now,
                wants_ccusage || request.is_screen(),
            )?;
            let is_over = self
                .max
                .is_some_and(|max| report.total.cost.unwrap_or_default() > Money::from_dollars(max));
            if let Some(target) = self.plot.plot.as_ref().filter(|_| !report.rows.is_empty()) {
                let unit = grouping.unit();
                let plot = plots::cost(&report.rows, unit, self.no_cost, engine.system.zone()?);
                let exit = plot::show(out, target, &plot, &request.screen)?;
                return Ok(exit.checked(is_over));
            }
            // A single row is its own total.
            let total = by.iter().any(|by| *by != By::Total).then(|| report.total.clone());
            let mut missing = engine.missing_history()?;
            let mut notes = Vec::new();
            if !self.no_cost {
                missing.extend(usage.unpriced_notes());
                notes.extend(covered_note(report.plan_cost));
            }
            notes.extend(missing.iter().cloned());
            if !self.no_cost {
                notes.extend(usage.models().outdated_list().map(prices::newer_than));
            }
            let empty = engine.explain_empty("cost", "turns", &filters, report.rows.is_empty())?;
            let layout = Layout {
                grep: grep.clone(),
                empty,
                // The sum is that of all rows, and would be wrong below some of them.
                footer: if grep.is_empty() {
                    Some(Box::new(move |_| Footer::new(total, notes)))
                } else {
                    footer(missing)
                },
                ccusage: ccusage
                    .filter(|_| wants_ccusage)
                    .map(|name| ccusage::make(name, &usage, &report, sessions.as_ref())),
                ..Layout::default()
            };
            let exit = out.print(
                &with_ids(&request, engine, std::iter::empty())?,
                layout,
                report.rows.into_iter().map(Ok),
            )?;
            Ok(exit.checked(is_over))
        })
    }
}
