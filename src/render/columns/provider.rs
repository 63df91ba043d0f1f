//! The tables of `ttop providers`.

use crate::core::quota::ProviderState;
use crate::core::rows::{LimitHistoryRow, LimitRow, ProviderRow};
use crate::render::{Align, Cell, Column, Row, Tone, View, number};

impl Row for ProviderRow {
    const NAME: &'static str = "provider";
    const EMPTY: &'static str = "no provider has a credential: ttop creds --all tells how to get one";

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "name",
                title: "Provider",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::plain(&*row.name),
            },
            Column {
                key: "plan",
                title: "Plan",
                align: Align::Left,
                drop: 5,
                cell: |row, _| Cell::text(row.plan.as_deref()),
            },
            Column {
                key: "usedPercent",
                title: "Used",
                align: Align::Right,
                drop: 0,
                cell: |row, _| match row.used_percent {
                    Some(percent) => {
                        let text = format!("{} {:>6}", gauge(percent), number::percent(Some(percent)));
                        Cell::toned(text, tone(percent))
                    }
                    None => Cell::empty(),
                },
            },
            Column {
                key: "limits",
                title: "Limits",
                align: Align::Left,
                drop: 2,
                cell: |row, view| {
                    let limits: Vec<String> = row.limits.iter().map(|limit| limit_text(limit, view)).collect();
                    Cell::plain(limits.join(", "))
                },
            },
            Column {
                key: "credits",
                title: "Credits",
                align: Align::Right,
                drop: 3,
                cell: |row, _| match row.credits {
                    Some(credits) => Cell::plain(amount(credits, row.credits_currency.as_deref())),
                    None if row.credits_unlimited => Cell::plain("unlimited"),
                    None => Cell::empty(),
                },
            },
            Column {
                key: "spend",
                title: "Spend",
                align: Align::Right,
                drop: 3,
                cell: |row, _| {
                    let Some(spend) = row.spend else { return Cell::empty() };
                    let spend = amount(spend, row.spend_currency.as_deref());
                    Cell::plain(match row.spend_limit {
                        Some(limit) => format!("{spend} of {}", amount(limit, row.spend_currency.as_deref())),
                        None => spend,
                    })
                },
            },
            Column {
                key: "state",
                title: "State",
                align: Align::Left,
                drop: 1,
                cell: |row, _| {
                    let tone = match row.state {
                        ProviderState::Ok if row.limit_reached => Tone::Critical,
                        ProviderState::Ok => Tone::Good,
                        ProviderState::NotConfigured | ProviderState::Unsupported => Tone::Dim,
                        ProviderState::NeedsConsent => Tone::Notice,
                        _ => Tone::Warning,
                    };
                    Cell::toned(row.state.name(), tone)
                },
            },
            Column {
                key: "fetchedAt",
                title: "Age",
                align: Align::Right,
                drop: 4,
                cell: |row, view| {
                    let Some(at) = row.fetched_at else { return Cell::empty() };
                    let tone = if row.stale { Tone::Warning } else { Tone::Dim };
                    Cell::toned(number::duration((view.now - at).max(0)), tone)
                },
            },
            Column {
                key: "note",
                title: "Note",
                align: Align::Left,
                drop: 6,
                cell: |row, _| Cell::text(row.note.as_deref()),
            },
        ]
    }
}

/// `5-hour 37% 2h 59min`: how full, and how long until it starts anew.
fn limit_text(limit: &LimitRow, view: &View) -> String {
    let text = format!("{} {}", limit.label, number::percent(limit.used_percent));
    match limit.resets_at.map(|at| at - view.now).filter(|left| *left > 0) {
        Some(left) => format!("{text} {}", number::duration(left)),
        None => text,
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

    fn columns() -> &'static [Column<Self>] {
        &[
            Column {
                key: "timestamp",
                title: "Time",
                align: Align::Left,
                drop: 0,
                cell: |row, view| Cell::time(Some(row.timestamp), view),
            },
            Column {
                key: "providerId",
                title: "Provider",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::plain(&*row.provider_id),
            },
            Column {
                key: "label",
                title: "Limit",
                align: Align::Left,
                drop: 0,
                cell: |row, _| Cell::plain(&*row.label),
            },
            Column {
                key: "usedPercent",
                title: "Used",
                align: Align::Right,
                drop: 0,
                cell: |row, _| {
                    let percent = number::percent(Some(row.used_percent));
                    Cell::toned(
                        format!("{} {percent:>6}", gauge(row.used_percent)),
                        tone(row.used_percent),
                    )
                },
            },
            Column {
                key: "resetsAt",
                title: "Resets",
                align: Align::Left,
                drop: 1,
                cell: |row, view| Cell::time(row.resets_at, view),
            },
        ]
    }
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

    #[test]
    fn amounts_carry_their_currency() {
        assert_eq!(amount(-0.02, Some("USD")), "-$0.02");
        assert_eq!(amount(110.0, Some("CNY")), "110.00 CNY");
        assert_eq!(amount(14.5, Some("credits")), "14.50 credits");
    }
}
