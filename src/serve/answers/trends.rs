//! Trends and insights: the same calls as those of the commands.

use super::{Answers, LOCAL};
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::filter_text::FilterText;
use crate::core::rows::TrendKind;
use crate::core::trend::{MOST_DAYS, Span};
use crate::engine::Engine;
use crate::render::Keep;
use crate::reports::Sessions;
use crate::reports::trends::Trends;
use crate::serve::answer::Answer;
use crate::serve::negotiate::RowFormat;
use crate::serve::params::Params;
use anyhow::Result;

impl Answers {
    pub(super) fn trends(&self, mut params: Params, format: RowFormat, engine: &Engine) -> Result<Answer> {
        let (days, kinds) = (days(&mut params)?, params.names::<TrendKind>("kind")?);
        params.flag(LOCAL)?;
        let (filters, listing) = self.listing(params, format, Keep::First)?;
        let span = span(days, &filters, engine)?;
        let (zone, now) = (engine.system.zone()?, engine.system.now);
        let filter = TurnFilter {
            range: Trends::range(&span, zone),
            ..engine.filter(&filters)?
        };
        let usage = engine.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let selected = usage.select(&filter, Some(&sessions))?;
        let trends = usage.trends(&selected, &sessions, &engine.projects(), span, zone)?;
        let mut rows = usage.trend_rows(&trends, zone, now);
        rows.retain(|row| kinds.is_empty() || kinds.contains(&row.kind));
        listing.answer(rows.into_iter().map(Ok), engine)
    }

    pub(super) fn insights(&self, mut params: Params, format: RowFormat, engine: &Engine) -> Result<Answer> {
        let days = days(&mut params)?;
        params.flag(LOCAL)?;
        let (filters, listing) = self.listing(params, format, Keep::First)?;
        let mut filter = engine.filter(&filters)?;
        if !filters.has_time() {
            filter.range = span(days, &filters, engine)?.range(engine.system.zone()?);
        } else if days.is_some() {
            return Err(two_times().into());
        }
        let usage = engine.usage()?;
        let sessions = Sessions::load(usage.ledger)?;
        let selected = usage.select(&filter, Some(&sessions))?;
        let (rows, _) = usage.insights(&selected, &sessions, engine.system.now)?;
        listing.answer(rows.into_iter().map(Ok), engine)
    }
}

/// The parameter `days`.
///
/// # Errors
/// When it is no number of days.
pub(super) fn days(params: &mut Params) -> Result<Option<i32>, BadRequest> {
    let days = params.text("days")?;
    let number = |text: String| {
        let parsed = text.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
        parsed.ok_or_else(|| BadRequest::new(format!("days must be a number from 1 to {MOST_DAYS}")))
    };
    days.map(number).transpose()
}

/// The days that parameters ask for.
///
/// # Errors
/// When a time cannot be understood, or cuts a day.
pub(super) fn span(days: Option<i32>, filters: &FilterText, engine: &Engine) -> Result<Span> {
    if days.is_some() && filters.has_time() {
        return Err(two_times().into());
    }
    let range = filters.has_time().then(|| engine.filter(filters)).transpose()?;
    let (zone, now) = (engine.system.zone()?, engine.system.now);
    Ok(Span::asked_for(range.map(|filter| filter.range), days, now, zone)?)
}

fn two_times() -> BadRequest {
    BadRequest::new("days cannot be combined with since, until or on")
}
