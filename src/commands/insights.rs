//! `ttop insights`: how to spend less, with the numbers behind it.

use super::context::{Context, with_ids};
use crate::args::{Filters, RowArgs, complete};
use crate::core::rows::{CostRow, InsightRow};
use crate::core::trend::{MOST_DAYS, Span};
use crate::exit::Exit;
use crate::render::columns::insight::advice;
use crate::render::{Footer, Grep, Layout, Row};
use crate::reports::Sessions;
use anyhow::Result;
use clap::Args;

/// Show how to spend less, with the numbers and sessions behind it
///
/// `saved` is what the alternative would have saved at list prices, or null if unknown. docs/insights.md describes each
/// insight.
#[derive(Args, Debug, Default)]
pub struct InsightsArgs {
    /// Cover this many days, including today [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=MOST_DAYS.into()), conflicts_with_all = ["since", "until", "on"], add = complete::trend_days())]
    pub days: Option<i32>,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl InsightsArgs {
    /// # Errors
    /// When the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let filters = self.filters.text();
        let mut filter = context.engine.filter(&filters)?;
        let grep = Grep::new(&filters.grep);
        let request = context.request(&self.rows)?;
        request.check::<InsightRow>(false)?;
        let (zone, now) = (context.engine.system.zone()?.clone(), context.engine.system.now);
        if !filters.has_time() {
            filter.range = Span::asked_for(None, self.days, now, &zone)?.range(&zone);
        }
        context.report(&filter, |engine, out| {
            let usage = engine.usage()?;
            out.report_unknown(&engine.unknown_names::<CostRow>(&filters, &[])?, false)?;
            let sessions = Sessions::load(usage.ledger)?;
            let selected = usage.select(&filter, Some(&sessions))?;
            let (mut rows, turns) = usage.insights(&selected, &sessions, now)?;
            if let Some(most) = self.rows.limit.filter(|_| self.rows.sort.is_none() && grep.is_empty()) {
                // The advice below the table is that of its rows.
                rows.truncate(most);
            }
            let mut missing = engine.missing_history()?;
            missing.extend(usage.unpriced_notes());
            let empty = match engine.explain_empty("insights", "turns", &filters, turns == 0)? {
                lines if lines.is_empty() || turns > 0 => vec![InsightRow::EMPTY.to_owned()],
                lines => lines,
            };
            let layout = Layout {
                grep: grep.clone(),
                empty,
                footer: Some(Box::new(move |rows: &[InsightRow]| {
                    Footer::new(None, [advice(rows), missing].concat())
                })),
                ..Layout::default()
            };
            out.print(
                &with_ids(&request, engine, std::iter::empty())?,
                layout,
                rows.into_iter().map(Ok),
            )
        })
    }
}
