//! The engine: the operations of ttop, for commands, long-running screens and servers.
//!
//! An [`Engine`] owns everything a run works with, and opens it when it is first needed. It takes plain values, returns
//! rows and facts, and prints nothing. A command is: arguments, one or two calls, rows, print:
//!
//! ```no_run
//! use ttop::core::filter::Globs;
//! use ttop::core::filter_text::FilterText;
//! use ttop::engine::Engine;
//! use ttop::reports::Sessions;
//!
//! # fn main() -> anyhow::Result<()> {
//! let mut engine = Engine::of_process()?;
//! let week = FilterText { since: Some("7d".to_owned()), ..FilterText::default() };
//! let filter = engine.filter(&week)?;
//! let changes = engine.refresh(&filter.agents, &|_, _| {})?;
//! assert!(changes.problems.is_empty());
//! let usage = engine.usage()?;
//! let sessions = Sessions::load(usage.ledger)?;
//! let selected = usage.select(&filter, Some(&sessions))?;
//! let rows = usage.session_rows(&selected, &sessions, false)?;
//! engine.keep();
//! # drop(rows);
//! # Ok(())
//! # }
//! ```
//!
//! Long-running callers call [`Engine::watch`] once and then [`Engine::step`] repeatedly: `watch`, `bar-status --follow`
//! and `ps --watch` share that loop. [`Engine::demo`] is an engine with another home, ledger and clock.

pub mod alert_facts;
pub mod alert_stream;
pub mod budgets;
pub mod creds;
pub mod delivery;
pub mod diff;
mod doctor;
pub mod empty_answer;
pub mod filters;
pub mod glance;
pub mod heartbeat;
mod known_providers;
pub mod ledger_changes;
pub mod limits;
pub mod live_loop;
pub mod live_probe;
pub mod live_rows;
mod local_limits;
mod look_ahead;
mod mcp;
pub mod merge;
mod other_homes;
mod outbox;
pub mod panes;
mod plan_worth;
mod price_rows;
pub mod prompt_hook;
pub mod provider_rows;
pub mod refresh;
pub mod registry;
pub mod remotes;
mod sample;
pub mod scan;
pub mod served;
pub mod settings;
pub mod setup;
pub mod show;
pub mod snapshot;
pub mod snapshot_feed;
pub mod snapshot_writer;
pub mod stats;
mod stats_file;
pub mod statusline;
pub mod stream;
pub mod stream_start;
mod test_sink;
pub mod themes;
pub mod unknown_names;

use crate::agents::Agent;
use crate::agents::shared::listings::{Inventory, Listings};
use crate::agents::shared::live::live;
use crate::core::price::CostFrom;
use crate::core::problem::Problem;
use crate::core::process::{DetailLimits, SessionDetail, SessionRef};
use crate::ledger::Ledger;
use crate::prices::PriceBook;
use crate::render::preferences;
use crate::reports::Usage;
use crate::system::System;
use crate::system::config::{Config, Flaw};
use anyhow::{Context as _, Result};
use live_loop::LiveLoop;
use look_ahead::Looker;
use registry::Registry;
use scan::{Scan, ScanOptions};
use std::cell::{OnceCell, RefCell};

/// Everything a run works with.
pub struct Engine {
    pub system: System,
    pub config: Config,
    pub registry: Registry,
    pub cost_from: CostFrom,
    ledger: OnceCell<Ledger>,
    prices: OnceCell<PriceBook>,
    looker: Looker,
    /// What the last sync found, for the scans after it.
    listings: Listings,
    live: Option<LiveLoop>,
    /// Whether logins and processes are those of the sample home.
    is_sample: bool,
    is_refreshed: bool,
    problems: RefCell<Vec<Problem>>,
}

impl Engine {
    /// An engine over a system. Nothing is opened yet.
    pub fn new(system: System, config: Config, registry: Registry) -> Self {
        Self {
            system,
            config,
            registry,
            cost_from: CostFrom::default(),
            ledger: OnceCell::new(),
            prices: OnceCell::new(),
            looker: Looker::default(),
            listings: Listings::default(),
            live: None,
            is_sample: false,
            is_refreshed: false,
            problems: RefCell::default(),
        }
    }

    /// The engine of this process: its home, environment and config file.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn of_process() -> Result<Self> {
        let mut system = System::from_process()?;
        let config = Config::load(&system);
        system.agent_roots = config.agent_roots();
        let engine = Self::new(system, config, Registry::built_in());
        let flaws = engine.config.flaws().iter();
        engine.problems.borrow_mut().extend(flaws.map(Flaw::problem));
        Ok(engine)
    }

    /// The sample home: built-in records, credentials and processes, and a fixed clock.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn demo() -> Result<Self> {
        let mut engine = Self::new(sample::system(), sample::config(), Registry::sample());
        engine.ledger = OnceCell::from(sample::ledger()?);
        engine.is_sample = true;
        Ok(engine)
    }

    /// Whether this is the sample home: it has no files that could be written, and no processes to go to.
    pub fn is_sample(&self) -> bool {
        self.is_sample
    }

    /// The ledger, opened at the first call.
    ///
    /// # Errors
    /// When not even an empty one in memory can be had.
    pub fn ledger(&self) -> Result<&Ledger> {
        if let Some(ledger) = self.ledger.get() {
            return Ok(ledger);
        }
        let mut ledger = Ledger::open(&self.system)?;
        ledger.keeps_titles = self.keeps_titles();
        Ok(self.ledger.get_or_init(|| ledger))
    }

    /// The ledger, to be written to.
    ///
    /// # Errors
    /// When not even an empty one in memory can be had.
    pub fn ledger_mut(&mut self) -> Result<&mut Ledger> {
        self.ledger()?;
        self.ledger.get_mut().context("the ledger is not open")
    }

    /// The ledger itself, for another thread; [`Engine::put_ledger`] brings it back.
    fn take_ledger(&mut self) -> Result<Ledger> {
        self.ledger()?;
        self.ledger.take().context("the ledger is not open")
    }

    fn put_ledger(&mut self, ledger: Ledger) {
        self.ledger = OnceCell::from(ledger);
    }

    /// Whether titles of sessions may be kept.
    fn keeps_titles(&self) -> bool {
        self.config.ledger.titles
    }

    /// The prices, opened at the first call.
    pub fn prices(&self) -> &PriceBook {
        self.prices.get_or_init(|| {
            let (book, problems) = PriceBook::open(&self.system, &self.config);
            self.problems.borrow_mut().extend(problems);
            book.with_more(&self.registry.prices)
        })
    }

    /// Prices everything by another book from now on.
    pub fn set_prices(&mut self, book: PriceBook) {
        if let Some(exchange) = book.exchange() {
            preferences::set_currency(exchange.currency, exchange.newest());
        }
        self.prices = OnceCell::from(book.with_more(&self.registry.prices));
    }

    /// The turns of the ledger with their prices: what every report is made from.
    ///
    /// # Errors
    /// When there is no ledger.
    pub fn usage(&self) -> Result<Usage<'_>> {
        Ok(Usage::new(self.ledger()?, self.prices(), &self.config, self.cost_from))
    }

    /// Looks at everything that runs.
    pub fn scan(&self, options: ScanOptions) -> Scan {
        match self.is_sample {
            true => sample::scan::scan(self.system.now),
            false => {
                let agents: Vec<&dyn Agent> = self.registry.agents.iter().map(|agent| &**agent).collect();
                let inventory = Inventory::new(&self.system, &self.listings);
                let mut scanner = self.looker.take();
                let scan = scanner.scan(&agents, &inventory, options);
                self.looker.put(scanner);
                scan
            }
        }
    }

    /// Lists processes for the next scan, on another thread: for callers that do something else before it.
    pub fn look_ahead(&self, options: ScanOptions) {
        if !self.is_sample {
            self.looker.look_ahead(options.cpu);
        }
    }

    /// What an agent's own records hold of a session's text: nothing where they are gone or not understood.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn session_detail(&self, agent_id: &str, session_id: &str, limits: &DetailLimits) -> Result<SessionDetail> {
        let agent = self.registry.agent(agent_id);
        let Some(live) = agent.and_then(|agent| live(&**agent)) else {
            return Ok(SessionDetail::default());
        };
        let session = SessionRef {
            agent_id: agent_id.into(),
            id: session_id.to_owned(),
            place: None,
        };
        live.detail(&session, limits, &Inventory::new(&self.system, &self.listings))
    }

    /// What went wrong since the last call without keeping the engine from an answer.
    pub fn take_problems(&self) -> Vec<Problem> {
        self.problems.take()
    }

    /// Notes what [`Engine::take_problems`] returns.
    pub fn note_problem(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }
}
