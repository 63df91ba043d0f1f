//! OpenCode while it runs: which processes it has, which session each shows, and what its interface and database say of them.

mod asking;
mod detail;
mod message;
mod records;
mod service;

use super::api::{Answers, ApiVersion, Server};
use super::{Family, find};
use crate::agents::shared::listings::Inventory;
use crate::agents::shared::live::claims::{Candidate, guess, processes_of, real, seeker};
use crate::agents::shared::live::program::{Invocation, Program};
use crate::agents::shared::live::running::Running;
use crate::agents::shared::live::{Live, is_note_of};
use crate::core::credential::Secret;
use crate::core::matching::{SessionActivity, UnmatchedProcess};
use crate::core::process::{
    CLOCK_SLACK_MS, Claim, DetailLimits, Facts, Match, Process, Role, SessionDetail, SessionRef,
};
use crate::core::status::{Ask, ReportedStatus, StatusSource};
use crate::system::System;
use crate::system::http::Http;
use crate::system::open::{self, Most};
use anyhow::Result;
use records::{Records, Row};
use std::path::{Path, PathBuf};

/// An agent of OpenCode's family while it runs.
pub(super) struct LiveFamily<'a>(pub &'a Family);

impl Live for LiveFamily<'_> {
    fn program(&self) -> &'static Program {
        self.0.program
    }

    fn is_asked(&self) -> bool {
        true
    }

    fn pids(&self, running: Running<'_>, inventory: &Inventory<'_>) -> Vec<u32> {
        let own = running.of(self.program());
        let registered = service::registrations(self.0, inventory).into_iter().map(|one| one.pid);
        own.map(|(process, _)| process.pid).chain(registered).collect()
    }

    fn claims(&self, running: Running<'_>, inventory: &Inventory<'_>) -> Vec<Claim> {
        let found: Vec<(&Process, Invocation)> = processes_of(self.program(), running)
            .into_iter()
            .map(|(process, invocation)| {
                let role = role_of(process, &invocation);
                (process, Invocation { role, ..invocation })
            })
            .collect();
        let registered = service::registrations(self.0, inventory);
        if found.is_empty() && registered.is_empty() {
            return Vec::new();
        }
        let sessions = newest_sessions(self.0, inventory);
        let mut servers = registered_servers(self.0, running.processes, &found, registered);
        servers.extend(found_servers(self.0, &found, &servers, &sessions, inventory));
        let mut matching = Matching {
            family: self.0,
            found,
            sessions,
            servers,
        };
        matching.claims(inventory)
    }

    fn state(&self, session: &SessionRef, inventory: &Inventory<'_>) -> Result<Facts> {
        match find_session(self.0, session, inventory)? {
            Some((records, row)) => {
                let mut facts = records.facts(&row)?;
                if let Some(tool) = facts.pending_tool.as_mut().filter(|tool| tool.asks.is_none())
                    && let Some(at) = asking::asked_at(self.0, &row.id, inventory)
                    && at >= tool.since - CLOCK_SLACK_MS
                {
                    tool.asks = Some(Ask::Permission);
                }
                Ok(facts)
            }
            None => Ok(Facts::default()),
        }
    }

    fn detail(&self, session: &SessionRef, limits: &DetailLimits, inventory: &Inventory<'_>) -> Result<SessionDetail> {
        match find_session(self.0, session, inventory)? {
            Some((records, row)) => records.detail(&row, limits),
            None => Ok(SessionDetail::default()),
        }
    }
}

/// Opens the database a session is in; where that is not known, the first that has it.
fn find_session(family: &Family, session: &SessionRef, system: &System) -> Result<Option<(Records, Row)>> {
    let places = match &session.place {
        Some(place) => vec![place.clone()],
        None => databases(family, system),
    };
    for place in places {
        let records = Records::open(&place)?;
        if let Some(row) = records.session(&session.id)? {
            return Ok(Some((records, row)));
        }
    }
    Ok(None)
}

fn databases(family: &Family, system: &System) -> Vec<PathBuf> {
    let sources = find::find_sources(family, system).sources;
    let databases = sources.into_iter().filter(|source| source.kind == find::DATABASE);
    databases.map(|source| source.path).collect()
}

/// OpenCode runs its own helpers with its own program: `opencode run x.js --stdio` with `BUN_BE_BUN=1`.
fn role_of(process: &Process, invocation: &Invocation) -> Role {
    let arguments = &invocation.arguments;
    let is_script = |arg: &String| [".js", ".mjs", ".cjs"].iter().any(|end| arg.ends_with(end));
    let is_helper = process.details.variables.iter().any(|name| name == "BUN_BE_BUN")
        || arguments.iter().any(|arg| arg == "--stdio")
        || invocation.role == Role::Run && arguments.get(1).is_some_and(is_script);
    match invocation.role {
        _ if is_helper => Role::Helper,
        Role::Server if arguments.iter().any(|arg| arg == "--service") => Role::Service,
        role => role,
    }
}

/// A server that answered, and the process it runs in.
struct Answering {
    pid: u32,
    /// Whether it is the background service that interfaces share.
    is_service: bool,
    version: Option<String>,
    answers: Answers,
}

/// One look at all of an agent.
struct Matching<'a> {
    family: &'a Family,
    found: Vec<(&'a Process, Invocation)>,
    sessions: Vec<Known>,
    servers: Vec<Answering>,
}

/// A session with the database it is in.
struct Known {
    place: PathBuf,
    row: Row,
}

impl Matching<'_> {
    fn claims(&mut self, system: &System) -> Vec<Claim> {
        let mut answers: Vec<Answers> = self.servers.iter().map(|server| server.answers.clone()).collect();
        for answers in &mut answers {
            answers.lift(|id| self.known(id)?.row.parent_id.clone());
        }
        for (server, answers) in self.servers.iter_mut().zip(answers) {
            server.answers = answers;
        }
        let mut claims: Vec<Claim> = Vec::new();
        for (process, invocation) in &self.found {
            if self
                .servers
                .iter()
                .any(|server| server.is_service && server.pid == process.pid)
            {
                // Its sessions are those that no interface shows: last.
                continue;
            }
            claims.extend(self.evident(process, invocation, system));
        }
        self.guess(&mut claims);
        for server in self.servers.iter().filter(|server| server.is_service) {
            claims.extend(self.unclaimed(server, &claims));
        }
        for claim in &mut claims {
            self.finish(claim);
        }
        claims
    }

    /// The facts from a process itself, its command line or a note.
    fn evident(&self, process: &Process, invocation: &Invocation, system: &System) -> Vec<Claim> {
        let bare = Claim::bare(process.pid, invocation.role);
        if !invocation.role.is_agent() {
            return vec![bare];
        }
        let reported = self.servers.iter().filter(|server| server.pid == process.pid);
        let mut ids: Vec<(String, Match)> = reported
            .flat_map(|server| server.answers.statuses.keys())
            .map(|id| (id.clone(), Match::Api))
            .collect();
        let named = invocation.session_id.clone().map(|id| (id, Match::Flag));
        let named = named.or_else(|| Some((noted(self.family, process, system)?, Match::Pidfile)));
        ids.extend(named.filter(|(id, _)| ids.iter().all(|(known, _)| known != id)));
        if ids.is_empty() {
            return vec![bare];
        }
        ids.into_iter()
            .map(|(id, by)| self.claim(bare.clone(), id, by))
            .collect()
    }

    /// Gives the processes that nothing names a session for one of their folder.
    fn guess(&self, claims: &mut [Claim]) {
        let seekers: Vec<UnmatchedProcess> = self
            .found
            .iter()
            .filter(|(process, _)| {
                claims
                    .iter()
                    .any(|claim| claim.pid == process.pid && claim.session.is_none())
            })
            // A server that answers reports what runs.
            .filter(|(process, invocation)| invocation.role != Role::Server || !self.answers(process.pid))
            .filter_map(|(process, invocation)| seeker(process, invocation))
            .collect();
        let from = seekers
            .iter()
            .filter_map(|seeker| seeker.started_at)
            .min()
            .unwrap_or(i64::MAX);
        let is_wanted = |folder: &Path| seekers.iter().any(|seeker| seeker.folder.as_deref() == Some(folder));
        let wanted: Vec<(&Known, PathBuf)> = self
            .sessions
            .iter()
            .filter(|known| known.row.parent_id.is_none() && !known.row.is_archived)
            .filter_map(|known| Some((known, real(Path::new(known.row.directory.as_deref()?)))))
            .filter(|(_, folder)| is_wanted(folder))
            .collect();
        let mut candidates = Vec::new();
        for of_place in wanted.chunk_by(|(a, _), (b, _)| a.place == b.place) {
            let rows: Vec<&Row> = of_place.iter().map(|(known, _)| &known.row).collect();
            let moments = Records::open(&of_place[0].0.place).and_then(|records| records.moments(&rows, from));
            let mut moments = moments.unwrap_or_default();
            candidates.extend(of_place.iter().map(|(known, folder)| Candidate {
                place: known.place.clone(),
                activity: SessionActivity {
                    id: known.row.id.clone(),
                    folder: Some(folder.clone()),
                    created_at: known.row.created,
                    updated_at: known.row.updated,
                    is_open: false,
                    is_run: false,
                    moments: moments.remove(&known.row.id).unwrap_or_default(),
                },
            }));
        }
        guess(self.family.id, &seekers, claims, &candidates);
    }

    /// The sessions a service runs that no interface shows; the service alone where there are none.
    fn unclaimed(&self, server: &Answering, claims: &[Claim]) -> Vec<Claim> {
        let bare = Claim {
            version: server.version.clone(),
            ..Claim::bare(server.pid, Role::Service)
        };
        let is_shown = |id: &String| {
            claims
                .iter()
                .any(|claim| claim.session.as_ref().is_some_and(|session| session.id == *id))
        };
        let rows: Vec<Claim> = server
            .answers
            .statuses
            .keys()
            .filter(|id| !is_shown(id))
            .map(|id| self.claim(bare.clone(), id.clone(), Match::Api))
            .collect();
        if rows.is_empty() { vec![bare] } else { rows }
    }

    fn claim(&self, bare: Claim, id: String, by: Match) -> Claim {
        Claim {
            by,
            session: Some(SessionRef {
                agent_id: self.family.id.into(),
                place: self.known(&id).map(|known| known.place.clone()),
                id,
            }),
            ..bare
        }
    }

    /// Who does the work, and its report.
    fn finish(&self, claim: &mut Claim) {
        let own = self.servers.iter().find(|server| server.pid == claim.pid);
        claim.version = claim.version.take().or_else(|| own?.version.clone());
        let Some(session) = &claim.session else { return };
        let known = self.known(&session.id);
        let folder = known.and_then(|known| known.row.directory.as_deref());
        let is_of_second = known.is_some_and(|known| known.row.is_of_second());
        let worker = own.or_else(|| self.servers.iter().find(|server| is_of_second && server.is_service));
        if let Some(server) = worker {
            claim.worker = Some(server.pid);
            claim.word = server.answers.of(&session.id, folder).map(|reported| ReportedStatus {
                says: reported,
                since: None,
                source: StatusSource::Api,
            });
        } else if is_of_second && matches!(claim.role, Role::Tui | Role::Attach) && !self.runs_alone(claim.pid) {
            // An interface of version 2 does nothing itself.
            claim.worker = None;
        }
    }

    /// Whether an interface has a private server, as its child or in itself.
    fn runs_alone(&self, pid: u32) -> bool {
        let is_private = |(process, invocation): &(&Process, Invocation)| {
            process.parent == Some(pid) && invocation.role == Role::Server
                || process.pid == pid && invocation.arguments.iter().any(|arg| arg == "--standalone")
        };
        self.found.iter().any(is_private)
    }

    fn answers(&self, pid: u32) -> bool {
        self.servers.iter().any(|server| server.pid == pid)
    }

    fn known(&self, id: &str) -> Option<&Known> {
        self.sessions.iter().find(|known| known.row.id == id)
    }
}

/// The sessions used last in every database, those of a database that cannot be read left out: `sessions` reports it.
fn newest_sessions(family: &Family, system: &System) -> Vec<Known> {
    let read = |place: PathBuf| {
        let rows = Records::open(&place).and_then(|records| records.newest());
        rows.unwrap_or_default().into_iter().map(move |row| Known {
            place: place.clone(),
            row,
        })
    };
    databases(family, system).into_iter().flat_map(read).collect()
}

/// The servers that wrote down where they listen.
fn registered_servers(
    family: &Family,
    processes: &[Process],
    found: &[(&Process, Invocation)],
    registered: Vec<service::Registration>,
) -> Vec<Answering> {
    let http = Http::local();
    let named = named(found);
    let mut servers: Vec<Answering> = Vec::new();
    for one in registered {
        let process = processes.iter().find(|process| process.pid == one.pid);
        // The number may be another's by now, and so may the port.
        let is_it = process.is_some_and(|process| {
            process.is_own && is_note_of(&one.path, process) && process.details.listens.contains(&one.address)
        });
        if !is_it || servers.iter().any(|server| server.pid == one.pid) {
            continue;
        }
        let login = one.password.as_ref().and_then(|password| login(family.stem, password));
        if let Some(server) = Server::find(&http, one.address, one.pid, login) {
            servers.push(Answering {
                pid: one.pid,
                is_service: server.generation == ApiVersion::Second,
                version: server.version.clone().or(one.version),
                answers: server.answers(&[], &named),
            });
        }
    }
    servers
}

/// The servers that are found by their sockets: interfaces of version 1 that listen, and private ones of both.
fn found_servers(
    family: &Family,
    found: &[(&Process, Invocation)],
    registered: &[Answering],
    sessions: &[Known],
    system: &System,
) -> Vec<Answering> {
    let http = Http::local();
    let named = named(found);
    let variable = |what: &str| system.var(&format!("{}_SERVER_{what}", family.stem.to_uppercase()));
    let password = variable("PASSWORD").and_then(Secret::new);
    let name = variable("USERNAME").unwrap_or(family.stem);
    let login = password.and_then(|password| login(name, &password));
    let mut servers = Vec::new();
    for (process, invocation) in found {
        if !invocation.role.is_agent() || registered.iter().any(|server| server.pid == process.pid) {
            continue;
        }
        let server = process
            .details
            .listens
            .iter()
            .find_map(|address| Server::find(&http, *address, process.pid, login.clone()));
        if let Some(server) = server {
            servers.push(Answering {
                pid: process.pid,
                is_service: invocation.role == Role::Service,
                version: server.version.clone(),
                answers: server.answers(&folders_of(process, invocation.role, sessions), &named),
            });
        }
    }
    servers
}

/// The sessions that command lines name.
fn named(found: &[(&Process, Invocation)]) -> Vec<String> {
    let ids = found.iter().filter_map(|(_, invocation)| invocation.session_id.clone());
    ids.collect()
}

/// The folders a server of version 1 may have sessions in, as they are spelled there: its own, and for one without an interface
/// those of sessions that were used while it ran.
fn folders_of(process: &Process, role: Role, sessions: &[Known]) -> Vec<String> {
    let own = process.cwd.as_deref();
    let is_used = |row: &Row| role == Role::Server && row.updated.is_some_and(|at| process.was_running_at(at));
    let is_here = |folder: &str| own.is_some_and(|own| real(Path::new(folder)) == real(own));
    let used = sessions.iter().filter_map(|known| {
        let folder = known.row.directory.as_deref()?;
        (is_used(&known.row) || is_here(folder)).then(|| folder.to_owned())
    });
    let mut folders: Vec<String> = own
        .map(|own| own.display().to_string())
        .into_iter()
        .chain(used)
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

fn login(name: &str, password: &Secret) -> Option<Secret> {
    Secret::new(&format!("{name}:{}", password.expose()))
}

/// The session that a plugin noted for a process: `otop/<pid>` in the data folder.
fn noted(family: &Family, process: &Process, system: &System) -> Option<String> {
    let path = (family.root)(system).path.join("otop").join(process.pid.to_string());
    let text = is_note_of(&path, process).then(|| open::read_text(&path, Most::WORD).ok())??;
    let id = text.trim();
    id.starts_with("ses_").then(|| id.to_owned())
}
