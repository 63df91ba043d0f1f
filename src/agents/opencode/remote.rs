//! An OpenCode server on another machine: the sessions it runs, asked by GET only.

use super::api::{ApiVersion, Server};
use crate::core::credential::Secret;
use crate::core::status::Reported;
use crate::system::http::Http;
use anyhow::{Result, bail};
use std::time::Duration;

/// What a server reports about itself.
pub struct RemoteServer {
    /// 0 where it does not report its process: version 1.
    pub pid: u32,
    pub version: Option<String>,
    /// Its sessions that run or wait, by their id.
    pub sessions: Vec<RemoteSession>,
}

/// A session that runs or waits.
pub struct RemoteSession {
    pub id: String,
    pub reported: Reported,
    pub title: Option<String>,
    pub folder: Option<String>,
}

/// Asks the server at a base address; `login` is `name:password`, `patience` is for each answer.
///
/// # Errors
/// When it is no OpenCode.
pub fn ask_server(http: &Http, base: &str, login: Option<Secret>, patience: Duration) -> Result<RemoteServer> {
    let Some((server, pid)) = Server::at(http, base.to_owned(), login, patience) else {
        bail!("it is neither a 'ttop serve' nor an OpenCode server, or needs a password");
    };
    let folders = match server.generation {
        ApiVersion::First => server.folders(),
        ApiVersion::Second => Vec::new(),
    };
    let answers = server.answers(&folders, &[]);
    let sessions = answers.statuses.into_iter().map(|(id, reported)| {
        let about = server.about(&id);
        RemoteSession {
            id,
            reported,
            title: about.title,
            folder: about.directory,
        }
    });
    Ok(RemoteServer {
        pid: pid.unwrap_or(0),
        sessions: sessions.collect(),
        version: answers.version,
    })
}
