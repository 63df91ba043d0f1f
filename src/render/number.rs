//! Human-readable numbers: `1.2M`, `~$0.0234`, `2h 5min`.

use super::preferences;
use crate::core::currency::Currency;
use crate::core::money::{CostStatus, Money, NANOS_PER_DOLLAR};

/// Tokens as `905`, `12.3K`, `1.2M`, `3.4B`; unknown is `—`.
pub fn tokens(count: Option<u64>) -> String {
    let Some(count) = count else { return "—".to_owned() };
    if preferences::has_full_counts() {
        return preferences::grouped(count);
    }
    let scaled = |unit: f64, name: &str| format!("{:.1}{name}", count as f64 / unit);
    match count {
        0..1_000 => count.to_string(),
        1_000..999_950 => scaled(1e3, "K"),
        999_950..999_950_000 => scaled(1e6, "M"),
        _ => scaled(1e9, "B"),
    }
}

/// Tokens that were added or taken back: `+1.2K`, `-20`.
pub fn step(count: Option<i64>) -> String {
    let sign = if count.is_some_and(|count| count < 0) { "-" } else { "+" };
    match count {
        None => tokens(None),
        Some(count) => format!("{sign}{}", tokens(Some(count.unsigned_abs()))),
    }
}

/// Money in the reader's currency with the mark of how it is known: `$1.20`, `~$0.0234`, `≥$1.20`, `$0`, `$0 (plan)`,
/// `—`.
pub fn money(cost: Option<Money>, status: Option<CostStatus>) -> String {
    let Some(cost) = cost else { return "—".to_owned() };
    let (parts, currency) = preferences::in_currency(cost);
    let amount = amount(parts.unsigned_abs(), currency);
    let sign = if parts < 0 { "-" } else { "" };
    match status {
        Some(CostStatus::Unknown) => "—".to_owned(),
        Some(CostStatus::Plan) => format!("{sign}{amount} (plan)"),
        status => format!("{}{sign}{amount}", status.map_or("", CostStatus::mark)),
    }
}

/// An amount in thousand millionths, with the currency's sign.
fn amount(parts: u64, currency: &Currency) -> String {
    const ONE: u64 = NANOS_PER_DOLLAR as u64;
    // Rounded in integers: 0.06255 dollars are a little less than that as a float.
    let rounded = |unit: u64| parts.saturating_add(unit / 2) / unit;
    let sign = currency.sign;
    match (parts, rounded(ONE / 10_000)) {
        (0, _) => format!("{sign}0"),
        (_, 0) => format!("<{sign}0.0001"),
        (_, below @ 1..10_000) => format!("{sign}0.{below:04}"),
        _ if currency.is_whole && parts >= 10 * ONE => format!("{sign}{}", rounded(ONE)),
        _ => {
            let cents = rounded(ONE / 100);
            format!("{sign}{}.{:02}", cents / 100, cents % 100)
        }
    }
}

/// Whether a text ends with an amount: in the reader's currency, or in dollars, which providers report.
pub fn is_amount(text: &str) -> bool {
    has_amount(text, preferences::in_currency(Money::ZERO).1)
}

fn has_amount(text: &str, currency: &Currency) -> bool {
    let is_number = text.ends_with(|last: char| last.is_ascii_digit());
    is_number && (text.contains('$') || text.contains(currency.sign))
}

/// `1 turn`, `2 turns`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A span of time in its two largest units: `45s`, `12min`, `2h 05min`, `3d 4h`.
pub fn duration(ms: i64) -> String {
    let seconds = ms.unsigned_abs() / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let text = match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}min"),
        3600..86_400 => format!("{hours}h {:02}min", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    };
    if ms < 0 { format!("-{text}") } else { text }
}

/// Bytes as `905 B`, `12.3 KiB`, `1.2 GiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut scaled = count as f64 / 1024.0;
    let mut unit = 0;
    // What would be shown as 1024.0 of a unit is 1.0 of the next.
    while scaled >= 1023.95 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{scaled:.1} {}", UNITS[unit])
}

/// A part of a hundred as `12.5%`, `100%`; unknown is `—`.
pub fn percent(percent: Option<f64>) -> String {
    match percent {
        None => "—".to_owned(),
        Some(percent) => {
            let tenths = (percent * 10.0).round() / 10.0;
            format!("{tenths}%")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::currency::CURRENCIES;

    #[test]
    fn amounts_have_the_sign_and_fraction_of_their_currency() {
        let shown = |amount_of: f64, code| {
            let currency = Currency::find(code).expect("a currency");
            amount((amount_of * 1e9) as u64, currency)
        };
        for (of, code, text) in [
            (1234.567, "USD", "$1234.57"),
            (0.5, "EUR", "€0.5000"),
            (0.00001, "EUR", "<€0.0001"),
            (0.0, "GBP", "£0"),
            (9.876, "JPY", "¥9.88"),
            (1234.567, "JPY", "¥1235"),
            (12.3, "SEK", "SEK\u{a0}12.30"),
        ] {
            assert_eq!(shown(of, code), text);
        }
    }

    #[test]
    fn amounts_of_every_currency_are_known_as_such() {
        for currency in &CURRENCIES {
            for parts in [250_000_000, 12_340_000_000] {
                let text = format!("≥{}", amount(parts, currency));
                assert!(has_amount(&text, currency), "{text}");
            }
            assert!(!has_amount("12.3K", currency) && !has_amount("2026-11-20", currency));
        }
    }

    #[test]
    fn tokens_never_round_up_to_a_thousand_of_a_unit() {
        let shown = [0, 999, 1_000, 999_949, 999_950, 1_234_567].map(|count| tokens(Some(count)));
        assert_eq!(shown, ["0", "999", "1.0K", "999.9K", "1.0M", "1.2M"]);
        assert_eq!(tokens(None), "—");
    }

    #[test]
    fn money_says_how_it_is_known() {
        let cost = Some(Money::from_dollars(0.0234));
        assert_eq!(money(cost, Some(CostStatus::Recorded)), "$0.0234");
        assert_eq!(money(cost, Some(CostStatus::Estimated)), "~$0.0234");
        assert_eq!(
            money(Some(Money::from_dollars(1.2)), Some(CostStatus::Partial)),
            "≥$1.20"
        );
        assert_eq!(money(Some(Money::ZERO), Some(CostStatus::Plan)), "$0 (plan)");
        assert_eq!(money(None, Some(CostStatus::Unknown)), "—");
    }

    #[test]
    fn money_at_the_edges_of_its_forms() {
        let shown = |dollars| money(Some(Money::from_dollars(dollars)), None);
        assert_eq!(shown(0.000_049), "<$0.0001");
        assert_eq!(shown(0.99994), "$0.9999");
        assert_eq!(shown(0.06255), "$0.0626");
        assert_eq!(shown(0.99996), "$1.00");
        assert_eq!(shown(-1234.5), "-$1234.50");
    }

    #[test]
    fn durations_bytes_and_percentages_are_short() {
        let durations = [0, 59_999, 60_000, 7_500_000, 90_000_000, -61_000].map(duration);
        assert_eq!(durations, ["0s", "59s", "1min", "2h 05min", "1d 1h", "-1min"]);
        let sizes = [0, 1023, 1024, 1_048_575, 5_368_709_120].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "5.0 GiB"]);
        assert_eq!([Some(12.34), Some(100.0), None].map(percent), ["12.3%", "100%", "—"]);
    }
}
