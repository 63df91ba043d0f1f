//! `ttop watch`: the stream of turns, events, and sources that change underneath it.

mod events;
mod sources;
mod stream;
#[path = "../support/mod.rs"]
mod support;
