//! `ttop turns`: one row per model reply.

use super::context::{Context, with_ids};
use crate::args::{Filters, RowArgs};
use crate::core::rows::TurnRow;
use crate::exit::Exit;
use crate::render::{Grep, Keep, Layout, footer};
use crate::reports::Sessions;
use anyhow::Result;
use clap::Args;

/// List turns (model replies), oldest first
///
/// Covers this machine and what `ttop merge` brought here; `ttop serve` also covers `remotes`.
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
        let filters = self.filters.text();
        let filter = context.engine.filter(&filters)?;
        let grep = Grep::new(&filters.grep);
        let request = context.request(&self.rows)?;
        request.check::<TurnRow>(false)?;
        context.report(&filter, |engine, out| {
            let usage = engine.usage()?;
            let sessions = Sessions::load(usage.ledger)?;
            out.report_unknown(&engine.unknown_names::<TurnRow>(&filters, &[])?, false)?;
            let selected = usage.select(&filter, Some(&sessions))?;
            // Known to be the newest before rows are made of them, where nothing but time decides.
            let newest = self.rows.limit.filter(|_| self.rows.sort.is_none() && grep.is_empty());
            let mut rows = usage.turn_rows(&selected, &sessions, newest)?.peekable();
            let empty = engine.explain_empty("turns", "turns", &filters, rows.peek().is_none())?;
            let mut notes = engine.missing_history()?;
            let mut table = Vec::new();
            let shows_cost = request.fields.is_empty() || request.fields.iter().any(|field| field.starts_with("cost"));
            if request.is_screen() && shows_cost {
                // Which prices are missing is known once all turns are priced.
                table = rows.by_ref().collect();
                notes.extend(usage.unpriced_notes());
            }
            let layout = Layout {
                keep: Keep::Last,
                grep: grep.clone(),
                empty,
                footer: footer(notes),
                ..Layout::default()
            };
            let request = with_ids(&request, engine, std::iter::empty())?;
            out.print(&request, layout, table.into_iter().chain(rows))
        })
    }
}
