//! Trends: one pass over the turns that adds up days, models, agents, projects and hours of two periods.

use super::select::Selected;
use super::{Sessions, Usage};
use crate::core::group::Totals;
use crate::core::period::{Calendar, Range, Unit, midnight};
use crate::core::project::Projects;
use crate::core::rows::Text;
use crate::core::time::Time;
use crate::core::trend::{HISTORY_DAYS, Span};
use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The days of a year's heat map: 53 weeks.
const YEAR_DAYS: i32 = 371;

/// Turns by the hours of a week, from Monday.
pub(crate) type WeekHours = [[Totals; 24]; 7];

/// The sums of one period.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    pub total: Totals,
    /// By row of the names.
    pub models: FxHashMap<u32, Totals>,
    pub agents: FxHashMap<u32, Totals>,
    pub projects: FxHashMap<Option<Text>, Totals>,
    pub hours: Box<WeekHours>,
}

/// Turns added up for comparisons.
#[derive(Debug)]
pub struct Trends {
    pub span: Span,
    /// Every day that was read: the period, the one before, a year's heat map and what a forecast needs.
    pub days: BTreeMap<Date, Totals>,
    /// The days of the period before, each up to where the period stands now.
    pub days_before: BTreeMap<Date, Totals>,
    pub now: Sums,
    pub before: Sums,
}

/// Which period a turn belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Now,
    Before,
    Other,
}

/// What turns in a row share: they are added up before they go anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The start of the local hour.
    hour: i64,
    part: Part,
    session: i64,
    agent: u32,
    model: u32,
}

impl Trends {
    /// The turns to read for a period.
    pub fn range(span: &Span, zone: &TimeZone) -> Range {
        let range = span.range(zone);
        if !span.has_today() {
            // Without a forecast, only the heat map reaches further back than the period before.
            let first = span.last.saturating_sub(YEAR_DAYS.days());
            return Range {
                start: span.range_before(zone).start.min(midnight(first, zone)),
                ..range
            };
        }
        let history = span.today.saturating_sub((HISTORY_DAYS as i64 + 1).days());
        let first = span.last.saturating_sub(YEAR_DAYS.days()).min(history);
        let first = first.min(span.season().before);
        Range {
            start: span.range_before(zone).start.min(midnight(first, zone)),
            ..range
        }
    }

    /// Whether neither period has a turn.
    pub fn is_empty(&self) -> bool {
        self.now.total.turns == 0 && self.before.total.turns == 0
    }

    /// All turns of whole days from `first` on, before `next`.
    pub fn sum(&self, first: Date, next: Date) -> Totals {
        let mut sum = Totals::default();
        self.days
            .range(first..next.max(first))
            .for_each(|(_, totals)| sum.merge(totals));
        sum
    }
}

impl Usage<'_> {
    /// Adds up the turns of [`Trends::range`].
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn trends(
        &self,
        selected: &Selected,
        sessions: &Sessions,
        projects: &Projects,
        span: Span,
        zone: &TimeZone,
    ) -> Result<Trends> {
        let (now, before) = (span.range(zone), span.range_before(zone));
        let mut trends = Trends {
            span,
            days: BTreeMap::new(),
            days_before: BTreeMap::new(),
            now: Sums::default(),
            before: Sums::default(),
        };
        let mut calendar = Calendar::new(zone);
        let mut names = ProjectNames {
            sessions,
            projects,
            of_session: FxHashMap::default(),
        };
        let mut run: Option<Run> = None;
        let mut totals = Totals::default();
        self.each(selected, |turn| {
            let at = turn.numbers.timestamp;
            let this = Run {
                hour: calendar.period(Unit::Hour, at).start,
                part: match at {
                    at if now.contains(at) => Part::Now,
                    at if before.contains(at) => Part::Before,
                    _ => Part::Other,
                },
                session: turn.key.session,
                agent: turn.key.agent,
                model: turn.model_row,
            };
            if run != Some(this)
                && let Some(run) = run.replace(this)
            {
                trends.add(run, &std::mem::take(&mut totals), &mut names, zone);
            }
            totals.add(&turn.addend());
            Ok(())
        })?;
        if let Some(run) = run {
            trends.add(run, &totals, &mut names, zone);
        }
        Ok(trends)
    }
}

/// Under which project a session counts.
struct ProjectNames<'a> {
    sessions: &'a Sessions,
    projects: &'a Projects,
    of_session: FxHashMap<i64, Option<Text>>,
}

impl ProjectNames<'_> {
    fn of(&mut self, session: i64) -> Option<Text> {
        let named = || {
            let path = self.sessions.of(session)?.project.as_ref()?;
            match self.projects.counted_as(path) {
                same if same == &**path => Some(path.clone()),
                other => Some(other.into()),
            }
        };
        self.of_session.entry(session).or_insert_with(named).clone()
    }
}

impl Trends {
    fn add(&mut self, run: Run, totals: &Totals, names: &mut ProjectNames<'_>, zone: &TimeZone) {
        let at = zone.to_datetime(Time(run.hour).timestamp());
        self.days.entry(at.date()).or_default().merge(totals);
        let sums = match run.part {
            Part::Now => &mut self.now,
            Part::Before => {
                self.days_before.entry(at.date()).or_default().merge(totals);
                &mut self.before
            }
            Part::Other => return,
        };
        sums.total.merge(totals);
        sums.models.entry(run.model).or_default().merge(totals);
        sums.agents.entry(run.agent).or_default().merge(totals);
        sums.projects.entry(names.of(run.session)).or_default().merge(totals);
        let weekday = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or_default();
        let hour = usize::try_from(at.hour()).unwrap_or_default();
        sums.hours[weekday % 7][hour % 24].merge(totals);
    }
}
