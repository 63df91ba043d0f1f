//! Reports: `cost`, `show` and `prices`.

mod cost;
mod insights;
mod plots;
mod prices;
mod show;
#[path = "../support/mod.rs"]
mod support;
mod trends;
