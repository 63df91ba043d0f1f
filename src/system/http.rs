//! One HTTP request: bounded in time and size, no redirects, errors without a URL or a secret in them.

mod stream;

use super::System;
use crate::core::bad_request::BadRequest;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error, Proxy};

/// A request. Its `Debug` prints only the host, because URLs, headers and bodies may contain secrets.
pub struct Request<'a> {
    pub method: Method,
    /// HTTPS, or plain HTTP to this machine.
    pub url: &'a str,
    pub headers: Vec<(&'a str, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
    /// For the whole exchange.
    pub timeout: Duration,
    /// A longer body is [`Failure::TooLarge`].
    pub max_bytes: u64,
    /// Takes any certificate where this machine answers: local servers sign theirs themselves.
    pub trusts_this_machine: bool,
}

impl<'a> Request<'a> {
    /// A GET that may take 10 seconds and answer with 1 MiB.
    pub fn get(url: &'a str) -> Self {
        Self {
            method: Method::Get,
            url,
            headers: Vec::new(),
            body: Vec::new(),
            timeout: Duration::from_secs(10),
            max_bytes: 1 << 20,
            trusts_this_machine: false,
        }
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?} {})", self.method, origin_of(self.url))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// An answer of any status: redirects are answers too.
pub struct Response {
    pub status: u16,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Why there is no response. Leaves out the URL: callers name the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Offline,
    /// Not a URL, or one with a user name in it.
    BadUrl,
    /// Plain HTTP to another machine.
    NotHttps,
    BadProxy,
    Timeout,
    HostNotFound,
    /// Refused, reset or cut off.
    Connection,
    Tls,
    TooLarge,
    /// Not HTTP.
    Protocol,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offline => "offline: the network is disabled",
            Self::BadUrl => "not a valid URL",
            Self::NotHttps => "plain http is only allowed for this machine",
            Self::BadProxy => "the proxy in the environment is not valid",
            Self::Timeout => "timed out",
            Self::HostNotFound => "host not found",
            Self::Connection => "no connection",
            Self::Tls => "no secure connection: certificate or TLS error",
            Self::TooLarge => "the response is too large",
            Self::Protocol => "the response is not HTTP",
        })
    }
}

impl std::error::Error for Failure {}

/// Sends requests with this system's proxy and certificates. Keep one for a run: it loads certificates once.
pub struct Http {
    agent: Result<Agent, Failure>,
    direct: Agent,
}

impl Http {
    pub fn new(system: &System) -> Self {
        if system.offline {
            let agent = Err(Failure::Offline);
            return Self {
                agent,
                direct: build(None),
            };
        }
        Self {
            agent: proxy(system).map(build),
            direct: build(None),
        }
    }

    /// A client that reaches this machine only, without a proxy. It works offline too: nothing leaves the machine.
    pub fn local() -> Self {
        Self {
            agent: Err(Failure::NotHttps),
            direct: build(None),
        }
    }

    /// # Errors
    /// When there is no whole answer; an answer with a bad status is an answer.
    pub fn send(&self, request: &Request<'_>) -> Result<Response, Failure> {
        let (agent, uri) = self.way(request.url)?;
        let is_local = is_loopback(&uri);
        exchange(agent, request, uri, request.trusts_this_machine && is_local).map_err(|error| failure_of(&error))
    }

    /// The client that may ask for a URL.
    fn way(&self, url: &str) -> Result<(&Agent, Uri), Failure> {
        let uri = parse(url).ok_or(Failure::BadUrl)?;
        let is_local = is_loopback(&uri);
        if uri.scheme_str() != Some("https") && !is_local {
            return Err(Failure::NotHttps);
        }
        match (&self.agent, is_local) {
            (Err(Failure::Offline), _) => Err(Failure::Offline),
            // No proxy is asked to reach the machine it would have to come back to.
            (_, true) => Ok((&self.direct, uri)),
            (Ok(agent), false) => Ok((agent, uri)),
            (Err(failure), false) => Err(*failure),
        }
    }
}

fn exchange(agent: &Agent, request: &Request<'_>, uri: Uri, takes_any: bool) -> Result<Response, Error> {
    let mut message = ureq::http::Request::builder().uri(uri).method(match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    });
    for (name, value) in &request.headers {
        message = message.header(*name, value);
    }
    let timed = |message| {
        let config = agent.configure_request(message).timeout_global(Some(request.timeout));
        match takes_any {
            true => config
                .tls_config(TlsConfig::builder().disable_verification(true).build())
                .build(),
            false => config.build(),
        }
    };
    let mut answer = match request.method {
        Method::Get => agent.run(timed(message.body(Vec::new())?))?,
        Method::Post => agent.run(timed(message.body(request.body.clone())?))?,
    };
    let headers = answer.headers().iter();
    let headers = headers
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    Ok(Response {
        status: answer.status().as_u16(),
        headers,
        body: answer.body_mut().with_config().limit(request.max_bytes).read_to_vec()?,
    })
}

fn build(proxy: Option<Proxy>) -> Agent {
    let certificates = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("ttop/", env!("CARGO_PKG_VERSION")))
        .tls_config(certificates)
        .proxy(proxy)
        .build()
        .new_agent()
}

/// The proxy for HTTPS, with `no_proxy`; plain HTTP never leaves the machine.
fn proxy(system: &System) -> Result<Option<Proxy>, Failure> {
    let first = |names: [&str; 4]| names.into_iter().find_map(|name| system.var(name));
    let Some(address) = first(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) else {
        return Ok(None);
    };
    let plain = Proxy::new(address).map_err(|_| Failure::BadProxy)?;
    let mut parts = Proxy::builder(plain.protocol()).host(plain.host()).port(plain.port());
    if let Some(name) = plain.username() {
        parts = parts.username(name);
    }
    if let Some(password) = plain.password() {
        parts = parts.password(password);
    }
    let exceptions = system
        .var("no_proxy")
        .or_else(|| system.var("NO_PROXY"))
        .unwrap_or_default();
    for exception in exceptions.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        parts = parts.no_proxy(exception);
    }
    parts.build().map(Some).map_err(|_| Failure::BadProxy)
}

fn failure_of(error: &Error) -> Failure {
    match error {
        Error::Timeout(_) | Error::BodyStalled => Failure::Timeout,
        Error::HostNotFound => Failure::HostNotFound,
        Error::BodyExceedsLimit(_) | Error::LargeResponseHeader(..) => Failure::TooLarge,
        Error::BadUri(_) | Error::Http(_) | Error::RequireHttpsOnly(_) => Failure::BadUrl,
        Error::InvalidProxyUrl | Error::ConnectProxyFailed(_) => Failure::BadProxy,
        Error::Tls(_) | Error::Pem(_) | Error::Rustls(_) | Error::TlsRequired => Failure::Tls,
        Error::Protocol(_) => Failure::Protocol,
        Error::Io(error) => match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Failure::Timeout,
            // rustls reports a refused certificate as invalid data.
            io::ErrorKind::InvalidData => Failure::Tls,
            _ => Failure::Connection,
        },
        _ => Failure::Connection,
    }
}

/// A URL with a scheme and a host, and without a user name: `http://127.0.0.1@other/` must not pass for local.
fn parse(url: &str) -> Option<Uri> {
    let uri: Uri = url.trim().parse().ok()?;
    let authority = uri.authority()?;
    let is_plain = !authority.as_str().contains('@') && !authority.host().is_empty();
    (is_plain && matches!(uri.scheme_str(), Some("http" | "https"))).then_some(uri)
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// How far a URL leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This machine.
    Local,
    /// Anywhere, over TLS.
    Https,
}

/// `None` for URLs that ttop never requests: other schemes, plain HTTP to other machines, user names.
pub fn reach_of(url: &str) -> Option<Reach> {
    let uri = parse(url)?;
    if is_loopback(&uri) {
        return Some(Reach::Local);
    }
    (uri.scheme_str() == Some("https")).then_some(Reach::Https)
}

/// The address of a plain-HTTP URL that names this machine by number: names can be made to mean another one.
pub fn loopback_address(url: &str) -> Option<SocketAddr> {
    let uri = parse(url).filter(|uri| uri.scheme_str() == Some("http"))?;
    let host = uri.host()?.trim_matches(['[', ']']);
    let ip: IpAddr = host.parse().ok()?;
    ip.is_loopback()
        .then(|| SocketAddr::new(ip, uri.port_u16().unwrap_or(80)))
}

/// A URL that a variable gives, without a trailing `/`: only this machine may be named there.
///
/// # Errors
/// A [`BadRequest`] naming the variable and never its value.
pub fn loopback_url(system: &System, variable: &str) -> Result<Option<String>, BadRequest> {
    let Some(text) = system.var(variable) else {
        return Ok(None);
    };
    match parse(text) {
        Some(uri) if is_loopback(&uri) => Ok(Some(text.trim().trim_end_matches('/').to_owned())),
        Some(_) => Err(
            BadRequest::new(format!("{variable}: only loopback addresses are allowed"))
                .with_hint("use the configuration file for other hosts"),
        ),
        None => Err(BadRequest::new(format!("{variable}: not a URL"))),
    }
}

/// A URL as people may see it: scheme and host, nothing that can hold a secret.
pub fn origin_of(url: &str) -> String {
    match url.trim().parse::<Uri>() {
        Ok(uri) => match (uri.scheme_str(), uri.host()) {
            (Some(scheme), Some(host)) => format!("{scheme}://{host}"),
            _ => "(not a URL)".to_owned(),
        },
        Err(_) => "(not a URL)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Os;
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    fn system(env: &[(&str, &str)]) -> System {
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        System::new(Os::Linux, "/home/dev", env.collect())
    }

    /// Serves one connection and returns the request.
    fn serve(answer: &'static [u8]) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut asked = vec![0; 4096];
            let length = stream.read(&mut asked).expect("a request");
            stream.write_all(answer).expect("an answer");
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        (url, served)
    }

    #[test]
    fn answers_with_status_headers_and_body() {
        let (url, served) = serve(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno");
        let mut request = Request::get(&url);
        request.headers.push(("authorization", "Bearer t".to_owned()));
        // The proxy would refuse: local requests do not go through it.
        let http = Http::new(&system(&[("https_proxy", "http://127.0.0.1:9")]));
        let response = http.send(&request).expect("an answer");
        assert_eq!((response.status, response.header("retry-after")), (429, Some("7")));
        assert_eq!(response.body, b"no");
        let asked = served.join().expect("served").to_lowercase();
        assert!(asked.contains("authorization: bearer t"), "{asked}");
        assert!(asked.contains("user-agent: ttop/"), "{asked}");
    }

    #[test]
    fn a_redirect_is_an_answer() {
        let (url, _served) = serve(b"HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n");
        let response = Http::new(&system(&[])).send(&Request::get(&url)).expect("an answer");
        assert_eq!(response.status, 302);
    }

    #[test]
    fn posts_a_body() {
        let (url, served) = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let request = Request {
            method: Method::Post,
            body: b"{}".to_vec(),
            ..Request::get(&url)
        };
        Http::new(&system(&[])).send(&request).expect("an answer");
        assert!(served.join().expect("served").starts_with("POST / "));
    }

    #[test]
    fn too_much_and_too_late_are_failures() {
        let (url, _served) = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789");
        let mut request = Request::get(&url);
        request.max_bytes = 4;
        let failure = Http::new(&system(&[])).send(&request).err();
        assert_eq!(failure, Some(Failure::TooLarge));

        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", silent.local_addr().expect("an address"));
        let mut request = Request::get(&url);
        request.timeout = Duration::from_millis(50);
        let failure = Http::new(&system(&[])).send(&request).err();
        assert_eq!(failure, Some(Failure::Timeout));
    }

    #[test]
    fn offline_and_foreign_plain_http_are_refused_before_a_connection() {
        let refused = |env: &[(&str, &str)], url: &str| Http::new(&system(env)).send(&Request::get(url)).err();
        assert_eq!(
            refused(&[("TTOP_OFFLINE", "1")], "http://127.0.0.1:9/"),
            Some(Failure::Offline)
        );
        assert_eq!(refused(&[], "http://192.0.2.1/"), Some(Failure::NotHttps));
        assert_eq!(refused(&[], "http://127.0.0.1@192.0.2.1/"), Some(Failure::BadUrl));
        assert_eq!(refused(&[], "file:///etc/passwd"), Some(Failure::BadUrl));
        let proxied = refused(&[("https_proxy", "::nonsense::")], "https://192.0.2.1/");
        assert_eq!(proxied, Some(Failure::BadProxy));
    }

    #[test]
    fn variables_may_only_name_this_machine() {
        let url = |value: &str| loopback_url(&system(&[("TTOP_PRICES_URL", value)]), "TTOP_PRICES_URL");
        for local in ["http://127.0.0.1:8080/api", "https://localhost/", "http://[::1]:1"] {
            assert!(url(local).is_ok_and(|url| url.is_some()), "{local}");
        }
        for foreign in [
            "https://models.example",
            "http://127.0.0.1@models.example",
            "http://127.0.0.1.models.example",
            "http://[::2]",
            "127.0.0.1",
            "nonsense",
        ] {
            let error = url(foreign).expect_err(foreign).to_string();
            assert!(
                error.starts_with("TTOP_PRICES_URL: ") && !error.contains(foreign),
                "{error}"
            );
        }
        assert_eq!(url("").ok(), Some(None));
    }

    #[test]
    fn a_url_leads_here_or_anywhere_over_tls_or_nowhere() {
        assert_eq!(reach_of("http://127.0.0.1:1/x"), Some(Reach::Local));
        assert_eq!(reach_of("https://gateway.example/x"), Some(Reach::Https));
        assert_eq!(reach_of("http://gateway.example/x"), None);
        assert_eq!(reach_of("https://me@gateway.example"), None);
    }

    #[test]
    fn only_numbers_of_this_machine_are_its_addresses() {
        let address = |url: &str| loopback_address(url).map(|address| address.to_string());
        assert_eq!(address("http://127.0.0.1:49374").as_deref(), Some("127.0.0.1:49374"));
        assert_eq!(address("http://[::1]:1/").as_deref(), Some("[::1]:1"));
        for foreign in [
            "http://localhost:1",
            "https://127.0.0.1:1",
            "http://127.0.0.1@192.0.2.1:1",
            "http://192.0.2.1:1",
            "http://127.0.0.1.example:1",
            "127.0.0.1:1",
        ] {
            assert_eq!(address(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_local_client_works_offline_and_reaches_nothing_else() {
        let (url, _served) = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(
            Http::local().send(&Request::get(&url)).map(|answer| answer.status),
            Ok(200)
        );
        let foreign = Http::local().send(&Request::get("https://192.0.2.1/")).err();
        assert_eq!(foreign, Some(Failure::NotHttps));
    }

    #[test]
    fn nothing_secret_is_shown_of_a_url() {
        let url = "https://user:hunter2@hooks.example:8443/services/T0/secret?token=x";
        assert_eq!(origin_of(url), "https://hooks.example");
        assert_eq!(format!("{:?}", Request::get(url)), "Request(Get https://hooks.example)");
        assert_eq!(origin_of("hunter2"), "(not a URL)");
    }
}
