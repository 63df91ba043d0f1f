//! Rows that are made of turns, limits and budgets: the same calls as those of the commands.

use super::print::Listing;
use super::{Answers, LOCAL, Untitled};
use crate::core::filter_text::FilterText;
use crate::core::quota::ProviderState;
use crate::core::rows::{BudgetRow, ProviderRow};
use crate::engine::Engine;
use crate::engine::filters::check;
use crate::engine::provider_rows::Listed;
use crate::render::{Grep, Keep};
use crate::reports::Sessions;
use crate::reports::by::{By, grouping};
use crate::reports::select::needs_sessions;
use crate::reports::sessions::nest;
use crate::serve::answer::Answer;
use crate::serve::negotiate::RowFormat;
use crate::serve::params::Params;
use anyhow::Result;

impl Answers {
    pub(super) fn sessions(
        &self,
        mut params: Params,
        format: RowFormat,
        has_others: bool,
        engine: &Engine,
    ) -> Result<Answer> {
        let (is_tree, is_interactive) = (params.flag("tree")?, params.flag("interactive")?);
        params.flag(LOCAL)?;
        let (filters, listing) = self.listing(params, format, Keep::First)?;
        let filter = engine.filter(&filters)?;
        let has_idle = filter.admits_idle_sessions();
        let usage = engine.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let selected = usage.select(&filter, Some(&sessions))?;
        let mut rows = usage.session_rows(&selected, &sessions, has_idle)?;
        if is_interactive {
            rows.retain(|row| row.interactive != Some(false));
        }
        if has_others {
            // Each machine's stay together, and those of this one come first.
            rows.sort_by(|a, b| a.host.cmp(&b.host));
        }
        if is_tree {
            rows = nest(rows);
        }
        listing.answer(rows.into_iter().map(|row| Ok(self.titled(row))), engine)
    }

    pub(super) fn turns(&self, mut params: Params, format: RowFormat, engine: &Engine) -> Result<Answer> {
        params.flag(LOCAL)?;
        let (filters, listing) = self.listing(params, format, Keep::Last)?;
        let filter = engine.filter(&filters)?;
        let usage = engine.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let selected = usage.select(&filter, Some(&sessions))?;
        let rows = &listing.params;
        let newest = rows.limit.filter(|_| rows.sort.is_none() && listing.grep.is_empty());
        let rows = usage.turn_rows(&selected, &sessions, newest)?;
        listing.answer(rows.map(|row| row.map(|row| self.titled(row))), engine)
    }

    pub(super) fn cost(&self, mut params: Params, format: RowFormat, engine: &Engine) -> Result<Answer> {
        let (by, roots) = (params.names::<By>("by")?, params.flag("roots")?);
        params.flag(LOCAL)?;
        let grouping = grouping(&by, roots, engine.projects())?;
        let (filters, listing) = self.listing(params, format, Keep::First)?;
        let filter = engine.filter(&filters)?;
        let usage = engine.usage()?;
        let sessions = (grouping.needs_sessions() || needs_sessions(&filter)).then(|| Sessions::load(usage.ledger));
        let sessions = sessions.transpose()?;
        let selected = usage.select(&filter, sessions.as_ref())?;
        let (zone, now) = (engine.system.zone()?, engine.system.now);
        let report = usage.cost_rows(&selected, sessions.as_ref(), &grouping, zone, now, false)?;
        listing.answer(report.rows.into_iter().map(|row| Ok(self.titled(row))), engine)
    }

    /// What providers and local files reported last: an answer never waits for the network.
    pub(super) fn providers(&self, mut params: Params, format: RowFormat, engine: &Engine) -> Result<Answer> {
        let lists_all = params.flag("all")?;
        let (filters, listing) = self.listing(params, format, Keep::First)?;
        check::<ProviderRow>(&filters)?;
        let now = engine.system.now;
        let reports = engine.recalled_limits()?.into_iter().map(|(report, _)| report);
        let mut rows: Vec<ProviderRow> = reports
            .filter(|report| lists_all || report.state != ProviderState::NotConfigured || report.usage.is_some())
            .map(|report| Listed::from(report).row(now))
            .collect();
        rows.sort_by(|a, b| a.provider_id.cmp(&b.provider_id));
        listing.answer(engine.choose(&filters, rows)?.into_iter().map(Ok), engine)
    }

    pub(super) fn budgets(&self, mut params: Params, format: RowFormat, engine: &Engine) -> Result<Answer> {
        let includes_plan = params.flag("include-plan")?;
        let (filters, listing) = self.listing(params, format, Keep::First)?;
        check::<BudgetRow>(&filters)?;
        engine.require_history()?;
        let mut budgets = engine.budgets()?;
        if includes_plan {
            budgets.iter_mut().for_each(|budget| budget.includes_plan = true);
        }
        let rows = engine.spent(&budgets)?.into_iter().map(|spent| spent.row).collect();
        listing.answer(engine.choose(&filters, rows)?.into_iter().map(Ok), engine)
    }

    /// The filters and the listing that parameters ask for; no other may be left.
    pub(super) fn listing(&self, mut params: Params, format: RowFormat, keep: Keep) -> Result<(FilterText, Listing)> {
        let (filters, rows) = (params.filters()?, params.rows()?);
        params.finish()?;
        let listing = Listing {
            params: rows,
            format,
            keep,
            grep: Grep::new(&filters.grep),
        };
        Ok((filters, listing))
    }

    /// The row as clients may see it.
    pub(super) fn titled<T: Untitled>(&self, mut row: T) -> T {
        if !self.keeps_titles {
            row.forget_titles();
        }
        row
    }
}
