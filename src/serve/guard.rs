//! Decides who may ask: the host that the request names, the page it comes from, and the token it carries.

use super::request::{Refused, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// The rules of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    /// Names by which the server may be reached, besides its addresses.
    pub hosts: Vec<String>,
    /// Whether every listener is on loopback or a Unix socket.
    pub is_local: bool,
    pub token: Option<TokenHash>,
}

/// A bearer token, kept and compared as its hash: comparing takes the same time wherever two tokens differ.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    fn matches(&self, token: &str) -> bool {
        let other = Self::of(token);
        let difference = self.0.iter().zip(other.0).fold(0, |sum, (a, b)| sum | (a ^ b));
        difference == 0
    }
}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash")
    }
}

impl Guard {
    /// # Errors
    /// When the request may not be answered.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Refused> {
        let host = request
            .header("host")
            .ok_or_else(|| Refused::new(400, "the request names no host"))?;
        if !self.is_own(host) {
            return Err(Refused::new(403, "the request is for another host")
                .with_hint("use http://127.0.0.1 or http://localhost, or start 'ttop serve --allow-host NAME'"));
        }
        if let Some(origin) = request.header("origin") {
            let named = origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"));
            if !named.is_some_and(|named| named.eq_ignore_ascii_case(host)) {
                return Err(Refused::new(403, "another site's page must not read this server"));
            }
        }
        if !is_same_site(request) {
            return Err(Refused::new(403, "another site's page must not read this server"));
        }
        self.check_token(request)
    }

    /// A page that another site makes a browser load could name any host that resolves to this machine (DNS rebinding).
    /// An address or `localhost` is never resolved by that site.
    fn is_own(&self, host: &str) -> bool {
        let Some(name) = name_of(host) else { return false };
        if name.eq_ignore_ascii_case("localhost") || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name)) {
            return true;
        }
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.is_ok_and(|address| address.is_loopback() || !self.is_local)
    }

    fn check_token(&self, request: &Request) -> Result<(), Refused> {
        let Some(token) = &self.token else { return Ok(()) };
        let given = request.header("authorization").and_then(token_of);
        match given {
            Some(given) if token.matches(&given) => Ok(()),
            Some(_) => Err(Refused::new(401, "the token is wrong")),
            None => Err(Refused::new(401, "the server needs a token")
                .with_hint("send 'Authorization: Bearer TOKEN' with the content of the token file")),
        }
    }
}

/// The name in `Host`, without its port.
fn name_of(host: &str) -> Option<&str> {
    let (name, port) = match host.rfind(':') {
        Some(at) if !host.ends_with(']') => (&host[..at], &host[at + 1..]),
        _ => (host, ""),
    };
    let is_bracketed = name.starts_with('[') && name.ends_with(']');
    let is_fine = !name.is_empty() && (is_bracketed || !name.contains([':', '[', ']']));
    (is_fine && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// Browsers mark requests that pages of other sites cause, without an `Origin` where an image or a script is loaded. A
/// link to the page itself may be followed from anywhere.
fn is_same_site(request: &Request) -> bool {
    match request.header("sec-fetch-site") {
        None | Some("same-origin" | "none") => true,
        Some(_) => {
            request.path == "/"
                && request.header("sec-fetch-mode") == Some("navigate")
                && request.header("sec-fetch-dest") == Some("document")
        }
    }
}

/// The token of `Bearer TOKEN`, or the password of `Basic`, by which browsers log in.
fn token_of(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
        return Some(pair.split_once(':')?.1.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(guard: &Guard, headers: &str) -> u16 {
        let head = format!("GET /v1/turns HTTP/1.1\r\n{headers}\r\n");
        let (request, _) = Request::parse(head.as_bytes()).expect("parses").expect("complete");
        guard.check(&request).map_or_else(|refused| refused.status, |()| 200)
    }

    fn local() -> Guard {
        Guard {
            is_local: true,
            hosts: vec!["bars.internal".to_owned()],
            token: None,
        }
    }

    #[test]
    fn only_own_names_are_answered() {
        for (host, expected) in [
            ("localhost", 200),
            ("LOCALHOST:8390", 200),
            ("127.0.0.1:9000", 200),
            ("127.8.8.8", 200),
            ("[::1]:8390", 200),
            ("[::1]", 200),
            ("bars.internal:1", 200),
            ("attacker.example", 403),
            ("127.0.0.1.attacker.example", 403),
            ("localhost.attacker.example:8390", 403),
            ("localhost:8390@attacker.example", 403),
            ("192.168.1.5", 403),
            ("::1", 403),
            ("[::1", 403),
            ("", 403),
            (":8390", 403),
        ] {
            assert_eq!(status(&local(), &format!("Host: {host}\r\n")), expected, "{host}");
        }
        assert_eq!(status(&local(), ""), 400);
        let open = Guard {
            is_local: false,
            ..local()
        };
        assert_eq!(status(&open, "Host: 192.168.1.5:8390\r\n"), 200);
        assert_eq!(status(&open, "Host: attacker.example\r\n"), 403);
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        for (headers, expected) in [
            ("Origin: http://127.0.0.1:8390", 200),
            ("Origin: http://127.0.0.1:9999", 403),
            ("Origin: http://attacker.example", 403),
            ("Origin: null", 403),
            ("Sec-Fetch-Site: same-origin", 200),
            ("Sec-Fetch-Site: none", 200),
            ("Sec-Fetch-Site: cross-site", 403),
            ("Sec-Fetch-Site: same-site", 403),
            (
                "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document",
                403,
            ),
        ] {
            let headers = format!("Host: 127.0.0.1:8390\r\n{headers}\r\n");
            assert_eq!(status(&local(), &headers), expected, "{headers}");
        }
    }

    #[test]
    fn a_token_is_demanded_in_either_scheme() {
        let guard = Guard {
            token: Some(TokenHash::of("correct horse battery")),
            ..local()
        };
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        for (value, expected) in [
            ("Bearer correct horse battery".to_owned(), 200),
            ("bearer correct horse battery".to_owned(), 200),
            (basic("anyone:correct horse battery"), 200),
            (basic("correct horse battery:"), 401),
            ("Bearer correct horse batter".to_owned(), 401),
            ("Bearer".to_owned(), 401),
            ("Digest correct horse battery".to_owned(), 401),
        ] {
            let headers = format!("Host: localhost\r\nAuthorization: {value}\r\n");
            assert_eq!(status(&guard, &headers), expected, "{value}");
        }
        assert_eq!(status(&guard, "Host: localhost\r\n"), 401);
    }
}
