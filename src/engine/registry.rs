//! The registry: every agent, provider, kind of sink and theme of a run, built once and handed down.

use crate::agents::{self, Agent, AgentHandle};
use crate::core::credential::{Credential, CredentialSpec};
use crate::core::rows::EventRow;
use crate::prices::MorePrices;
use crate::providers::{self, Provider, ProviderHandle};
use crate::render::theme::{BUILT_IN, Theme};
use crate::sinks::{self, SinkHandle};
use crate::system::notices::Waker;
use std::rc::Rc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// What a run knows. Plugins are added before the engine is made.
#[derive(Clone, Default)]
pub struct Registry {
    /// In the order of tables.
    pub agents: Vec<AgentHandle>,
    /// Most used first.
    pub providers: Vec<ProviderHandle>,
    pub sinks: Vec<SinkHandle>,
    /// In the order of lists; the first is the default.
    pub themes: Vec<Theme>,
    /// Besides those of the lists.
    pub prices: Vec<MorePrices>,
    /// Find credentials that are listed and that nobody is asked with.
    pub finders: Vec<FindCredentials>,
    /// What happened in this process that alerts tell of, taken once.
    pub happened: Option<TakeEvents>,
    /// What works beside a long-running command.
    pub beside: Option<Beside>,
}

/// What works beside a long-running command, told when that begins and asked at each step.
#[derive(Clone)]
pub struct Beside {
    /// The waker ends the command's waits.
    pub start: Rc<dyn Fn(Waker)>,
    /// Ids of agents that have something new to read.
    pub look: Rc<dyn Fn() -> Vec<String>>,
}

/// How credentials are looked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finding {
    /// Also those that nobody is asked with.
    pub lists_others: bool,
    /// Whether what was found works is checked, too.
    pub checks: bool,
}

/// Looks for credentials; the answer comes by the channel.
pub type FindCredentials = Rc<dyn Fn() -> Receiver<Vec<Credential>>>;

/// Takes events that nobody has taken.
pub type TakeEvents = Rc<dyn Fn() -> Vec<EventRow>>;

/// Agents and providers that are tied to no thread, for an engine on another one.
pub struct SharedRegistry {
    agents: Vec<&'static (dyn Agent + Sync)>,
    providers: Vec<&'static (dyn Provider + Sync)>,
}

impl From<SharedRegistry> for Registry {
    fn from(shared: SharedRegistry) -> Self {
        Self {
            agents: shared.agents.into_iter().map(AgentHandle::Shared).collect(),
            providers: shared.providers.into_iter().map(ProviderHandle::shared).collect(),
            ..Self::built_in()
        }
    }
}

impl Registry {
    /// What is part of the program.
    pub fn built_in() -> Self {
        Self {
            agents: agents::built_in()
                .iter()
                .map(|agent| AgentHandle::Shared(*agent))
                .collect(),
            providers: providers::built_in(),
            sinks: sinks::built_in(),
            themes: BUILT_IN.to_vec(),
            prices: Vec::new(),
            finders: Vec::new(),
            happened: None,
            beside: None,
        }
    }

    /// The sample home's: no agent has written anything there.
    pub fn sample() -> Self {
        Self {
            agents: Vec::new(),
            ..Self::built_in()
        }
    }

    /// What of it another thread may use.
    pub fn shared(&self) -> SharedRegistry {
        SharedRegistry {
            agents: self.agents.iter().filter_map(AgentHandle::shared).collect(),
            providers: self.providers.iter().filter_map(ProviderHandle::for_threads).collect(),
        }
    }

    pub fn agent(&self, id: &str) -> Option<&AgentHandle> {
        self.agents.iter().find(|agent| agent.id() == id)
    }

    pub fn theme(&self, id: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.id == id)
    }

    pub fn take_events(&self) -> Vec<EventRow> {
        self.happened.as_ref().map(|take| take()).unwrap_or_default()
    }

    /// The credentials that providers find themselves, in this time: they look side by side.
    pub fn find_credentials(&self, within: Duration, finding: Finding) -> Vec<Credential> {
        let ends = Instant::now() + within;
        let own = self
            .providers
            .iter()
            .filter_map(|provider| provider.look_for_credentials(finding.checks));
        let others = self.finders.iter().filter(|_| finding.lists_others).map(|find| find());
        let looking: Vec<_> = own.chain(others).collect();
        let found = looking
            .into_iter()
            .filter_map(|found| found.recv_timeout(ends.saturating_duration_since(Instant::now())).ok());
        found.flatten().collect()
    }

    /// Who bills for a provider; an id that is unknown here bills for itself.
    pub fn biller_of<'a>(&'a self, provider_id: &'a str) -> &'a str {
        providers::biller_of(provider_id, &self.providers)
    }

    /// What providers say about their credentials.
    pub fn wanted_credentials(&self) -> Vec<CredentialSpec> {
        providers::wanted(&self.providers)
    }
}
