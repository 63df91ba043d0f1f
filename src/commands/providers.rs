//! `ttop providers`: plan limits, credits and spend, asked from the providers.

use super::context::{Context, is_attended};
use super::plot;
use crate::args::plot::PlotArgs;
use crate::args::{Filters, RowArgs, complete};
use crate::core::bad_request::BadRequest;
use crate::core::filter::Globs;
use crate::core::rows::{LimitHistoryRow, LimitRow, ProviderRow};
use crate::engine::empty_answer::empty_or;
use crate::engine::filters::check;
use crate::engine::limits::{LimitsQuery, Listing};
use crate::exit::Exit;
use crate::render::{Footer, Grep, Layout, Row, columns};
use crate::reports::plots;
use anyhow::Result;
use clap::{Args, ValueEnum};

/// Show plan limits, credits and spend, as the providers report them
#[derive(Args, Debug, Default)]
pub struct ProvidersArgs {
    /// Include providers without a credential
    #[arg(long)]
    pub all: bool,
    /// List the providers that this agent is configured with, by its own ids
    #[arg(long, value_name = "AGENT", conflicts_with = "all")]
    pub known_by: Option<KnownBy>,
    /// Only list providers whose usage is at or above --at percent; exit 3 if any
    #[arg(long)]
    pub check: bool,
    /// Percentage at which a limit counts as reached
    #[arg(long, value_name = "PERCENT", requires = "check", default_value_t = 100.0)]
    pub at: f64,
    /// Show how usage of each limit developed since a time: 7d, 2026-11-01
    #[arg(long, value_name = "TIME", conflicts_with_all = ["all", "known_by", "check"], add = complete::times())]
    pub history: Option<String>,
    /// Read the macOS keychain even where its prompt may go unanswered
    #[arg(long)]
    pub keychain: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
    #[command(flatten)]
    pub plot: PlotArgs,
}

/// An agent that lists providers in its own files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KnownBy {
    Opencode,
}

impl ProvidersArgs {
    /// # Errors
    /// When a variable names a foreign host, or the rows could not be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if let Some(span) = &self.history {
            return self.show_history(span, context);
        }
        if self.plot.plot.is_some() {
            return Err(BadRequest::new("--plot draws the usage over time and needs --history")
                .with_hint("for example --history 7d --plot")
                .into());
        }
        let request = context.request(&self.rows)?;
        request.check::<ProviderRow>(false)?;
        let filters = self.filters.text();
        check::<ProviderRow>(&filters)?;
        if self.check {
            context
                .engine
                .config
                .require("providers --check", &["providers", "offline"])?;
        }
        let mut rows = context.engine.limits(&LimitsQuery {
            providers: Globs::new(&filters.provider),
            list: match self.known_by {
                Some(KnownBy::Opencode) => Listing::KnownToOpencode,
                None if self.all => Listing::All,
                None => Listing::Configured,
            },
            asks_keychain: self.keychain || is_attended(),
        })?;
        context.warn_all();
        let unknown = context.engine.unknown_names(&filters, &rows)?;
        context.out.report_unknown(&unknown, self.check)?;
        if self.check {
            let is_over = |limit: &LimitRow| limit.used_percent.is_some_and(|percent| percent >= self.at);
            rows.retain(|row| row.limits.iter().any(is_over));
        }
        // Only providers that the filter names were asked.
        let had_rows = !rows.is_empty() || !self.check && !filters.provider.is_empty();
        let rows = context.engine.choose(&filters, rows)?;
        let has_failed = self.check && !rows.is_empty();
        let nothing = match self.check {
            true => format!("no limit is at or above {} percent", self.at),
            false => ProviderRow::EMPTY.to_owned(),
        };
        let layout = Layout {
            grep: Grep::new(&filters.grep),
            empty: empty_or(&nothing, had_rows, &filters),
            footer: Some(Box::new(|rows| Footer::new(None, columns::provider::advice(rows)))),
            ..Layout::default()
        };
        let exit = context.out.print(&request, layout, rows.into_iter().map(Ok))?;
        Ok(exit.checked(has_failed))
    }

    /// The usage of limits over time, from the ledger.
    fn show_history(&self, span: &str, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<LimitHistoryRow>(false)?;
        let since = context.engine.moment("--history", span)?;
        let rows = context.engine.limit_history(since)?;
        context.warn_all();
        let filters = self.filters.text();
        let unknown = context.engine.unknown_names(&filters, &rows)?;
        context.out.report_unknown(&unknown, false)?;
        let had_rows = !rows.is_empty();
        let rows = context.engine.choose(&filters, rows)?;
        if let Some(target) = self.plot.plot.as_ref().filter(|_| !rows.is_empty()) {
            let zone = context.engine.system.zone()?;
            return plot::show(&context.out, target, &plots::limits(&rows, zone), &request.screen);
        }
        let nothing = "no limits were recorded in this time; ttop providers asks for them";
        let layout = Layout {
            grep: Grep::new(&filters.grep),
            empty: empty_or(nothing, had_rows, &filters),
            ..Layout::default()
        };
        context.out.print(&request, layout, rows.into_iter().map(Ok))
    }
}
