//! Alerts and budgets: when they fire, and how they are delivered.

mod budgets;
mod delivery;
#[path = "../support/mod.rs"]
mod support;
