//! tmux panes of running agents, for screens.

use super::scan::LiveSession;
use crate::processes::tmux;
use anyhow::{Context as _, Result};

/// Brings the pane in which an agent shows a session to the front.
///
/// # Errors
/// When it runs in no pane, or tmux refuses.
pub fn select(session: &LiveSession) -> Result<()> {
    let pid = session.process.pid;
    let pane = session.pane.as_ref();
    tmux::select(pane.with_context(|| format!("process {pid} runs outside tmux"))?)
}

/// The visible lines of a pane.
///
/// # Errors
/// When tmux refuses.
pub fn capture(name: &str) -> Result<Vec<String>> {
    tmux::capture(name)
}
