//! What every command gets: the engine, and where rows and warnings go.

use crate::args::{Global, RowArgs};
use crate::core::filter::TurnFilter;
use crate::core::problem::Problem;
use crate::core::short_id::ShortIds;
use crate::engine::Engine;
use crate::engine::unknown_names::UnknownName;
use crate::exit::Exit;
use crate::prices::is_due;
use crate::render::theme::{Scheme, Theme, scheme_of};
use crate::render::{self, Format, Layout, Output, Request, Row, Screen, View};
use crate::system::System;
use anyhow::Result;
use std::io::IsTerminal;
use std::sync::Arc;

/// One run of ttop.
pub struct Context {
    pub engine: Engine,
    pub out: Out,
}

/// Where rows, warnings and notes of a run go.
pub struct Out {
    pub global: Global,
    /// Where hints that were given are kept.
    system: System,
    skipped: usize,
}

impl Context {
    pub fn new(mut engine: Engine, global: Global) -> Self {
        engine.cost_from = global.cost_from.unwrap_or_default();
        let system = engine.system.clone();
        Self {
            engine,
            out: Out {
                global,
                system,
                skipped: 0,
            },
        }
    }

    /// How rows are to be printed. A command checks it before it does anything that takes time:
    /// `request.check::<TurnRow>(false)?`.
    ///
    /// # Errors
    /// When the time zone is not known.
    pub fn request(&self, args: &RowArgs) -> Result<Request> {
        Ok(Request {
            format: if args.table { Some(Format::Table) } else { args.format },
            fields: args.fields.clone(),
            has_header: !args.no_header,
            jq: args.jq.clone(),
            is_raw: args.raw,
            sort: args.sort.clone(),
            limit: args.limit,
            is_quiet: self.out.global.quiet,
            hidden: &[],
            screen: self.screen()?,
        })
    }

    /// Where rows are shown.
    ///
    /// # Errors
    /// When the time zone is not known.
    pub fn screen(&self) -> Result<Screen> {
        let system = &self.engine.system;
        let view = View {
            zone: system.zone()?.clone(),
            now: system.now,
            home: system.home.to_string_lossy().into_owned(),
            ids: Default::default(),
            model_name: crate::prices::model_name,
        };
        let when = self.out.global.color.unwrap_or_default();
        // The terminal is the reader's, also where the rows are those of the sample home.
        let var = |name: &str| std::env::var(name).ok();
        let mut screen = Screen::stdout(when, view, var);
        if let Some(theme) = self.theme()? {
            screen.palette = screen.palette.with_theme(&theme, theme.depth());
        }
        Ok(screen)
    }

    /// The theme of `--theme` or the configuration, for the terminal's background; `None` without one: then colors are
    /// readable on black and on white.
    ///
    /// # Errors
    /// When there is no such theme.
    pub fn theme(&self) -> Result<Option<Theme>> {
        let var = std::env::var("COLORFGBG").ok();
        let scheme = self.engine.color_scheme().or_else(|| scheme_of(&var?));
        let flag = self.out.global.theme.as_deref();
        Ok(self.engine.theme(flag, scheme.unwrap_or(Scheme::Dark))?)
    }

    /// Prints rows that a command has at hand.
    ///
    /// # Errors
    /// When stdout cannot be written, or the arguments do not fit the row.
    pub fn rows<R: Row>(&mut self, args: &RowArgs, rows: Vec<R>) -> Result<Exit> {
        let request = self.request(args)?;
        self.out.print(&request, Layout::default(), rows.into_iter().map(Ok))
    }

    /// Refreshes, lets `answer` report and print, then commits, so that answers never wait for the commit. Leaves a
    /// damaged ledger out and answers from disk.
    ///
    /// # Errors
    /// When the report could not be made. What could not be read or kept is a warning.
    pub fn report<T>(
        &mut self,
        filter: &TurnFilter,
        mut answer: impl FnMut(&Engine, &mut Out) -> Result<T>,
    ) -> Result<T> {
        let mut attempt = |context: &mut Self| {
            context.engine.prices();
            context.refresh(filter)?;
            answer(&context.engine, &mut context.out)
        };
        let result = match attempt(self) {
            Err(error) if self.engine.abandon_damaged(&error)? => attempt(self),
            other => other,
        };
        self.engine.keep();
        self.warn_all();
        result
    }

    /// Refreshes, with a progress bar if it takes long, and warns about unreadable sources.
    ///
    /// # Errors
    /// When the ledger itself cannot be read.
    pub fn refresh(&mut self, filter: &TurnFilter) -> Result<()> {
        let bar = render::progress::Bar::new(self.out.global.quiet);
        let changes = self
            .engine
            .refresh(&filter.agents, &|done, total| bar.show(done, total))?;
        bar.finish();
        self.warn_all();
        changes.problems.iter().for_each(|problem| self.out.warn(problem));
        Ok(())
    }

    /// Warns about each mistake in the configuration, and prints the command that repairs it.
    pub fn warn_of_flaws(&mut self) {
        for flaw in self.engine.config.flaws() {
            self.out.warn(&flaw.problem());
            self.out.note(&format!("hint: {}", flaw.repair));
        }
    }

    /// Prints a warning for each agent of the configuration that is not known. Agents of plugins must be registered.
    pub fn warn_of_unknown_agents(&mut self) {
        for (problem, repair) in self.engine.unknown_agents() {
            self.out.warn(&problem);
            self.out.note(&format!("hint: {repair}"));
        }
    }

    /// Prints the engine's problems as warnings.
    pub fn warn_all(&mut self) {
        for problem in self.engine.take_problems() {
            self.out.warn(&problem);
        }
    }
}

impl Out {
    /// Reports something that was skipped: a line on stderr, and exit 1 with `--strict`.
    pub fn warn(&mut self, problem: &Problem) {
        self.skipped += 1;
        if !self.global.quiet {
            render::warn(problem);
        }
    }

    /// Prints a note to stderr, unless the run is quiet.
    pub fn note(&self, line: &str) {
        if !self.global.quiet {
            render::eprint_line(line);
        }
    }

    /// Reports filters that cannot match.
    ///
    /// # Errors
    /// When a check depends on one: it would always pass.
    pub fn report_unknown(&self, unknown: &[UnknownName], is_check: bool) -> Result<()> {
        if let Some(name) = unknown.first().filter(|_| is_check) {
            return Err(name.refused().into());
        }
        for name in unknown {
            self.note(&format!("ttop: warning: {}; {}", name.message(), name.hint()));
        }
        Ok(())
    }

    /// Prints rows as they come. A hint that was given by an earlier run is not among the lines below them.
    ///
    /// # Errors
    /// When stdout cannot be written, a row fails, or the request does not fit the row.
    pub fn print<R: Row>(
        &mut self,
        request: &Request,
        mut layout: Layout<R>,
        rows: impl Iterator<Item = Result<R>>,
    ) -> Result<Exit> {
        if let Some(make) = layout.footer.take() {
            let system = self.system.clone();
            layout.footer = Some(Box::new(move |rows| {
                let mut footer = make(rows);
                // Without rows, no footer is printed.
                footer
                    .notes
                    .retain(|note| rows.is_empty() || is_due(&system, note.as_str()));
                footer
            }));
        }
        let mut output = Output::stdout();
        render::print(request, layout, rows, &mut output, &mut |problem| self.warn(&problem))?;
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

    /// Counts problems that were reported elsewhere.
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

/// The request with the ids of all sessions, where a table shortens them.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn with_ids(request: &Request, engine: &Engine, shown: impl Iterator<Item = String>) -> Result<Request> {
    let mut request = request.clone();
    if request.is_table() {
        let ids = engine.ledger()?.session_ids()?;
        request.screen.view.ids = Arc::new(ShortIds::new(ids.into_iter().chain(shown)));
    }
    Ok(request)
}

/// Whether a user is present to answer a dialog.
pub(crate) fn is_attended() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}
