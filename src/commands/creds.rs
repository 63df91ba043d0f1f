//! `ttop creds`: places and states of credentials, never their values.

use super::context::{Context, is_attended};
use crate::args::{Filters, RowArgs};
use crate::core::rows::CredRow;
use crate::engine::creds::CredsQuery;
use crate::engine::empty_answer::empty_or;
use crate::exit::Exit;
use crate::render::{Footer, Grep, Layout, columns};
use anyhow::Result;
use clap::Args;

/// List credentials with their place and state, never their values
#[derive(Args, Debug)]
pub struct CredsArgs {
    /// Also list missing credentials, with how to get them
    #[arg(long)]
    pub all: bool,
    /// Only list credentials that do not work; exit 3 if any
    #[arg(long)]
    pub check: bool,
    /// Show account ids and addresses
    #[arg(long)]
    pub accounts: bool,
    /// Read the macOS keychain even where its prompt may go unanswered
    #[arg(long)]
    pub keychain: bool,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl CredsArgs {
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<CredRow>(false)?;
        let rows = context.engine.credentials(CredsQuery {
            all: self.all,
            failing: self.check,
            accounts: self.accounts,
            asks_keychain: self.keychain || is_attended(),
        })?;
        context.warn_all();
        let filters = self.filters.text();
        let unknown = context.engine.unknown_names(&filters, &rows)?;
        context.out.report_unknown(&unknown, self.check)?;
        let had_rows = !rows.is_empty();
        let rows = context.engine.choose(&filters, rows)?;
        let has_failed = self.check && !rows.is_empty();
        let nothing = match self.check {
            true => "no credential fails",
            false => "no credentials found; ttop creds --all lists how to get one",
        };
        let layout = Layout {
            grep: Grep::new(&filters.grep),
            empty: empty_or(nothing, had_rows, &filters),
            footer: Some(Box::new(|rows| Footer::new(None, columns::cred::advice(rows)))),
            ..Layout::default()
        };
        let exit = context.out.print(&request, layout, rows.into_iter().map(Ok))?;
        Ok(exit.checked(has_failed))
    }
}
