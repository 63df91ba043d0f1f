//! Records of a rollout: classified by their first bytes, parsed only if needed.

use super::limits;
use super::meta::{self, Meta, owned};
use super::usage::{Info, Usage, UsageJson};
use crate::agents::shared::instant::parse_time;
use crate::agents::shared::json_cursor::Cursor;
use crate::agents::shared::lenient::{Text, When, part};
use crate::agents::shared::words::first_words;
use crate::core::fees::Fee;
use crate::core::turn::Mode;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a line that does not fit the reader's buffer must contain to be of interest.
pub(super) const NEEDLES: [&str; 10] = [
    "\"token_count\"",
    "\"token_usage_record\"",
    "\"turn_context\"",
    "\"session_meta\"",
    "\"task_started\"",
    "\"thread_settings_applied\"",
    "\"user_message\"",
    "\"UserMessage\"",
    "\"web_search_call\"",
    "\"image_generation_call\"",
];

/// Items that tools of the provider leave.
const SEARCH: &str = "web_search_call";
const IMAGE: &str = "image_generation_call";

/// A wanted record.
#[derive(Debug)]
pub(super) enum Record<'a> {
    /// Of this session, or of one whose records were copied.
    Meta(Box<Meta>),
    /// A turn began, or went on: its id, working directory and model, as far as recorded.
    Turn {
        id: Option<String>,
        cwd: Option<String>,
        model: Option<String>,
        is_context: bool,
    },
    /// Settings of the thread, which hold until the next ones.
    Settings {
        model: Option<String>,
        provider: Option<String>,
        mode: Mode,
    },
    Prompt(String),
    /// The provider bills something beside the tokens of the call under way.
    Fee(Fee),
    Tokens {
        info: Option<Info>,
        limits: Option<&'a RawValue>,
        /// Whether there are counters without the totals that distinguish a new call from a repeated one.
        is_partial: bool,
    },
    /// One call, with the id of its answer.
    Call {
        thread: String,
        response: Option<String>,
        turn: Option<String>,
        usage: Usage,
        /// The thread's counters after it: they distinguish calls without a response id.
        after: Usage,
    },
}

/// A line's time, and its record if it is wanted.
pub(super) struct Line<'a> {
    /// Epoch milliseconds.
    pub time: Option<i64>,
    pub record: Option<Record<'a>>,
}

/// Reads one line.
///
/// # Errors
/// When it is not JSON, or a wanted field has an unexpected type.
pub(super) fn parse(line: &str) -> serde_json::Result<Line<'_>> {
    match head(line.as_bytes()) {
        Some(Head { time, is_wanted: false }) => Ok(Line {
            time: time.and_then(parse_time),
            record: None,
        }),
        // Wanted, or undecided by the first bytes.
        _ => parse_whole(line),
    }
}

/// The classification by the first bytes of a line.
struct Head<'a> {
    time: Option<&'a str>,
    is_wanted: bool,
}

/// `{"timestamp":"…","ordinal":3,"type":"event_msg","payload":{"type":"token_count",…`: `None` where the order differs.
fn head(line: &[u8]) -> Option<Head<'_>> {
    let mut cursor = Cursor::new(line);
    let (mut time, mut kind) = (None, None);
    cursor.eat(b'{')?;
    while let Some(key) = cursor.key()? {
        match key {
            b"timestamp" => time = Some(cursor.text()?),
            b"type" => kind = Some(cursor.text()?),
            b"payload" => {
                let is_wanted = match kind? {
                    "session_meta" | "turn_context" | "token_usage_record" => true,
                    "event_msg" => is_wanted_event(kind_of(&mut cursor)?),
                    "response_item" => matches!(kind_of(&mut cursor)?, SEARCH | IMAGE),
                    _ => false,
                };
                return Some(Head { time, is_wanted });
            }
            _ => drop(cursor.skip()?),
        }
    }
    None
}

/// The kind of a payload that begins with it.
fn kind_of<'a>(payload: &mut Cursor<'a>) -> Option<&'a str> {
    payload.eat(b'{')?;
    (payload.key()?? == b"type").then(|| payload.text())?
}

fn is_wanted_event(kind: &str) -> bool {
    matches!(
        kind,
        "token_count" | "task_started" | "thread_settings_applied" | "user_message" | "item_completed"
    )
}

#[derive(Deserialize)]
struct RecordJson<'a> {
    timestamp: Option<When>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct KindJson<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct TurnJson<'a> {
    #[serde(borrow)]
    turn_id: Option<Text<'a>>,
    #[serde(borrow)]
    cwd: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct SettingsEventJson<'a> {
    #[serde(borrow)]
    thread_settings: Option<SettingsJson<'a>>,
}

#[derive(Default, Deserialize)]
struct SettingsJson<'a> {
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    model_provider_id: Option<Text<'a>>,
    #[serde(borrow)]
    service_tier: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct PromptJson<'a> {
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ToolJson<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    action: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ItemJson<'a> {
    #[serde(borrow)]
    item: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct UserItemJson<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct TokensJson<'a> {
    info: Option<InfoJson>,
    #[serde(borrow)]
    rate_limits: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct InfoJson {
    total_token_usage: Option<UsageJson>,
    last_token_usage: Option<UsageJson>,
}

#[derive(Deserialize)]
struct CallJson<'a> {
    #[serde(borrow)]
    thread_id: Option<Text<'a>>,
    #[serde(borrow)]
    response_id: Option<Text<'a>>,
    #[serde(borrow)]
    turn_id: Option<Text<'a>>,
    usage: Option<UsageJson>,
    thread_token_usage: Option<UsageJson>,
}

fn parse_whole(line: &str) -> serde_json::Result<Line<'_>> {
    let record: RecordJson = serde_json::from_str(line)?;
    let time = record.timestamp.and_then(|when| when.0);
    let record = match (record.kind.as_deref(), record.payload) {
        (Some(kind), Some(payload)) => record_in(kind, payload.get())?,
        _ => None,
    };
    Ok(Line { time, record })
}

fn record_in<'a>(kind: &str, payload: &'a str) -> serde_json::Result<Option<Record<'a>>> {
    Ok(match kind {
        "session_meta" => meta::parse(payload)?.map(|meta| Record::Meta(Box::new(meta))),
        "turn_context" => Some(turn(payload, true)?),
        "token_usage_record" => call(payload)?,
        "response_item" => fee(payload)?.map(Record::Fee),
        "event_msg" => {
            let event: KindJson = serde_json::from_str(payload)?;
            match event.kind.as_deref() {
                Some("token_count") => Some(tokens(payload)?),
                Some("task_started") => Some(turn(payload, false)?),
                Some("thread_settings_applied") => Some(settings(payload)?),
                Some("user_message") => serde_json::from_str::<PromptJson>(payload)?
                    .message
                    .map(|message| Record::Prompt(message.0.into_owned())),
                Some("item_completed") => user_item(payload)?,
                _ => None,
            }
        }
        _ => None,
    })
}

fn turn(payload: &str, is_context: bool) -> serde_json::Result<Record<'_>> {
    let turn: TurnJson = serde_json::from_str(payload)?;
    Ok(Record::Turn {
        id: owned(turn.turn_id),
        cwd: owned(turn.cwd),
        model: owned(turn.model),
        is_context,
    })
}

fn settings(payload: &str) -> serde_json::Result<Record<'_>> {
    let event: SettingsEventJson = serde_json::from_str(payload)?;
    let settings = event.thread_settings.unwrap_or_default();
    Ok(Record::Settings {
        model: owned(settings.model),
        provider: owned(settings.model_provider_id),
        mode: settings
            .service_tier
            .map_or(Mode::Standard, |tier| Mode::of_service_tier(&tier)),
    })
}

fn tokens(payload: &str) -> serde_json::Result<Record<'_>> {
    let tokens: TokensJson = serde_json::from_str(payload)?;
    let is_partial = tokens
        .info
        .as_ref()
        .is_some_and(|info| info.total_token_usage.is_none() && info.last_token_usage.is_some());
    let info = tokens.info.and_then(|info| {
        Some(Info {
            total: info.total_token_usage?.into(),
            last: info.last_token_usage.map(Usage::from),
            limit: tokens.rate_limits.map_or(0, limits::limit_hash),
        })
    });
    Ok(Record::Tokens {
        info,
        limits: tokens.rate_limits,
        is_partial,
    })
}

fn call(payload: &str) -> serde_json::Result<Option<Record<'_>>> {
    let call: CallJson = serde_json::from_str(payload)?;
    let Some(usage) = call.usage else {
        return Ok(None);
    };
    Ok(Some(Record::Call {
        thread: owned(call.thread_id).unwrap_or_default(),
        response: owned(call.response_id),
        turn: owned(call.turn_id),
        usage: usage.into(),
        after: call.thread_token_usage.unwrap_or_default().into(),
    }))
}

/// `{"type":"web_search_call","status":"completed","action":{"type":"search","query":"…"}}`. Looking at a page that was found is
/// no other search. An image has a price of its own, which depends on more than what is recorded.
fn fee(payload: &str) -> serde_json::Result<Option<Fee>> {
    let item: KindJson = serde_json::from_str(payload)?;
    let fee = match item.kind.as_deref() {
        Some(SEARCH) => Fee::WebSearch,
        Some(IMAGE) => Fee::Other,
        _ => return Ok(None),
    };
    let item: ToolJson = serde_json::from_str(payload)?;
    let is_failed = item.status.is_some_and(|status| &*status == "failed");
    let is_search = || part::<KindJson>(item.action).is_some_and(|action| action.kind.as_deref() == Some("search"));
    Ok((!is_failed && (fee == Fee::Other || is_search())).then_some(fee))
}

/// `{"type":"item_completed","item":{"type":"UserMessage","content":[{"type":"text","text":"…"}]}}`
fn user_item(payload: &str) -> serde_json::Result<Option<Record<'_>>> {
    let Some(item) = serde_json::from_str::<ItemJson>(payload)?.item else {
        return Ok(None);
    };
    let kind: KindJson = serde_json::from_str(item.get())?;
    if kind.kind.as_deref() != Some("UserMessage") {
        return Ok(None);
    }
    let item: UserItemJson = serde_json::from_str(item.get())?;
    Ok(first_words(item.content).map(Record::Prompt))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, payload: &str) -> String {
        format!(r#"{{"timestamp":"2026-03-02T09:00:05.000Z","type":"{kind}","payload":{payload}}}"#)
    }

    fn record(line: &str) -> Option<Record<'_>> {
        let parsed = parse(line).expect("a record");
        assert_eq!(parsed.time, Some(1_772_442_005_000), "{line}");
        parsed.record
    }

    #[test]
    fn recognizes_wanted_records_by_their_first_bytes() {
        for (kind, payload, is_wanted) in [
            ("event_msg", r#"{"type":"token_count","info":null}"#, Some(true)),
            (
                "event_msg",
                r#"{"type":"agent_message","message":"\"token_count\""}"#,
                Some(false),
            ),
            ("event_msg", r#"{"info":null,"type":"token_count"}"#, None),
            ("response_item", r#"{"type":"message"}"#, Some(false)),
            ("turn_context", "{}", Some(true)),
        ] {
            let line = line(kind, payload);
            assert_eq!(head(line.as_bytes()).map(|head| head.is_wanted), is_wanted, "{line}");
        }
        let reordered =
            r#"{"payload":{"type":"token_count","info":null},"type":"event_msg","timestamp":"2026-03-02T09:00:05Z"}"#;
        assert!(matches!(record(reordered), Some(Record::Tokens { info: None, .. })));
        let quoted = line(
            "response_item",
            r#"{"output":"{\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\"}}"}"#,
        );
        assert!(record(&quoted).is_none());
    }

    #[test]
    fn reads_both_kinds_of_counts() {
        let usage = r#"{"input_tokens":5,"cached_input_tokens":null,"output_tokens":-1,"total_tokens":5}"#;
        let text = line(
            "event_msg",
            &format!(r#"{{"type":"token_count","info":{{"total_token_usage":{usage}}},"rate_limits":{{}}}}"#),
        );
        let Some(Record::Tokens {
            info: Some(info),
            limits: Some(_),
            is_partial: false,
        }) = record(&text)
        else {
            panic!("no counts");
        };
        assert_eq!(
            (info.total.input_tokens, info.total.output_tokens, info.last),
            (5, 0, None)
        );
        let text = line(
            "token_usage_record",
            &format!(r#"{{"thread_id":"t","response_id":"resp_1","usage":{usage}}}"#),
        );
        let Some(Record::Call {
            thread,
            response,
            usage,
            ..
        }) = record(&text)
        else {
            panic!("no call");
        };
        assert_eq!(
            (thread.as_str(), response.as_deref(), usage.input_tokens),
            ("t", Some("resp_1"), 5)
        );
    }

    #[test]
    fn settings_without_a_tier_are_standard() {
        for (tier, expected) in [
            (r#","service_tier":"priority""#, Mode::Fast),
            (r#","service_tier":"fast""#, Mode::Fast),
            (r#","service_tier":"flex""#, Mode::Flex),
            (r#","service_tier":"default""#, Mode::Standard),
            (r#","service_tier":"Standard""#, Mode::Standard),
            (r#","service_tier":"ultrafast""#, Mode::Other),
            (r#","service_tier":null"#, Mode::Standard),
            ("", Mode::Standard),
        ] {
            let payload = format!(r#"{{"type":"thread_settings_applied","thread_settings":{{"model":"m"{tier}}}}}"#);
            let text = line("event_msg", &payload);
            assert!(
                matches!(record(&text), Some(Record::Settings { mode, .. }) if mode == expected),
                "{tier}"
            );
        }
    }

    #[test]
    fn a_search_is_billed_and_a_look_at_a_page_is_not() {
        for (item, expected) in [
            (
                r#""web_search_call","status":"completed","action":{"type":"search","query":"a"}"#,
                Some(Fee::WebSearch),
            ),
            (
                r#""web_search_call","action":{"type":"search","queries":["a","b"]}"#,
                Some(Fee::WebSearch),
            ),
            (
                r#""web_search_call","status":"failed","action":{"type":"search"}"#,
                None,
            ),
            (
                r#""web_search_call","status":"completed","action":{"type":"open_page","url":"u"}"#,
                None,
            ),
            (r#""web_search_call","action":{"type":"find_in_page"}"#, None),
            (r#""web_search_call","action":7"#, None),
            (
                r#""image_generation_call","status":"generating","result":"…""#,
                Some(Fee::Other),
            ),
            (r#""function_call","arguments":"{\"type\":\"web_search_call\"}""#, None),
        ] {
            let text = line("response_item", &format!(r#"{{"type":{item}}}"#));
            let found = match record(&text) {
                Some(Record::Fee(fee)) => Some(fee),
                _ => None,
            };
            assert_eq!(found, expected, "{item}");
        }
    }

    #[test]
    fn a_prompt_is_read_in_both_spellings() {
        for payload in [
            r#"{"type":"user_message","message":"hello \ud83d"}"#,
            r#"{"type":"item_completed","item":{"type":"UserMessage","content":[{"type":"text","text":"hello"}]}}"#,
        ] {
            let text = line("event_msg", payload);
            assert!(
                matches!(record(&text), Some(Record::Prompt(text)) if text.starts_with("hello")),
                "{payload}"
            );
        }
        let reply = r#"{"type":"item_completed","item":{"type":"AgentMessage"}}"#;
        assert!(record(&line("event_msg", reply)).is_none());
    }
}
