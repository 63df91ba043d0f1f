//! Sessions of an OpenCode server on another machine, as rows of `ps`; of others it reports nothing.

use crate::agents::opencode::remote::{RemoteServer, RemoteSession};
use crate::core::process::{Match, Role};
use crate::core::rows::PsRow;
use crate::core::status::{Ask, Reported, Status, StatusSource};
use crate::core::tokens::Tokens;

/// A row for each session that runs or waits; one without a session where none does.
pub(super) fn rows(server: RemoteServer) -> Vec<PsRow> {
    let none = PsRow {
        pid: server.pid,
        agent_id: "opencode".into(),
        role: Role::Server,
        r#match: Match::None,
        session_id: None,
        status: Status::Unknown,
        activity: None,
        status_source: StatusSource::None,
        since_ms: None,
        session_name: None,
        project_path: None,
        cwd: None,
        tty: None,
        tmux_pane: None,
        pane: None,
        provider_id: None,
        model_id: None,
        turns: None,
        tokens: Tokens::unreported(),
        cost: None,
        cost_status: None,
        last_text: None,
        cpu_percent: None,
        memory_bytes: None,
        started_at: None,
        uptime_ms: None,
        version: server.version,
        host: None,
    };
    if server.sessions.is_empty() {
        return vec![none];
    }
    let row = |session: RemoteSession| PsRow {
        r#match: Match::Api,
        session_id: Some(session.id.into()),
        status: status(session.reported),
        status_source: StatusSource::Api,
        session_name: session.title.map(Into::into),
        project_path: session.folder.map(Into::into),
        ..none.clone()
    };
    server.sessions.into_iter().map(row).collect()
}

const fn status(reported: Reported) -> Status {
    match reported {
        Reported::Waiting(Ask::Permission) => Status::WaitingPermission,
        Reported::Waiting(Ask::Question) => Status::WaitingQuestion,
        Reported::Retrying => Status::Retrying,
        Reported::Busy => Status::Working,
        Reported::Idle => Status::Idle,
    }
}
