//! `ttop sessions`: one row per session.

use super::context::{Context, with_ids};
use crate::args::{Filters, RowArgs};
use crate::core::rows::SessionRow;
use crate::exit::Exit;
use crate::render::{Grep, Layout, footer};
use crate::reports::Sessions;
use crate::reports::select::needs_sessions;
use crate::reports::sessions::nest;
use anyhow::Result;
use clap::Args;

/// List sessions, newest first
///
/// Covers this machine and what `ttop merge` brought here; `ttop serve` also covers `remotes`.
#[derive(Args, Debug, Default)]
pub struct SessionsArgs {
    /// Nest subagents under the session that started them
    #[arg(long)]
    pub tree: bool,
    /// Hide subagents and helpers
    #[arg(long)]
    pub interactive: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl SessionsArgs {
    /// # Errors
    /// When the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let filters = self.filters.text();
        let filter = context.engine.filter(&filters)?;
        let grep = Grep::new(&filters.grep);
        let request = context.request(&self.rows)?;
        request.check::<SessionRow>(false)?;
        let idle = filter.admits_idle_sessions();
        // If only time limits the rows, read only the newest sessions.
        let newest = self
            .rows
            .limit
            .filter(|_| idle && !needs_sessions(&filter) && grep.is_empty())
            .filter(|_| self.rows.sort.is_none() && !self.tree && !self.interactive);
        context.report(&filter, |engine, out| {
            let usage = engine.usage()?;
            out.report_unknown(&engine.unknown_names::<SessionRow>(&filters, &[])?, false)?;
            let (selected, sessions) = match newest {
                Some(most) => {
                    let mut selected = usage.select(&filter, None)?;
                    let sessions = Sessions::load_newest(usage.ledger, &selected, most)?;
                    selected.only(&sessions);
                    (selected, sessions)
                }
                None => {
                    let sessions = Sessions::load(usage.ledger)?;
                    (usage.select(&filter, Some(&sessions))?, sessions)
                }
            };
            let mut rows = usage.session_rows(&selected, &sessions, idle)?;
            if self.interactive {
                rows.retain(|row| row.interactive != Some(false));
            }
            if self.tree {
                rows = nest(rows);
            }
            let mut missing = engine.missing_history()?;
            missing.extend(usage.unpriced_notes());
            let layout = Layout {
                grep: grep.clone(),
                empty: engine.explain_empty("sessions", "sessions", &filters, rows.is_empty())?,
                footer: footer(missing),
                ..Layout::default()
            };
            out.print(
                &with_ids(&request, engine, std::iter::empty())?,
                layout,
                rows.into_iter().map(Ok),
            )
        })
    }
}
