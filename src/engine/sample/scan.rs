//! The scan of the sample home: made-up processes with sessions of the sample ledger.

use crate::core::process::{Claim, Facts, Match, Process, Role, SessionRef};
use crate::core::status::{SessionStatus, Status, StatusSource};
use crate::engine::scan::{LiveSession, Scan};
use crate::processes::panes::Pane;

const MINUTE_MS: i64 = 60_000;

/// Pid, agent, role, session, how it is known, status, activity, its source, minutes since, folder, pane, minutes of running.
type Line = (
    u32,
    &'static str,
    Role,
    Option<&'static str>,
    Match,
    Status,
    Option<&'static str>,
    StatusSource,
    i64,
    &'static str,
    Option<&'static str>,
    i64,
);

const LINES: [Line; 4] = [
    (
        4101,
        "opencode",
        Role::Tui,
        Some("ses_demo_01"),
        Match::Api,
        Status::WaitingPermission,
        Some("bash"),
        StatusSource::Api,
        3,
        "/home/dev/acme-api",
        Some("work:1.0"),
        190,
    ),
    (
        4230,
        "claude-code",
        Role::Tui,
        Some("5f0c2c1e-demo-4000-8000-000000000001"),
        Match::Pidfile,
        Status::Working,
        Some("Edit"),
        StatusSource::Transcript,
        1,
        "/home/dev/acme-web",
        Some("work:1.1"),
        310,
    ),
    (
        4377,
        "codex",
        Role::Run,
        Some("01a1f8de-demo-7000-8000-000000000001"),
        Match::Flag,
        Status::Idle,
        None,
        StatusSource::Transcript,
        431,
        "/home/dev/acme-api",
        None,
        480,
    ),
    (
        4410,
        "opencode",
        Role::Tui,
        None,
        Match::None,
        Status::Unknown,
        None,
        StatusSource::None,
        0,
        "/home/dev/docs",
        Some("work:2.0"),
        12,
    ),
];

/// The same at every call; `now` in epoch milliseconds.
pub(crate) fn scan(now: i64) -> Scan {
    Scan {
        sessions: LINES.iter().map(|line| session(line, now)).collect(),
        problems: Vec::new(),
    }
}

fn session(line: &Line, now: i64) -> LiveSession {
    let &(pid, agent_id, role, id, by, status, activity, source, since, folder, pane, uptime) = line;
    LiveSession {
        agent_id: agent_id.into(),
        process: Process {
            pid,
            cwd: Some(folder.into()),
            memory_bytes: Some(u64::from(pid) << 16),
            started_at: Some(now - uptime * MINUTE_MS),
            is_own: true,
            ..Process::default()
        },
        claim: Claim {
            by,
            session: id.map(|id| SessionRef {
                agent_id: agent_id.into(),
                id: id.to_owned(),
                place: None,
            }),
            ..Claim::bare(pid, role)
        },
        facts: Facts::default(),
        standing: SessionStatus {
            status,
            activity: activity.map(str::to_owned),
            source,
            since: (status != Status::Unknown).then(|| now - since * MINUTE_MS),
        },
        cpu_percent: None,
        pane: pane.map(|name| Pane {
            multiplexer: "tmux",
            pid,
            name: name.to_owned(),
            ..Pane::default()
        }),
        last_text: None,
    }
}
