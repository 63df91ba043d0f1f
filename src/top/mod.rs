//! `ttop top`: the screen that stays open. A view on the engine's rows, which computes no number of its own.
//!
//! The main thread runs the `worker`: it owns the engine, waits for changes and sends rows. The `driver` owns the
//! terminal on a second thread: it turns input into events, lets [`update`] change the [`state`], and draws it.

mod background;
mod clipboard;
pub mod columns;
pub mod draw;
mod driver;
pub mod feed;
pub mod keys;
mod list;
pub mod look;
mod prompt;
pub mod remembered;
pub mod rows;
pub mod settings;
mod signals;
pub mod state;
mod terminal;
pub mod update;
pub mod view;
pub mod wanted;
pub mod window;
mod worker;

pub use driver::{Options, run};

use list::{Listed, Words};
use view::View;

/// The rows in the order in which the screen first shows them.
pub fn sorted<R: Listed>(rows: Vec<R>, view: View) -> Vec<R> {
    let mut list = state::first_list(view);
    list.arrange(&rows, &Words::default());
    let mut rows: Vec<Option<R>> = rows.into_iter().map(Some).collect();
    list.order.iter().filter_map(|at| rows.get_mut(*at)?.take()).collect()
}
