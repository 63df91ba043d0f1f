//! The sample home of `--demo`: a ledger that is built in, always the same.

use crate::ledger::Ledger;
use anyhow::Result;

/// An export of the sample ledger.
const TURNS: &[u8] = include_bytes!("demo.ndjson");

/// The sample ledger, in memory.
///
/// # Errors
/// When SQLite has no memory.
pub fn ledger() -> Result<Ledger> {
    let mut ledger = Ledger::in_memory()?;
    ledger.import("demo", TURNS)?;
    Ok(ledger)
}
