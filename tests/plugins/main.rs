//! Plugins: every case of the fixtures runs through a real child, by the runner of `plugin test`.

mod adapters;
mod cases;

#[path = "../support/mod.rs"]
mod support;
