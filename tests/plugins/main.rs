//! Plugins: every case of the fixtures runs through a real child, by the runner of `plugin test`.

mod adapters;
mod archives;
mod cases;
mod expectations;
mod guide;
mod pressure;
mod published;
mod sources;

#[path = "../support/mod.rs"]
mod support;
