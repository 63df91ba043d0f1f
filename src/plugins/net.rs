//! The network: a client that connects only to addresses it has looked at.

use super::grant::is_private;
use super::message::Refused;
use super::ops::http::{MOST_BODY, Request, Response, Transport, aborted, host_of};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Sends to the internet, or says that the network is off.
#[derive(Debug)]
pub struct Net {
    is_offline: bool,
    /// What ttop asks of its own accord may be answered inside its network: by a mirror.
    is_own: bool,
    /// To public addresses, and to this machine where it was listed.
    agents: OnceLock<(Agent, Agent)>,
}

impl Net {
    pub fn new(is_offline: bool) -> Self {
        Self {
            is_offline,
            is_own: false,
            agents: OnceLock::new(),
        }
    }

    /// For requests of ttop itself, to a host that no plugin chose.
    pub fn own() -> Self {
        Self {
            is_own: true,
            ..Self::new(false)
        }
    }

    fn agents(&self) -> &(Agent, Agent) {
        let build = |allowed| Agent::with_parts(config(), DefaultConnector::default(), Looking::new(allowed));
        let public = if self.is_own { Allowed::Any } else { Allowed::Public };
        self.agents.get_or_init(|| (build(public), build(Allowed::Loopback)))
    }
}

fn config() -> Config {
    let certificates = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    // No proxy: it would connect to addresses that were not looked at.
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(false)
        .user_agent(concat!("ttop/", env!("CARGO_PKG_VERSION")))
        .tls_config(certificates)
        .timeout_global(Some(TIMEOUT))
        .proxy(None)
        .build()
}

impl Transport for Net {
    fn send(&self, request: &Request, is_dropped: &AtomicBool) -> Result<Response, Refused> {
        if self.is_offline {
            return Err(Refused::network("fetch failed: offline: the network is switched off"));
        }
        if is_dropped.load(Ordering::Relaxed) {
            return Err(aborted());
        }
        let (public, local) = self.agents();
        let agent = if request.may_be_local { local } else { public };
        exchange(agent, request).map_err(|error| failure(&error, request))
    }
}

fn exchange(agent: &Agent, request: &Request) -> Result<Response, Error> {
    let mut message = ureq::http::Request::builder()
        .uri(request.url.as_str())
        .method(request.method.as_str());
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    let mut answer = match &request.body {
        Some(body) => agent.run(message.body(body.clone())?)?,
        None => agent.run(message.body(())?)?,
    };
    let headers = answer.headers().iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let headers = headers.collect();
    let body = answer.body_mut().with_config().limit(MOST_BODY - 1).read_to_vec()?;
    Ok(Response {
        status: answer.status().as_u16(),
        headers,
        has_body: !body.is_empty() || request.method != "HEAD",
        body,
    })
}

fn failure(error: &Error, request: &Request) -> Refused {
    let host = host_of(&request.url);
    let what = match error {
        Error::Other(inner) if inner.is::<Private>() => {
            return Refused::permission("network", format!("{host} resolves to a private address"));
        }
        Error::Timeout(_) | Error::BodyStalled => "no answer in time",
        Error::HostNotFound => "host not found",
        Error::BodyExceedsLimit(_) => "the answer is larger than 16 MiB",
        Error::Tls(_) | Error::Rustls(_) => "no secure connection",
        _ => "no connection",
    };
    Refused::network(format!("fetch failed: {host}: {what}"))
}

/// A name that leads to this machine or its network.
#[derive(Debug)]
struct Private;

impl std::fmt::Display for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a private address")
    }
}

impl std::error::Error for Private {}

/// Looks at every address of a name; those that are returned are the ones connected to.
#[derive(Debug)]
struct Looking {
    usual: DefaultResolver,
    allowed: Allowed,
}

/// Addresses that may be connected to.
#[derive(Clone, Copy, Debug)]
enum Allowed {
    Public,
    Loopback,
    Any,
}

impl Looking {
    fn new(allowed: Allowed) -> Self {
        Self {
            usual: DefaultResolver::default(),
            allowed,
        }
    }
}

impl Resolver for Looking {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.usual.resolve(uri, config, timeout)?;
        let is_allowed = |address: std::net::IpAddr| match self.allowed {
            Allowed::Public => !is_private(address),
            Allowed::Loopback => address.is_loopback(),
            Allowed::Any => true,
        };
        match found.iter().all(|address| is_allowed(address.ip())) {
            true => Ok(found),
            false => Err(Error::Other(Box::new(Private))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn ask(url: &str, may_be_local: bool, is_offline: bool) -> Result<Response, Refused> {
        let request = Request {
            url: Url::parse(url).expect("a URL"),
            method: "GET".to_owned(),
            headers: Vec::new(),
            body: None,
            may_be_local,
        };
        Net::new(is_offline).send(&request, &AtomicBool::new(false))
    }

    #[test]
    fn a_name_that_leads_to_this_machine_is_refused_before_anything_is_sent() {
        let refused = ask("https://localhost/", false, false).expect_err("refused");
        assert!(
            matches!(&refused, Refused::Permission { message, .. } if message.contains("private address")),
            "{refused:?}"
        );
    }

    #[test]
    fn nothing_is_sent_offline() {
        let refused = ask("https://example.com/", false, true).expect_err("refused");
        assert!(refused.message().contains("offline"), "{refused:?}");
    }
}
