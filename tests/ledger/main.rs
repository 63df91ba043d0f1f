//! The ledger: its invariants as properties, and ledgers that cannot be read.

mod merge;
mod properties;
#[path = "../support/mod.rs"]
mod support;
mod unreadable;
