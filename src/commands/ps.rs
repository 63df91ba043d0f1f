//! `ttop ps`: running agents, their sessions and statuses.

use super::context::{Context, Out, with_ids};
use crate::args::values::interval;
use crate::args::{Filters, RowArgs, complete};
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::rows::PsRow;
use crate::engine::Engine;
use crate::engine::empty_answer::empty_or;
use crate::engine::filters::check;
use crate::engine::live_loop::{OnUnwritable, Step, WatchOptions};
use crate::engine::live_rows::{Known, Shown, known_sessions, rows};
use crate::engine::panes;
use crate::engine::remotes::{Asking, RemoteAgents};
use crate::engine::scan::{Scan, ScanOptions};
use crate::engine::snapshot_writer::SnapshotWriter;
use crate::exit::Exit;
use crate::render::{Grep, Layout, Request, footer, is_abandoned, print_encoded};
use anyhow::Result;
use clap::Args;
use std::time::{Duration, Instant};

/// Its number is the same everywhere.
const SIGINT: i32 = 2;
/// How long the first rows wait for those of remotes.
const FIRST_ANSWER: Duration = Duration::from_millis(300);
/// A terminal's screen is cleared and written from its top.
const REDRAW: &[u8] = b"\x1b[H\x1b[2J";

/// List running agents, their sessions, and which one waits for you
#[derive(Args, Debug, Default)]
pub struct PsArgs {
    /// Also list processes that agents started: language servers, MCP servers, tools, subagents
    #[arg(long)]
    pub all: bool,
    /// Only list MCP servers whose agent has ended
    #[arg(long, conflicts_with = "all")]
    pub orphans: bool,
    /// Only list agents that wait for you
    #[arg(long)]
    pub waiting: bool,
    /// Only list agents that wait for you; exit 3 if any
    #[arg(long, conflicts_with = "watch")]
    pub check: bool,
    /// Show the last line of each agent's reply
    #[arg(long)]
    pub text: bool,
    /// Refresh at this interval; on a terminal, in place
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s", value_parser = interval, add = complete::durations())]
    pub watch: Option<Duration>,
    /// Switch to the pane of this session or pid
    #[arg(long, value_name = "ID", conflicts_with_all = ["watch", "check"], add = complete::sessions())]
    pub jump: Option<String>,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl PsArgs {
    /// # Errors
    /// When the rows could not be made or written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        context.request(&self.rows)?.check::<PsRow>(false)?;
        check::<PsRow>(&self.filters.text())?;
        if let Some(id) = &self.jump {
            if context.engine.is_sample() {
                return Err(BadRequest::new("demo sessions have no processes to jump to").into());
            }
            panes::select_named(id, &self.scan(&context.engine, &mut context.out).sessions)?;
            return Ok(Exit::Ok);
        }
        match self.watch {
            Some(interval) => self.follow(interval, context),
            None => self.once(context),
        }
    }

    /// Shows the rows again and again. Records are followed meanwhile, so that a look reads only what changed.
    fn follow(&self, interval: Duration, context: &mut Context) -> Result<Exit> {
        context.engine.watch(&WatchOptions {
            is_watched: &|_| true,
            is_abandoned,
            on_unwritable: OnUnwritable::GoOn,
        })?;
        let mut remotes = context.engine.remotes().watch(None)?;
        remotes.wait(FIRST_ANSWER, &mut context.engine);
        remotes.take(&mut context.engine);
        let is_redrawn = context.screen()?.is_terminal && self.rows.jq.is_none();
        if is_redrawn {
            print_encoded(REDRAW)?;
        }
        let request = context.request(&self.rows)?;
        context.report(&TurnFilter::default(), |engine, out| {
            let scan = self.scan(engine, out);
            self.show(engine, out, &request, &scan, &remotes.latest.rows)
        })?;
        let mut snapshots = SnapshotWriter::new(&context.engine, true);
        loop {
            let end = Instant::now() + interval;
            while Instant::now() < end {
                match context.engine.step(end.saturating_duration_since(Instant::now()))? {
                    Step::Signal(SIGINT) => return Ok(Exit::Interrupted),
                    Step::Signal(_) => return Ok(Exit::Terminated),
                    Step::Abandoned => return Ok(Exit::Ok),
                    Step::Woke { is_read: true } => snapshots.note(),
                    Step::Woke { is_read: false } => {}
                }
            }
            snapshots.leave(&mut context.engine);
            remotes.take(&mut context.engine);
            if is_redrawn {
                print_encoded(REDRAW)?;
            }
            let request = context.request(&self.rows)?;
            let scan = self.scan(&context.engine, &mut context.out);
            self.show(&context.engine, &mut context.out, &request, &scan, &remotes.latest.rows)?;
            context.warn_all();
        }
    }

    fn once(&self, context: &mut Context) -> Result<Exit> {
        let is_quiet = context.out.global.quiet;
        // Without output, only whether somebody waits counts.
        let mut asking = (!is_quiet || self.check).then(|| context.engine.remotes().start());
        let mut remote: Option<RemoteAgents> = None;
        let mut remote = |engine: &Engine| {
            let agents = remote.get_or_insert_with(|| asking.take().map(Asking::finish).unwrap_or_default());
            std::mem::take(&mut agents.problems)
                .into_iter()
                .for_each(|problem| engine.note_problem(problem));
            agents.rows.clone()
        };
        let request = context.request(&self.rows)?;
        // Whether a session waits is known without the ledger, and faster.
        if is_quiet && self.filters.text().is_empty() {
            let scan = self.scan(&context.engine, &mut context.out);
            let remote = remote(&context.engine);
            context.warn_all();
            let rows = self.choose(&context.engine, &context.out, &scan, &Known::default(), &remote)?;
            return self.print(&mut context.out, &request, rows, Vec::new());
        }
        // Processes are listed during the refresh; the look at what runs uses the files that it found.
        context.engine.look_ahead(self.scan_options(&context.out));
        context.report(&TurnFilter::default(), |engine, out| {
            let scan = self.scan(engine, out);
            self.show(engine, out, &request, &scan, &remote(engine))
        })
    }

    /// Shows the sessions with what the ledger has of them.
    fn show(&self, engine: &Engine, out: &mut Out, request: &Request, scan: &Scan, remote: &[PsRow]) -> Result<Exit> {
        let usage = engine.usage()?;
        let known = known_sessions(&scan.sessions, &usage)?;
        let rows = self.choose(engine, out, scan, &known, remote)?;
        let shown = rows
            .iter()
            .filter_map(|row| row.session_id.as_deref().map(str::to_owned));
        let request = with_ids(request, engine, shown.collect::<Vec<_>>().into_iter())?;
        self.print(out, &request, rows, usage.unpriced_notes())
    }

    fn scan_options(&self, out: &Out) -> ScanOptions {
        ScanOptions {
            helpers: self.all || self.orphans,
            text: self.text,
            cpu: !out.global.quiet && self.jump.is_none(),
        }
    }

    fn scan(&self, engine: &Engine, out: &mut Out) -> Scan {
        let mut scan = engine.scan(self.scan_options(out));
        scan.problems.iter().for_each(|problem| out.warn(problem));
        scan.sessions = Shown::of(self.all, self.orphans).among(scan.sessions);
        scan
    }

    fn choose(&self, engine: &Engine, out: &Out, scan: &Scan, known: &Known, remote: &[PsRow]) -> Result<Vec<PsRow>> {
        let (now, filters) = (engine.system.now, &self.filters.text());
        let mut rows = rows(&scan.sessions, remote, known, now);
        out.report_unknown(&engine.unknown_names(filters, &rows)?, self.check)?;
        if self.waiting || self.check {
            rows.retain(|row| row.status.is_waiting());
        }
        let mut rows = engine.choose(filters, rows)?;
        let grep = Grep::new(&filters.grep);
        if !grep.is_empty() {
            rows.retain(|row| serde_json::to_value(row).is_ok_and(|row| grep.matches(&row)));
        }
        Ok(rows)
    }

    fn print(&self, out: &mut Out, request: &Request, rows: Vec<PsRow>, notes: Vec<String>) -> Result<Exit> {
        let has_failed = self.check && !rows.is_empty();
        let nothing = match (self.waiting || self.check, self.orphans) {
            (true, _) => "no agent waits for you",
            (false, true) => "no MCP server outlived its agent",
            (false, false) => "no agents running; ttop sessions lists what they did",
        };
        let had_rows = !self.filters.text().is_empty();
        let layout = Layout {
            empty: empty_or(nothing, had_rows, &self.filters.text()),
            footer: footer(if rows.is_empty() { Vec::new() } else { notes }),
            ..Layout::default()
        };
        let exit = out.print(request, layout, rows.into_iter().map(Ok))?;
        Ok(exit.checked(has_failed))
    }
}
