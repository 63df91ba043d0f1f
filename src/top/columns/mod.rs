//! Columns of the screen's lists, with the cells of the tables that commands print.

mod costs;
mod processes;
mod providers;
mod sessions;
mod turns;

pub use processes::{urgency, word};
pub use providers::amount;

use super::list::{Col, SortKey, Width};
use crate::core::money::Money;
use crate::render::{Cell, View as Reader};

const fn col<R>(
    key: &'static str,
    title: &'static str,
    width: Width,
    from: u16,
    is_number: bool,
    cell: fn(&R, &Reader) -> Cell,
    sort: for<'r> fn(&'r R) -> SortKey<'r>,
) -> Col<R> {
    Col {
        key,
        title,
        width,
        from,
        is_number,
        cell,
        sort,
    }
}

fn nanos(cost: Option<Money>) -> SortKey<'static> {
    SortKey::int(cost.map(Money::nanos))
}

fn count(count: Option<u64>) -> SortKey<'static> {
    SortKey::int(count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)))
}

/// A model without the vendor's name in front, which its cell has no room for.
pub fn short_model(model: &str) -> &str {
    let last = model.rsplit('/').next().unwrap_or(model);
    last.strip_prefix("claude-").unwrap_or(last)
}
