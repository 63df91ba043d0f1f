//! Agents that can be looked at while they run: the trait, and what transcripts have in common.

pub mod content;
mod notes;
pub mod program;
pub mod story;
mod tail;
pub mod transcripts;

pub use notes::{Note, is_note_of};

use crate::core::process::{Claim, DetailLimits, Facts, Process, SessionDetail, SessionRef};
use crate::system::System;
use anyhow::Result;

/// An agent that can be looked at while it runs.
pub trait Live {
    /// The processes to look at closely: those that run this agent by their command line, and those that its files name.
    fn pids(&self, processes: &[Process], system: &System) -> Vec<u32>;

    /// Which session each of this agent's processes shows, and how we know. A process without one has a bare claim. `processes` are
    /// all of them.
    fn claims(&self, processes: &[Process], system: &System) -> Vec<Claim>;

    /// What a session's records tell of its state.
    ///
    /// # Errors
    /// When the records cannot be read. A session that has none has empty facts.
    fn state(&self, session: &SessionRef, system: &System) -> Result<Facts>;

    /// The newest messages and the plan of a session.
    ///
    /// # Errors
    /// When the records cannot be read.
    fn detail(&self, session: &SessionRef, limits: &DetailLimits, system: &System) -> Result<SessionDetail>;
}
