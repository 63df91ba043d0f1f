//! FOCUS 1.2, the FinOps Open Cost and Usage Specification: charges as CSV for cost tools.
//!
//! A charge is what one model used on one day (UTC), in one project of one agent.

use super::sql::dollars;
use crate::core::filter::TurnFilter;
use crate::core::money::{Billing, Money};
use crate::core::rows::{Text, TurnRow};
use crate::core::time::Time;
use crate::engine::Engine;
use crate::reports::Sessions;
use anyhow::Result;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;

const COLUMNS: [&str; 24] = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ConsumedQuantity",
    "ConsumedUnit",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ProviderName",
    "PublisherName",
    "ResourceId",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
    "Tags",
];

/// What makes two turns one charge.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Charge {
    day: Date,
    provider: Option<Text>,
    vendor: Option<Text>,
    model: Option<Text>,
    project: Option<Text>,
    agent: Text,
    is_plan: bool,
}

#[derive(Default)]
struct Sum {
    tokens: u64,
    turns: u64,
    cost: i64,
    /// Turns whose cost is not known: then the charge has none.
    unpriced: u64,
}

/// Writes a line for each charge. Returns how many.
///
/// # Errors
/// When the ledger is damaged or the writer fails.
pub(crate) fn focus(engine: &Engine, filter: &TurnFilter, host: &str, out: impl Write) -> Result<u64> {
    let usage = engine.usage()?;
    let sessions = Sessions::load(usage.ledger)?;
    let selected = usage.select(filter, Some(&sessions))?;
    let mut charges: BTreeMap<Charge, Sum> = BTreeMap::new();
    for row in usage.turn_rows(&selected, &sessions, None)? {
        let row = row?;
        let sum = charges.entry(charge(&row)).or_default();
        sum.turns += 1;
        sum.tokens = sum.tokens.saturating_add(row.tokens.known_total());
        match row.cost {
            Some(cost) => sum.cost = sum.cost.saturating_add(cost.nanos()),
            None => sum.unpriced += 1,
        }
    }
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    let written = charges.len() as u64;
    for (charge, sum) in charges {
        writer.write_record(line(&charge, &sum, host)?)?;
    }
    writer.flush()?;
    Ok(written)
}

fn charge(row: &TurnRow) -> Charge {
    Charge {
        day: Time(row.timestamp).timestamp().to_zoned(TimeZone::UTC).date(),
        provider: row.provider_id.clone(),
        vendor: row.vendor_id.clone(),
        model: row.model_id.clone(),
        project: row.project_path.clone(),
        agent: row.agent_id.clone(),
        is_plan: row.billing == Billing::Plan,
    }
}

fn line(charge: &Charge, sum: &Sum, host: &str) -> Result<[String; COLUMNS.len()]> {
    let start = |day: Date| format!("{day}T00:00:00Z");
    let month = charge.day.first_of_month();
    let next_month = charge.day.last_of_month().tomorrow()?;
    let list = match sum.unpriced {
        0 => dollars(Money::from_nanos(sum.cost).dollars()),
        _ => String::new(),
    };
    // The price of a plan is another invoice: what it covers is billed with zero.
    let billed = if charge.is_plan { dollars(0.0) } else { list.clone() };
    let text = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_owned();
    let name = |id: &Option<Text>| id.as_deref().unwrap_or("unknown").to_owned();
    let tags = json!({
        "agent": &*charge.agent,
        "host": host,
        "project": charge.project.as_deref(),
        "turns": sum.turns,
    });
    let kind = if charge.is_plan { "plan" } else { "metered" };
    Ok([
        billed.clone(),
        name(&charge.provider),
        name(&charge.provider),
        "USD".to_owned(),
        start(month),
        start(next_month),
        "Usage".to_owned(),
        String::new(),
        format!("{} tokens, {kind}", name(&charge.model)),
        "Usage-Based".to_owned(),
        start(charge.day),
        start(charge.day.tomorrow()?),
        sum.tokens.to_string(),
        "Tokens".to_owned(),
        billed,
        name(&charge.provider),
        list,
        name(&charge.provider),
        name(&charge.vendor),
        text(&charge.project),
        "AI and Machine Learning".to_owned(),
        charge.agent.to_string(),
        text(&charge.model),
        tags.to_string(),
    ])
}
