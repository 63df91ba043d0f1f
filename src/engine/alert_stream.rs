//! Alerts of a stream: looks at budgets, providers and sessions every so often, and hands on what anybody fired.

use super::Engine;
use super::alert_facts::app;
use super::live_probe::LiveProbe;
use super::outbox::Outbox;
use super::remotes::RemoteWatch;
use crate::core::alert::{Facts, decide};
use crate::core::budget::Budget;
use crate::core::event_group::{Group, Groups};
use crate::core::rows::EventRow;
use crate::ledger::Ledger;
use crate::sinks;
use anyhow::Result;
use std::time::{Duration, Instant};

/// How often to check the facts.
const EVERY: Duration = Duration::from_millis(500);
/// How often spending is added up when nothing was spent: periods turn, and prices of other processes arrive.
const BUDGETS_EVERY: Duration = Duration::from_secs(30);
const PROVIDERS_EVERY: Duration = Duration::from_secs(5);
/// Maximum number of events per call.
const MOST: usize = 1_000;

pub struct AlertStream {
    groups: Groups,
    budgets: Vec<Budget>,
    sinks: Vec<sinks::Sink>,
    outbox: Option<Outbox>,
    probe: Option<LiveProbe>,
    remotes: RemoteWatch,
    /// The number of the last event handed on.
    pub cursor: i64,
    last_look: Option<Instant>,
    /// Whether the start of the stream was an event already.
    has_started: bool,
    /// The change that budgets were added up after, and when.
    budgets_at: Option<(i64, Instant)>,
    providers_at: Option<Instant>,
}

impl AlertStream {
    /// `delivers` = events go to sinks, too.
    ///
    /// # Errors
    /// When a sink or budget of the config cannot be understood.
    pub fn start(groups: &Groups, engine: &mut Engine, delivers: bool) -> Result<Self> {
        let sinks = engine.sinks()?;
        let outbox = (delivers && !sinks.is_empty())
            .then(|| Outbox::start(engine))
            .transpose()?;
        let remotes = match groups.has(Group::Session) {
            true => engine.remotes().watch(None)?,
            false => RemoteWatch::default(),
        };
        Ok(Self {
            probe: groups.has(Group::Session).then(|| LiveProbe::start(engine)),
            remotes,
            groups: groups.clone(),
            budgets: engine.budgets()?,
            sinks,
            outbox,
            cursor: 0,
            last_look: None,
            has_started: false,
            budgets_at: None,
            providers_at: None,
        })
    }

    /// Events fired since the last call, by this process or another one; `change` is the number of the last reported
    /// change.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn next(&mut self, engine: &mut Engine, change: i64) -> Result<Vec<EventRow>> {
        if self.last_look.is_some_and(|last| last.elapsed() < EVERY) {
            return Ok(Vec::new());
        }
        self.last_look = Some(Instant::now());
        for problem in self.outbox.iter_mut().flat_map(Outbox::problems) {
            engine.note_once(problem);
        }
        let mut facts = self.facts(engine, change)?;
        if !self.has_started && self.groups.has(Group::App) {
            facts.app = Some(app(true));
        }
        let (rules, now) = (engine.alert_rules()?, engine.system.now);
        let ledger = engine.ledger_mut()?;
        let fired = ledger.fire(
            now,
            |states| decide(&facts, &rules, states),
            |event| sinks::wanting(&self.sinks, event),
        );
        let fired = match fired {
            Err(error) if Ledger::is_busy(&error) => {
                (self.budgets_at, self.providers_at) = (None, None);
                return Ok(Vec::new());
            }
            fired => fired?,
        };
        self.has_started = true;
        if let Some(outbox) = self.outbox.as_mut().filter(|_| !fired.is_empty()) {
            outbox.wake();
        }
        let mut events = Vec::new();
        for event in ledger.events_after(self.cursor, MOST)? {
            self.cursor = event.seq;
            events.push(event.row);
        }
        Ok(events)
    }

    fn facts(&mut self, engine: &mut Engine, change: i64) -> Result<Facts> {
        let mut facts = Facts {
            now: engine.system.now,
            happened: engine.registry.take_events(),
            ..Facts::default()
        };
        let is_due = |at: Option<Instant>, every| at.is_none_or(|at| at.elapsed() >= every);
        let budgets_at = self.budgets_at.map(|(_, at)| at);
        let is_spent = self.budgets_at.is_none_or(|(known, _)| known != change);
        if self.groups.has(Group::Budget) && (is_spent || is_due(budgets_at, BUDGETS_EVERY)) {
            self.budgets_at = Some((change, Instant::now()));
            facts.budgets = Some(engine.budget_facts(&self.budgets)?);
        }
        if self.groups.has(Group::Provider) && is_due(self.providers_at, PROVIDERS_EVERY) {
            self.providers_at = Some(Instant::now());
            facts.providers = Some(engine.provider_facts()?);
        }
        if let Some(scan) = self.probe.as_mut().and_then(|probe| probe.latest(engine)) {
            self.remotes.take(engine);
            let remote = engine.remote_facts(&self.remotes.latest.rows);
            let own = engine.session_facts(&scan.sessions)?;
            facts.sessions = Some(own.into_iter().chain(remote).collect());
            facts.hosts.clone_from(&self.remotes.latest.answered);
            scan.problems.into_iter().for_each(|problem| engine.note_once(problem));
        }
        Ok(facts)
    }
}
