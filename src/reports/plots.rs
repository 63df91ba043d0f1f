//! The plots of reports: cost per period, trends with the year, and how limits filled.

use super::trends::Trends;
use crate::core::group::Totals;
use crate::core::money::Money;
use crate::core::period::{Calendar, Unit as PeriodUnit};
use crate::core::rows::{CostRow, LimitHistoryRow};
use crate::core::time::Time;
use crate::render::plot::{Chart, Columns, Line, Lines, Plot, Unit, Year};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Columns between two periods with use: an hourly plot of years has gaps instead.
const MOST_COLUMNS: usize = 4_000;

/// Sums by the start of their period.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    cost: f64,
    tokens: f64,
}

impl Sum {
    fn of(totals: &Totals) -> Self {
        Self {
            cost: totals.cost.cost().map_or(0.0, plotted),
            tokens: totals.tokens.tokens().known_total() as f64,
        }
    }

    fn value(&self, unit: Unit) -> f64 {
        match unit {
            Unit::Tokens => self.tokens,
            _ => self.cost,
        }
    }
}

/// In dollars at the newest rate: plots show values in the reader's currency.
fn plotted(cost: Money) -> f64 {
    cost.at_newest_rate().dollars()
}

/// Money, or tokens where no cost is known.
fn unit_of<'s>(mut sums: impl Iterator<Item = &'s Sum>, wants_tokens: bool) -> Unit {
    match !wants_tokens && sums.any(|sum| sum.cost > 0.0) {
        true => Unit::Dollars,
        false => Unit::Tokens,
    }
}

const fn name(unit: Unit) -> &'static str {
    match unit {
        Unit::Dollars => "Cost",
        Unit::Tokens => "Tokens",
        Unit::Percent => "Used",
    }
}

/// Rows with a period, added up by it; periods without use are there too. `period` is `None` for blocks.
pub(crate) fn cost(rows: &[CostRow], period: Option<PeriodUnit>, wants_tokens: bool, zone: &TimeZone) -> Plot {
    let mut sums: BTreeMap<i64, (String, Sum)> = BTreeMap::new();
    for row in rows {
        let Some(start) = row.start else { continue };
        let (_, sum) = sums
            .entry(start)
            .or_insert_with(|| (row.period.as_deref().unwrap_or_default().to_owned(), Sum::default()));
        sum.cost += row.cost.map_or(0.0, plotted);
        sum.tokens += row.total_tokens.unwrap_or_default() as f64;
    }
    if let (Some(period), Some((&first, _)), Some((&last, _))) = (period, sums.first_key_value(), sums.last_key_value())
    {
        let mut calendar = Calendar::new(zone);
        let mut at = first;
        while at < last && sums.len() < MOST_COLUMNS {
            let found = calendar.period(period, at);
            sums.entry(found.start)
                .or_insert_with(|| (found.label.to_string(), Sum::default()));
            at = found.end;
        }
    }
    let unit = unit_of(sums.values().map(|(_, sum)| sum), wants_tokens);
    let per = match period {
        Some(PeriodUnit::Hour) => "hour",
        Some(PeriodUnit::Day) => "day",
        Some(PeriodUnit::Week) => "week",
        Some(PeriodUnit::Month) => "month",
        Some(PeriodUnit::Year) => "year",
        None => "block",
    };
    Plot {
        charts: vec![Chart::Columns(Columns {
            title: format!("{} per {per}", name(unit)),
            unit,
            labels: sums.values().map(|(label, _)| short(label)).collect(),
            values: sums.values().map(|(_, sum)| sum.value(unit)).collect(),
            before: Vec::new(),
        })],
    }
}

/// A day without its year, and an hour without its year: the axis has little room.
fn short(label: &str) -> String {
    match label.len() {
        10.. if label.is_char_boundary(5) => label[5..].chars().take(8).collect(),
        _ => label.to_owned(),
    }
}

/// The days of the period beside those before, and the year.
pub(crate) fn trends(trends: &Trends) -> Plot {
    let span = &trends.span;
    let none = Totals::default();
    let sums = |days: &BTreeMap<_, Totals>, day| Sum::of(days.get(&day).unwrap_or(&none));
    let now: Vec<Sum> = span.dates().map(|day| sums(&trends.days, day)).collect();
    let before: Vec<Sum> = span
        .dates()
        .map(|day| sums(&trends.days_before, span.before(day)))
        .collect();
    let unit = unit_of(now.iter().chain(&before), false);
    let values = |sums: &[Sum]| sums.iter().map(|sum| sum.value(unit)).collect();
    Plot {
        charts: vec![
            Chart::Columns(Columns {
                title: format!("{} per day, {} to {}", name(unit), span.first, span.last),
                unit,
                labels: span.dates().map(|day| short(&day.to_string())).collect(),
                values: values(&now),
                before: match trends.before.total.turns {
                    0 => Vec::new(),
                    _ => values(&before),
                },
            }),
            Chart::Year(Year::new(
                format!("{} per day, the year to {}", name(unit), span.last),
                unit,
                span.last,
                |day| sums(&trends.days, day).value(unit),
            )),
        ],
    }
}

/// A line for each limit.
pub(crate) fn limits(rows: &[LimitHistoryRow], zone: &TimeZone) -> Plot {
    let mut lines: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
    for row in rows {
        let scope = row
            .scope
            .as_ref()
            .map(|scope| format!(" ({scope})"))
            .unwrap_or_default();
        lines
            .entry(format!("{} {}{scope}", row.provider_id, row.label))
            .or_default()
            .push((row.timestamp, row.used_percent));
    }
    let times = || rows.iter().map(|row| row.timestamp);
    let day = |at: Option<i64>| {
        let at = at.map(|at| zone.to_datetime(Time(at).timestamp()));
        at.map(|at| at.strftime("%m-%d %H:%M").to_string()).unwrap_or_default()
    };
    Plot {
        charts: vec![Chart::Lines(Lines {
            title: "Limits, percent used".to_owned(),
            unit: Unit::Percent,
            ends: [day(times().min()), day(times().max())],
            lines: lines
                .into_iter()
                .map(|(name, mut points)| {
                    points.sort_by_key(|(at, _)| *at);
                    Line { name, points }
                })
                .collect(),
        })],
    }
}
