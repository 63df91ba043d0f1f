//! Webhooks: posts an event in Slack's or Discord's format, or as JSON, with a few retries. Never prints the URL.

use super::address::resolve;
use super::{Channel, Outside, SinkKind, Undelivered};
use crate::core::credential::Secret;
use crate::core::rows::EventRow;
use crate::core::text::plain;
use crate::system::config::settings;
use crate::system::config::values::SinkFormat;
use crate::system::http::{Failure, Http, Method, Request, Response, origin_of};
use serde_json::{Value, json};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Before the second and the third try. What fails then waits for the next run.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1500)];
/// Upper bound of a response; its content is ignored.
const MAX_ANSWER: u64 = 64 << 10;
/// Discord takes 2000 characters.
const MOST_CHARS: usize = 1900;

/// `type: webhook`
pub(super) struct Webhooks;

impl SinkKind for Webhooks {
    fn name(&self) -> &str {
        "webhook"
    }

    fn open(&self, settings: &settings::Sink) -> Option<Box<dyn Channel>> {
        let url = settings.url.as_deref().unwrap_or_default();
        Some(Box::new(Webhook::new(url, settings.format)))
    }
}

/// A webhook of the config.
#[derive(Debug)]
pub(super) struct Webhook {
    /// As written, with references.
    url: Option<Secret>,
    shape: Option<Shape>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Slack,
    Discord,
    /// The event row.
    Json,
}

impl Webhook {
    /// Derives the format from the host if it is not configured.
    pub(super) fn new(url: &str, format: Option<SinkFormat>) -> Self {
        Self {
            url: Secret::new(url),
            shape: format.map(|format| match format {
                SinkFormat::Slack => Shape::Slack,
                SinkFormat::Discord => Shape::Discord,
                SinkFormat::Json => Shape::Json,
            }),
        }
    }
}

impl Channel for Webhook {
    fn send(&self, event: &EventRow, outside: &Outside) -> Result<(), Undelivered> {
        let written = self.url.as_ref().map_or("", Secret::expose);
        let url = resolve(written, &outside.system).map_err(Undelivered::Down)?;
        let shape = self.shape.unwrap_or_else(|| shape_of(url.expose()));
        let body = body(shape, event).to_string().into_bytes();
        let mut pauses = PAUSES.iter();
        loop {
            let request = Request {
                method: Method::Post,
                headers: vec![("content-type", "application/json".to_owned())],
                body: body.clone(),
                timeout: TIMEOUT,
                max_bytes: MAX_ANSWER,
                ..Request::get(url.expose())
            };
            let (failed, may_pass) = match attempt(&outside.http, &request) {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            match pauses.next() {
                Some(pause) if may_pass => std::thread::sleep(*pause),
                _ => return Err(failed),
            }
        }
    }
}

/// One try; why it failed, and whether the next one may do better.
fn attempt(http: &Http, request: &Request<'_>) -> Result<(), (Undelivered, bool)> {
    let answer = match http.send(request) {
        Ok(answer) => answer,
        Err(Failure::Offline) => return Err((Undelivered::Offline, false)),
        // The event was delivered; the response does not matter.
        Err(Failure::TooLarge) => return Ok(()),
        Err(failure) => {
            let may_pass = matches!(failure, Failure::Timeout | Failure::Connection | Failure::HostNotFound);
            return Err((Undelivered::Down(failure.to_string()), may_pass));
        }
    };
    let reason = format!("HTTP {}", answer.status);
    match answer.status {
        200..=299 => Ok(()),
        429 => Err((
            Undelivered::Later {
                reason,
                after_s: retry_after_s(&answer),
            },
            false,
        )),
        // A gateway without the server behind it.
        502..=504 => Err((Undelivered::Down(reason), true)),
        status => Err((Undelivered::Failed(reason), status >= 500)),
    }
}

fn retry_after_s(answer: &Response) -> u64 {
    let header = answer.header("retry-after");
    let seconds = header.and_then(|text| text.trim().parse::<f64>().ok());
    seconds.map_or(0, |seconds| seconds.max(0.0).ceil() as u64)
}

fn shape_of(url: &str) -> Shape {
    let origin = origin_of(url);
    let host = origin.rsplit("://").next().unwrap_or_default();
    let is_of = |domain: &str| {
        host.strip_suffix(domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    if is_of("discord.com") || is_of("discordapp.com") {
        Shape::Discord
    } else {
        Shape::Slack
    }
}

fn body(shape: Shape, event: &EventRow) -> Value {
    let severity = event.severity.name().to_uppercase();
    let text = format!("[{severity}] {}: {}", plain(&event.title), plain(&event.message));
    let text: String = text.chars().take(MOST_CHARS).collect();
    match shape {
        // These three are all that Slack's texts need escaped; `<!channel>` would call everybody.
        Shape::Slack => {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            json!({ "text": escaped })
        }
        Shape::Discord => json!({"content": text, "allowed_mentions": {"parse": []}}),
        Shape::Json => serde_json::to_value(event).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rows::{EventType, Severity};

    fn event() -> EventRow {
        EventRow::new(
            EventType::BudgetThresholdCrossed,
            Severity::Warning,
            "Budget daily is at 81 %",
            "<!channel> @everyone $16 & more\u{202e}",
        )
    }

    #[test]
    fn texts_are_escaped_in_the_words_of_their_reader() {
        assert_eq!(
            body(Shape::Slack, &event()),
            json!({"text": "[WARNING] Budget daily is at 81 %: &lt;!channel&gt; @everyone $16 &amp; more"})
        );
        assert_eq!(
            body(Shape::Discord, &event()),
            json!({"content": "[WARNING] Budget daily is at 81 %: <!channel> @everyone $16 & more", "allowed_mentions": {"parse": []}})
        );
        assert_eq!(body(Shape::Json, &event())["type"], "budget.thresholdCrossed");
    }

    #[test]
    fn the_host_says_whose_words() {
        assert_eq!(shape_of("https://discord.com/api/webhooks/1/x"), Shape::Discord);
        assert_eq!(shape_of("https://ptb.discord.com/api/webhooks/1/x"), Shape::Discord);
        assert_eq!(shape_of("https://notdiscord.com/x"), Shape::Slack);
        assert_eq!(shape_of("https://hooks.slack.com/services/T0/B0/x"), Shape::Slack);
    }
}
