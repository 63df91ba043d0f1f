//! Alerts: which events are due, told from what is so now and from what was told before.
//!
//! Everything fires on an edge and is remembered under a key. What was not looked at leaves its memory as it was.

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

/// What is so now; `None` where nobody looked.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Epoch milliseconds.
    pub now: i64,
    pub budgets: Option<Vec<BudgetRow>>,
    pub providers: Option<Vec<ProviderFact>>,
    /// Every session that a running process shows.
    pub sessions: Option<Vec<SessionFact>>,
    pub app: Option<AppFact>,
}

/// What is known of ttop itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppFact {
    pub version: String,
    /// Whether a stream begins now.
    pub is_starting: bool,
}

/// What the config says about alerts.
#[derive(Clone, Debug)]
pub struct Rules {
    pub thresholds: Thresholds,
    pub idle_ms: i64,
    /// Everything but the turns themselves that what was spent depends on: prices set by the user, who pays, which
    /// turns were erased. Spending that falls together with it did not fall by a correction.
    pub basis: String,
}

/// What is remembered under a key: `spending/daily`, `limit/codex/Weekly`, `session/opencode/ses_1`, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Remembered {
    Spending(budget::Told),
    Limit(provider::LimitTold),
    Outage(provider::OutageTold),
    Session(session::Told),
    /// Sessions were looked at before: new ones have started since.
    Sessions,
    App {
        version: String,
    },
}

/// Everything that is remembered.
pub type States = BTreeMap<String, Remembered>;

/// What follows.
#[derive(Debug, Default, PartialEq)]
pub struct Decision {
    /// Without an id and in the order they are to be told.
    pub events: Vec<EventRow>,
    /// What is to be remembered from now on; `None` = nothing more under that key. Only what changed.
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
    facts.budgets.iter().flatten().for_each(|row| deciding.budget(row));
    if let Some(providers) = &facts.providers {
        deciding.providers(providers);
    }
    if let Some(sessions) = &facts.sessions {
        deciding.sessions(sessions);
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

    /// Remembers, unless it is what is remembered already.
    fn remember(&mut self, key: String, state: Remembered) {
        if self.states.get(&key) != Some(&state) {
            self.decision.changed.insert(key, Some(state));
        }
    }

    /// Forgets what is remembered under a prefix and no longer there.
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

    pub struct Trial {
        pub rules: Rules,
        pub states: States,
    }

    impl Trial {
        pub fn new() -> Self {
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
        pub fn see(&mut self, facts: &Facts) -> Vec<String> {
            let events = self.events(facts);
            let again = decide(facts, &self.rules, &self.states);
            assert_eq!(again.events, [], "told twice");
            let named = events.iter();
            named
                .map(|event| format!("{} {}", event.kind.name(), event.severity.name()))
                .collect()
        }

        pub fn events(&mut self, facts: &Facts) -> Vec<EventRow> {
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
