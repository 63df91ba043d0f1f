//! Requests of plugins: each hop is decided anew, and nothing of the plugin's goes to another host.

use super::Answer;
use crate::plugins::grant::Grants;
use crate::plugins::message::Refused;
use serde_json::json;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use url::{Host, Url};

const MOST_HOPS: usize = 5;
pub const MOST_BODY: u64 = 16 << 20;

/// Headers that frame a request or speak to somebody on the way.
const FRAMING: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "via",
    "accept-encoding",
];

/// One request, decided.
#[derive(Clone, Debug)]
pub struct Request {
    pub url: Url,
    pub method: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// The host was listed as one of this machine.
    pub may_be_local: bool,
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub has_body: bool,
}

/// Who sends: the network, or a case's canned answers.
pub trait Transport: Send + Sync + fmt::Debug {
    /// # Errors
    /// When there is no answer.
    fn send(&self, request: &Request, is_dropped: &AtomicBool) -> Result<Response, Refused>;
}

/// A request as the plugin made it.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub url: String,
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    pub redirect: String,
}

/// Sends, follows redirects, and decides each hop.
pub fn fetch(grants: &Grants, transport: &dyn Transport, wanted: Wanted, is_dropped: &AtomicBool) -> Answer {
    check(&wanted)?;
    let mut request = Request {
        url: grants.address(&wanted.url)?,
        may_be_local: false,
        method: wanted.method,
        headers: wanted.headers,
        body: wanted.body,
    };
    for hop in 0.. {
        if is_dropped.load(Ordering::Relaxed) {
            return Err(aborted());
        }
        request.may_be_local = Grants::may_be_local(&request.url);
        let response = transport.send(&request, is_dropped)?;
        let location = response
            .headers
            .iter()
            .find(|(name, _)| name == "location")
            .map(|(_, value)| value);
        let target = location.filter(|_| matches!(response.status, 301 | 302 | 303 | 307 | 308));
        let Some(target) = target.filter(|_| wanted.redirect != "manual") else {
            let url = request.url.as_str();
            let head = json!({
                "status": response.status, "headers": response.headers, "url": url,
                "redirected": hop > 0, "hasBody": response.has_body,
            });
            return Ok((head, response.body));
        };
        if wanted.redirect == "error" {
            return Err(Refused::network("fetch failed: a redirect"));
        }
        if hop >= MOST_HOPS {
            return Err(Refused::network(format!(
                "fetch failed: more than {MOST_HOPS} redirects"
            )));
        }
        let next = request
            .url
            .join(target)
            .map_err(|_| Refused::network("fetch failed: a redirect to no address"))?;
        let next = grants.address(next.as_str())?;
        follow(&mut request, next, response.status);
    }
    Err(Refused::network("fetch failed"))
}

/// The next request of a chain: across hosts it carries nothing of the plugin's but its method.
fn follow(request: &mut Request, next: Url, status: u16) {
    let is_same_host =
        request.url.host() == next.host() && request.url.port_or_known_default() == next.port_or_known_default();
    if !is_same_host {
        request.headers.retain(|(name, _)| {
            matches!(
                name.as_str(),
                "accept" | "accept-language" | "user-agent" | "content-type"
            )
        });
    }
    let becomes_get =
        status == 303 && request.method != "HEAD" || matches!(status, 301 | 302) && request.method == "POST";
    if becomes_get {
        request.method = "GET".to_owned();
        request.body = None;
        request.headers.retain(|(name, _)| !name.starts_with("content-"));
    } else if !is_same_host {
        request.body = None;
    }
    request.url = next;
}

/// Methods and headers that split a request or speak to somebody else.
fn check(wanted: &Wanted) -> Result<(), Refused> {
    const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    if !METHODS.contains(&wanted.method.as_str()) {
        return Err(Refused::network(format!(
            "fetch failed: the method is none of {}",
            METHODS.join(", ")
        )));
    }
    for (name, value) in &wanted.headers {
        let lower = name.to_ascii_lowercase();
        if FRAMING.contains(&lower.as_str()) || lower.starts_with("proxy-") || lower.starts_with("sec-") {
            return Err(Refused::network(format!(
                "fetch failed: the header {lower} is not a plugin's to set"
            )));
        }
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        let is_value = value
            .bytes()
            .all(|byte| byte == b'\t' || (b' '..0x7f).contains(&byte) || byte >= 0x80);
        if !is_name || !is_value {
            return Err(Refused::network(
                "fetch failed: a header has characters that no header has",
            ));
        }
    }
    Ok(())
}

pub fn aborted() -> Refused {
    Refused::Aborted {
        message: "This operation was aborted".to_owned(),
    }
}

/// The host of an address, for messages.
pub fn host_of(url: &Url) -> String {
    url.host().map_or_else(String::new, |host| match host {
        Host::Domain(name) => name.to_owned(),
        address => address.to_string(),
    })
}
