//! Panes of running agents: brought to the front, and read.

use super::scan::LiveSession;
use crate::core::bad_request::BadRequest;
use crate::core::cannot_answer::CannotAnswer;
use crate::core::short_id::meant;
use crate::processes::panes;
use anyhow::{Context as _, Result, bail};

/// Brings the pane in which an agent shows a session to the front.
///
/// # Errors
/// When it runs in no pane, or its multiplexer refuses.
pub fn select(session: &LiveSession) -> Result<()> {
    let pid = session.process.pid;
    let pane = session.pane.as_ref();
    panes::select(pane.with_context(|| format!("process {pid} runs in no pane that ttop knows"))?)
}

/// Brings the pane to the front in which an agent shows the session of an id, or a part of one, or runs as a pid.
///
/// # Errors
/// When no session or several panes have it, or its multiplexer refuses.
pub fn select_named(id: &str, sessions: &[LiveSession]) -> Result<()> {
    let ids = sessions.iter().filter_map(|session| session.claim.session.as_ref());
    let named = meant(id, ids.map(|session| session.id.as_str()));
    let is_it = |session: &&LiveSession| {
        let shown = session.claim.session.as_ref();
        shown.is_some_and(|shown| named.contains(&shown.id.as_str())) || session.process.pid.to_string() == id
    };
    let found: Vec<&LiveSession> = sessions.iter().filter(is_it).collect();
    let mut panes: Vec<_> = found.iter().filter_map(|session| session.pane.as_ref()).collect();
    panes.dedup();
    match (found.as_slice(), panes.as_slice()) {
        ([], _) => {
            let message = format!("no running agent has session '{id}'");
            Err(CannotAnswer::new(message, "ttop ps lists the running agents").into())
        }
        (_, [pane]) => panes::select(pane),
        (_, [_, _, ..]) => Err(BadRequest::new(format!("'{id}' matches agents in several panes"))
            .with_hint("use a pid: ttop ps --fields pid,sessionId,pane")
            .into()),
        ([first, ..], []) => match &first.process.tty {
            Some(tty) => bail!(
                "process {} runs on {tty}, in no pane that ttop knows",
                first.process.pid
            ),
            None => bail!("process {} has no terminal", first.process.pid),
        },
    }
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
