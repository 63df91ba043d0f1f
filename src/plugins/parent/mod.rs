//! The parent of a child: starts it, serves what it asks, bounds what it does.

mod actor;
mod inbox;
mod process;
mod requests;
mod runner;
mod serve;
mod weight;

pub use inbox::{CallError, Called, Loaded, Shared, row_value};
pub use process::walls;
pub use runner::Runner;
