//! Agents that can be looked at while they run: the trait, the list, and what transcripts have in common.

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
pub trait Live: Sync {
    /// `claude-code`: as in [`crate::agents::Agent::id`].
    fn id(&self) -> &'static str;

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

/// The built-in ones, in the order of tables.
static BUILT_IN: &[&dyn Live] = &[
    &crate::agents::opencode::live::LiveOpenCode,
    &crate::agents::claude_code::live::LiveClaudeCode,
    &crate::agents::codex::live::LiveCodex,
    &crate::agents::gemini_cli::live::LiveGeminiCli,
    &crate::agents::copilot_cli::live::LiveCopilotCli,
    &crate::agents::cursor::live::LiveCursorCli,
];

/// All agents that can be looked at while they run.
pub fn lives() -> &'static [&'static dyn Live] {
    BUILT_IN
}

/// The one with an id.
pub fn live(id: &str) -> Option<&'static dyn Live> {
    lives().iter().copied().find(|live| live.id() == id)
}
