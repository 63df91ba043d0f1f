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

/// An agent whose live sessions ttop can show.
pub trait Live {
    /// The processes to look at closely: those that run this agent by their command line, and those that its files name.
    fn pids(&self, processes: &[Process], system: &System) -> Vec<u32>;

    /// Which session each of this agent's processes shows, and how we know. A process without one has a bare claim. `processes` are
    /// all of them.
    fn claims(&self, processes: &[Process], system: &System) -> Vec<Claim>;

    /// Facts from a session's records that determine its status.
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
