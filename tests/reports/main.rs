//! Reports: `cost`, `trends`, `insights`, `diff`, `show` and `prices`.

mod cost;
mod currency;
mod diff;
mod insights;
mod plots;
mod prices;
mod show;
#[path = "../support/mod.rs"]
mod support;
mod trends;
