//! `ttop turns`: one row per model reply.

use super::context::Context;
use super::usage;
use crate::args::{Filters, RowArgs};
use crate::core::rows::TurnRow;
use crate::exit::Exit;
use crate::render::{Keep, Layout};
use crate::reports::Sessions;
use anyhow::Result;
use clap::Args;

/// List model replies, oldest first
#[derive(Args, Debug, Default)]
pub struct TurnsArgs {
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl TurnsArgs {
    /// # Errors
    /// When the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let filter = self.filters.turn_filter(context)?;
        let grep = self.filters.grep();
        context.request(&self.rows)?.check::<TurnRow>(false)?;
        usage::report(context, &filter, |context, usage| {
            let sessions = Sessions::load(usage.ledger)?;
            let selected = usage.select(&filter, Some(&sessions))?;
            // Known to be the newest before rows are made of them, where nothing but time decides.
            let newest = self.rows.limit.filter(|_| self.rows.sort.is_none() && grep.is_empty());
            let missing = usage::missing(context, usage)?;
            let layout = Layout {
                keep: Keep::Last,
                grep: grep.clone(),
                footer: usage::footer(missing),
                ..Layout::default()
            };
            context.print(&self.rows, layout, usage.turn_rows(&selected, &sessions, newest)?)
        })
    }
}
