//! Rows of `ps`: live sessions, with their totals from the ledger.

use super::scan::LiveSession;
use crate::core::process::Role;
use crate::core::rows::{PsRow, SessionRow, Text};
use crate::core::tokens::Tokens;
use crate::processes::panes::Pane;
use crate::reports::select::Selected;
use crate::reports::{Sessions, Usage};
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};

/// Session rows of the ledger, by agent and id.
pub type Known = FxHashMap<(Text, Text), SessionRow>;

/// Adds up the turns of the sessions that were seen.
///
/// # Errors
/// When the ledger is damaged.
pub fn known_sessions(live: &[LiveSession], usage: &Usage<'_>) -> Result<Known> {
    let ids: FxHashSet<(&str, &str)> = live
        .iter()
        .filter_map(|session| Some((&*session.agent_id, session.claim.session.as_ref()?.id.as_str())))
        .collect();
    if ids.is_empty() {
        return Ok(Known::default());
    }
    let sessions = Sessions::load_named(usage.ledger, ids)?;
    let mut selected = Selected::all();
    selected.packs.sessions = Some(sessions.all().map(|session| session.row).collect());
    let rows = usage.session_rows(&selected, &sessions, true)?;
    let keyed = rows
        .into_iter()
        .map(|row| ((row.agent_id.clone(), row.session_id.clone()), row));
    Ok(keyed.collect())
}

/// The rows of sessions by pid, then those of other machines; `now` in epoch milliseconds.
pub fn rows(sessions: &[LiveSession], remote: &[PsRow], known: &Known, now: i64) -> Vec<PsRow> {
    let mut rows: Vec<PsRow> = sessions.iter().map(|session| row(session, known, now)).collect();
    rows.extend_from_slice(remote);
    rows.sort_by(|a, b| (&a.host, a.pid, &a.session_id).cmp(&(&b.host, b.pid, &b.session_id)));
    rows
}

/// The row of one session.
pub fn row(session: &LiveSession, known: &Known, now: i64) -> PsRow {
    let agent_id = session.agent_id.text();
    let session_id = session
        .claim
        .session
        .as_ref()
        .map(|session| Text::from(session.id.as_str()));
    let known = session_id.clone().and_then(|id| known.get(&(agent_id.clone(), id)));
    let (process, about, standing) = (&session.process, &session.facts.about, &session.standing);
    // The newest records name the model that answers now; the ledger knows of finished replies only.
    let model = about
        .model_id
        .as_deref()
        .map(|model| (about.provider_id.as_deref(), model));
    let (provider_id, model_id) = match model {
        Some((provider, model)) => (provider.map(Text::from), Some(Text::from(model))),
        None => (
            known.and_then(|known| known.provider_id.clone()),
            known.and_then(|known| known.model_id.clone()),
        ),
    };
    let text = |text: &Option<String>| text.as_deref().map(Text::from);
    PsRow {
        pid: process.pid,
        agent_id,
        role: session.claim.role,
        session_id,
        r#match: session.claim.by,
        status: standing.status,
        activity: standing.activity.clone(),
        status_source: standing.source,
        since_ms: standing.since.map(|since| (now - since).max(0)),
        session_name: known
            .and_then(|known| known.session_name.clone())
            .or_else(|| text(&about.title)),
        project_path: known
            .and_then(|known| known.project_path.clone())
            .or_else(|| text(&about.project)),
        cwd: process.cwd.as_ref().map(|cwd| cwd.to_string_lossy().into_owned()),
        tty: process.tty.clone(),
        tmux_pane: session
            .pane
            .as_ref()
            .filter(|pane| pane.multiplexer == "tmux")
            .map(|pane| pane.name.clone()),
        pane: session.pane.as_ref().map(Pane::label),
        provider_id,
        model_id,
        turns: known.map(|known| known.turns),
        tokens: known.map_or_else(Tokens::unreported, |known| known.tokens),
        cost: known.and_then(|known| known.cost),
        cost_status: known.and_then(|known| known.cost_status),
        last_text: session.last_text.clone(),
        cpu_percent: session.cpu_percent,
        memory_bytes: process.memory_bytes,
        started_at: process.started_at,
        uptime_ms: process.started_at.map(|start| (now - start).max(0)),
        version: session.claim.version.clone().or_else(|| about.version.clone()),
        host: None,
    }
}

/// Which of what runs a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Agents, each with the sessions that it does not run for another.
    Agents,
    /// Whatever agents started, too.
    All,
    /// MCP servers whose agent has ended.
    Orphans,
}

impl Shown {
    /// What `--all` and `--orphans` show.
    pub const fn of(all: bool, orphans: bool) -> Self {
        match (all, orphans) {
            (_, true) => Self::Orphans,
            (true, false) => Self::All,
            (false, false) => Self::Agents,
        }
    }

    /// The sessions of a scan that the list shows.
    pub fn among(self, sessions: Vec<LiveSession>) -> Vec<LiveSession> {
        let mut shown = match self {
            Self::All => sessions,
            Self::Agents | Self::Orphans => hide_subagents(sessions),
        };
        shown.retain(|session| match self {
            Self::Agents => session.claim.role.is_agent(),
            Self::All => true,
            Self::Orphans => session.claim.role == Role::OrphanMcp,
        });
        shown
    }
}

/// Leaves out subagents' sessions; a process that shows nothing else stays, without one.
fn hide_subagents(live: Vec<LiveSession>) -> Vec<LiveSession> {
    let is_main = |session: &LiveSession| session.facts.about.parent_id.is_none();
    let mut shown: FxHashSet<u32> = live
        .iter()
        .filter(|session| is_main(session))
        .map(|session| session.process.pid)
        .collect();
    let mut kept = Vec::new();
    for session in live {
        if is_main(&session) {
            kept.push(session);
        } else if shown.insert(session.process.pid) {
            kept.push(session.without_session());
        }
    }
    kept
}
