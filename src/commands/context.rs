//! What every command gets: the system, the config, the global flags, and where rows and warnings go.

use crate::cli::{Global, RowArgs};
use crate::core::problem::Problem;
use crate::exit::Exit;
use crate::render::{self, Row};
use crate::system::System;
use crate::system::config::Config;
use anyhow::Result;

/// One run of ttop.
pub struct Context {
    pub system: System,
    pub config: Config,
    pub global: Global,
    skipped: usize,
}

impl Context {
    pub fn new(system: System, config: Config, global: Global) -> Self {
        Self {
            system,
            config,
            global,
            skipped: 0,
        }
    }

    /// Reports something that was skipped: a line on stderr, and exit 1 with `--strict`.
    pub fn warn(&mut self, problem: &Problem) {
        self.skipped += 1;
        if !self.global.quiet {
            render::warn(problem);
        }
    }

    /// Prints rows in the format that was asked for.
    ///
    /// # Errors
    /// When stdout cannot be written, or the arguments do not fit the row.
    pub fn rows<R: Row>(&mut self, args: &RowArgs, rows: Vec<R>) -> Result<Exit> {
        render::rows(args, &self.global, rows)?;
        Ok(self.outcome())
    }

    /// `Ok`, or `Failed` when something was skipped under `--strict`.
    pub fn outcome(&self) -> Exit {
        if self.global.strict && self.skipped > 0 {
            Exit::Failed
        } else {
            Exit::Ok
        }
    }
}
