//! The command line: all commands in one definition, from which completions and manual pages are made.

pub mod alias;
pub mod answer;
mod examples;
mod grammar;
mod help;
mod hints;
pub mod parse;
mod refusal;
mod typed;

use crate::args::Global;
use crate::commands::Command;
use crate::commands::cost::CostArgs;
use crate::render::filter_keys::unusable;
use crate::render::kinds::ROWS;
use clap::{CommandFactory, Parser};
use std::collections::BTreeMap;

/// Report what AI coding agents use: tokens, money, limits, and who waits for you
///
/// Without a command, ttop runs `ttop cost --since today --by model`.
#[derive(Parser, Debug)]
#[command(name = "ttop", version, max_term_width = 100)]
pub struct Cli {
    /// What bare `ttop` takes.
    #[command(flatten)]
    pub bare: CostArgs,
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The definition that people read: help, completions and manual pages leave out filters that a command's rows have no
/// key for. They are still parsed, to be refused with a reason.
pub fn definition() -> clap::Command {
    definition_with(&BTreeMap::new())
}

/// The definition that a person reads who has these aliases of their own.
pub fn definition_with(aliases: &BTreeMap<String, String>) -> clap::Command {
    const OF_TURNS: [&str; 7] = ["turns", "sessions", "cost", "trends", "insights", "diff", "watch"];
    let mut root = Cli::command();
    for row in ROWS.iter().filter(|row| !OF_TURNS.contains(&row.command)) {
        let Some(command) = root.find_subcommand_mut(row.command) else {
            continue;
        };
        for filter in unusable(&(row.keys)()) {
            if command.get_arguments().any(|arg| arg.get_id() == filter) {
                *command = command.clone().mut_arg(filter, |arg| arg.hide(true));
            }
        }
    }
    alias::list(examples::add(help::tidy(root)), &alias::all(aliases))
}
