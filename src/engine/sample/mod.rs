//! The sample home of `--demo`: a built-in ledger and a fixed clock.

pub(super) mod accounts;
pub(super) mod scan;

use crate::ledger::Ledger;
use crate::system::clock::Clock;
use crate::system::config::Config;
use crate::system::{Os, System};
use anyhow::Result;
use serde_json::json;
use std::collections::BTreeMap;

/// An export of the sample ledger.
const TURNS: &[u8] = include_bytes!("turns.ndjson");
/// 2026-11-20 18:00 UTC.
const NOW: i64 = 1_795_197_600_000;

/// A system of which nothing is read: no environment, no home, no network, UTC.
pub(super) fn system() -> System {
    let mut system = System::new(Os::Linux, "/home/dev", BTreeMap::new());
    system.now = NOW;
    system.clock = Clock::Fixed(NOW);
    system.offline = true;
    system.zone_name = Some("UTC".to_owned());
    system
}

/// Budgets, so that there is something to see of them.
pub(super) fn config() -> Config {
    Config::from_value(&json!({"budgets": {"daily": 5, "monthly": 100, "rules": [
        {"id": "claude", "every": "week", "provider": "anthropic", "usd": 25}
    ]}}))
}

/// The sample ledger, in memory.
///
/// # Errors
/// When SQLite has no memory.
pub(super) fn ledger() -> Result<Ledger> {
    let mut ledger = Ledger::in_memory()?;
    ledger.import("demo", TURNS)?;
    ledger.set_id("de300000")?;
    ledger.commit(NOW)?;
    Ok(ledger)
}
