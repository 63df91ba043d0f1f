//! The repository itself: architecture rules, README, man pages, schemas and completions match the code.

mod circles;
mod completions;
mod configuration;
mod man;
mod readme;
mod schema;
#[path = "../support/mod.rs"]
mod support;
mod tidy;
