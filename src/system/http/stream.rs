//! An answer that goes on: read as it comes.

use super::{Failure, Http, Request, failure_of};
use std::io::Read;
use std::time::Duration;

/// An answer whose body is still coming.
pub struct Stream {
    pub status: u16,
    /// Empty where the answer names none.
    pub content_type: String,
    pub body: Box<dyn Read + Send>,
}

impl Http {
    /// Sends a GET request. Its `timeout` holds until the answer begins; the body ends after `longest`, whatever comes: the
    /// other side of a connection can be gone without a sign. Its `max_bytes` does not count.
    ///
    /// # Errors
    /// When no answer begins.
    pub fn open(&self, request: &Request<'_>, longest: Duration) -> Result<Stream, Failure> {
        let (agent, uri) = self.way(request.url)?;
        let mut message = ureq::http::Request::builder().uri(uri).method("GET");
        for (name, value) in &request.headers {
            message = message.header(*name, value);
        }
        let message = message.body(()).map_err(|_| Failure::BadUrl)?;
        let message = agent
            .configure_request(message)
            .timeout_connect(Some(request.timeout))
            .timeout_recv_response(Some(request.timeout))
            .timeout_recv_body(Some(longest))
            .build();
        let answer = agent.run(message).map_err(|error| failure_of(&error))?;
        let content_type = answer.headers().get("content-type");
        Ok(Stream {
            status: answer.status().as_u16(),
            content_type: content_type
                .map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned())
                .unwrap_or_default(),
            body: Box::new(answer.into_body().into_reader()),
        })
    }
}
