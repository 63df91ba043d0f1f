//! `ttop ps`: running agents, the session each shows, and what it does.

pub mod demo;
pub mod look;
pub mod rows;

use super::context::Context;
use super::usage;
use crate::args::{Filters, RowArgs};
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::rows::PsRow;
use crate::exit::Exit;
use crate::processes::tmux;
use crate::render::{is_abandoned, print_encoded};
use crate::system::notices::{Notices, Wake};
use anyhow::{Result, bail};
use clap::Args;
use look::{Eyes, Seen, Wanted};
use rows::{Known, hide_subagents, is_listed, known_sessions, row};
use std::time::{Duration, Instant};

/// Its number is the same everywhere.
const SIGINT: i32 = 2;
/// A terminal's screen is cleared and written from its top.
const REDRAW: &[u8] = b"\x1b[H\x1b[2J";

/// Show running agents, the session each works on, and who waits for you
#[derive(Args, Debug, Default)]
pub struct PsArgs {
    /// Show what agents started, too: language servers, MCP servers, tools, subagents
    #[arg(long)]
    pub all: bool,
    /// Show only MCP servers whose agent is gone
    #[arg(long, conflicts_with = "all")]
    pub orphans: bool,
    /// Show only those that wait for their human
    #[arg(long)]
    pub waiting: bool,
    /// Print only those that wait, and exit 3 if any does
    #[arg(long, conflicts_with = "watch")]
    pub check: bool,
    /// Show the last line each agent said
    #[arg(long)]
    pub text: bool,
    /// Look again every so often, on a terminal in the same place
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s", value_parser = parse_interval)]
    pub watch: Option<Duration>,
    /// Go to the tmux pane of the agent that shows this session or has this pid
    #[arg(long, value_name = "ID", conflicts_with_all = ["watch", "check"])]
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
        self.filters.check::<PsRow>()?;
        let mut eyes = Eyes::default();
        if let Some(id) = &self.jump {
            if context.global.demo {
                return Err(BadRequest::new("what --demo shows runs nowhere").into());
            }
            return jump(id, &self.seen(context, &mut eyes));
        }
        let Some(interval) = self.watch else {
            return self.once(context, &mut eyes);
        };
        let notices = Notices::start()?;
        let (began, now) = (Instant::now(), context.system.now);
        let is_redrawn = context.screen()?.is_terminal && self.rows.jq.is_none();
        loop {
            let passed = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
            context.system.now = now.saturating_add(passed);
            if is_redrawn {
                print_encoded(REDRAW)?;
            }
            self.once(context, &mut eyes)?;
            if let Some(exit) = pause(&notices, interval) {
                return Ok(exit);
            }
        }
    }

    fn once(&self, context: &mut Context, eyes: &mut Eyes) -> Result<Exit> {
        let seen = self.seen(context, eyes);
        seen.problems.iter().for_each(|problem| context.warn(problem));
        // Who waits can be told without the ledger, and faster.
        if context.global.quiet && self.filters.is_empty() {
            return self.print(context, &seen, &Known::default());
        }
        usage::report(context, &TurnFilter::default(), |context, usage| {
            let known = known_sessions(&seen.sights, usage)?;
            self.print(context, &seen, &known)
        })
    }

    fn seen(&self, context: &Context, eyes: &mut Eyes) -> Seen {
        let wanted = Wanted {
            helpers: self.all || self.orphans,
            text: self.text,
            cpu: !context.global.quiet && self.jump.is_none(),
        };
        let mut seen = if context.global.demo {
            demo::seen(context.system.now)
        } else {
            eyes.look(&context.system, wanted)
        };
        if !self.all {
            seen.sights = hide_subagents(seen.sights);
        }
        seen.sights
            .retain(|sight| is_listed(sight.claim.role, self.all, self.orphans));
        seen
    }

    fn print(&self, context: &mut Context, seen: &Seen, known: &Known) -> Result<Exit> {
        let now = context.system.now;
        let mut rows: Vec<PsRow> = seen.sights.iter().map(|sight| row(sight, known, now)).collect();
        rows.sort_by(|a, b| (a.pid, &a.session_id).cmp(&(b.pid, &b.session_id)));
        if self.waiting || self.check {
            rows.retain(|row| row.status.is_waiting());
        }
        let mut rows = self.filters.choose(context, rows)?;
        let grep = self.filters.grep();
        if !grep.is_empty() {
            rows.retain(|row| serde_json::to_value(row).is_ok_and(|row| grep.matches(&row)));
        }
        let has_failed = self.check && !rows.is_empty();
        let exit = context.rows(&self.rows, rows)?;
        Ok(if has_failed { Exit::Check } else { exit })
    }
}

/// Waits; how the run ends if it is told to, or if nobody reads it any more.
fn pause(notices: &Notices, time: Duration) -> Option<Exit> {
    const SLICE: Duration = Duration::from_millis(100);
    let end = Instant::now() + time;
    loop {
        if is_abandoned() {
            return Some(Exit::Ok);
        }
        let left = end.saturating_duration_since(Instant::now());
        match notices.wait(left.min(SLICE)) {
            Wake::Signal(SIGINT) => return Some(Exit::Interrupted),
            Wake::Signal(_) => return Some(Exit::Terminated),
            _ if left.is_zero() => return None,
            _ => {}
        }
    }
}

/// Brings the pane to the front in which an agent shows a session.
fn jump(id: &str, seen: &Seen) -> Result<Exit> {
    let is_it = |sight: &&look::Sight| {
        let session = sight.claim.session.as_ref();
        session.is_some_and(|session| session.id.starts_with(id)) || sight.process.pid.to_string() == id
    };
    let found: Vec<&look::Sight> = seen.sights.iter().filter(is_it).collect();
    let mut panes: Vec<_> = found.iter().filter_map(|sight| sight.pane.as_ref()).collect();
    panes.dedup();
    match (found.as_slice(), panes.as_slice()) {
        ([], _) => bail!("no running agent shows session '{id}'"),
        (_, [pane]) => tmux::select(pane).map(|()| Exit::Ok),
        (_, [_, _, ..]) => Err(BadRequest::new(format!("'{id}' fits agents in several panes"))
            .with_hint("ttop ps --fields pid,sessionId,tmuxPane lists them; a pid will do")
            .into()),
        ([first, ..], []) => match &first.process.tty {
            Some(tty) => bail!("process {} runs on {tty}, in no tmux pane", first.process.pid),
            None => bail!("process {} has no terminal", first.process.pid),
        },
    }
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_millis(100);
    let parsed = text
        .parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|time| Duration::try_from(time).ok());
    match parsed {
        Some(time) if time >= SHORTEST => Ok(time),
        Some(_) => Err("at least 100ms".to_owned()),
        None => Err("not a duration such as 2s or 500ms".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_durations_of_some_length() {
        assert_eq!(parse_interval("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_interval("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["0s", "-2s", "1ms", "soon", "2", ""] {
            assert!(parse_interval(wrong).is_err(), "{wrong}");
        }
    }
}
