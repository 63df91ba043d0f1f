//! An answer and its head: every one carries the headers that keep browsers from misusing it.

use super::request::Refused;
use jiff::Timestamp;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;

/// What pages of this server may load: nothing, unless an answer states otherwise.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// A status and a body; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Arc<[u8]>,
    pub policy: &'static str,
    /// More lines of the head, each with its end.
    pub extra: Arc<str>,
}

impl Answer {
    pub(super) fn ok(content_type: &'static str, body: impl Into<Arc<[u8]>>) -> Self {
        Self {
            status: 200,
            content_type,
            body: body.into(),
            policy: NOTHING,
            extra: Arc::default(),
        }
    }

    /// Nothing changed since the client asked last.
    pub(super) fn unchanged() -> Self {
        Self {
            status: 304,
            ..Self::ok("application/x-ndjson", Vec::new())
        }
    }

    /// The same with one more header. A value that is no header is left out.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.extra = format!("{}{name}: {value}\r\n", self.extra).into();
        }
        self
    }

    /// The head of the answer; `stays_open` = the connection is used again.
    pub(super) fn head(&self, stays_open: bool) -> Vec<u8> {
        let mut head = status_line(self.status);
        let connection = if stays_open { "keep-alive" } else { "close" };
        let length = self.body.len();
        // Writing to text cannot fail.
        let _ = write!(
            head,
            "Content-Type: {}\r\nContent-Length: {length}\r\nConnection: {connection}\r\n{}",
            self.content_type, self.extra
        );
        close_head(&mut head, self.status, self.policy);
        head.into_bytes()
    }
}

impl From<&Refused> for Answer {
    fn from(refused: &Refused) -> Self {
        let body = json!({"error": {"status": refused.status, "message": refused.message, "hint": refused.hint}});
        Self {
            status: refused.status,
            ..Self::ok("application/json", format!("{body}\n").into_bytes())
        }
    }
}

/// The first line and the date.
pub(super) fn status_line(status: u16) -> String {
    let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    format!("HTTP/1.1 {status} {}\r\nDate: {date}\r\n", reason(status))
}

/// The headers of every answer, and the end of the head.
pub(super) fn close_head(head: &mut String, status: u16, policy: &str) {
    if status == 401 {
        head.push_str("WWW-Authenticate: Bearer realm=\"ttop\"\r\nWWW-Authenticate: Basic realm=\"ttop\"\r\n");
    }
    if status == 405 {
        head.push_str("Allow: GET, HEAD\r\n");
    }
    // Writing to text cannot fail.
    let _ = write!(head, "Content-Security-Policy: {policy}\r\n");
    head.push_str(
        "Cache-Control: no-store\r\nVary: Accept, Authorization\r\nX-Content-Type-Options: nosniff\r\n\
         X-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n\
         Cross-Origin-Opener-Policy: same-origin\r\n\r\n",
    );
}

const fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        410 => "Gone",
        414 => "URI Too Long",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Error",
    }
}
