//! `ttop trends`: days and sums beside the period before, streaks, and a forecast.

use super::context::Context;
use super::plot;
use crate::args::plot::PlotArgs;
use crate::args::{Filters, RowArgs, complete};
use crate::core::rows::{CostRow, TrendKind, TrendRow};
use crate::core::trend::{MOST_DAYS, Span};
use crate::exit::Exit;
use crate::render::columns::trend::forecast_note;
use crate::render::{Grep, Layout, footer};
use crate::reports::trends::Trends;
use crate::reports::{Sessions, plots};
use anyhow::Result;
use clap::Args;

/// Compare usage with the period before, and forecast
///
/// Compares days, models, agents, projects and hours, and marks unusual days.
///
/// While the period is not over, the one before it is cut at the same time of day. The forecast covers the calendar week,
/// month, quarter or year, whichever is about as long as the period; its range is right four times out of five.
#[derive(Args, Debug, Default)]
pub struct TrendsArgs {
    /// Cover this many days, including today, and compare with as many before [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=MOST_DAYS.into()), conflicts_with_all = ["since", "until", "on"], add = complete::trend_days())]
    pub days: Option<i32>,
    /// Only print rows of these kinds
    #[arg(long, value_name = "KIND", value_delimiter = ',', ignore_case = true)]
    pub kind: Vec<TrendKind>,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
    #[command(flatten)]
    pub plot: PlotArgs,
}

impl TrendsArgs {
    /// # Errors
    /// When the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let filters = self.filters.text();
        let mut filter = context.engine.filter(&filters)?;
        let grep = Grep::new(&filters.grep);
        let request = context.request(&self.rows)?;
        request.check::<TrendRow>(false)?;
        let (zone, now) = (context.engine.system.zone()?.clone(), context.engine.system.now);
        let range = filters.has_time().then_some(filter.range);
        let span = Span::asked_for(range, self.days, now, &zone)?;
        filter.range = Trends::range(&span, &zone);
        context.report(&filter, |engine, out| {
            let usage = engine.usage()?;
            out.report_unknown(&engine.unknown_names::<CostRow>(&filters, &[])?, false)?;
            let sessions = Sessions::load(usage.ledger)?;
            let selected = usage.select(&filter, Some(&sessions))?;
            let trends = usage.trends(&selected, &sessions, &engine.projects(), span, &zone)?;
            if let Some(target) = self.plot.plot.as_ref().filter(|_| !trends.is_empty()) {
                return plot::show(out, target, &plots::trends(&trends), &request.screen);
            }
            let mut rows = usage.trend_rows(&trends, &zone, now);
            let is_empty = rows.is_empty();
            rows.retain(|row| self.kind.is_empty() || self.kind.contains(&row.kind));
            let mut notes: Vec<String> = rows.iter().filter_map(forecast_note).collect();
            notes.extend(engine.missing_history()?);
            notes.extend(usage.unpriced_notes());
            let layout = Layout {
                grep: grep.clone(),
                empty: engine.explain_empty("trends", "turns", &filters, is_empty)?,
                footer: footer(notes),
                ..Layout::default()
            };
            out.print(&request, layout, rows.into_iter().map(Ok))
        })
    }
}
