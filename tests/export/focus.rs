//! `ttop export focus`: charges for cost tools.

use crate::support::Home;

fn charges(args: &[&str]) -> Vec<Vec<(String, String)>> {
    let home = Home::new();
    let words = [&["--demo", "export", "focus", "--host", "here"], args].concat();
    let text = home.stdout(&words);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().expect("a header").clone();
    reader
        .records()
        .map(|record| {
            let record = record.expect("a record");
            names
                .iter()
                .map(str::to_owned)
                .zip(record.iter().map(str::to_owned))
                .collect()
        })
        .collect()
}

fn value<'c>(charge: &'c [(String, String)], name: &str) -> &'c str {
    charge
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .expect(name)
}

#[test]
fn charges_add_up_to_the_cost() {
    let home = Home::new();
    let row = &home.rows(&["--demo", "cost", "--by", "total", "-o", "ndjson"])[0];
    let charges = charges(&[]);
    let tokens: u64 = charges
        .iter()
        .map(|charge| value(charge, "ConsumedQuantity").parse::<u64>().expect("tokens"))
        .sum();
    assert_eq!(Some(tokens), row["totalTokens"].as_u64());
    let nanos: i64 = charges
        .iter()
        .map(|charge| value(charge, "ListCost"))
        .filter(|cost| !cost.is_empty())
        .map(|cost| cost.replace('.', "").parse::<i64>().expect("dollars"))
        .sum();
    let cost = row["cost"].as_f64().expect("a cost");
    assert!((nanos as f64 / 1e9 - cost).abs() < 1e-6, "{nanos} and {cost}");
}

#[test]
fn a_charge_has_a_day_a_month_and_a_currency() {
    let charges = charges(&["--on", "2026-11-20"]);
    assert!(!charges.is_empty());
    for charge in &charges {
        assert_eq!(value(charge, "ChargePeriodStart"), "2026-11-20T00:00:00Z");
        assert_eq!(value(charge, "ChargePeriodEnd"), "2026-11-21T00:00:00Z");
        assert_eq!(value(charge, "BillingPeriodStart"), "2026-11-01T00:00:00Z");
        assert_eq!(value(charge, "BillingPeriodEnd"), "2026-12-01T00:00:00Z");
        assert_eq!(value(charge, "BillingCurrency"), "USD");
        assert_eq!(value(charge, "ChargeCategory"), "Usage");
        let tags: serde_json::Value = serde_json::from_str(value(charge, "Tags")).expect("JSON");
        assert_eq!(tags["host"], "here");
    }
}
