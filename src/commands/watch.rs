//! `ttop watch`: a line for every step of every reply, as it happens.

use super::context::Context;
use super::usage;
use crate::agents::agents;
use crate::agents::look::Look;
use crate::cli::{Filters, RowArgs, WatchFilters};
use crate::core::event_id::{EventId, event_id};
use crate::core::filter::TurnFilter;
use crate::core::period::{Edge, parse_time};
use crate::core::price::CostFrom;
use crate::core::problem::Problem;
use crate::core::rows::ActivityRow;
use crate::core::time::Time;
use crate::exit::{Exit, UsageError};
use crate::ledger::Ledger;
use crate::ledger::commit::Committed;
use crate::prices::{Freshness, PriceBook, keep_fresh};
use crate::render::{self, Layout, is_abandoned};
use crate::reports::Usage;
use crate::reports::activity::Follower;
use crate::system::System;
use crate::system::config::Config;
use crate::system::notices::{Notices, Wake};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How often the reader, the clock and other processes' commits are looked at.
const TICK: Duration = Duration::from_millis(250);
/// Lines made at a time, so that a long replay holds little.
const CHUNK: usize = 1_000;

/// Stream what replies use, as it happens
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// Replay from this event or time, then follow
    #[arg(long, value_name = "EVENT|TIME")]
    pub since: Option<String>,
    /// Print what is new, then end
    #[arg(long)]
    pub once: bool,
    /// End after this long
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub run_for: Option<Duration>,
    /// End when nothing happened for this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub idle_exit: Option<Duration>,
    #[command(flatten)]
    pub filters: WatchFilters,
    #[command(flatten)]
    pub rows: RowArgs,
}

/// The lines of a watch: waits for the next one.
struct Stream<'a> {
    args: &'a WatchArgs,
    system: System,
    config: Config,
    cost_from: CostFrom,
    is_demo: bool,
    is_quiet: bool,
    ledger: Ledger,
    book: PriceBook,
    /// News of the price list; a demo has none.
    prices: Option<Receiver<Freshness>>,
    follower: Follower,
    look: Look,
    filter: TurnFilter,
    /// Problems are said when they appear, not at every look.
    told: Vec<Problem>,
    made: VecDeque<ActivityRow>,
    began: Instant,
    last_line: Instant,
    is_drained: bool,
    /// Whether the ledger was written once: it can be.
    has_begun: bool,
    ended: &'a Cell<Ended>,
}

/// What is left to say when the lines are over.
#[derive(Clone, Copy, Default)]
struct Ended {
    skipped: usize,
    signal: Option<i32>,
}

impl WatchArgs {
    /// # Errors
    /// When the stream cannot begin, or stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        if self.rows.sort.is_some() {
            return Err(UsageError::new("watch prints lines as they come, so it takes no --sort").into());
        }
        context.request(&self.rows)?.check::<ActivityRow>(false)?;
        let filters = Filters::from(&self.filters);
        let filter = filters.turn_filter(context)?;
        let (book, problems) = PriceBook::open(&context.system, &context.config);
        problems.iter().for_each(|problem| context.warn(problem));
        let watched = agents()
            .iter()
            .copied()
            .filter(|agent| filter.agents.matches(Some(agent.id())));
        let look = Look::new(Notices::start()?, watched);
        let ended = Cell::default();
        let mut stream = Stream {
            args: self,
            system: context.system.clone(),
            config: context.config.clone(),
            cost_from: context.cost_from(),
            is_demo: context.global.demo,
            is_quiet: context.global.quiet,
            ledger: usage::open(context)?,
            book,
            prices: match context.global.demo {
                true => None,
                false => Some(keep_fresh(&context.system, &context.config)?),
            },
            follower: Follower::new("", 0),
            look,
            filter,
            told: Vec::new(),
            made: VecDeque::new(),
            began: Instant::now(),
            last_line: Instant::now(),
            is_drained: false,
            has_begun: false,
            ended: &ended,
        };
        stream.sync()?;
        stream.has_begun = true;
        stream.follower = stream.start()?;
        let layout = Layout {
            grep: filters.grep(),
            is_live: true,
            ..Layout::default()
        };
        context.print(&self.rows, layout, stream)?;
        context.add_skipped(ended.get().skipped);
        Ok(match ended.get().signal {
            None => context.outcome(),
            Some(2) => Exit::Interrupted,
            Some(_) => Exit::Terminated,
        })
    }
}

impl Iterator for Stream<'_> {
    type Item = Result<ActivityRow>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let Some(row) = self.made.pop_front() {
                if self.wants(&row) {
                    self.last_line = Instant::now();
                    return Some(Ok(row));
                }
            }
            match self.make() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Stream<'_> {
    /// Makes lines, or waits for some; false when the stream is over.
    fn make(&mut self) -> Result<bool> {
        self.made = self.lines()?.into();
        if !self.made.is_empty() {
            return Ok(true);
        }
        let is_over = self.args.run_for.is_some_and(|time| self.began.elapsed() >= time)
            || self.args.idle_exit.is_some_and(|time| self.last_line.elapsed() >= time)
            || self.args.once && self.is_drained;
        if is_over || is_abandoned() {
            return Ok(false);
        }
        if let Wake::Signal(signal) = self.look.wait(if self.args.once { Duration::ZERO } else { TICK }) {
            self.ended.set(Ended {
                signal: Some(signal),
                ..self.ended.get()
            });
            return Ok(false);
        }
        self.sync()?;
        self.take_prices();
        self.is_drained = true;
        Ok(true)
    }

    /// Prices lines from now on by a list that came in meanwhile.
    fn take_prices(&mut self) {
        match self.prices.as_ref().and_then(|prices| prices.try_recv().ok()) {
            Some(Freshness::Renewed(book)) => self.book = *book,
            Some(Freshness::Failed(problem)) => self.tell(&problem),
            None => {}
        }
    }

    /// Says a problem once.
    fn tell(&mut self, problem: &Problem) {
        if self.told.contains(problem) {
            return;
        }
        if !self.is_quiet {
            render::warn(problem);
        }
        self.told.push(problem.clone());
        self.ended.set(Ended {
            skipped: self.told.len(),
            ..self.ended.get()
        });
    }

    /// Reads what is due and keeps it. When another process is faster, its commit is what is told.
    fn sync(&mut self) -> Result<()> {
        let due = self.look.take_due();
        if due.is_empty() || self.is_demo {
            return Ok(());
        }
        let synced = self.ledger.sync(&due, &self.system, &|_, _| {})?;
        for (agent, found) in &synced.found {
            self.look.learn(agent, found);
        }
        let problems: Vec<Problem> = synced.problems.iter().chain(self.ledger.problems()).cloned().collect();
        problems.iter().for_each(|problem| self.tell(problem));
        for agent in due.iter().filter(|agent| self.ledger.has_failed(agent.id())) {
            self.look.try_again(agent.id());
        }
        if self.keep()? == Committed::GivenUp {
            // The other process need not have seen what this one saw.
            self.look.give_back(&due);
            self.ledger.reload()?;
        }
        Ok(())
    }

    /// Keeps what was read. A home that cannot be written to from the start is followed in memory.
    fn keep(&mut self) -> Result<Committed> {
        if self.ledger.is_new() {
            // On a machine without any agent nothing would be written, and the first reply would be the past.
            self.ledger.set_meta("watched", Vec::new());
        }
        match self.ledger.commit(self.system.moment()) {
            Err(error) if !self.has_begun => {
                self.tell(&usage::not_kept(&error));
                self.ledger = Ledger::in_memory()?;
                self.ledger.keeps_titles = usage::keeps_titles(&self.config);
                Ok(Committed::GivenUp)
            }
            result => result.context("history cannot be kept"),
        }
    }

    /// Where the stream begins.
    fn start(&self) -> Result<Follower> {
        let id = self.ledger.id()?.unwrap_or_default();
        let (first, last) = self.ledger.change_span()?;
        let Some(since) = self.args.since.as_deref() else {
            return Ok(Follower::new(id, last));
        };
        if let Some(EventId {
            ledger, change: seq, ..
        }) = EventId::parse(since)
        {
            if ledger != id {
                bail!("event {since} is of another ledger than this one ({id})");
            }
            if seq > last {
                bail!(
                    "event {since} has not happened yet: the last is {}",
                    event_id(&id, last)
                );
            }
            if seq < last && (first == 0 || first > seq + 1) {
                bail!("changes after {since} are no longer kept: the log goes back 7 days, 'ttop turns' further");
            }
            return Ok(Follower::new(id, seq));
        }
        let at = parse_time(since, self.system.now, self.system.zone()?, Edge::Since)
            .map_err(|error| UsageError::new(error.message).with_hint(error.hint))?;
        let begins = self.ledger.log_begins()?;
        if at < begins {
            bail!(
                "changes before {} are not in the log: 'ttop turns --since {since}' has the replies",
                Time(begins)
            );
        }
        Ok(Follower::new(id, self.ledger.last_change_before(at)?))
    }

    fn lines(&mut self) -> Result<Vec<ActivityRow>> {
        let usage = Usage::new(&self.ledger, &self.book, &self.config, self.cost_from);
        self.follower.next(&usage, CHUNK)
    }

    fn wants(&self, row: &ActivityRow) -> bool {
        let sessions = &self.args.filters.session;
        self.filter.agents.matches(Some(&row.agent_id))
            && self.filter.providers.matches(row.provider_id.as_deref())
            && self.filter.models.matches(row.model_id.as_deref())
            && self.filter.is_project(row.project_path.as_deref())
            && (sessions.is_empty()
                || sessions
                    .iter()
                    .any(|prefix| row.session_id.starts_with(prefix.as_str())))
    }
}

/// `30s`, `10min`, `2h`, `1d`, `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number
        .parse()
        .map_err(|_| format!("'{text}' is no duration, such as 30s or 10min"))?;
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "m" => return Err(format!("'{text}': write {number}min for minutes")),
        _ => return Err(format!("'{text}' is no duration, such as 30s or 10min")),
    };
    Ok(Duration::from_millis(number.saturating_mul(unit_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_name_their_unit() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("10min"), Ok(Duration::from_secs(600)));
        assert!(duration("10m").is_err() && duration("10").is_err() && duration("s").is_err());
    }
}
