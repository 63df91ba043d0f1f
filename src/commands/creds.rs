//! `ttop creds`: where credentials are and in what state, never what they are.

use super::context::{Context, is_attended};
use crate::args::{Filters, RowArgs};
use crate::core::rows::CredRow;
use crate::engine::creds::CredsQuery;
use crate::exit::Exit;
use crate::render::{Grep, Layout};
use anyhow::Result;
use clap::Args;

/// Show where credentials are and in what state, never what they are
#[derive(Args, Debug)]
pub struct CredsArgs {
    /// List missing ones too, with how to get them
    #[arg(long)]
    pub all: bool,
    /// Print only what fails, and exit 3 if anything does
    #[arg(long)]
    pub check: bool,
    /// Show account ids and addresses
    #[arg(long)]
    pub accounts: bool,
    /// Ask the macOS keychain even when nobody may be there to answer its dialog
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
        let rows = context.engine.choose(&filters, rows)?;
        let has_failed = self.check && !rows.is_empty();
        let layout = Layout {
            grep: Grep::new(&filters.grep),
            ..Layout::default()
        };
        let exit = context.out.print(&request, layout, rows.into_iter().map(Ok))?;
        Ok(if has_failed { Exit::Check } else { exit })
    }
}
