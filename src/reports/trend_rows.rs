//! The rows of `ttop trends`: days, sums by model, agent, project and hour, streaks, and a forecast.

use super::Usage;
use super::trends::{Sums, Trends, WeekHours};
use crate::core::group::Totals;
use crate::core::money::{CostStatus, Money};
use crate::core::period::midnight;
use crate::core::rows::{TrendKind, TrendRow};
use crate::core::trend::{HISTORY_DAYS, Streak, change_percent, forecast, outliers, streaks};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;
use std::hash::Hash;

impl Usage<'_> {
    /// Days first, oldest first; then sums, the most expensive first; then streaks and the forecast.
    pub fn trend_rows(&self, trends: &Trends, zone: &TimeZone, now: i64) -> Vec<TrendRow> {
        if trends.is_empty() {
            return Vec::new();
        }
        let mut rows = day_rows(trends, zone);
        rows.push(total_row(trends, zone));
        let (this, before) = (&trends.now, &trends.before);
        rows.extend(grouped(&this.models, &before.models, |row| TrendRow {
            model_id: self.models().of(*row).model.clone(),
            provider_id: self.models().of(*row).provider.clone(),
            ..TrendRow::new(TrendKind::Model)
        }));
        rows.extend(grouped(&this.agents, &before.agents, |row| TrendRow {
            agent_id: Some(self.agent_id(*row)),
            ..TrendRow::new(TrendKind::Agent)
        }));
        rows.extend(grouped(&this.projects, &before.projects, |path| TrendRow {
            project_path: path.clone(),
            ..TrendRow::new(TrendKind::Project)
        }));
        rows.extend(hour_rows(this, before));
        rows.extend(weekday_rows(this, before));
        rows.extend(streak_rows(trends, zone));
        rows.extend(forecast_row(trends, zone, now));
        set_parts(&mut rows);
        rows
    }
}

/// A row with the sums of both periods.
fn compared(row: TrendRow, now: &Totals, before: &Totals) -> TrendRow {
    let tokens = now.tokens.tokens();
    let tokens_before = before.tokens.tokens().total();
    let is_whole = |totals: &Totals| !matches!(totals.cost.status(), Some(CostStatus::Partial | CostStatus::Unknown));
    let costs = now.cost.cost().zip(before.cost.cost());
    let costs = costs.filter(|_| is_whole(now) && is_whole(before));
    let counts = tokens.total().zip(tokens_before);
    TrendRow {
        turns: Some(now.turns),
        tokens,
        total_tokens: tokens.total(),
        cost: now.cost.cost(),
        cost_status: now.cost.status(),
        unpriced_tokens: Some(now.cost.unpriced_tokens()),
        previous_turns: Some(before.turns),
        previous_total_tokens: tokens_before,
        previous_cost: before.cost.cost(),
        previous_cost_status: before.cost.status(),
        cost_change_percent: costs.and_then(|(now, before)| change_percent(now.dollars(), before.dollars())),
        tokens_change_percent: counts.and_then(|(now, before)| change_percent(now as f64, before as f64)),
        ..row
    }
}

fn day_rows(trends: &Trends, zone: &TimeZone) -> Vec<TrendRow> {
    let span = &trends.span;
    let none = Totals::default();
    let mut rows: Vec<TrendRow> = span
        .dates()
        .map(|day| {
            let before = span.before(day);
            let row = TrendRow {
                period: Some(day.to_string().into()),
                start: Some(midnight(day, zone)),
                end: Some(midnight(day.saturating_add(1.day()), zone)),
                weekday: u8::try_from(day.weekday().to_monday_one_offset()).ok(),
                previous_start: Some(midnight(before, zone)),
                ..TrendRow::new(TrendKind::Day)
            };
            compared(
                row,
                trends.days.get(&day).unwrap_or(&none),
                trends.days_before.get(&before).unwrap_or(&none),
            )
        })
        .collect();
    mark_outliers(&mut rows, span.has_today());
    rows
}

/// Scores the days with use by their cost, or by their tokens where no day has a cost. A day that goes on is not low.
fn mark_outliers(days: &mut [TrendRow], has_today: bool) {
    let has_costs = days.iter().any(|day| day.cost > Some(Money::ZERO));
    let value = |day: &TrendRow| match has_costs {
        true => day.cost.map_or(0.0, Money::dollars),
        false => day.total_tokens.unwrap_or_default() as f64,
    };
    let used: Vec<usize> = (0..days.len()).filter(|at| days[*at].turns > Some(0)).collect();
    let values: Vec<f64> = used.iter().map(|at| value(&days[*at])).collect();
    let last = days.len().saturating_sub(1);
    for (at, scored) in used.into_iter().zip(outliers(&values)) {
        let Some((score, stands_out)) = scored else { continue };
        let goes_on = has_today && at == last;
        if goes_on && score < 0.0 {
            continue;
        }
        days[at].score = Some(score);
        days[at].stands_out = stands_out;
    }
}

fn total_row(trends: &Trends, zone: &TimeZone) -> TrendRow {
    let (range, before) = (trends.span.range(zone), trends.span.range_before(zone));
    let used = trends.span.dates().filter(|day| trends.days.contains_key(day)).count();
    let row = TrendRow {
        start: Some(range.start),
        end: Some(range.end),
        days: Some(used as u64),
        previous_start: Some(before.start),
        ..TrendRow::new(TrendKind::Total)
    };
    compared(row, &trends.now.total, &trends.before.total)
}

/// A row for each key of either period, the most expensive first.
fn grouped<K: Eq + Hash>(
    now: &FxHashMap<K, Totals>,
    before: &FxHashMap<K, Totals>,
    row: impl Fn(&K) -> TrendRow,
) -> Vec<TrendRow> {
    let none = Totals::default();
    let ended = before.keys().filter(|key| !now.contains_key(key));
    let mut rows: Vec<TrendRow> = now
        .keys()
        .chain(ended)
        .map(|key| {
            let totals = |sums: &'_ FxHashMap<K, Totals>| sums.get(key).cloned().unwrap_or_else(|| none.clone());
            compared(row(key), &totals(now), &totals(before))
        })
        .collect();
    let label = |row: &TrendRow| {
        [&row.model_id, &row.provider_id, &row.agent_id, &row.project_path]
            .map(|text| text.as_deref().map(str::to_owned))
    };
    rows.sort_by(|a, b| {
        (b.cost, b.total_tokens, b.previous_cost)
            .cmp(&(a.cost, a.total_tokens, a.previous_cost))
            .then_with(|| label(a).cmp(&label(b)))
    });
    rows
}

/// The hours of the day that have use in either period, from midnight on.
fn hour_rows(now: &Sums, before: &Sums) -> Vec<TrendRow> {
    let of_hour = |hours: &WeekHours, hour: usize| merged(hours.iter().map(|day| &day[hour]));
    let rows = (0..24).map(|hour| {
        let row = TrendRow {
            hour: u8::try_from(hour).ok(),
            ..TrendRow::new(TrendKind::Hour)
        };
        compared(row, &of_hour(&now.hours, hour), &of_hour(&before.hours, hour))
    });
    rows.filter(has_use).collect()
}

fn weekday_rows(now: &Sums, before: &Sums) -> Vec<TrendRow> {
    let rows = (0..7).map(|weekday| {
        let row = TrendRow {
            weekday: u8::try_from(weekday + 1).ok(),
            ..TrendRow::new(TrendKind::Weekday)
        };
        compared(row, &merged(&now.hours[weekday]), &merged(&before.hours[weekday]))
    });
    rows.filter(has_use).collect()
}

fn has_use(row: &TrendRow) -> bool {
    row.turns > Some(0) || row.previous_turns > Some(0)
}

fn merged<'t>(all: impl IntoIterator<Item = &'t Totals>) -> Totals {
    let mut sum = Totals::default();
    all.into_iter().for_each(|totals| sum.merge(totals));
    sum
}

/// The streak up to the last day, as far back as is known, and the longest one of the period.
fn streak_rows(trends: &Trends, zone: &TimeZone) -> Vec<TrendRow> {
    let span = &trends.span;
    let (current, _) = streaks(trends.days.keys().copied(), span.last);
    let (_, longest) = streaks(trends.days.range(span.first..).map(|(day, _)| *day), span.last);
    let row = |kind: TrendKind, streak: Streak| {
        let next = streak.last.saturating_add(1.day());
        let totals = trends.sum(streak.first, next);
        let row = TrendRow {
            start: Some(midnight(streak.first, zone)),
            end: Some(midnight(next, zone)),
            days: Some(streak.days),
            ..TrendRow::new(kind)
        };
        alone(row, &totals)
    };
    let current = current.map(|streak| row(TrendKind::CurrentStreak, streak));
    let longest = longest.map(|streak| row(TrendKind::LongestStreak, streak));
    current.into_iter().chain(longest).collect()
}

/// A row with sums that are compared with nothing.
fn alone(row: TrendRow, totals: &Totals) -> TrendRow {
    TrendRow {
        previous_turns: None,
        previous_total_tokens: None,
        previous_cost: None,
        previous_cost_status: None,
        cost_change_percent: None,
        tokens_change_percent: None,
        ..compared(row, totals, &Totals::default())
    }
}

/// The calendar period that goes on, at its end; null values where too little is known.
fn forecast_row(trends: &Trends, zone: &TimeZone, now: i64) -> Option<TrendRow> {
    let span = &trends.span;
    if !span.has_today() {
        return None;
    }
    let season = span.season();
    let so_far = trends.sum(season.first, season.next);
    let before = trends.sum(season.before, season.first);
    let history: Vec<(Date, Totals)> = history(trends).collect();
    let remaining = remaining(span.today, season.next, zone, now);
    let at_end = |so_far: f64, value: &dyn Fn(&Totals) -> f64| {
        let past: Vec<(usize, f64)> = history
            .iter()
            .map(|(day, totals)| (weekday(*day), value(totals)))
            .collect();
        forecast(so_far, &past, &remaining)
    };
    let known_tokens = |totals: &Totals| totals.tokens.tokens().known_total() as f64;
    let known_cost = |totals: &Totals| totals.cost.cost().unwrap_or_default().nanos() as f64;
    let tokens = at_end(known_tokens(&so_far), &known_tokens);
    let mut basis = merged(history.iter().map(|(_, totals)| totals));
    basis.merge(&so_far);
    let status = match basis.cost.status() {
        Some(CostStatus::Recorded | CostStatus::Mixed) => Some(CostStatus::Estimated),
        other => other,
    };
    let cost = basis.cost.cost().and_then(|_| at_end(known_cost(&so_far), &known_cost));
    let money = |nanos: f64| Money::from_nanos(nanos.round() as i64);
    let count = |count: f64| count.round() as u64;
    let cost_before = before.cost.cost().filter(|_| before.turns > 0);
    let tokens_before = before.tokens.tokens().total().filter(|_| before.turns > 0);
    let is_whole = |status| !matches!(status, Some(CostStatus::Partial | CostStatus::Unknown));
    let costs = cost
        .zip(cost_before)
        .filter(|_| is_whole(status) && is_whole(before.cost.status()));
    Some(TrendRow {
        period: Some(season.label.into()),
        start: Some(midnight(season.first, zone)),
        end: Some(midnight(season.next, zone)),
        total_tokens: tokens.map(|end| count(end.expected)),
        cost: cost.map(|end| money(end.expected)),
        cost_status: status,
        previous_start: Some(midnight(season.before, zone)),
        previous_turns: Some(before.turns),
        previous_total_tokens: tokens_before,
        previous_cost: cost_before,
        previous_cost_status: before.cost.status(),
        cost_change_percent: costs.and_then(|(end, before)| change_percent(end.expected, before.nanos() as f64)),
        tokens_change_percent: tokens
            .zip(tokens_before)
            .and_then(|(end, before)| change_percent(end.expected, before as f64)),
        cost_so_far: so_far.cost.cost(),
        tokens_so_far: so_far.tokens.tokens().total(),
        cost_low: cost.map(|end| money(end.low)),
        cost_high: cost.map(|end| money(end.high)),
        tokens_low: tokens.map(|end| count(end.low)),
        tokens_high: tokens.map(|end| count(end.high)),
        ..TrendRow::new(TrendKind::Forecast)
    })
}

/// The complete days that a forecast is made from: from the first one with use on. A long break before it says nothing.
fn history(trends: &Trends) -> impl Iterator<Item = (Date, Totals)> {
    let today = trends.span.today;
    let oldest = today.saturating_sub((HISTORY_DAYS as i64).days());
    let mut used = trends.days.range(oldest..today).map(|(day, _)| *day);
    let mut day = used.next().unwrap_or(today);
    std::iter::from_fn(move || {
        let this = day;
        day = day.saturating_add(1.day());
        (this < today).then(|| (this, trends.days.get(&this).cloned().unwrap_or_default()))
    })
}

/// What is left of today, and the days after it up to `next`.
fn remaining(today: Date, next: Date, zone: &TimeZone, now: i64) -> Vec<(usize, f64)> {
    let tomorrow = today.saturating_add(1.day());
    let (start, end) = (midnight(today, zone), midnight(tomorrow, zone));
    let left = (end.saturating_sub(now)) as f64 / (end.saturating_sub(start)).max(1) as f64;
    let mut days = vec![(weekday(today), left.clamp(0.0, 1.0))];
    let mut day = tomorrow;
    while day < next {
        days.push((weekday(day), 1.0));
        day = day.saturating_add(1.day());
    }
    days
}

fn weekday(day: Date) -> usize {
    usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default()
}

/// For tables: how long the bar of each row is.
fn set_parts(rows: &mut [TrendRow]) {
    let has_costs = rows.iter().any(|row| row.cost > Some(Money::ZERO));
    let value = |row: &TrendRow| match has_costs {
        true => row.cost.map_or(0.0, Money::dollars),
        false => row.total_tokens.unwrap_or_default() as f64,
    };
    use TrendKind::{Agent, Day, Hour, Model, Project, Weekday};
    for kind in [Day, Model, Agent, Project, Hour, Weekday] {
        let of_kind = |row: &&TrendRow| row.kind == kind;
        let most = rows.iter().filter(of_kind).map(value).fold(0.0, f64::max);
        for row in rows.iter_mut().filter(|row| row.kind == kind && most > 0.0) {
            row.part = value(row) / most;
        }
    }
}
