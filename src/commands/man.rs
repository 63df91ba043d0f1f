//! `ttop man`: the manual page of ttop or of one of its commands.

use super::context::Context;
use crate::args::complete;
use crate::core::bad_request::BadRequest;
use crate::exit::Exit;
use crate::render::keys::similar;
use anyhow::Result;
use clap::Args;

/// Print a manual page
#[derive(Args, Debug)]
pub struct ManArgs {
    /// Command to describe [default: ttop itself]
    #[arg(add = complete::words(super::names))]
    command: Vec<String>,
}

/// Every committed page and its name; `make generate` writes the list.
pub(crate) const PAGES: &[(&str, &str)] = include!("../../man/pages.in");

impl ManArgs {
    /// # Errors
    /// When there is no such command, or stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let name = std::iter::once("ttop")
            .chain(self.command.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("-");
        let Some((_, page)) = PAGES.iter().find(|(page, _)| *page == name) else {
            let pages: Vec<String> = PAGES.iter().map(|(page, _)| page.replace('-', " ")).collect();
            let hint = match similar(&name.replace('-', " "), pages.iter().map(String::as_str)).first() {
                Some(near) => format!("run '{}'", near.replacen("ttop", "ttop man", 1)),
                None => "run 'ttop --help' for the list of commands".to_owned(),
            };
            return Err(BadRequest::new(format!("no manual page '{name}'"))
                .with_hint(hint)
                .into());
        };
        context.out.text(page)?;
        Ok(context.out.outcome())
    }
}
