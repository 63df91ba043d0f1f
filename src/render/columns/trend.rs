//! The table of `ttop trends`: each kind of row names itself in the first columns and shares the others.

use crate::core::rows::{TrendKind, TrendRow};
use crate::core::time::Time;
use crate::core::trend::StandsOut;
use crate::render::{Cell, Column, Row, Tone, View, number};

/// Cells of a bar.
const BAR_WIDTH: usize = 8;
/// Eighths of a cell.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Row for TrendRow {
    const NAME: &'static str = "trend";
    const EMPTY: &'static str = "no turns";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::id("kind", "Of", 0, |row, _| Cell::toned(kind(row.kind), Tone::Dim)),
        Column::path("period", "What", 0, subject),
        Column::id("bar", "", 3, |row, _| Cell::plain(bar(row.part))),
        Column::number("turns", "Turns", 5, |row, _| {
            row.turns.map_or_else(Cell::empty, Cell::count)
        }),
        Column::number("totalTokens", "Tokens", 2, |row, _| Cell::tokens(row.total_tokens)),
        Column::number("previousTotalTokens", "Before", 6, |row, _| {
            before(row, |row| Cell::tokens(row.previous_total_tokens))
        }),
        Column::number("tokensChangePercent", "Change", 6, |row, _| {
            before(row, |row| change(row.tokens_change_percent))
        }),
        Column::number("cost", "Cost", 0, |row, _| Cell::money(row.cost, row.cost_status)),
        Column::number("previousCost", "Before", 1, |row, _| {
            before(row, |row| Cell::money(row.previous_cost, row.previous_cost_status))
        }),
        Column::number("costChangePercent", "Change", 0, |row, _| {
            before(row, |row| change(row.cost_change_percent))
        }),
        Column::text("standsOut", "Note", 4, note),
    ];
}

const fn kind(kind: TrendKind) -> &'static str {
    match kind {
        TrendKind::Day => "day",
        TrendKind::Total => "total",
        TrendKind::Model => "model",
        TrendKind::Agent => "agent",
        TrendKind::Project => "project",
        TrendKind::Hour => "hour",
        TrendKind::Weekday => "weekday",
        TrendKind::CurrentStreak => "streak",
        TrendKind::LongestStreak => "longest",
        TrendKind::Forecast => "forecast",
    }
}

/// `11-20 Fri`, `gpt-5.5`, `14:00`, `12 days`, `2026-11`.
fn subject(row: &TrendRow, view: &View) -> Cell {
    let weekday = || {
        let at = usize::from(row.weekday?).checked_sub(1)?;
        WEEKDAYS.get(at).copied()
    };
    match row.kind {
        TrendKind::Day => Cell::plain(format!("{} {}", day(row, view), weekday().unwrap_or_default())),
        TrendKind::Total => Cell::plain(number::counted(row.days.unwrap_or_default(), "active day")),
        TrendKind::Model => Cell::named(row.model_id.as_deref()),
        TrendKind::Agent => Cell::named(row.agent_id.as_deref()),
        TrendKind::Project => match &row.project_path {
            Some(path) => Cell::path(Some(path), view),
            None => Cell::named(None),
        },
        TrendKind::Hour => Cell::plain(row.hour.map(|hour| format!("{hour:02}:00")).unwrap_or_default()),
        TrendKind::Weekday => Cell::text(weekday()),
        TrendKind::CurrentStreak | TrendKind::LongestStreak => {
            Cell::plain(number::counted(row.days.unwrap_or_default(), "day"))
        }
        TrendKind::Forecast => Cell::text(row.period.as_deref()),
    }
}

/// `11-20` in this year, else `2025-11-20`.
fn day<'r>(row: &'r TrendRow, view: &View) -> &'r str {
    let day = row.period.as_deref().unwrap_or_default();
    let this_year = view
        .zone
        .to_datetime(Time(view.now).timestamp())
        .strftime("%Y-")
        .to_string();
    day.strip_prefix(&this_year).unwrap_or(day)
}

/// A cell of the period before; empty where a kind has none.
fn before(row: &TrendRow, cell: impl Fn(&TrendRow) -> Cell) -> Cell {
    match row.kind {
        TrendKind::CurrentStreak | TrendKind::LongestStreak => Cell::empty(),
        _ => cell(row),
    }
}

/// `+52%`, `-8%`; unknown is `—`.
fn change(percent: Option<f64>) -> Cell {
    match percent {
        None => Cell::unknown(),
        Some(percent) => match percent.round() {
            rounded if rounded > 0.0 => Cell::plain(format!("+{rounded}%")),
            rounded if rounded < 0.0 => Cell::plain(format!("{rounded}%")),
            _ => Cell::toned("0%", Tone::Dim),
        },
    }
}

/// The range of a forecast, for the line below the table; `None` without a forecast.
pub fn forecast_note(row: &TrendRow) -> Option<String> {
    let period = row.period.as_deref().filter(|_| row.kind == TrendKind::Forecast)?;
    let Some((low, high)) = row.cost_low.zip(row.cost_high) else {
        return Some(format!("too few days are known for a forecast of {period}"));
    };
    let text = |cost| number::money(Some(cost), None);
    Some(format!(
        "{period}: {} so far; at its end between {} and {}, four times out of five",
        number::money(row.cost_so_far, row.cost_status),
        text(low),
        text(high)
    ))
}

/// A bar in eighths of a cell; anything above nothing has one.
fn bar(part: f64) -> String {
    if part <= 0.0 {
        return String::new();
    }
    let eighths = ((part.min(1.0) * (BAR_WIDTH * 8) as f64).round() as usize).max(1);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// What is special about the row: a day that stands out, the busiest hour, a streak's days.
fn note(row: &TrendRow, view: &View) -> Cell {
    let day = |at: i64| {
        let at = view.zone.to_datetime(Time(at).timestamp());
        at.strftime("%m-%d").to_string()
    };
    match (row.kind, row.stands_out) {
        (_, Some(StandsOut::High)) => Cell::toned("unusually high", Tone::Caution),
        (_, Some(StandsOut::Low)) => Cell::toned("unusually low", Tone::Notice),
        (TrendKind::CurrentStreak | TrendKind::LongestStreak, None) => match row.start.zip(row.end) {
            Some((start, end)) => Cell::plain(format!("{} to {}", day(start), day(end - 1))),
            None => Cell::empty(),
        },
        (TrendKind::Hour | TrendKind::Weekday, None) if row.part >= 1.0 => Cell::plain("busiest"),
        _ => Cell::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_use_has_a_bar_and_the_most_fills_it() {
        assert_eq!([0.0, 0.0001, 0.5, 1.0].map(bar), ["", "▏", "████", "████████"]);
    }

    #[test]
    fn changes_have_a_sign() {
        let texts = [Some(51.6), Some(-7.9), Some(0.2), None].map(|percent| change(percent).text.to_string());
        assert_eq!(texts, ["+52%", "-8%", "0%", "—"]);
    }
}
