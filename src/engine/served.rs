//! Asks a `ttop serve`, here or elsewhere, for its snapshot.

use crate::core::bad_request::BadRequest;
use crate::core::snapshot::{SHAPE, Snapshot};
use crate::system::System;
use crate::system::http::{Http, Reach, Request, origin_of, reach_of};
use crate::system::open::{self, Most};
use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::time::Duration;

/// A bar waits for its line.
const TIMEOUT: Duration = Duration::from_secs(3);

/// # Errors
/// When the server cannot be reached or answers something else.
pub fn fetch_snapshot(url: &str, token_file: Option<&Path>, system: &System) -> Result<Snapshot> {
    let body = fetch(url, "/v1/snapshot", token_file, system)?;
    let snapshot: Snapshot = serde_json::from_slice(&body).context("the server's snapshot cannot be read")?;
    if snapshot.shape != SHAPE {
        bail!("the server has another version: update ttop there and here");
    }
    Ok(snapshot)
}

/// The document at a path of a server.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub fn fetch(url: &str, path: &str, token_file: Option<&Path>, system: &System) -> Result<Vec<u8>> {
    let base = url.trim_end_matches('/');
    let reach = reach_of(base).ok_or_else(|| {
        BadRequest::new("--from must be an https URL, or an http URL of this machine")
            .with_hint("reach another machine's server by 'ssh -L 8390:127.0.0.1:8390 HOST'")
    })?;
    let (full, shown) = (format!("{base}{path}"), origin_of(base));
    let mut request = Request::get(&full);
    request.timeout = TIMEOUT;
    if let Some(file) = token_file {
        let token = open::read_text(file, Most::WORD)
            .with_context(|| format!("could not read the token file {}", system.tilde(file)))?;
        request
            .headers
            .push(("authorization", format!("Bearer {}", token.trim())));
    }
    // This machine is no network: it is reached offline, too.
    let http = match reach {
        Reach::Local => Http::local(),
        Reach::Https => Http::new(system),
    };
    let response = http
        .send(&request)
        .with_context(|| format!("could not reach {shown}"))?;
    match response.status {
        200 => Ok(response.body),
        401 => bail!("the server at {shown} needs its token: use --token-file FILE"),
        status => bail!("the server at {shown} answered {status}"),
    }
}
