//! Reports: `cost`, `trends`, `insights`, `diff`, `show` and `prices`.

mod cost;
mod diff;
mod insights;
mod plots;
mod prices;
mod show;
#[path = "../support/mod.rs"]
mod support;
mod trends;
