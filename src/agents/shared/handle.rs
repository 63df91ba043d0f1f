//! Handles: agents as a registry holds them, wherever they may be used.

use crate::agents::Agent;
use std::ops::Deref;
use std::rc::Rc;

/// An agent of a registry.
#[derive(Clone)]
pub enum AgentHandle {
    /// Part of the program: any thread may use it, so its sources are read side by side.
    Shared(&'static (dyn Agent + Sync)),
    /// Tied to the thread that made it, as a plugin is: its sources are read there.
    Local(Rc<dyn Agent>),
}

impl AgentHandle {
    /// The agent for other threads.
    pub fn shared(&self) -> Option<&'static (dyn Agent + Sync)> {
        match self {
            Self::Shared(agent) => Some(*agent),
            Self::Local(_) => None,
        }
    }
}

impl Deref for AgentHandle {
    type Target = dyn Agent;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Shared(agent) => *agent,
            Self::Local(agent) => &**agent,
        }
    }
}

impl<A: Agent + 'static> From<Rc<A>> for AgentHandle {
    fn from(agent: Rc<A>) -> Self {
        Self::Local(agent)
    }
}
