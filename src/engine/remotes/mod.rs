//! Other machines: the running agents of their `ttop serve` or OpenCode server, asked read-only, each within seconds.

mod history;
mod lines;
mod opencode;

pub use history::{Others, RemoteHistory, Window};
pub use lines::RemoteLines;

use super::Engine;
use crate::agents::opencode::remote::ask_server;
use crate::core::bad_request::BadRequest;
use crate::core::credential::Secret;
use crate::core::problem::Problem;
use crate::core::rows::PsRow;
use crate::system::System;
use crate::system::config::settings;
use crate::system::http::{Http, Reach, Request, reach_of};
use crate::system::notices::Waker;
use crate::system::open::{self, Most};
use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
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
    /// The names of the remotes that answered.
    pub answered: Vec<String>,
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
        for (remote, answer) in self.each(Remote::ask) {
            match answer {
                Ok(rows) => {
                    all.answered.push(remote.name.clone());
                    all.rows.extend(rows);
                }
                Err(error) => all.problems.push(remote.problem(&error)),
            }
        }
        all
    }

    /// Asks every remote something, at the same time.
    fn each<T: Send>(&self, ask: impl Fn(&Remote, &System) -> Result<T> + Sync) -> Vec<(&Remote, Result<T>)> {
        let ask = &ask;
        std::thread::scope(|scope| {
            let remotes = self.remotes.iter();
            let asked = remotes.map(|remote| (remote, scope.spawn(move || ask(remote, &self.system))));
            let asked: Vec<_> = asked.collect();
            let answers = asked.into_iter().map(|(remote, thread)| {
                let answer = thread.join();
                (remote, answer.unwrap_or_else(|_| bail!("the question failed")))
            });
            answers.collect()
        })
    }

    /// Asks once, beside what the caller does meanwhile.
    pub fn start(self) -> Asking {
        let thread = (!self.is_empty()).then(|| std::thread::spawn(move || self.ask()));
        Asking(thread)
    }

    /// Asks again and again on a thread of its own, which ends when nobody receives. `waker` is woken by every answer.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn watch(self, waker: Option<Waker>) -> Result<RemoteWatch> {
        if self.is_empty() {
            return Ok(RemoteWatch::default());
        }
        let (send, receive): (SyncSender<RemoteAgents>, _) = sync_channel(1);
        std::thread::Builder::new().name("remotes".to_owned()).spawn(move || {
            // A machine that stays away is news once.
            let mut away: BTreeSet<String> = BTreeSet::new();
            loop {
                let mut agents = self.ask();
                away.retain(|place| agents.problems.iter().any(|problem| problem.place == *place));
                agents.problems.retain(|problem| away.insert(problem.place.clone()));
                if send.send(agents).is_err() {
                    return;
                }
                if let Some(waker) = &waker {
                    waker.wake();
                }
                std::thread::sleep(EVERY);
            }
        })?;
        Ok(RemoteWatch {
            receive: Some(receive),
            ..RemoteWatch::default()
        })
    }
}

/// A question that is under way.
pub struct Asking(Option<JoinHandle<RemoteAgents>>);

impl Asking {
    /// Waits for the answers.
    pub fn finish(self) -> RemoteAgents {
        let answers = self.0.map(JoinHandle::join);
        answers.and_then(Result::ok).unwrap_or_default()
    }
}

/// What remotes answered last.
#[derive(Default)]
pub struct RemoteWatch {
    receive: Option<Receiver<RemoteAgents>>,
    /// Empty until the first answer, and without remotes.
    pub latest: RemoteAgents,
    is_known: bool,
}

impl RemoteWatch {
    /// Takes what came in, and notes the machines that went away; whether there was anything.
    pub fn take(&mut self, engine: &mut Engine) -> bool {
        let Some(receive) = &self.receive else { return false };
        let Ok(agents) = receive.try_recv() else { return false };
        self.put(agents, engine);
        true
    }

    /// As [`RemoteWatch::take`], and waits so long for the first answer.
    pub fn wait(&mut self, patience: Duration, engine: &mut Engine) {
        let first = self
            .receive
            .as_ref()
            .and_then(|receive| receive.recv_timeout(patience).ok());
        if let Some(first) = first {
            self.put(first, engine);
        }
    }

    /// The names of the remotes that answered last; `None` before the first answer.
    pub fn answered(&self) -> Option<&[String]> {
        self.is_known.then_some(&self.latest.answered)
    }

    fn put(&mut self, agents: RemoteAgents, engine: &mut Engine) {
        (self.latest, self.is_known) = (agents, true);
        for problem in self.latest.problems.drain(..) {
            engine.note_once(problem);
        }
    }
}

impl Remote {
    fn problem(&self, error: &anyhow::Error) -> Problem {
        Problem::new(format_args!("remote {}", self.name), format_args!("{error:#}"))
    }

    /// `opencode:PASSWORD`: both kinds of server take the name.
    fn login(&self, system: &System) -> Result<Option<Secret>> {
        let Some(file) = &self.password_file else {
            return Ok(None);
        };
        let password =
            open::read_text(file, Most::WORD).with_context(|| format!("could not read {}", system.tilde(file)))?;
        Ok(Secret::new(&format!("opencode:{}", password.trim())))
    }

    fn http(&self, system: &System) -> Result<Http> {
        match reach_of(&self.url) {
            Some(Reach::Local) => Ok(Http::local()),
            Some(Reach::Https) => Ok(Http::new(system)),
            None => Err(BadRequest::new("the URL must be https, or http on this machine").into()),
        }
    }

    /// Its running agents, with its name as their host.
    fn ask(&self, system: &System) -> Result<Vec<PsRow>> {
        let http = self.http(system)?;
        let url = format!("{}/v1/ps", self.url);
        let login = self.login(system)?;
        let mut request = Request::get(&url);
        (request.timeout, request.max_bytes) = (TIMEOUT, 8 << 20);
        request.headers.push(("accept", "application/json".to_owned()));
        request.headers.extend(authorization(login.as_ref()));
        let response = http.send(&request)?;
        let is_json = response
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"));
        let mut rows: Vec<PsRow> = match response.status {
            200 if is_json => serde_json::from_slice(&response.body).context("its rows cannot be read")?,
            // OpenCode 1 answers unknown paths with a page.
            200 | 404 => opencode::rows(ask_server(&http, &self.url, login, TIMEOUT)?),
            status => return Err(refused(status)),
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

fn authorization(login: Option<&Secret>) -> Option<(&'static str, String)> {
    login.map(|login| ("authorization", format!("Basic {}", STANDARD.encode(login.expose()))))
}

fn refused(status: u16) -> anyhow::Error {
    match status {
        401 => anyhow!("it needs a password: set passwordFile"),
        status => anyhow!("it answered {status}"),
    }
}
