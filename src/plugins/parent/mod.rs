//! The parent of a child: starts it, serves what it asks, bounds what it does.

mod actor;
mod process;
mod requests;
mod runner;
mod serve;

pub use runner::{CallError, Called, Loaded, Runner, Shared};
