//! `ttop watch`: a line for every step of every reply, and for what happened besides, as it happens.

use super::context::{Context, with_ids};
use crate::args::values::duration;
use crate::args::{RowArgs, WatchFilters, complete};
use crate::core::bad_request::BadRequest;
use crate::core::event_group::{Group, Groups};
use crate::core::rows::StreamRow;
use crate::engine::stream::{Aside, EventStream, StreamOptions};
use crate::exit::Exit;
use crate::render::{self, Grep, Layout, Row, is_abandoned};
use anyhow::Result;
use clap::Args;
use std::time::Duration;

/// Stream tokens and cost as agents work
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// Print these kinds of lines
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "activity")]
    pub events: Vec<Group>,
    /// Print a heartbeat line at this interval
    #[arg(long, value_name = "DURATION", value_parser = duration, add = complete::durations())]
    pub heartbeat: Option<Duration>,
    /// Replay from this event or time, then follow
    #[arg(long, value_name = "EVENT|TIME", add = complete::times())]
    pub since: Option<String>,
    /// Print what is new, then exit
    #[arg(long)]
    pub once: bool,
    /// Exit after this long
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, add = complete::durations())]
    pub run_for: Option<Duration>,
    /// Exit after this long without a line
    #[arg(long, value_name = "DURATION", value_parser = duration, add = complete::durations())]
    pub idle_exit: Option<Duration>,
    #[command(flatten)]
    pub filters: WatchFilters,
    #[command(flatten)]
    pub rows: RowArgs,
}

impl WatchArgs {
    /// # Errors
    /// When the stream cannot begin, or stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if self.rows.sort.is_some() {
            return Err(BadRequest::new("watch prints lines as they arrive and cannot --sort").into());
        }
        if self.heartbeat.is_some_and(|every| every.is_zero()) {
            return Err(BadRequest::new("--heartbeat must be longer than zero, for example 30s").into());
        }
        let groups = Groups::new(&self.events, self.heartbeat.is_some());
        if groups.has_events() {
            return self.print(context, groups, Some);
        }
        self.print(context, groups, |row| match row {
            StreamRow::Activity(row) => Some(*row),
            StreamRow::Event(_) => None,
        })
    }

    /// Prints the lines of a stream in one shape of row.
    fn print<R: Row>(&self, context: &mut Context, groups: Groups, shape: fn(StreamRow) -> Option<R>) -> Result<Exit> {
        let request = context.request(&self.rows)?;
        request.check::<R>(false)?;
        let filters = self.filters.text();
        let layout = Layout {
            grep: Grep::new(&filters.grep),
            is_live: true,
            ..Layout::default()
        };
        let options = StreamOptions {
            groups,
            since: self.since.clone(),
            filter: context.engine.filter(&filters)?,
            sessions: self.filters.session.clone(),
            once: self.once,
            run_for: self.run_for,
            idle_exit: self.idle_exit,
            heartbeat: self.heartbeat,
            is_abandoned,
        };
        let request = match context.engine.ledger() {
            Ok(_) => with_ids(&request, &context.engine, std::iter::empty())?,
            Err(_) => request,
        };
        let (is_quiet, mut skipped, mut signal) = (context.out.global.quiet, 0, None);
        let mut tell = |aside| match aside {
            Aside::Problem(problem) => {
                skipped += 1;
                if !is_quiet {
                    render::warn(&problem);
                }
            }
            Aside::Note(note) if !is_quiet => render::eprint_line(&format!("ttop: {note}")),
            Aside::Note(_) => {}
            Aside::Signal(number) => signal = Some(number),
        };
        let mut named = filters.clone();
        named.session.clear();
        let unknown = context.engine.unknown_names::<R>(&named, &[])?;
        context.out.report_unknown(&unknown, false)?;
        let stream = EventStream::start(&mut context.engine, options, &mut tell)?;
        let rows = stream.filter_map(|row| row.map(shape).transpose());
        context.out.print(&request, layout, rows)?;
        context.out.add_skipped(skipped);
        Ok(match signal {
            None => context.out.outcome(),
            Some(2) => Exit::Interrupted,
            Some(_) => Exit::Terminated,
        })
    }
}
