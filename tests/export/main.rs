//! Exports: each target holds what the commands print, however often it is written.

mod contract;
mod dashboard;
mod focus;
mod otlp;
mod queries;
mod roles;
mod stores;
#[path = "../support/mod.rs"]
mod support;
