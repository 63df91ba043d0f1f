//! Parses the head of an HTTP request: bounded, strict, and without a body.

use std::fmt;

/// Longer heads are refused.
pub(super) const MOST_HEAD_BYTES: usize = 16 * 1024;
/// Longer targets are refused.
const MOST_TARGET_BYTES: usize = 4 * 1024;
const MOST_HEADERS: usize = 64;
const MOST_PARAMS: usize = 128;

/// A request without a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub is_head: bool,
    /// As sent: never decoded, never resolved.
    pub path: String,
    /// Decoded names and values of the query, in their order.
    pub params: Vec<(String, String)>,
    /// Names in lower case, in the order they came.
    headers: Vec<(String, String)>,
    /// Whether the connection stays open after the answer.
    pub stays_open: bool,
}

/// A request that gets an error instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub status: u16,
    pub message: String,
    pub hint: Option<String>,
}

impl Refused {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            hint: None,
        }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message)
    }
}

impl Request {
    /// A request and the length of its head; `None` while its end has not arrived.
    ///
    /// # Errors
    /// When the bytes are no request that is ever answered.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Refused> {
        let too_large = || Refused::new(431, format!("the request head exceeds {MOST_HEAD_BYTES} bytes"));
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(length)) if length > MOST_HEAD_BYTES => return Err(too_large()),
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() >= MOST_HEAD_BYTES => return Err(too_large()),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(Refused::new(
                    431,
                    format!("the request has more than {MOST_HEADERS} headers"),
                ));
            }
            Err(httparse::Error::Version) => return Err(Refused::new(505, "the server speaks HTTP/1.0 and HTTP/1.1")),
            Err(error) => return Err(Refused::new(400, format!("not an HTTP request: {error}"))),
        };
        let is_head = match parsed.method {
            Some("GET") => false,
            Some("HEAD") => true,
            _ => return Err(Refused::new(405, "the server answers GET and HEAD only")),
        };
        let target = parsed.path.unwrap_or_default();
        if target.len() > MOST_TARGET_BYTES {
            return Err(Refused::new(
                414,
                format!("the target exceeds {MOST_TARGET_BYTES} bytes"),
            ));
        }
        if !target.starts_with('/') {
            return Err(Refused::new(400, "the target must be a path"));
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = headers_of(parsed.headers)?;
        let request = Self {
            is_head,
            path: path.to_owned(),
            params: params_of(query)?,
            stays_open: stays_open(parsed.version == Some(1), &headers),
            headers,
        };
        request.check()?;
        Ok(Some((request, length)))
    }

    /// The header of this name (in lower case); `None` as well where it came more than once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// All values of a header that lists values.
    pub(crate) fn header_list(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.headers.iter().filter(move |(key, _)| key == name);
        found.flat_map(|(_, value)| value.split(',')).map(str::trim)
    }

    fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(key, _)| key == name).count()
    }

    /// Refuses what two readers could understand differently.
    fn check(&self) -> Result<(), Refused> {
        for name in ["host", "origin", "authorization", "content-length", "sec-fetch-site"] {
            if self.count(name) > 1 {
                return Err(Refused::new(400, format!("the request has several {name} headers")));
            }
        }
        let has_length = self.header("content-length").is_some_and(|length| length != "0");
        if has_length || self.count("transfer-encoding") > 0 {
            return Err(Refused::new(400, "the request must not have a body"));
        }
        Ok(())
    }
}

fn headers_of(parsed: &[httparse::Header<'_>]) -> Result<Vec<(String, String)>, Refused> {
    let text = |header: &httparse::Header<'_>| {
        let value = std::str::from_utf8(header.value).map_err(|_| Refused::new(400, "a header is not UTF-8 text"))?;
        Ok((header.name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    parsed.iter().map(text).collect()
}

fn params_of(query: &str) -> Result<Vec<(String, String)>, Refused> {
    let params: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .take(MOST_PARAMS + 1)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if params.len() > MOST_PARAMS {
        return Err(Refused::new(
            414,
            format!("the query has more than {MOST_PARAMS} parameters"),
        ));
    }
    for (name, value) in &params {
        // Bytes that are not UTF-8 became this character; no flag of a command could have held them either.
        if [name, value]
            .iter()
            .any(|text| text.contains(char::REPLACEMENT_CHARACTER))
        {
            return Err(Refused::new(400, format!("the parameter {name:?} is not UTF-8 text")));
        }
        if [name, value].iter().any(|text| text.chars().any(char::is_control)) {
            return Err(Refused::new(
                400,
                format!("the parameter {name:?} has a control character"),
            ));
        }
    }
    Ok(params)
}

fn stays_open(is_new: bool, headers: &[(String, String)]) -> bool {
    let has = |word: &str| {
        let values = headers.iter().filter(|(name, _)| name == "connection");
        values
            .flat_map(|(_, value)| value.split(','))
            .any(|value| value.trim().eq_ignore_ascii_case(word))
    };
    !has("close") && (is_new || has("keep-alive"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<(Request, usize)>, u16> {
        Request::parse(text.as_bytes()).map_err(|refused| refused.status)
    }

    #[test]
    fn a_head_is_complete_at_its_empty_line_only() {
        let head = "GET /v1/turns?since=7d&grep=a%20b+c HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(parse(&head[..end]), Ok(None), "{end}");
        }
        let (request, length) = parse(&format!("{head}GET / HT")).expect("parses").expect("complete");
        assert_eq!((length, request.path.as_str()), (head.len(), "/v1/turns"));
        assert_eq!(request.params[1], ("grep".to_owned(), "a b c".to_owned()));
        assert_eq!(request.header("host"), Some("localhost"));
        assert!(request.stays_open && !request.is_head);
    }

    #[test]
    fn requests_that_are_never_answered_get_their_status() {
        let long = "a".repeat(MOST_HEAD_BYTES);
        let many = "X: y\r\n".repeat(MOST_HEADERS + 1);
        for (head, status) in [
            ("POST / HTTP/1.1\r\n\r\n".to_owned(), 405),
            ("OPTIONS * HTTP/1.1\r\n\r\n".to_owned(), 405),
            ("GET http://localhost/ HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/2.0\r\n\r\n".to_owned(), 505),
            ("GET /?grep=%00 HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET /?grep=a%FFb HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET /?%C3%28=1 HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc".to_owned(), 400),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), 400),
            (format!("GET /{} HTTP/1.1\r\n\r\n", &long[..MOST_TARGET_BYTES]), 414),
            (format!("GET / HTTP/1.1\r\nX: {long}"), 431),
            (format!("GET / HTTP/1.1\r\n{many}\r\n"), 431),
            ("\u{1}\r\n\r\n".to_owned(), 400),
        ] {
            assert_eq!(parse(&head), Err(status), "{}", &head[..head.len().min(60)]);
        }
    }

    #[test]
    fn a_connection_stays_open_as_its_version_says() {
        for (head, stays_open) in [
            ("GET / HTTP/1.1\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
        ] {
            let (request, _) = parse(head).expect("parses").expect("complete");
            assert_eq!(request.stays_open, stays_open, "{head}");
        }
    }
}
