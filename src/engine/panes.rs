//! Panes of running agents, for screens.

use super::scan::LiveSession;
use crate::processes::panes;
use anyhow::{Context as _, Result};

/// Brings the pane in which an agent shows a session to the front.
///
/// # Errors
/// When it runs in no pane, or its multiplexer refuses.
pub fn select(session: &LiveSession) -> Result<()> {
    let pid = session.process.pid;
    let pane = session.pane.as_ref();
    panes::select(pane.with_context(|| format!("process {pid} runs in no pane that ttop knows"))?)
}

/// The visible lines of a tmux pane.
///
/// # Errors
/// When tmux refuses.
pub fn capture(name: &str) -> Result<Vec<String>> {
    panes::capture(name)
}
