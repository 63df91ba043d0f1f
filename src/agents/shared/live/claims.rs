//! Claims that need no records: which processes are an agent's, and which of its sessions each may show.

use super::Note;
use super::program::{Invocation, Program, without_wrappers};
use super::running::Running;
use crate::core::matching::{Candidates, SessionActivity, UnmatchedProcess, assign};
use crate::core::process::{Claim, Match, Process, Role, SessionRef};
use std::path::{Path, PathBuf};

/// A session that a process may show, and where its records are.
pub struct Candidate {
    pub activity: SessionActivity,
    pub place: PathBuf,
}

/// The processes of a program, wrappers left out.
pub fn processes_of<'a>(program: &Program, running: Running<'a>) -> Vec<(&'a Process, Invocation)> {
    let found = running.of(program);
    without_wrappers(
        found
            .map(|(process, invocation)| (process, invocation.clone()))
            .collect(),
    )
}

/// The session that a process's note or its command line names.
pub fn named(invocation: &Invocation, note: &Note) -> Option<(String, Match)> {
    match (&invocation.session_id, &note.session_id) {
        // The human may have gone to another session since it was started: then its own note is newer.
        (Some(named), Some(noted)) if named != noted => Some((noted.clone(), Match::Pidfile)),
        (Some(named), _) => Some((named.clone(), Match::Flag)),
        (None, Some(noted)) => Some((noted.clone(), Match::Pidfile)),
        (None, None) => None,
    }
}

/// The processes without a session, as far as they may show one.
pub fn seekers(found: &[(&Process, Invocation)], claims: &[Claim]) -> Vec<UnmatchedProcess> {
    let is_unmatched = |pid: u32| {
        claims
            .iter()
            .any(|claim| claim.pid == pid && claim.session.is_none() && claim.role.is_agent())
    };
    found
        .iter()
        .filter(|(process, _)| is_unmatched(process.pid))
        .filter_map(|(process, invocation)| seeker(process, invocation))
        .collect()
}

/// A process that is to be matched with a session of its folder; `None` for those that show none.
pub fn seeker(process: &Process, invocation: &Invocation) -> Option<UnmatchedProcess> {
    let reach = match invocation.role {
        Role::Tui | Role::Run if invocation.continues => Candidates::Latest,
        Role::Tui => Candidates::Used,
        Role::Run => Candidates::Own,
        Role::Server | Role::Attach => Candidates::Active,
        _ => return None,
    };
    Some(UnmatchedProcess {
        pid: process.pid,
        started_at: process.started_at,
        folder: process.cwd.as_deref().map(real),
        reach,
    })
}

/// Gives seekers a session each, of those no claim has.
pub fn guess(agent_id: &str, seekers: &[UnmatchedProcess], claims: &mut [Claim], candidates: &[Candidate]) {
    let taken: Vec<String> = claims
        .iter()
        .filter_map(|claim| Some(claim.session.as_ref()?.id.clone()))
        .collect();
    let activities: Vec<SessionActivity> = candidates.iter().map(|one| one.activity.clone()).collect();
    for (seeker, chosen, by) in assign(seekers, &activities, &taken) {
        let Some(claim) = claims.iter_mut().find(|claim| claim.pid == seekers[seeker].pid) else {
            continue;
        };
        claim.by = by;
        claim.session = Some(SessionRef {
            agent_id: agent_id.into(),
            id: activities[chosen].id.clone(),
            place: Some(candidates[chosen].place.clone()),
        });
    }
}

/// A folder with its links resolved, where it is there.
pub fn real(folder: &Path) -> PathBuf {
    std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf())
}
