//! OpenCode: every database generation, live changes, bad input and random histories.

mod bad_input;
mod changes;
mod generations;
mod histories;
mod miscounts;
mod real;
mod routed;
#[path = "../support/mod.rs"]
mod support;
