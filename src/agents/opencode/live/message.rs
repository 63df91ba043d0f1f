//! Messages of both generations, read for what they say of a session's state.

use crate::agents::shared::lenient::{Text, When, part};
use crate::core::process::{End, PendingTool};
use crate::core::status::Ask;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    User,
    Assistant,
}

/// A prompt or a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub role: Role,
    /// How the reply ended; `None` while it runs.
    pub end: Option<End>,
    /// Epoch milliseconds.
    pub completed: Option<i64>,
    pub retry_at: Option<i64>,
    pub provider_id: Option<String>,
    pub model_id: Option<String>,
    /// Whether it sums up the history.
    pub is_summary: bool,
    /// The call without a result that the message itself holds (version 2).
    pub pending_tool: Option<PendingTool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow)]
    finish: Option<Text<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    retry: Option<&'a RawValue>,
    time: Times,
    #[serde(borrow)]
    summary: Option<&'a RawValue>,
    #[serde(borrow, rename = "providerID")]
    provider: Option<Text<'a>>,
    #[serde(borrow, rename = "modelID")]
    model_id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Times {
    created: When,
    completed: When,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Model<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow, rename = "modelID")]
    model: Option<Text<'a>>,
    #[serde(borrow, rename = "providerID")]
    provider: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    at: When,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    /// Version 1.
    #[serde(borrow)]
    tool: Option<Text<'a>>,
    /// Version 2.
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    state: Option<&'a RawValue>,
    time: Times,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    time: Start,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Start {
    start: When,
}

/// Reads a message; `kind` is the column that version 2 keeps its role in. `None` for what is neither prompt nor reply.
pub(super) fn parse(data: &str, kind: Option<&str>) -> Option<Message> {
    let data: Data = serde_json::from_str(data).ok()?;
    let role = match kind.or(data.role.as_deref())? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    let model: Model = part(data.model).unwrap_or_default();
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.to_string());
    Some(Message {
        role,
        end: end_of(&data),
        completed: data.time.completed.0,
        retry_at: part::<Named>(data.retry).and_then(|retry| retry.at.0),
        provider_id: text(&data.provider).or(text(&model.provider)),
        model_id: text(&data.model_id).or(text(&model.model)).or(text(&model.id)),
        is_summary: data.summary.is_some_and(|summary| summary.get() == "true"),
        pending_tool: pending_in(&data),
    })
}

fn end_of(data: &Data) -> Option<End> {
    if let Some(error) = data.error.filter(|error| error.get() != "null") {
        let error: Named = part(Some(error)).unwrap_or_default();
        let name = error
            .name
            .or(error.kind)
            .map(|name| name.to_string())
            .unwrap_or_default();
        return Some(if name.to_ascii_lowercase().contains("abort") {
            End::Interrupted
        } else if name == "MessageOutputLengthError" {
            End::Length
        } else {
            End::Error
        });
    }
    match data.finish.as_deref() {
        Some("stop") => Some(End::Stop),
        Some("tool-calls") => Some(End::ToolCalls),
        Some("length") => Some(End::Length),
        Some("error") => Some(End::Error),
        Some(finish) if !finish.is_empty() => Some(End::Other),
        _ => data.time.completed.0.map(|_| End::Other),
    }
}

/// `content: [{"type":"tool","id":…,"name":"bash","state":{"status":"running"}}]` of version 2.
fn pending_in(data: &Data) -> Option<PendingTool> {
    let parts: Vec<&RawValue> = part(data.content)?;
    let since = data.time.created.0.unwrap_or_default();
    let mut pending = parts.into_iter().filter_map(|item| pending_tool(item.get(), since));
    let first = pending.next()?;
    let asking = pending.find(|tool| tool.asks.is_some());
    Some(asking.filter(|_| first.asks.is_none()).unwrap_or(first))
}

/// The tool call in a part, if it has no result; `written` is when the part was made.
///
/// `{"type":"tool","tool":"bash","callID":"…","state":{"status":"running","time":{"start":1795163766461}}}`
pub(super) fn pending_tool(part_text: &str, written: i64) -> Option<PendingTool> {
    let item: Part = serde_json::from_str(part_text).ok()?;
    if item.kind.as_deref() != Some("tool") {
        return None;
    }
    let state: State = part(item.state).unwrap_or_default();
    if !matches!(state.status.as_deref(), Some("pending" | "running" | "streaming")) {
        return None;
    }
    let name = item.tool.or(item.name).map(|name| name.to_string());
    let name = name.unwrap_or_else(|| "tool".to_owned());
    Some(PendingTool {
        since: state.time.start.0.or(item.time.created.0).unwrap_or(written),
        asks: asks(&name),
        name,
    })
}

/// Tools that ask the user a question.
pub(super) fn asks(tool: &str) -> Option<Ask> {
    matches!(tool, "question" | "plan_enter" | "plan_exit").then_some(Ask::Question)
}

/// `{"id":"claude-sonnet-4-6","providerID":"anthropic"}` → (provider, model)
pub(super) fn parse_model(text: &str) -> Option<(String, String)> {
    let model: Model = serde_json::from_str(text).ok()?;
    let id = model.id.or(model.model)?;
    Some((model.provider?.to_string(), id.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::status::Ask;

    fn end(data: &str) -> Option<End> {
        parse(data, Some("assistant")).expect("a message").end
    }

    #[test]
    fn finds_how_a_reply_ended() {
        for (data, how) in [
            (r#"{"time":{"created":1772442001000}}"#, None),
            (
                r#"{"finish":"stop","time":{"completed":1772442002000}}"#,
                Some(End::Stop),
            ),
            (r#"{"finish":"tool-calls"}"#, Some(End::ToolCalls)),
            (r#"{"finish":"length"}"#, Some(End::Length)),
            (r#"{"finish":"content-filter"}"#, Some(End::Other)),
            (r#"{"time":{"completed":1772442002000}}"#, Some(End::Other)),
            (
                r#"{"error":{"name":"MessageAbortedError"},"time":{"completed":1772442002000}}"#,
                Some(End::Interrupted),
            ),
            (r#"{"error":{"name":"APIError","data":{}}}"#, Some(End::Error)),
            (r#"{"error":{"type":"unknown"}}"#, Some(End::Error)),
            (r#"{"error":null,"finish":"stop"}"#, Some(End::Stop)),
        ] {
            assert_eq!(end(data), how, "{data}");
        }
    }

    #[test]
    fn reads_both_generations() {
        let first = r#"{"role":"assistant","modelID":"m","providerID":"p","mode":"compaction","summary":true,"time":{"created":1}}"#;
        let message = parse(first, None).expect("a message");
        assert_eq!(
            (message.provider_id.as_deref(), message.model_id.as_deref()),
            (Some("p"), Some("m"))
        );
        assert!(message.is_summary);
        let user = r#"{"role":"user","model":{"providerID":"p","modelID":"m"},"summary":{"diffs":[]}}"#;
        assert_eq!(
            parse(user, None).map(|message| (message.role, message.is_summary)),
            Some((Role::User, false))
        );
        let second = r#"{"model":{"id":"m","providerID":"p"},"retry":{"attempt":1,"at":1795163766461},"time":{"created":1795163766000},
            "content":[{"type":"text"},{"type":"tool","name":"bash","state":{"status":"running"}},{"type":"tool","name":"question","state":{"status":"running"}}]}"#;
        let message = parse(second, Some("assistant")).expect("a message");
        assert_eq!(message.retry_at, Some(1_795_163_766_461));
        assert_eq!(message.pending_tool.and_then(|tool| tool.asks), Some(Ask::Question));
        assert_eq!(parse("{}", Some("compaction")), None);
        assert_eq!(parse("{", Some("user")), None);
    }

    #[test]
    fn only_calls_without_a_result_are_pending() {
        let part = |status: &str| {
            format!(
                r#"{{"type":"tool","tool":"bash","state":{{"status":"{status}","time":{{"start":1795163766461}}}}}}"#
            )
        };
        let since = |status| pending_tool(&part(status), 7).map(|tool| tool.since);
        assert_eq!(since("running"), Some(1_795_163_766_461));
        assert_eq!(since("completed"), None);
        assert_eq!(
            pending_tool(r#"{"type":"tool","tool":"x","state":{"status":"pending"}}"#, 7).map(|tool| tool.since),
            Some(7)
        );
        assert_eq!(pending_tool(r#"{"type":"text","text":"x"}"#, 7), None);
    }
}
