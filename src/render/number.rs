//! Numbers for people: `1.2M`, `~$0.0234`, `2h 5min`.

use crate::core::money::{CostStatus, Money};

/// Tokens as `905`, `12.3K`, `1.2M`, `3.4B`; unknown is `—`.
pub fn tokens(count: Option<u64>) -> String {
    let Some(count) = count else { return "—".to_owned() };
    let scaled = |unit: f64, name: &str| format!("{:.1}{name}", count as f64 / unit);
    match count {
        0..1_000 => count.to_string(),
        1_000..999_950 => scaled(1e3, "K"),
        999_950..999_950_000 => scaled(1e6, "M"),
        _ => scaled(1e9, "B"),
    }
}

/// Money with the mark of how it is known: `$1.20`, `~$0.0234`, `≥$1.20`, `$0`, `$0 (plan)`, `—`.
pub fn money(cost: Option<Money>, status: Option<CostStatus>) -> String {
    let Some(cost) = cost else { return "—".to_owned() };
    let dollars = cost.dollars();
    let amount = match dollars.abs() {
        0.0 => "0".to_owned(),
        below if below < 1.0 => format!("{:.4}", dollars.abs()),
        _ => format!("{:.2}", dollars.abs()),
    };
    let sign = if dollars < 0.0 { "-" } else { "" };
    match status {
        Some(CostStatus::Unknown) => "—".to_owned(),
        Some(CostStatus::Plan) => format!("{sign}${amount} (plan)"),
        Some(CostStatus::Estimated | CostStatus::Mixed) => format!("~{sign}${amount}"),
        Some(CostStatus::Partial) => format!("≥{sign}${amount}"),
        Some(CostStatus::Recorded | CostStatus::Free) | None => format!("{sign}${amount}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
