//! Columns of the screen's lists, with the cells of the tables that commands print.

mod costs;
mod processes;
mod providers;
mod sessions;
mod turns;

use crate::render::{Cell, View as Reader};
use crate::top::list::plain;

pub use processes::{urgency, word};
pub use providers::amount;

/// The name of a model without its vendor's, which its column has no room for.
fn model(provider: Option<&str>, model: Option<&str>, reader: &Reader) -> Cell {
    let Some(model) = model else { return plain("") };
    let name = (reader.model_name)(provider.unwrap_or_default(), model);
    plain(name.strip_prefix("Claude ").unwrap_or_else(|| short_model(&name)))
}

/// A model without the vendor's name in front, which its cell has no room for.
pub fn short_model(model: &str) -> &str {
    let last = model.rsplit('/').next().unwrap_or(model);
    last.strip_prefix("claude-").unwrap_or(last)
}
