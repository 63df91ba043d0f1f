//! Ask: sends the requests of one provider and interprets the status of each response.

use crate::core::credential::Credential;
use crate::core::quota::{Credits, ProviderState, ProviderUsage, Reason};
use crate::system::System;
use crate::system::http::{Http, Method, Request, Response};
use serde_json::Value;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Larger answers than any of these endpoints gives.
const MAX_BYTES: u64 = 4 << 20;
/// Default for a missing or invalid `Retry-After`.
const RETRY_AFTER_S: u64 = 300;
const MAX_RETRY_AFTER_S: u64 = 86_400;

/// Why there are no numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub state: ProviderState,
    pub reason: Option<Reason>,
    pub retry_after_s: Option<u64>,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// What helps; never text of the answer.
    pub hint: Option<Cow<'static, str>>,
}

impl Refusal {
    pub fn new(state: ProviderState, reason: Option<Reason>) -> Self {
        Self {
            state,
            reason,
            retry_after_s: None,
            status: None,
            hint: None,
        }
    }

    /// The account or kind of credential has no usage to report.
    pub fn unsupported(hint: &'static str) -> Self {
        Self {
            hint: Some(Cow::Borrowed(hint)),
            ..Self::new(ProviderState::Unsupported, Some(Reason::Product))
        }
    }

    /// JSON, and not the one that is known.
    pub fn schema() -> Self {
        Self::new(ProviderState::Unsupported, Some(Reason::Schema))
    }

    /// Replaces the hint where the refusal has this reason.
    #[must_use]
    pub fn explained(self, reason: Reason, hint: &'static str) -> Self {
        match self.reason {
            Some(own) if own == reason => self.hinting(hint),
            _ => self,
        }
    }

    #[must_use]
    pub fn hinting(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// Checks that an answer has a number. One without any is an answer only if its place for numbers is known to be empty;
/// otherwise its schema is a new one.
///
/// # Errors
/// The refusal of an unknown schema.
pub fn with_numbers(usage: ProviderUsage, is_known_empty: bool) -> Result<ProviderUsage, Refusal> {
    let has_credits = |credits: &Credits| credits.balance.is_some() || credits.is_unlimited;
    let has_number =
        !usage.limits.is_empty() || usage.credits.as_ref().is_some_and(has_credits) || usage.spend.is_some();
    if has_number || is_known_empty {
        Ok(usage)
    } else {
        Err(Refusal::schema())
    }
}

/// Everything a provider needs for its requests.
pub struct Ask<'a> {
    pub http: &'a Http,
    pub system: &'a System,
    pub credential: &'a Credential,
    /// Without a `/` at its end.
    pub base_url: String,
    /// In place of ttop's own.
    pub user_agent: Option<String>,
    /// When all requests have to be done.
    pub ends: Instant,
}

impl Ask<'_> {
    /// Epoch milliseconds.
    pub fn now(&self) -> i64 {
        self.system.now
    }

    /// The path begins with `/`.
    pub fn get(&self, path: impl Into<String>) -> Call<'_> {
        Call {
            ask: self,
            method: Method::Get,
            path: path.into(),
            headers: vec![("accept", "application/json".to_owned())],
            body: Vec::new(),
            trusts_this_machine: false,
        }
    }

    pub fn post(&self, path: impl Into<String>, body: &Value) -> Call<'_> {
        let mut call = self.get(path).header("content-type", "application/json");
        call.method = Method::Post;
        call.body = body.to_string().into_bytes();
        call
    }

    fn token(&self) -> &str {
        self.credential.secret().map_or("", |secret| secret.expose())
    }
}

/// One request being put together.
pub struct Call<'a> {
    ask: &'a Ask<'a>,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    trusts_this_machine: bool,
}

impl Call<'_> {
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// `authorization: Bearer …`
    #[must_use]
    pub fn bearer(self) -> Self {
        self.authorization("Bearer ")
    }

    /// Adds `authorization` with a scheme before the token.
    #[must_use]
    pub fn authorization(self, scheme: &str) -> Self {
        let value = format!("{scheme}{}", self.ask.token());
        self.header("authorization", value)
    }

    /// A header that is the token and nothing else.
    #[must_use]
    pub fn key_header(self, name: &'static str) -> Self {
        let value = self.ask.token().to_owned();
        self.header(name, value)
    }

    /// Takes any certificate, if this machine answers.
    #[must_use]
    pub fn trusting_this_machine(mut self) -> Self {
        self.trusts_this_machine = true;
        self
    }

    /// # Errors
    /// `unreachable` when there is no whole answer; a bad status is an answer.
    pub fn send(mut self) -> Result<Answer, Refusal> {
        let ask = self.ask;
        self.headers
            .extend(ask.user_agent.clone().map(|name| ("user-agent", name)));
        let url = format!("{}{}", ask.base_url, self.path);
        let timeout = ask.ends.saturating_duration_since(Instant::now());
        let unreachable = Refusal::new(ProviderState::Unreachable, None);
        if timeout.is_zero() {
            return Err(unreachable);
        }
        let response = ask.http.send(&Request {
            method: self.method,
            headers: self.headers,
            body: self.body,
            timeout: timeout.max(Duration::from_millis(1)),
            max_bytes: MAX_BYTES,
            trusts_this_machine: self.trusts_this_machine,
            ..Request::get(&url)
        });
        Ok(Answer {
            response: response.map_err(|_| unreachable)?,
            can_expire: ask.credential.expires_at.is_some(),
            now: ask.now(),
        })
    }

    /// The response, if it is an object with one of these keys at its root.
    ///
    /// # Errors
    ///
    /// The refusal of the status, or an unknown schema.
    pub fn object(self, keys: &[&str]) -> Result<Value, Refusal> {
        self.send()?.object(keys)
    }
}

/// An answer of any status.
pub struct Answer {
    response: Response,
    /// Whether a refused credential may simply have expired.
    can_expire: bool,
    now: i64,
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// Whether the body contains this text, for errors with the same status.
    pub fn mentions(&self, text: &str) -> bool {
        memchr::memmem::find(&self.response.body, text.as_bytes()).is_some()
    }

    /// # Errors
    /// See [`Call::object`].
    pub fn object(&self, keys: &[&str]) -> Result<Value, Refusal> {
        if let Some(refusal) = self.refusal() {
            return Err(Refusal {
                status: Some(self.status()),
                ..refusal
            });
        }
        let value: Value = serde_json::from_slice(without_mark(&self.response.body))
            .map_err(|_| Refusal::new(ProviderState::Unreachable, Some(Reason::NotJson)))?;
        let is_known = keys.iter().any(|key| value.get(key).is_some());
        if is_known { Ok(value) } else { Err(Refusal::schema()) }
    }

    /// The refusal that the status means; `None` for success.
    fn refusal(&self) -> Option<Refusal> {
        use ProviderState::{AuthExpired, RateLimited, Unauthorized, Unreachable, Unsupported};
        let plain = |state| Refusal::new(state, None);
        let waiting = |state| Refusal {
            retry_after_s: Some(self.retry_after().unwrap_or(RETRY_AFTER_S)),
            ..plain(state)
        };
        let refused = || plain(if self.can_expire { AuthExpired } else { Unauthorized });
        let is_throttled = || {
            let left = self.response.header("x-ratelimit-remaining").map(str::trim);
            self.retry_after().is_some() || left == Some("0")
        };
        Some(match self.status() {
            200..=299 if self.is_html() => Refusal::new(Unreachable, Some(Reason::NotJson)),
            200..=299 => return None,
            401 => refused(),
            // A redirect is one to a login page, wherever it leads.
            301 | 302 | 303 | 307 | 308 => refused(),
            429 => waiting(RateLimited),
            403 if is_throttled() => waiting(RateLimited),
            404 => Refusal::new(Unsupported, Some(Reason::Product)),
            403 if self.is_html() => Refusal::new(Unreachable, Some(Reason::BotWall)),
            300..=499 if self.is_html() => Refusal::new(Unreachable, Some(Reason::NotJson)),
            403 => Refusal::new(Unauthorized, Some(Reason::Scope)),
            402 | 410 => Refusal::new(Unsupported, Some(Reason::Product)),
            _ => Refusal {
                retry_after_s: self.retry_after(),
                ..plain(Unreachable)
            },
        })
    }

    fn is_html(&self) -> bool {
        let kind = self
            .response
            .header("content-type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        match without_mark(&self.response.body).trim_ascii_start().first() {
            Some(b'<') => true,
            // JSON under a wrong name is JSON.
            Some(b'{' | b'[') => false,
            _ => kind.contains("text/html"),
        }
    }

    /// Seconds, or a date; `None` without the header.
    fn retry_after(&self) -> Option<u64> {
        let text = self.response.header("retry-after")?.trim();
        let seconds = match text.parse::<f64>() {
            Ok(seconds) => seconds,
            Err(_) => (parse_http_date(text)? - self.now) as f64 / 1000.0,
        };
        // 0 and the past are seen in the wild, and following them makes it worse.
        let is_ahead = seconds.is_finite() && seconds > 0.0;
        Some(if is_ahead {
            (seconds.ceil() as u64).min(MAX_RETRY_AFTER_S)
        } else {
            RETRY_AFTER_S
        })
    }
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// The three forms HTTP allows, in epoch milliseconds.
fn parse_http_date(text: &str) -> Option<i64> {
    const OLD: [&str; 2] = ["%A, %d-%b-%y %T GMT", "%a %b %e %T %Y"];
    let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    if let Ok(at) = parser.parse_timestamp(text) {
        return Some(at.as_millisecond());
    }
    let old = OLD
        .iter()
        .find_map(|format| jiff::civil::DateTime::strptime(format, text).ok())?;
    let at = old.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_176_000_000;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Answer {
            response: Response {
                status,
                headers: headers.collect(),
                body: body.as_bytes().to_vec(),
            },
            can_expire: true,
            now: NOW,
        }
    }

    fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> (ProviderState, Option<Reason>, Option<u64>) {
        let refusal = answer(status, headers, body).object(&["known"]).expect_err("a refusal");
        (refusal.state, refusal.reason, refusal.retry_after_s)
    }

    #[test]
    fn every_status_has_a_state() {
        use ProviderState::*;
        const JSON: &str = "{}";
        assert_eq!(refused(200, &[], JSON), (Unsupported, Some(Reason::Schema), None));
        assert_eq!(refused(200, &[], "[]"), (Unsupported, Some(Reason::Schema), None));
        assert_eq!(refused(200, &[], "<html>"), (Unreachable, Some(Reason::NotJson), None));
        assert_eq!(
            refused(200, &[], "{\"known\": "),
            (Unreachable, Some(Reason::NotJson), None)
        );
        assert_eq!(refused(200, &[], ""), (Unreachable, Some(Reason::NotJson), None));
        assert_eq!(refused(401, &[], "<html>"), (AuthExpired, None, None));
        assert_eq!(refused(302, &[], "<html>"), (AuthExpired, None, None));
        assert_eq!(refused(403, &[], JSON), (Unauthorized, Some(Reason::Scope), None));
        assert_eq!(refused(403, &[], "<html>"), (Unreachable, Some(Reason::BotWall), None));
        assert_eq!(
            refused(403, &[("x-ratelimit-remaining", "0")], JSON),
            (RateLimited, None, Some(300))
        );
        assert_eq!(refused(403, &[("x-ratelimit-remaining", "10")], JSON).0, Unauthorized);
        assert_eq!(refused(429, &[], "<html>"), (RateLimited, None, Some(300)));
        for status in [402, 404, 410] {
            assert_eq!(refused(status, &[], JSON), (Unsupported, Some(Reason::Product), None));
        }
        assert_eq!(refused(402, &[], "<html>").0, Unreachable);
        assert_eq!(refused(500, &[], JSON), (Unreachable, None, None));
        assert_eq!(
            refused(503, &[("retry-after", "9")], "<html>"),
            (Unreachable, None, Some(9))
        );
        assert_eq!(refused(418, &[], JSON).0, Unreachable);
    }

    #[test]
    fn retry_after_takes_seconds_and_dates_within_bounds() {
        let wait = |text: &str| refused(429, &[("retry-after", text)], "{}").2;
        assert_eq!(wait("1620"), Some(1620));
        assert_eq!(wait("Fri, 20 Nov 2026 12:02:00 GMT"), Some(120));
        assert_eq!(wait("Friday, 20-Nov-26 12:02:00 GMT"), Some(120));
        assert_eq!(wait("Fri Nov 20 12:02:00 2026"), Some(120));
        for floor in ["0", "-5", "Fri, 20 Nov 2026 11:00:00 GMT", "soon", ""] {
            assert_eq!(wait(floor), Some(300), "{floor}");
        }
        assert_eq!(wait("999999"), Some(86_400));
    }

    #[test]
    fn a_known_key_makes_it_the_known_answer() {
        let known = |body: &str| answer(200, &[], body).object(&["known"]).is_ok();
        assert!(known("{\"known\": {}, \"other\": 1}"));
        assert!(known("\u{feff}{\"known\": []}"));
        assert!(!known("{\"other\": 1}"));
    }

    #[test]
    fn a_credential_that_cannot_expire_is_refused_for_good() {
        let mut answer = answer(401, &[], "{}");
        answer.can_expire = false;
        assert_eq!(
            answer.object(&[]).expect_err("refused").state,
            ProviderState::Unauthorized
        );
    }
}
