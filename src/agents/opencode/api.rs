//! OpenCode's HTTP interface on this machine: running sessions and those that wait for the user. Sends GET requests
//! only.

use crate::core::credential::Secret;
use crate::core::status::{Ask, Reported};
use crate::system::http::{Http, Request};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// A program on this machine answers at once, or not at all.
const PATIENCE: Duration = Duration::from_millis(500);
const MAX_BYTES: u64 = 4 << 20;
/// How many folders of a version 1 are asked about.
const MOST_FOLDERS: usize = 16;

/// A server that was found.
pub(super) struct Server<'a> {
    http: &'a Http,
    /// `http://127.0.0.1:4096`
    base: String,
    /// `name:password`
    login: Option<Secret>,
    /// For each answer.
    patience: Duration,
    pub generation: ApiVersion,
    pub version: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ApiVersion {
    /// Speaks for one folder at a time.
    First,
    /// Speaks for all its sessions at once.
    Second,
}

/// The statuses of sessions on a server; those it does not name are idle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    pub version: Option<String>,
    pub statuses: BTreeMap<String, Reported>,
    /// The folders it spoke for; `None` for all.
    pub folders: Option<Vec<String>>,
}

impl Answers {
    /// The status of a session of a folder; `None` where it did not answer for that.
    pub(super) fn of(&self, session_id: &str, folder: Option<&str>) -> Option<Reported> {
        let speaks = match (&self.folders, folder) {
            (None, _) => true,
            (Some(folders), Some(folder)) => folders.iter().any(|known| known == folder),
            (Some(_), None) => false,
        };
        self.statuses
            .get(session_id)
            .copied()
            .or(speaks.then_some(Reported::Idle))
    }

    /// The more urgent status of a session stays.
    fn note(&mut self, session_id: String, status: Reported) {
        let known = self.statuses.entry(session_id).or_insert(status);
        if urgency(status) > urgency(*known) {
            *known = status;
        }
    }

    /// The status of a subagent holds for the session that waits for it.
    pub(super) fn lift(&mut self, parent_of: impl Fn(&str) -> Option<String>) {
        for (id, status) in self.statuses.clone() {
            let mut above = id;
            // Deeper than any real tree, in case parents form a ring.
            for _ in 0..16 {
                let Some(parent) = parent_of(&above) else { break };
                self.note(parent.clone(), status);
                above = parent;
            }
        }
    }
}

fn urgency(status: Reported) -> u8 {
    match status {
        Reported::Idle => 0,
        Reported::Busy => 1,
        Reported::Retrying => 2,
        Reported::Waiting(Ask::Question) => 3,
        Reported::Waiting(Ask::Permission) => 4,
    }
}

#[derive(Deserialize)]
struct Health {
    healthy: bool,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Info {
    version: Option<String>,
    pid: Option<u32>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Pending {
    #[serde(rename = "sessionID")]
    session_id: String,
}

#[derive(Deserialize)]
struct Project {
    worktree: String,
}

#[derive(Deserialize)]
struct Here {
    directory: String,
}

/// A session as a server describes it.
#[derive(Default, Deserialize)]
pub(super) struct About {
    pub title: Option<String>,
    pub directory: Option<String>,
}

#[derive(Deserialize)]
struct State {
    #[serde(rename = "type")]
    kind: String,
}

impl<'a> Server<'a> {
    /// A server at an address that is known to be its own; `None` when what answers there is no OpenCode of this process, or wants
    /// a password that we do not have.
    pub(super) fn find(http: &'a Http, address: SocketAddr, pid: u32, login: Option<Secret>) -> Option<Self> {
        let (server, answering) = Self::at(http, format!("http://{address}"), login, PATIENCE)?;
        answering.is_none_or(|answering| answering == pid).then_some(server)
    }

    /// A server at a base address, with the pid that it reports; `None` when no OpenCode answers there.
    pub(super) fn at(
        http: &'a Http,
        base: String,
        login: Option<Secret>,
        patience: Duration,
    ) -> Option<(Self, Option<u32>)> {
        let mut server = Self {
            http,
            base,
            login,
            patience,
            generation: ApiVersion::Second,
            version: None,
        };
        // Version 1 hands what it does not know to a web site: ask for what it knows first.
        if let Some(health) = server.ask::<Health>("/global/health", &[])
            && health.healthy
            && health
                .version
                .as_deref()
                .is_none_or(|version| !version.starts_with("2."))
        {
            server.generation = ApiVersion::First;
            server.version = health.version;
            return Some((server, None));
        }
        for place in ["/api/info", "/api/status", "/api/health"] {
            if let Some(info) = server.ask::<Info>(place, &[]) {
                server.version = info.version;
                return Some((server, info.pid));
            }
        }
        None
    }

    /// What runs and what waits. Version 1 is asked about each folder, version 2 about these sessions besides the active ones.
    pub(super) fn answers(&self, folders: &[String], sessions: &[String]) -> Answers {
        let mut answers = match self.generation {
            ApiVersion::First => self.first(folders),
            ApiVersion::Second => self.second(sessions),
        };
        answers.version.clone_from(&self.version);
        answers
    }

    /// The folders that a version 1 has sessions of.
    pub(super) fn folders(&self) -> Vec<String> {
        let projects = self.ask::<Vec<Project>>("/project", &[]).unwrap_or_default();
        let known = projects.into_iter().map(|project| project.worktree);
        let here = self.ask::<Here>("/path", &[]).map(|here| here.directory);
        let mut folders: Vec<String> = here.into_iter().chain(known).collect();
        let mut seen = BTreeSet::new();
        folders.retain(|folder| seen.insert(folder.clone()));
        folders
    }

    /// What a session is called, and where it works.
    pub(super) fn about(&self, session_id: &str) -> About {
        if !is_plain(session_id) {
            return About::default();
        }
        match self.generation {
            ApiVersion::First => self.ask(&format!("/session/{session_id}"), &[]),
            ApiVersion::Second => self
                .ask::<Data<About>>(&format!("/api/session/{session_id}"), &[])
                .map(|answer| answer.data),
        }
        .unwrap_or_default()
    }

    fn first(&self, folders: &[String]) -> Answers {
        let mut answers = Answers {
            folders: Some(Vec::new()),
            ..Answers::default()
        };
        for folder in folders.iter().take(MOST_FOLDERS) {
            let here = [("directory", folder.as_str())];
            let Some(states) = self.ask::<BTreeMap<String, State>>("/session/status", &here) else {
                continue;
            };
            answers.folders.get_or_insert_default().push(folder.clone());
            for (id, state) in states {
                let status = match state.kind.as_str() {
                    "busy" => Reported::Busy,
                    "retry" => Reported::Retrying,
                    _ => continue,
                };
                answers.note(id, status);
            }
            for (place, ask) in [("/permission", Ask::Permission), ("/question", Ask::Question)] {
                for pending in self.ask::<Vec<Pending>>(place, &here).unwrap_or_default() {
                    answers.note(pending.session_id, Reported::Waiting(ask));
                }
            }
        }
        answers
    }

    fn second(&self, sessions: &[String]) -> Answers {
        let Some(active) = self.ask::<Data<BTreeMap<String, Box<RawValue>>>>("/api/session/active", &[]) else {
            // Without an answer no session has a status.
            return Answers {
                folders: Some(Vec::new()),
                ..Answers::default()
            };
        };
        let mut answers = Answers::default();
        for id in active.data.into_keys() {
            answers.note(id, Reported::Busy);
        }
        for (place, ask) in [("permission", Ask::Permission), ("question", Ask::Question)] {
            let all = self.ask::<Data<Vec<Pending>>>(&format!("/api/{place}/request"), &[]);
            for pending in all.map(|all| all.data).unwrap_or_default() {
                answers.note(pending.session_id, Reported::Waiting(ask));
            }
        }
        let named = sessions.iter().filter(|id| !answers.statuses.contains_key(*id));
        let named: Vec<String> = answers
            .statuses
            .keys()
            .chain(named)
            .filter(|id| is_plain(id))
            .cloned()
            .collect();
        for id in named {
            let is_pending = |what: &str| {
                let pending = self.ask::<Data<Vec<Box<RawValue>>>>(&format!("/api/session/{id}/{what}"), &[]);
                pending.map(|pending| !pending.data.is_empty())
            };
            if is_pending("permission") == Some(true) {
                answers.note(id, Reported::Waiting(Ask::Permission));
            // Forms were called questions at first.
            } else if is_pending("form").or_else(|| is_pending("question")) == Some(true) {
                answers.note(id, Reported::Waiting(Ask::Question));
            }
        }
        answers
    }

    fn ask<T: DeserializeOwned>(&self, place: &str, query: &[(&str, &str)]) -> Option<T> {
        let query: Vec<String> = query
            .iter()
            .map(|(key, value)| format!("{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{place}{mark}{}", self.base, query.join("&"));
        let mut request = Request::get(&url);
        request.timeout = self.patience;
        request.max_bytes = MAX_BYTES;
        if let Some(login) = &self.login {
            let login = format!("Basic {}", BASE64_STANDARD.encode(login.expose()));
            request.headers.push(("authorization", login));
        }
        let response = self.http.send(&request).ok()?;
        (response.status == 200).then(|| serde_json::from_slice(&response.body).ok())?
    }
}

/// Whether an id can stand in a path as it is.
fn is_plain(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_urgent_thing_stays_and_reaches_the_session_that_waits() {
        let mut answers = Answers::default();
        answers.note("child".into(), Reported::Busy);
        answers.note("child".into(), Reported::Waiting(Ask::Permission));
        answers.note("child".into(), Reported::Busy);
        answers.note("root".into(), Reported::Busy);
        answers.lift(|id| (id == "child").then(|| "root".to_owned()));
        assert_eq!(answers.statuses["root"], Reported::Waiting(Ask::Permission));
        answers.lift(|_| Some("ring".to_owned()));
        assert_eq!(answers.of("other", None), Some(Reported::Idle));
    }

    #[test]
    fn speaks_only_for_the_folders_it_was_asked_about() {
        let answers = Answers {
            folders: Some(vec!["/w/api".into()]),
            ..Answers::default()
        };
        assert_eq!(answers.of("s", Some("/w/api")), Some(Reported::Idle));
        assert_eq!(answers.of("s", Some("/w/other")), None);
        assert_eq!(answers.of("s", None), None);
    }

    #[test]
    fn only_plain_ids_stand_in_an_address() {
        assert!(is_plain("ses_1aB") && !is_plain("../x") && !is_plain(""));
    }
}
