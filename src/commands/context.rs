//! What every command gets: the system, the config, the global flags, and where rows and warnings go.

use crate::args::{ColorWhen, Global, RowArgs};
use crate::core::price::CostFrom;
use crate::core::problem::Problem;
use crate::exit::Exit;
use crate::render::{self, Layout, Output, Request, Row, Screen, View, When};
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

    /// Says something on stderr that is no problem, unless the run is to be quiet.
    pub fn note(&self, line: &str) {
        if !self.global.quiet {
            render::say(line);
        }
    }

    /// Prints rows that a command has at hand.
    ///
    /// # Errors
    /// When stdout cannot be written, or the arguments do not fit the row.
    pub fn rows<R: Row>(&mut self, args: &RowArgs, rows: Vec<R>) -> Result<Exit> {
        self.print(args, Layout::default(), rows.into_iter().map(Ok))
    }

    /// Prints rows as they come.
    ///
    /// # Errors
    /// When stdout cannot be written, a row fails, or the arguments do not fit the row.
    pub fn print<R: Row>(
        &mut self,
        args: &RowArgs,
        layout: Layout<R>,
        rows: impl Iterator<Item = Result<R>>,
    ) -> Result<Exit> {
        let request = self.request(args)?;
        let mut output = Output::stdout();
        render::print(&request, layout, rows, &mut output, &mut |problem| self.warn(&problem))?;
        Ok(self.outcome())
    }

    /// Prints text that is no row.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn text(&self, text: &str) -> Result<()> {
        if !self.global.quiet {
            render::print_text(text)?;
        }
        Ok(())
    }

    /// How rows are to be printed. A command that has much to do before its first row checks it early:
    /// `context.request(&self.rows)?.check::<TurnRow>(false)?`.
    ///
    /// # Errors
    /// When the time zone is not known.
    pub fn request(&self, args: &RowArgs) -> Result<Request> {
        Ok(Request {
            format: args.format,
            fields: args.fields.clone(),
            has_header: !args.no_header,
            jq: args.jq.clone(),
            is_raw: args.raw,
            sort: args.sort.clone(),
            limit: args.limit,
            is_quiet: self.global.quiet,
            screen: self.screen()?,
        })
    }

    /// Where rows are shown.
    ///
    /// # Errors
    /// When the time zone is not known.
    pub fn screen(&self) -> Result<Screen> {
        let view = View {
            zone: self.system.zone()?.clone(),
            now: self.system.now,
            home: self.system.home.to_string_lossy().into_owned(),
        };
        let when = match self.global.color.unwrap_or_default() {
            ColorWhen::Auto => When::Auto,
            ColorWhen::Always => When::Always,
            ColorWhen::Never => When::Never,
        };
        // The terminal is the reader's, also where the rows are those of the sample home.
        Ok(Screen::stdout(when, view, |name| std::env::var(name).ok()))
    }

    /// Where costs come from.
    pub fn cost_from(&self) -> CostFrom {
        self.global.cost_from.map(CostFrom::from).unwrap_or_default()
    }

    /// Counts problems that were said elsewhere.
    pub fn add_skipped(&mut self, problems: usize) {
        self.skipped += problems;
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
