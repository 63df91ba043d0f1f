//! Columns of the screen's lists, with the cells of the tables that commands print.

mod costs;
mod processes;
mod providers;
mod sessions;
mod turns;

pub use processes::{urgency, word};
pub use providers::amount;

/// A model without the vendor's name in front, which its cell has no room for.
pub fn short_model(model: &str) -> &str {
    let last = model.rsplit('/').next().unwrap_or(model);
    last.strip_prefix("claude-").unwrap_or(last)
}
