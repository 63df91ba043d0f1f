//! The registry: every agent, provider and kind of sink of a run, built once and handed down.

use crate::agents::{self, AgentHandle};
use crate::core::credential::CredentialSpec;
use crate::providers::{self, ProviderHandle};
use crate::sinks::{self, SinkHandle};

/// What a run knows. Plugins are added before the engine is made.
#[derive(Clone, Default)]
pub struct Registry {
    /// In the order of tables.
    pub agents: Vec<AgentHandle>,
    /// Most used first.
    pub providers: Vec<ProviderHandle>,
    pub sinks: Vec<SinkHandle>,
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
        }
    }

    /// The sample home's: no agent has written anything there.
    pub fn sample() -> Self {
        Self {
            agents: Vec::new(),
            ..Self::built_in()
        }
    }

    pub fn agent(&self, id: &str) -> Option<&AgentHandle> {
        self.agents.iter().find(|agent| agent.id() == id)
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
