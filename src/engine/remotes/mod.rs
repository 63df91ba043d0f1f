//! Other machines: the running agents of their `ttop serve` or OpenCode server, asked read-only, each within seconds.

use super::Engine;
use crate::agents::opencode::remote::{RemoteServer, ask_server};
use crate::core::bad_request::BadRequest;
use crate::core::credential::Secret;
use crate::core::problem::Problem;
use crate::core::process::{Match, Role};
use crate::core::rows::PsRow;
use crate::core::status::{Ask, Reported, Status, StatusSource};
use crate::core::tokens::Tokens;
use crate::system::System;
use crate::system::config::settings;
use crate::system::http::{Http, Reach, Request, reach_of};
use crate::system::open::{self, Most};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// For one answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How often a long-running command asks.
const EVERY: Duration = Duration::from_secs(5);

/// `remotes` of the configuration.
#[derive(Clone)]
pub struct Remotes {
    remotes: Vec<Remote>,
    system: System,
}

#[derive(Clone)]
struct Remote {
    name: String,
    url: String,
    password_file: Option<PathBuf>,
}

/// The running agents of all remotes, and the remotes that did not answer.
#[derive(Clone, Debug, Default)]
pub struct RemoteAgents {
    pub rows: Vec<PsRow>,
    pub problems: Vec<Problem>,
}

impl Engine {
    /// The remotes of the configuration; none in the sample.
    pub fn remotes(&self) -> Remotes {
        let remote = |remote: &settings::Remote| Remote {
            name: remote.name.clone(),
            url: remote.url.trim_end_matches('/').to_owned(),
            password_file: remote.password_file.as_ref().map(|file| self.system.expand(file)),
        };
        Remotes {
            remotes: self.config.remotes.iter().flatten().map(remote).collect(),
            system: self.system.clone(),
        }
    }
}

impl Remotes {
    pub fn is_empty(&self) -> bool {
        self.remotes.is_empty()
    }

    /// Asks all remotes at the same time.
    pub fn ask(&self) -> RemoteAgents {
        let mut all = RemoteAgents::default();
        let answers: Vec<(&Remote, Result<Vec<PsRow>>)> = std::thread::scope(|scope| {
            let asked = self
                .remotes
                .iter()
                .map(|remote| (remote, scope.spawn(move || remote.ask(&self.system))));
            let asked: Vec<_> = asked.collect();
            let answers = asked.into_iter().map(|(remote, thread)| {
                let answer = thread.join();
                (remote, answer.unwrap_or_else(|_| bail!("the question failed")))
            });
            answers.collect()
        });
        for (remote, answer) in answers {
            match answer {
                Ok(rows) => all.rows.extend(rows),
                Err(error) => all.problems.push(Problem::new(
                    format_args!("remote {}", remote.name),
                    format_args!("{error:#}"),
                )),
            }
        }
        all
    }

    /// Asks again and again on a thread of its own, which ends when nobody receives.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn watch(self) -> Result<Receiver<RemoteAgents>> {
        let (send, receive): (SyncSender<RemoteAgents>, _) = sync_channel(1);
        std::thread::Builder::new().name("remotes".to_owned()).spawn(move || {
            while send.send(self.ask()).is_ok() {
                std::thread::sleep(EVERY);
            }
        })?;
        Ok(receive)
    }
}

impl Remote {
    /// `opencode:PASSWORD`: both kinds of server take the name.
    fn login(&self, system: &System) -> Result<Option<Secret>> {
        let Some(file) = &self.password_file else {
            return Ok(None);
        };
        let password =
            open::read_text(file, Most::WORD).with_context(|| format!("could not read {}", system.tilde(file)))?;
        Ok(Secret::new(&format!("opencode:{}", password.trim())))
    }

    /// Its running agents, with its name as their host.
    fn ask(&self, system: &System) -> Result<Vec<PsRow>> {
        let http = match reach_of(&self.url) {
            Some(Reach::Local) => Http::local(),
            Some(Reach::Https) => Http::new(system),
            None => return Err(BadRequest::new("the URL must be https, or http on this machine").into()),
        };
        let url = format!("{}/v1/ps", self.url);
        let mut request = Request::get(&url);
        (request.timeout, request.max_bytes) = (TIMEOUT, 8 << 20);
        request.headers.push(("accept", "application/json".to_owned()));
        let login = self.login(system)?;
        if let Some(login) = &login {
            let login = STANDARD.encode(login.expose());
            request.headers.push(("authorization", format!("Basic {login}")));
        }
        let response = http.send(&request)?;
        let is_json = response
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"));
        let mut rows: Vec<PsRow> = match response.status {
            200 if is_json => serde_json::from_slice(&response.body).context("its rows cannot be read")?,
            // OpenCode 1 answers unknown paths with a page.
            200 | 404 => opencode_rows(ask_server(&http, &self.url, login)?),
            401 => bail!("it needs a password: set passwordFile"),
            status => bail!("it answered {status}"),
        };
        // Its own agents only: two machines that list each other would list themselves again and again.
        rows.retain(|row| row.host.is_none());
        for row in &mut rows {
            row.host = Some(self.name.clone());
            // No pane of another machine can be shown here.
            row.tmux_pane = None;
            row.pane = None;
        }
        Ok(rows)
    }
}

/// Sessions of an OpenCode server; of others it reports nothing.
fn opencode_rows(server: RemoteServer) -> Vec<PsRow> {
    let row = |id: Option<String>, status: Status| PsRow {
        pid: server.pid,
        agent_id: "opencode".into(),
        role: Role::Server,
        r#match: if id.is_some() { Match::Api } else { Match::None },
        session_id: id.map(Into::into),
        status,
        activity: None,
        status_source: if status == Status::Unknown {
            StatusSource::None
        } else {
            StatusSource::Api
        },
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
        version: server.version.clone(),
        host: None,
    };
    if server.sessions.is_empty() {
        return vec![row(None, Status::Unknown)];
    }
    let status = |reported| match reported {
        Reported::Waiting(Ask::Permission) => Status::WaitingPermission,
        Reported::Waiting(Ask::Question) => Status::WaitingQuestion,
        Reported::Retrying => Status::Retrying,
        Reported::Busy => Status::Working,
        Reported::Idle => Status::Idle,
    };
    let sessions = server.sessions.iter();
    sessions
        .map(|(id, reported)| row(Some(id.clone()), status(*reported)))
        .collect()
}
