//! What counts among the turns of a home, as the ledger decides it after one sync or several.

use ttop::agents::{About, Agent, AgentHandle, Batch, Bookmark, Found, Source};
use ttop::core::money::Money;
use ttop::core::problem::Problem;
use ttop::core::tokens::Tokens;
use ttop::core::turn::{Accuracy, Presence, SessionInfo};
use ttop::ledger::Ledger;
use ttop::ledger::changes::Logged;
use ttop::ledger::query::{FoundTurn, Selection};
use ttop::system::System;

/// A turn that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    pub session_id: String,
    pub message_id: String,
    pub provider_id: String,
    pub model_id: String,
    pub tokens: Tokens,
    pub cost: Option<Money>,
    pub accuracy: Accuracy,
    pub presence: Presence,
    pub timestamp: i64,
    pub turn_id: String,
    /// Branch, subagent and task.
    pub origin: [String; 3],
}

/// What the ledger knows after a sync.
pub struct Reading {
    /// Oldest first.
    pub turns: Vec<Counted>,
    pub sessions: Vec<SessionInfo>,
    /// Of the last sync.
    pub problems: Vec<Problem>,
    /// Sources that the last sync read.
    pub read: usize,
}

/// A ledger in memory that reads one agent's homes.
pub struct Counting {
    ledger: Ledger,
    agent: &'static (dyn Agent + Sync),
    /// The number of the last change that was handed out.
    seen: i64,
}

impl Counting {
    pub fn of(agent: &'static (dyn Agent + Sync)) -> Self {
        let ledger = Ledger::in_memory().expect("an empty ledger");
        Self { ledger, agent, seen: 0 }
    }

    /// Has everything read again by rules of a later version.
    pub fn read_again(&mut self) {
        self.agent = Box::leak(Box::new(OtherRules {
            agent: self.agent,
            turns_keys: 0,
        }));
    }

    /// Has everything read again by other rules, which give every turn other keys.
    pub fn change_rules(&mut self) {
        self.agent = Box::leak(Box::new(OtherRules {
            agent: self.agent,
            turns_keys: 7,
        }));
    }

    /// Reads what changed, keeps it, and returns what counts now.
    pub fn sync(&mut self, system: &System) -> Reading {
        let synced = self.ledger.sync(&[AgentHandle::Shared(self.agent)], system, &|_, _| {});
        let synced = synced.expect("the ledger is readable");
        self.ledger.commit(system.now).expect("the ledger is writable");
        let sessions = self.ledger.sessions().expect("sessions");
        let mut turns = Vec::new();
        let mut collect = |found: FoundTurn| {
            let numbers = found.turn.numbers;
            let origin = self.ledger.names().origin(found.turn.origin);
            let (provider, model) = self.ledger.names().model(found.turn.model);
            turns.push(Counted {
                session_id: sessions[&found.head.key.session].info.id.clone(),
                message_id: found.message_id,
                provider_id: provider.to_owned(),
                model_id: model.to_owned(),
                tokens: numbers.tokens,
                cost: numbers.cost,
                accuracy: numbers.accuracy,
                presence: numbers.presence,
                timestamp: numbers.timestamp,
                turn_id: found.turn.event.turn_id(),
                origin: [origin.branch, origin.subagent, origin.task].map(str::to_owned),
            });
        };
        self.ledger
            .turns(&Selection::ALL)
            .expect("turns")
            .for_each(|found| collect(found.expect("a turn")));
        Reading {
            turns,
            sessions: sessions.into_values().map(|session| session.info).collect(),
            problems: synced.problems,
            read: synced.read,
        }
    }
}

impl Counting {
    /// The steps of what counts since the last call, oldest first, as `watch` shows them.
    pub fn new_steps(&mut self) -> Vec<Step> {
        let logged = self
            .ledger
            .changes_after(self.seen, usize::MAX)
            .expect("a log of changes");
        self.seen = logged.last().map_or(self.seen, |last| last.seq);
        let step = |logged: Logged| Step {
            turn_id: logged.event.turn_id(),
            message_id: logged.message_id,
            old: logged.old.map(|entry| entry.numbers.tokens),
            new: logged.new.map(|entry| entry.numbers.tokens),
        };
        logged.into_iter().map(step).collect()
    }
}

/// An agent after an update.
struct OtherRules {
    agent: &'static (dyn Agent + Sync),
    turns_keys: u32,
}

impl Agent for OtherRules {
    fn id(&self) -> &str {
        self.agent.id()
    }

    fn name(&self) -> &str {
        self.agent.name()
    }

    fn about(&self) -> About<'_> {
        let about = self.agent.about();
        About {
            rules_version: about.rules_version + 1,
            ..about
        }
    }

    fn sources(&self, system: &System) -> Found {
        self.agent.sources(system)
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> anyhow::Result<Bookmark> {
        let read = self.agent.read(source, from, into);
        for row in &mut into.turns {
            row.record.0 = row.record.0.rotate_left(self.turns_keys);
            row.event.0 = row.event.0.rotate_left(self.turns_keys);
        }
        read
    }
}

/// One change of the counted tokens of a turn.
#[derive(Clone, Debug)]
pub struct Step {
    pub turn_id: String,
    pub message_id: String,
    pub old: Option<Tokens>,
    pub new: Option<Tokens>,
}

/// Reads a home once, from the start.
pub fn read_all(agent: &'static (dyn Agent + Sync), system: &System) -> Reading {
    Counting::of(agent).sync(system)
}
