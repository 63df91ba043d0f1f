//! Alerts: decides which events fire, from the current facts and the alerts fired before.
//!
//! Alerts fire on state transitions and are remembered per key. Facts that were not checked keep their last state.

mod app;
mod budget;
mod provider;
mod session;

pub use provider::{LimitFact, ProviderFact};
pub use session::SessionFact;

use super::budget::Thresholds;
use super::rows::{BudgetRow, EventRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The current facts; `None` if not checked.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Epoch milliseconds.
    pub now: i64,
    pub budgets: Option<Vec<BudgetRow>>,
    pub providers: Option<Vec<ProviderFact>>,
    /// Every session that a running process shows.
    pub sessions: Option<Vec<SessionFact>>,
    /// The remotes whose sessions are among them.
    pub hosts: Vec<String>,
    pub app: Option<AppFact>,
    /// Events as they are, each once.
    pub happened: Vec<EventRow>,
}

/// Facts about ttop itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppFact {
    pub version: String,
    /// Whether a stream begins now.
    pub is_starting: bool,
}

/// The configuration of alerts.
#[derive(Clone, Debug)]
pub struct Rules {
    pub thresholds: Thresholds,
    pub idle_ms: i64,
    /// Hash of everything besides turns that affects the spend: the user's prices, who pays, erased turns. If it
    /// changes together with the spend, the drop is not a correction.
    pub basis: String,
}

/// State under a key: `spending/daily`, `limit/codex/Weekly`, `session/opencode/ses_1`, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Remembered {
    Spending(budget::AlertedBudget),
    Limit(provider::AlertedLimit),
    Outage(provider::AlertedOutage),
    Session(session::AlertedSession),
    /// Sessions were checked before, so new ones have started since.
    Sessions,
    App {
        version: String,
    },
}

/// Everything that is remembered.
pub type States = BTreeMap<String, Remembered>;

/// The outcome.
#[derive(Debug, Default, PartialEq)]
pub struct Decision {
    /// Events without ids, in order of delivery.
    pub events: Vec<EventRow>,
    /// Changed states by key; `None` removes the key.
    pub changed: BTreeMap<String, Option<Remembered>>,
}

impl Decision {
    pub fn changed_nothing(&self) -> bool {
        self.events.is_empty() && self.changed.is_empty()
    }
}

/// Decides. The same facts a second time, with the states of the first, give no event.
pub fn decide(facts: &Facts, rules: &Rules, states: &States) -> Decision {
    let mut deciding = Deciding {
        now: facts.now,
        rules,
        states,
        decision: Decision::default(),
    };
    if let Some(app) = &facts.app {
        deciding.app(app);
    }
    facts.happened.iter().for_each(|event| deciding.fire(event.clone()));
    facts.budgets.iter().flatten().for_each(|row| deciding.budget(row));
    if let Some(providers) = &facts.providers {
        deciding.providers(providers);
    }
    if let Some(sessions) = &facts.sessions {
        deciding.sessions(sessions, &facts.hosts);
    }
    deciding.decision
}

struct Deciding<'a> {
    now: i64,
    rules: &'a Rules,
    states: &'a States,
    decision: Decision,
}

impl<'a> Deciding<'a> {
    fn fire(&mut self, event: EventRow) {
        let now = self.now;
        self.decision.events.push(event.at(now));
    }

    fn state(&self, key: &str) -> Option<&'a Remembered> {
        self.states.get(key)
    }

    /// Stores a state if it changed.
    fn remember(&mut self, key: String, state: Remembered) {
        if self.states.get(&key) != Some(&state) {
            self.decision.changed.insert(key, Some(state));
        }
    }

    /// Removes the states under a prefix whose subject is gone.
    fn forget_others(&mut self, prefix: &str, is_there: impl Fn(&str) -> bool) {
        let gone = self
            .states
            .keys()
            .filter(|key| key.starts_with(prefix) && !is_there(key));
        let gone: Vec<(String, Option<Remembered>)> = gone.map(|key| (key.clone(), None)).collect();
        self.decision.changed.extend(gone);
    }
}

#[cfg(test)]
pub(crate) mod trial {
    //! A run of decisions, each with the memory of those before.

    use super::*;

    pub(crate) struct Trial {
        pub rules: Rules,
        pub states: States,
    }

    impl Trial {
        pub(crate) fn new() -> Self {
            let thresholds = Thresholds {
                warning: 80.0,
                critical: 95.0,
            };
            Self {
                rules: Rules {
                    thresholds,
                    idle_ms: 900_000,
                    basis: String::new(),
                },
                states: States::new(),
            }
        }

        /// The types and severities that fire, and then once more nothing.
        pub(crate) fn see(&mut self, facts: &Facts) -> Vec<String> {
            let events = self.events(facts);
            let again = decide(facts, &self.rules, &self.states);
            assert_eq!(again.events, [], "told twice");
            let named = events.iter();
            named
                .map(|event| format!("{} {}", event.kind.name(), event.severity.name()))
                .collect()
        }

        pub(crate) fn events(&mut self, facts: &Facts) -> Vec<EventRow> {
            let decision = decide(facts, &self.rules, &self.states);
            for (key, state) in decision.changed {
                match state {
                    Some(state) => drop(self.states.insert(key, state)),
                    None => drop(self.states.remove(&key)),
                }
            }
            decision.events
        }
    }
}
