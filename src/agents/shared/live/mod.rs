//! Agents that can be looked at while they run: the trait, and what transcripts have in common.

pub mod claims;
pub mod content;
mod events;
mod helpers;
pub mod messages;
mod notes;
pub mod program;
pub mod programs;
mod recorded;
mod rows;
pub mod running;
pub mod story;
mod tail;
pub mod transcripts;

pub use notes::{Note, is_note_of};

use crate::agents::Agent;
use crate::agents::shared::listings::Inventory;
use program::Program;
use recorded::Recorded;
use running::Running;

use crate::core::process::{Claim, DetailLimits, Facts, SessionDetail, SessionRef};
use anyhow::Result;

/// An agent whose live sessions ttop can show.
pub trait Live {
    fn program(&self) -> &'static Program;

    /// The processes to look at closely: those that run this agent by their command line, and those that its files name.
    fn pids(&self, running: Running<'_>, _: &Inventory<'_>) -> Vec<u32> {
        let own = running.of(self.program());
        own.map(|(process, _)| process.pid).collect()
    }

    /// Whether its processes answer questions at an address of this machine.
    fn is_asked(&self) -> bool {
        false
    }

    /// Which session each of this agent's processes shows, and how we know. A process without one has a bare claim.
    fn claims(&self, running: Running<'_>, inventory: &Inventory<'_>) -> Vec<Claim>;

    /// Facts from a session's records that determine its status.
    ///
    /// # Errors
    /// When the records cannot be read. A session that has none has empty facts.
    fn state(&self, session: &SessionRef, inventory: &Inventory<'_>) -> Result<Facts>;

    /// The newest messages and the plan of a session.
    ///
    /// # Errors
    /// When the records cannot be read.
    fn detail(&self, session: &SessionRef, limits: &DetailLimits, inventory: &Inventory<'_>) -> Result<SessionDetail>;
}

/// The live view of an agent: its own, or the common one of agents that have a row among the programs.
pub fn live(agent: &dyn Agent) -> Option<Box<dyn Live + '_>> {
    let common = || Some(Box::new(Recorded::of(agent)?) as Box<dyn Live + '_>);
    agent.live().or_else(common)
}
