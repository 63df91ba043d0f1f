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

/// The visible lines of a pane by its label, as rows have it: `tmux:main:1.0`.
///
/// # Errors
/// When no session runs in it, or its multiplexer refuses.
pub fn capture(label: &str, sessions: &[LiveSession]) -> Result<Vec<String>> {
    let mut panes = sessions.iter().filter_map(|session| session.pane.as_ref());
    let pane = panes.find(|pane| pane.label() == label);
    panes::capture(pane.with_context(|| format!("no agent runs in pane {label} any more"))?)
}
