//! The tables of `ttop providers`.

use crate::core::quota::ProviderState;
use crate::core::rows::{LimitHistoryRow, LimitRow, ProviderRow};
use crate::render::{Cell, Column, Row, Tone, View, number};

impl Row for ProviderRow {
    const NAME: &'static str = "provider";
    const EMPTY: &'static str = "no provider has a credential; run 'ttop creds --all' to see how to get one";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("providerId", "Provider", 0, |row, _| Cell::plain(&*row.provider_id)),
        Column::text("plan", "Plan", 5, |row, _| Cell::text(row.plan.as_deref())),
        Column::number("usedPercent", "Used", 0, |row, _| match row.used_percent {
            Some(percent) => {
                let text = format!("{} {:>6}", gauge(percent), number::percent(Some(percent)));
                Cell::toned(text, tone(percent))
            }
            None => Cell::empty(),
        }),
        Column::text("state", "State", 0, |row, _| match row.state {
            ProviderState::Ok => Cell::empty(),
            state => Cell::toned(state_text(row), state_tone(state)),
        }),
        Column::prose("limits", "Limits", |row, view| {
            Cell::plain(limits_text(&row.limits, view))
        }),
        Column::number("credits", "Credits", 3, |row, _| match row.credits {
            Some(credits) => Cell::plain(amount(credits, row.credits_currency.as_deref())),
            None if row.credits_unlimited => Cell::plain("unlimited"),
            None => Cell::empty(),
        }),
        Column::number("spend", "Spend", 3, |row, _| {
            let Some(spend) = row.spend else { return Cell::empty() };
            let spend = amount(spend, row.spend_currency.as_deref());
            Cell::plain(match row.spend_limit {
                Some(limit) => format!("{spend} of {}", amount(limit, row.spend_currency.as_deref())),
                None => spend,
            })
        }),
        Column::number("fetchedAt", "Age", 4, |row, view| {
            let Some(at) = row.fetched_at else { return Cell::empty() };
            let tone = if row.stale { Tone::Warning } else { Tone::Dim };
            Cell::toned(number::duration((view.now - at).max(0)), tone)
        }),
    ];
}

/// `5h 37% 2h 59min, 7d 61.5% out 1d 21h, 7d Sonnet 12%`: window, usage, and the time until the reset, or until the limit
/// is reached at the pace so far.
fn limits_text(limits: &[LimitRow], view: &View) -> String {
    let mut shown: Vec<i64> = Vec::new();
    let texts = limits.iter().map(|limit| {
        let mut parts = vec![window(limit.window_minutes)];
        parts.extend(limit.scope.clone());
        parts.push(number::percent(limit.used_percent));
        let is_news = |at: &i64| *at > view.now && !shown.contains(at);
        if let Some(at) = limit.resets_at.filter(is_news) {
            // Windows for parts of an account mostly end with the one for all of it.
            shown.push(at);
            // A limit that is reached before it resets is of use until then only.
            match limit.runs_out_at.filter(|out| *out > view.now) {
                Some(out) => parts.push(format!("out {}", number::duration(out - view.now))),
                None => parts.push(number::duration(at - view.now)),
            }
        }
        parts.join(" ")
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn window(minutes: Option<u64>) -> String {
    match minutes {
        None => "quota".to_owned(),
        Some(minutes) if minutes > 0 && minutes % 1440 == 0 => format!("{}d", minutes / 1440),
        Some(minutes) if minutes > 0 && minutes % 60 == 0 => format!("{}h", minutes / 60),
        Some(minutes) => format!("{minutes}min"),
    }
}

/// The state, and when the provider is asked again.
fn state_text(row: &ProviderRow) -> String {
    let wait = row.retry_after_ms.and_then(|wait| i64::try_from(wait).ok());
    match wait {
        Some(wait) => format!("{}, again in {}", row.state.name(), number::duration(wait)),
        None => row.state.name().to_owned(),
    }
}

/// What each provider has to add, below the table: `anthropic: to ask with this login: ttop config set …`.
pub fn advice(rows: &[ProviderRow]) -> Vec<String> {
    let noted = rows.iter().filter_map(|row| Some((row, row.note.as_deref()?)));
    noted
        .map(|(row, note)| format!("{}: {note}", row.provider_id))
        .collect()
}

fn state_tone(state: ProviderState) -> Tone {
    match state {
        ProviderState::Ok => Tone::Plain,
        ProviderState::NotConfigured | ProviderState::Unsupported => Tone::Dim,
        ProviderState::NeedsConsent => Tone::Notice,
        _ => Tone::Warning,
    }
}

/// Eight cells that fill up in eighths.
fn gauge(percent: f64) -> String {
    const CELLS: usize = 8;
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (percent.clamp(0.0, 100.0) / 100.0 * (CELLS * 8) as f64).round() as usize;
    let (full, part) = (eighths / 8, PARTS[eighths % 8]);
    let empty = CELLS - full - usize::from(!part.is_empty());
    format!("{}{part}{}", "█".repeat(full), "░".repeat(empty))
}

fn tone(percent: f64) -> Tone {
    match percent {
        100.0.. => Tone::Critical,
        90.0.. => Tone::Warning,
        75.0.. => Tone::Notice,
        _ => Tone::Good,
    }
}

fn amount(amount: f64, currency: Option<&str>) -> String {
    match currency {
        Some("USD") if amount < 0.0 => format!("-${:.2}", -amount),
        Some("USD") => format!("${amount:.2}"),
        Some(currency) => format!("{amount:.2} {currency}"),
        None => format!("{amount:.2}"),
    }
}

impl Row for LimitHistoryRow {
    const NAME: &'static str = "limit_history";

    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("timestamp", "Time", 0, |row, view| {
            Cell::time(Some(row.timestamp), view)
        }),
        Column::text("providerId", "Provider", 0, |row, _| Cell::plain(&*row.provider_id)),
        Column::text("label", "Limit", 0, |row, _| Cell::plain(&*row.label)),
        Column::number("usedPercent", "Used", 0, |row, _| {
            let percent = number::percent(Some(row.used_percent));
            Cell::toned(
                format!("{} {percent:>6}", gauge(row.used_percent)),
                tone(row.used_percent),
            )
        }),
        Column::text("resetsAt", "Resets", 1, |row, view| Cell::time(row.resets_at, view)),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauges_fill_in_eighths_and_keep_their_width() {
        let shown = [0.0, 1.0, 37.0, 99.9, 100.0, 250.0].map(gauge);
        assert_eq!(
            shown,
            ["░░░░░░░░", "▏░░░░░░░", "███░░░░░", "████████", "████████", "████████"]
        );
    }

    fn limit(scope: Option<&str>, percent: Option<f64>, minutes: u64, resets_at: i64) -> LimitRow {
        LimitRow {
            label: String::new(),
            scope: scope.map(str::to_owned),
            used_percent: percent,
            used: None,
            limit: None,
            unit: None,
            window_minutes: Some(minutes),
            resets_at: Some(resets_at),
            percent_per_hour: None,
            projected_percent: None,
            runs_out_at: None,
        }
    }

    #[test]
    fn limits_are_told_in_a_line_and_each_end_once() {
        let view = View {
            zone: jiff::tz::TimeZone::UTC,
            now: 0,
            home: String::new(),
            ids: Default::default(),
            model_name: |_, model| model.to_owned(),
        };
        let limits = [
            limit(None, Some(37.0), 300, 10_740_000),
            limit(None, Some(61.5), 10_080, 331_200_000),
            limit(Some("Sonnet"), Some(12.0), 10_080, 331_200_000),
            limit(None, None, 45, -1),
        ];
        let text = limits_text(&limits, &view);
        assert_eq!(text, "5h 37% 2h 59min, 7d 61.5% 3d 20h, 7d Sonnet 12%, 45min —");
    }

    #[test]
    fn amounts_carry_their_currency() {
        assert_eq!(amount(-0.02, Some("USD")), "-$0.02");
        assert_eq!(amount(110.0, Some("CNY")), "110.00 CNY");
        assert_eq!(amount(14.5, Some("credits")), "14.50 credits");
    }
}
