//! Records as most agents write them: messages with a role, whose content is text, calls of tools and their results.

use super::events::event;
use super::story::Story;
use crate::core::process::{End, Message};
use crate::core::status::Ask;
use serde_json::Value;

/// Seconds below this number, milliseconds above it.
const LARGEST_SECONDS: f64 = 1e11;

/// Tools that ask the user a question, however an agent spells them.
const QUESTIONS: [&str; 5] = [
    "askuserquestion",
    "askuser",
    "askfollowupquestion",
    "question",
    "requestuserinput",
];
/// Tools that ask the user for a permission.
const PERMISSIONS: [&str; 3] = ["exitplanmode", "planexit", "requestpermissions"];

/// What a tool asks the user for.
pub fn asks(tool: &str) -> Option<Ask> {
    let plain: String = tool
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match plain.as_str() {
        name if QUESTIONS.contains(&name) => Some(Ask::Question),
        name if PERMISSIONS.contains(&name) => Some(Ask::Permission),
        _ => None,
    }
}

/// Applies a record to the timeline. `modified` is the last write of the file, for records without a time.
pub fn tell(record: &str, modified: i64, story: &mut Story) {
    let Ok(record) = serde_json::from_str::<Value>(record) else {
        return;
    };
    let inner = record
        .get("message")
        .filter(|inner| inner.is_object())
        .unwrap_or(&record);
    let at = [&record, inner].into_iter().find_map(time_of).unwrap_or(modified);
    about(&record, inner, story);
    let kind = text(&record, "type");
    let role = match text(inner, "role").or(kind).unwrap_or_default() {
        "user" | "human" => Role::User,
        "assistant" | "model" | "gemini" => Role::Assistant,
        "tool" | "toolResult" | "tool_result" | "function" => Role::Result,
        _ => return event(&record, at, story),
    };
    let blocks = Blocks::of(inner);
    match role {
        Role::User if is_meta(&record) || blocks.is_context() => story.wrote(at),
        Role::User if blocks.returned.is_empty() => {
            story.prompted(at);
            say("user", at, blocks.text, story);
        }
        Role::User | Role::Result => {
            let own = ["toolCallId", "tool_call_id", "tool_use_id"]
                .into_iter()
                .find_map(|key| text(inner, key));
            for id in blocks.returned.iter().map(String::as_str).chain(own) {
                story.returned(id, at);
            }
        }
        Role::Assistant => reply(inner, at, blocks, story),
    }
}

enum Role {
    User,
    Assistant,
    Result,
}

fn reply(message: &Value, at: i64, mut blocks: Blocks, story: &mut Story) {
    // OpenAI's spelling: `"tool_calls":[{"id":"c","function":{"name":"terminal"}}]`.
    for call in list(message, "tool_calls").chain(list(message, "toolCalls")) {
        let name = call.get("function").and_then(|function| text(function, "name"));
        let id = text(call, "id").unwrap_or_default().to_owned();
        blocks
            .called
            .push((id, name.or(text(call, "name")).unwrap_or("tool").to_owned(), None));
    }
    story.replying(at);
    for (id, name, ask) in &blocks.called {
        story.called(id, name, at, ask.or_else(|| asks(name)));
    }
    for id in &blocks.returned {
        story.returned(id, at);
    }
    let reason = ["stopReason", "stop_reason", "finish_reason", "finishReason"];
    let state = message.get("state").unwrap_or(message);
    let reason = reason
        .into_iter()
        .find_map(|key| text(message, key).or(text(state, key)));
    let reason = reason.or(blocks.finish.as_deref()).unwrap_or_default();
    let end = match end_of(reason) {
        None if blocks.is_open || story.has_calls() => None,
        None => Some(End::Stop),
        Some(End::ToolCalls) => None,
        end => end,
    };
    if let Some(end) = end {
        story.ended(at, end);
    }
    let (provider_id, model_id) = (story.about.provider_id.clone(), story.about.model_id.clone());
    story.said(Message {
        role: "assistant".to_owned(),
        at: Some(at),
        provider_id,
        model_id,
        tokens: None,
        text: blocks.text,
    });
}

/// How a reply ended, in any provider's or agent's word.
pub(super) fn end_of(reason: &str) -> Option<End> {
    Some(match reason {
        "stop" | "end_turn" | "stop_sequence" | "completed" | "STOP" => End::Stop,
        "length" | "max_tokens" | "MAX_TOKENS" => End::Length,
        "error" | "failed" => End::Error,
        "aborted" | "canceled" | "cancelled" | "interrupted" | "permission_denied" => End::Interrupted,
        "tool_use" | "toolUse" | "tool_calls" | "tool-calls" => End::ToolCalls,
        _ => return None,
    })
}

/// The content of a message.
#[derive(Default)]
struct Blocks {
    text: String,
    /// Id, name, and what it asks for.
    called: Vec<(String, String, Option<Ask>)>,
    returned: Vec<String>,
    finish: Option<String>,
    /// The agent marks the end of its replies, and this one has no mark.
    is_open: bool,
}

impl Blocks {
    fn of(message: &Value) -> Self {
        let mut blocks = Self::default();
        let content = ["content", "parts"].into_iter().find_map(|key| message.get(key));
        match content {
            Some(Value::String(text)) => blocks.text.clone_from(text),
            Some(Value::Array(items)) => items.iter().for_each(|item| blocks.add(item)),
            _ => {}
        }
        blocks.is_open &= blocks.finish.is_none();
        blocks
    }

    fn add(&mut self, block: &Value) {
        // Crush: `{"type":"tool_call","data":{"id":"c","name":"bash"}}`, at the end `{"type":"finish","data":{"reason":"end_turn"}}`
        let data = block.get("data").filter(|data| data.is_object());
        self.is_open |= data.is_some();
        let body = data.unwrap_or(block);
        let id = |from: &Value| {
            let keys = ["id", "toolCallId", "tool_call_id", "tool_use_id", "toolUseID", "callId"];
            keys.into_iter()
                .find_map(|key| text(from, key))
                .unwrap_or_default()
                .to_owned()
        };
        let result = |from: &Value| {
            let keys = ["tool_use_id", "tool_call_id", "toolCallId", "toolUseID", "id"];
            keys.into_iter()
                .find_map(|key| text(from, key))
                .unwrap_or_default()
                .to_owned()
        };
        if let Some(call) = block.get("functionCall") {
            let name = text(call, "name").unwrap_or("tool").to_owned();
            return self.called.push((id(call), name, None));
        }
        if let Some(response) = block.get("functionResponse") {
            return self.returned.push(result(response));
        }
        match text(block, "type").unwrap_or("text") {
            "tool_use" | "toolCall" | "tool_call" | "tool-call" => {
                let name = text(body, "name").unwrap_or("tool").to_owned();
                self.called.push((id(body), name, None));
            }
            // Goose: `{"type":"toolRequest","id":"c","toolCall":{"value":{"name":"shell"}}}`
            "toolRequest" => {
                let name = block.pointer("/toolCall/value/name").and_then(Value::as_str);
                self.called.push((id(block), name.unwrap_or("tool").to_owned(), None));
            }
            "toolConfirmationRequest" => {
                let name = text(block, "toolName").unwrap_or("tool").to_owned();
                self.called.push((id(block), name, Some(Ask::Permission)));
            }
            "tool_result" | "toolResult" | "toolResponse" | "tool-result" => self.returned.push(result(body)),
            "finish" => self.finish = Some(text(body, "reason").unwrap_or("stop").to_owned()),
            "text" | "input_text" | "output_text" => {
                if let Some(text) = text(body, "text").filter(|text| !text.trim().is_empty()) {
                    if !self.text.is_empty() {
                        self.text.push('\n');
                    }
                    self.text.push_str(text);
                }
            }
            _ => {}
        }
    }

    /// Agents write their surroundings as if the user had said them.
    fn is_context(&self) -> bool {
        const CONTEXT: [&str; 4] = [
            "<system-reminder>",
            "<environment",
            "<session_context>",
            "<local-command-",
        ];
        self.returned.is_empty() && CONTEXT.iter().any(|tag| self.text.trim_start().starts_with(tag))
    }
}

fn about(record: &Value, inner: &Value, story: &mut Story) {
    let found = |keys: &[&str]| {
        let places = [inner, record].into_iter();
        places
            .flat_map(|place| keys.iter().filter_map(|key| text(place, key)))
            .next()
            .map(str::to_owned)
    };
    let about = &mut story.about;
    about.model_id = found(&["model", "modelId"]).or(about.model_id.take());
    about.provider_id = found(&["provider"]).or(about.provider_id.take());
    let is_number = |text: &String| text.contains('.');
    about.version = found(&["version"]).filter(is_number).or(about.version.take());
}

fn is_meta(record: &Value) -> bool {
    ["isMeta", "isSidechain", "isCompactSummary"]
        .into_iter()
        .any(|key| record.get(key).and_then(Value::as_bool) == Some(true))
}

pub(super) fn say(role: &str, at: i64, text: String, story: &mut Story) {
    story.said(Message {
        role: role.to_owned(),
        at: Some(at),
        text,
        ..Message::default()
    });
}

/// The time on a record: text, seconds or milliseconds.
fn time_of(record: &Value) -> Option<i64> {
    let value = ["timestamp", "time", "ts", "created_at", "createdAt"]
        .into_iter()
        .find_map(|key| record.get(key))?;
    match value {
        Value::String(text) => Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond()),
        _ => value.as_f64().map(|number| match number < LARGEST_SECONDS {
            true => (number * 1_000.0) as i64,
            false => number as i64,
        }),
    }
}

pub(super) fn text<'a>(record: &'a Value, key: &str) -> Option<&'a str> {
    record.get(key)?.as_str()
}

fn list<'a>(record: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    record.get(key).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::process::{Facts, Last};

    fn facts(records: &[&str]) -> Facts {
        let mut story = Story::default();
        for record in records {
            tell(record, 9_000, &mut story);
        }
        story.into_facts()
    }

    /// A prompt, a call of `bash`, its result and the end of the reply, in the words of each agent.
    const TURNS: &[(&str, [&str; 4])] = &[
        (
            "pi",
            [
                r#"{"type":"message","timestamp":"1970-01-01T00:00:01Z","message":{"role":"user","content":[{"type":"text","text":"go"}]}}"#,
                r#"{"type":"message","timestamp":"1970-01-01T00:00:02Z","message":{"role":"assistant","content":[{"type":"toolCall","id":"c","name":"bash"}],"stopReason":"toolUse"}}"#,
                r#"{"type":"message","timestamp":"1970-01-01T00:00:03Z","message":{"role":"toolResult","toolCallId":"c","content":[{"type":"text","text":"x"}]}}"#,
                r#"{"type":"message","timestamp":"1970-01-01T00:00:04Z","message":{"role":"assistant","content":[{"type":"text","text":"done"}],"stopReason":"stop"}}"#,
            ],
        ),
        (
            "qwen-code",
            [
                r#"{"type":"user","timestamp":"1970-01-01T00:00:01Z","message":{"role":"user","parts":[{"text":"go"}]}}"#,
                r#"{"type":"assistant","timestamp":"1970-01-01T00:00:02Z","message":{"role":"model","parts":[{"functionCall":{"id":"c","name":"bash"}}]}}"#,
                r#"{"type":"tool_result","timestamp":"1970-01-01T00:00:03Z","message":{"role":"user","parts":[{"functionResponse":{"id":"c","name":"bash"}}]}}"#,
                r#"{"type":"assistant","timestamp":"1970-01-01T00:00:04Z","message":{"role":"model","parts":[{"text":"done"}]}}"#,
            ],
        ),
        (
            "droid",
            [
                r#"{"type":"message","timestamp":"1970-01-01T00:00:01Z","message":{"role":"user","content":[{"type":"text","text":"go"}]}}"#,
                r#"{"type":"message","timestamp":"1970-01-01T00:00:02Z","message":{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"bash"}]}}"#,
                r#"{"type":"message","timestamp":"1970-01-01T00:00:03Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}}"#,
                r#"{"type":"agent_turn_outcome","timestamp":"1970-01-01T00:00:04Z","reason":"completed"}"#,
            ],
        ),
        (
            "crush",
            [
                r#"{"role":"user","timestamp":1,"parts":[{"type":"text","data":{"text":"go"}}]}"#,
                r#"{"role":"assistant","timestamp":2,"parts":[{"type":"tool_call","data":{"id":"c","name":"bash"}},{"type":"finish","data":{"reason":"tool_use"}}]}"#,
                r#"{"role":"tool","timestamp":3,"parts":[{"type":"tool_result","data":{"tool_call_id":"c"}}]}"#,
                r#"{"role":"assistant","timestamp":4,"parts":[{"type":"text","data":{"text":"done"}},{"type":"finish","data":{"reason":"end_turn"}}]}"#,
            ],
        ),
        (
            "goose",
            [
                r#"{"role":"user","timestamp":1,"content":[{"type":"text","text":"go"}]}"#,
                r#"{"role":"assistant","timestamp":2,"content":[{"type":"toolRequest","id":"c","toolCall":{"status":"success","value":{"name":"bash"}}}]}"#,
                r#"{"role":"user","timestamp":3,"content":[{"type":"toolResponse","id":"c"}]}"#,
                r#"{"role":"assistant","timestamp":4,"content":[{"type":"text","text":"done"}]}"#,
            ],
        ),
        (
            "hermes",
            [
                r#"{"role":"user","timestamp":1.0,"content":"go"}"#,
                r#"{"role":"assistant","timestamp":2.0,"content":"","stopReason":"tool_calls","tool_calls":[{"id":"c","function":{"name":"bash"}}]}"#,
                r#"{"role":"tool","timestamp":3.0,"tool_call_id":"c","content":"x"}"#,
                r#"{"role":"assistant","timestamp":4.0,"content":"done","stopReason":"stop"}"#,
            ],
        ),
        (
            "kimi-cli",
            [
                r#"{"timestamp":1.0,"message":{"type":"TurnBegin","payload":{"user_input":"go"}}}"#,
                r#"{"timestamp":2.0,"message":{"type":"ToolCall","payload":{"id":"c","function":{"name":"bash"}}}}"#,
                r#"{"timestamp":3.0,"message":{"type":"ToolResult","payload":{"tool_call_id":"c"}}}"#,
                r#"{"timestamp":4.0,"message":{"type":"TurnEnd","payload":{}}}"#,
            ],
        ),
        (
            "grok-cli",
            [
                r#"{"timestamp":1,"method":"session/update","params":{"update":{"sessionUpdate":"user_message_chunk"}}}"#,
                r#"{"timestamp":2,"method":"session/update","params":{"update":{"sessionUpdate":"tool_call","toolCallId":"c","title":"bash"}}}"#,
                r#"{"timestamp":3,"method":"session/update","params":{"update":{"sessionUpdate":"tool_call_update","toolCallId":"c","status":"completed"}}}"#,
                r#"{"timestamp":4,"method":"_x.ai/session/update","params":{"update":{"sessionUpdate":"turn_completed","stop_reason":"end_turn"}}}"#,
            ],
        ),
    ];

    #[test]
    fn a_turn_is_followed_in_the_words_of_every_agent() {
        for (agent, [prompt, call, result, end]) in TURNS {
            assert_eq!(facts(&[prompt]).last, Some(Last::Asked { at: 1_000 }), "{agent}");
            let calling = facts(&[prompt, call]);
            let tool = calling.pending_tool.map(|tool| (tool.name, tool.since, tool.asks));
            assert_eq!(tool, Some(("bash".into(), 2_000, None)), "{agent}");
            assert_eq!(
                facts(&[prompt, call, result]).last,
                Some(Last::Asked { at: 3_000 }),
                "{agent}"
            );
            let done = facts(&[prompt, call, result, end]).last;
            assert_eq!(
                done,
                Some(Last::Ended {
                    at: 4_000,
                    how: End::Stop
                }),
                "{agent}"
            );
        }
    }

    #[test]
    fn questions_and_permissions_wait_for_their_human() {
        let ask = |record: &str| facts(&[record]).pending_tool.and_then(|tool| tool.asks);
        for (record, asks) in [
            (
                r#"{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"AskUserQuestion"}]}"#,
                Ask::Question,
            ),
            (
                r#"{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"ask_user"}]}"#,
                Ask::Question,
            ),
            (
                r#"{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"ExitPlanMode"}]}"#,
                Ask::Permission,
            ),
            (
                r#"{"role":"assistant","content":[{"type":"toolConfirmationRequest","id":"c","toolName":"shell"}]}"#,
                Ask::Permission,
            ),
            (
                r#"{"timestamp":1.0,"message":{"type":"ApprovalRequest","payload":{"id":"a"}}}"#,
                Ask::Permission,
            ),
        ] {
            assert_eq!(ask(record), Some(asks), "{record}");
        }
    }

    #[test]
    fn a_reply_ends_as_its_agent_reports() {
        let how = |record: &str| match facts(&[record]).last {
            Some(Last::Ended { how, .. }) => Some(how),
            _ => None,
        };
        for (record, end) in [
            (
                r#"{"message":{"role":"assistant","content":[],"stopReason":"error"}}"#,
                Some(End::Error),
            ),
            (
                r#"{"message":{"role":"assistant","content":[],"stopReason":"aborted"}}"#,
                Some(End::Interrupted),
            ),
            (
                r#"{"message":{"role":"assistant","content":[],"stopReason":"length"}}"#,
                Some(End::Length),
            ),
            (
                r#"{"role":"assistant","parts":[{"type":"text","data":{"text":"half"}}]}"#,
                None,
            ),
            (
                r#"{"role":"assistant","parts":[{"type":"finish","data":{"reason":"canceled"}}]}"#,
                Some(End::Interrupted),
            ),
        ] {
            assert_eq!(how(record), end, "{record}");
        }
    }

    #[test]
    fn what_is_no_prompt_asks_for_nothing() {
        let done = r#"{"role":"assistant","timestamp":1,"content":"done"}"#;
        for record in [
            r#"{"role":"user","timestamp":2,"content":"<system-reminder>x</system-reminder>"}"#,
            r#"{"type":"user","isMeta":true,"timestamp":2,"message":{"role":"user","content":"x"}}"#,
            r#"{"type":"session","timestamp":2}"#,
            r#"{"type":"compaction","timestamp":2}"#,
            "{",
            "7",
            "null",
        ] {
            assert!(
                matches!(facts(&[done, record]).last, Some(Last::Ended { how: End::Stop, .. })),
                "{record}"
            );
        }
    }
}
