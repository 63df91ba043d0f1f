//! Alarms of a stream: looks at budgets, providers and sessions every so often, and tells what anybody told of them.

use super::groups::{Group, Groups};
use super::lookout::Lookout;
use super::post::Post;
use crate::commands::alert::app;
use crate::commands::alert::facts::{Watched, sessions};
use crate::core::alert::{Facts, decide};
use crate::core::problem::Problem;
use crate::core::rows::EventRow;
use crate::ledger::Ledger;
use crate::prices::PriceBook;
use crate::reports::Usage;
use crate::sinks;
use crate::system::System;
use anyhow::Result;
use std::time::{Duration, Instant};

/// How often anything is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// How often spending is added up when nothing was spent: periods turn, and prices of other processes arrive.
const BUDGETS_EVERY: Duration = Duration::from_secs(30);
const PROVIDERS_EVERY: Duration = Duration::from_secs(5);
/// Events told at a time.
const MOST: usize = 1_000;

pub struct Alarms {
    groups: Groups,
    watched: Watched,
    sinks: Vec<sinks::Sink>,
    post: Option<Post>,
    lookout: Option<Lookout>,
    /// The number of the last event told.
    pub cursor: i64,
    last_look: Option<Instant>,
    /// Whether it was told that the stream began.
    has_started: bool,
    /// The change that budgets were added up after, and when.
    budgets: Option<(i64, Instant)>,
    providers: Option<Instant>,
}

/// What alarms look at.
pub struct Scene<'a> {
    pub ledger: &'a mut Ledger,
    pub book: &'a PriceBook,
    pub system: &'a System,
    /// The number of the last change that was told.
    pub change: i64,
    /// Epoch milliseconds.
    pub now: i64,
}

impl Alarms {
    /// `makes_post` = sinks are told, too.
    ///
    /// # Errors
    /// When a sink or budget of the config cannot be understood.
    pub fn new(groups: &Groups, watched: Watched, system: &System, makes_post: bool) -> Result<Self> {
        let sinks = sinks::configured(&watched.config)?;
        let post = (makes_post && !sinks.is_empty())
            .then(|| sinks::configured(&watched.config).map(|sinks| Post::start(system, sinks)))
            .transpose()?;
        Ok(Self {
            lookout: groups.has(Group::Session).then(|| Lookout::start(&watched, system)),
            groups: groups.clone(),
            watched,
            sinks,
            post,
            cursor: 0,
            last_look: None,
            has_started: false,
            budgets: None,
            providers: None,
        })
    }

    /// What was told since the last time, by this process or another one; and what went wrong.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn look(&mut self, scene: &mut Scene<'_>) -> Result<(Vec<EventRow>, Vec<Problem>)> {
        if self.last_look.is_some_and(|last| last.elapsed() < EVERY) {
            return Ok(Default::default());
        }
        self.last_look = Some(Instant::now());
        let mut problems: Vec<Problem> = self.post.iter().flat_map(Post::problems).collect();
        let mut facts = self.facts(scene, &mut problems)?;
        if !self.has_started && self.groups.has(Group::App) {
            facts.app = Some(app(true));
        }
        let rules = self.watched.rules(scene.ledger)?;
        let fired = scene.ledger.fire(
            scene.now,
            |states| decide(&facts, &rules, states),
            |event| sinks::wanting(&self.sinks, event),
        );
        let fired = match fired {
            Err(error) if Ledger::is_busy(&error) => {
                (self.budgets, self.providers) = (None, None);
                return Ok((Vec::new(), problems));
            }
            fired => fired?,
        };
        self.has_started = true;
        if let Some(post) = self.post.as_ref().filter(|_| !fired.is_empty()) {
            post.wake();
        }
        let mut events = Vec::new();
        for event in scene.ledger.events_after(self.cursor, MOST)? {
            self.cursor = event.seq;
            events.push(event.row);
        }
        Ok((events, problems))
    }

    fn facts(&mut self, scene: &Scene<'_>, problems: &mut Vec<Problem>) -> Result<Facts> {
        let mut facts = Facts {
            now: scene.now,
            ..Facts::default()
        };
        let is_due = |at: Option<Instant>, every| at.is_none_or(|at| at.elapsed() >= every);
        let budgets_at = self.budgets.map(|(_, at)| at);
        let is_spent = self.budgets.is_none_or(|(change, _)| change != scene.change);
        if self.groups.has(Group::Budget) && (is_spent || is_due(budgets_at, BUDGETS_EVERY)) {
            self.budgets = Some((scene.change, Instant::now()));
            let watched = &self.watched;
            let usage = Usage::new(scene.ledger, scene.book, &watched.config, watched.cost_from);
            facts.budgets = Some(watched.budgets(&usage, scene.now)?);
        }
        if self.groups.has(Group::Provider) && is_due(self.providers, PROVIDERS_EVERY) {
            self.providers = Some(Instant::now());
            facts.providers = Some(self.watched.providers(scene.system, scene.ledger, scene.now)?);
        }
        if let Some(seen) = self.lookout.as_mut().and_then(Lookout::news) {
            facts.sessions = Some(sessions(&seen.sights, scene.ledger)?);
            problems.extend(seen.problems);
        }
        Ok(facts)
    }
}
