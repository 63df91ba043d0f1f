//! An OpenCode server on another machine: the sessions it runs, asked by GET only.

use super::api::{ApiVersion, Server};
use crate::core::credential::Secret;
use crate::core::status::Reported;
use crate::system::http::Http;
use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// What a server reports about itself.
pub struct RemoteServer {
    pub pid: u32,
    pub version: Option<String>,
    /// Its sessions that run or wait, by their id.
    pub sessions: BTreeMap<String, Reported>,
}

/// Asks the server at a base address; `login` is `name:password`.
///
/// # Errors
/// When it is no OpenCode 2: version 1 does not report its process, and speaks for one folder at a time.
pub fn ask_server(http: &Http, base: &str, login: Option<Secret>) -> Result<RemoteServer> {
    let Some((server, pid)) = Server::at(http, base.to_owned(), login) else {
        bail!("it is neither a 'ttop serve' nor an OpenCode server, or needs a password");
    };
    let (ApiVersion::Second, Some(pid)) = (server.generation, pid) else {
        bail!("OpenCode 1 cannot be listed from another machine: run 'ttop serve' there");
    };
    let answers = server.answers(&[], &[]);
    Ok(RemoteServer {
        pid,
        version: answers.version,
        sessions: answers.said,
    })
}
