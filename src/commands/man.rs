//! `ttop man`: the manual page of ttop or of one of its commands.

use super::context::Context;
use crate::exit::{Exit, UsageError};
use anyhow::Result;
use clap::Args;

/// Print a manual page: ttop man cost | man -l -
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The command; without one, ttop as a whole
    command: Vec<String>,
}

/// A page's name and the page.
pub type Page = (&'static str, &'static [u8]);

macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../man/", $name, ".1")))),*]
    };
}

/// Every committed page.
pub const PAGES: &[Page] = pages![
    "ttop",
    "ttop-completions",
    "ttop-config",
    "ttop-config-get",
    "ttop-config-init",
    "ttop-config-path",
    "ttop-config-set",
    "ttop-config-show",
    "ttop-config-unset",
    "ttop-cost",
    "ttop-creds",
    "ttop-man",
    "ttop-prices",
    "ttop-prices-show",
    "ttop-prices-update",
    "ttop-schema",
    "ttop-sessions",
    "ttop-turns",
];

impl ManArgs {
    /// # Errors
    /// When there is no such command, or stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let name = std::iter::once("ttop")
            .chain(self.command.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("-");
        let Some((_, page)) = PAGES.iter().find(|(page, _)| *page == name) else {
            return Err(UsageError::new(format!("no manual page '{name}'"))
                .with_hint("ttop --help lists the commands")
                .into());
        };
        context.text(page)?;
        Ok(context.outcome())
    }
}
