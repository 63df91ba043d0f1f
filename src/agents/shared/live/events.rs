//! Records that are no messages: the events of a turn.

use super::messages::{asks, end_of, say, text};
use super::story::Story;
use crate::core::process::End;
use crate::core::status::Ask;
use serde_json::Value;

/// Applies a record that is no message to the timeline.
pub(super) fn event(record: &Value, at: i64, story: &mut Story) {
    let kind = text(record, "type").unwrap_or_default();
    let wire = record.pointer("/message/type").and_then(Value::as_str);
    let update = record.pointer("/params/update");
    let step = record.get("event").filter(|_| kind == "context.append_loop_event");
    if let Some(kind) = wire {
        return wire_event(kind, record.pointer("/message/payload").unwrap_or(record), at, story);
    }
    if let Some(step) = step {
        return step_event(step, at, story);
    }
    if let Some(update) = update {
        return update_event(update, at, story);
    }
    match kind {
        "turn.prompt" => story.prompted(at),
        "llm.request" => story.replying(at),
        "turn.end" | "agent_turn_outcome" => {
            let reason = text(record, "reason").unwrap_or_default();
            story.ended(at, end_of(reason).unwrap_or(End::Stop));
        }
        // What a file says of itself is nothing that happened.
        "session" | "session_start" | "session_info" | "metadata" | "config.update" | "" => {}
        _ => story.wrote(at),
    }
}

/// Kimi CLI: `{"timestamp":1772442000.5,"message":{"type":"TurnBegin","payload":{"user_input":"…"}}}`
fn wire_event(kind: &str, payload: &Value, at: i64, story: &mut Story) {
    let id = |key: &str| text(payload, key).unwrap_or_default();
    match kind {
        "TurnBegin" => {
            story.prompted(at);
            say("user", at, id("user_input").to_owned(), story);
        }
        "StepBegin" => story.replying(at),
        "ToolCall" => {
            let name = payload
                .pointer("/function/name")
                .and_then(Value::as_str)
                .unwrap_or("tool");
            story.called(id("id"), name, at, asks(name));
        }
        "ToolResult" => story.returned(id("tool_call_id"), at),
        "ApprovalRequest" => story.called(id("id"), "permission", at, Some(Ask::Permission)),
        "QuestionRequest" => story.called(id("id"), "question", at, Some(Ask::Question)),
        "ApprovalResponse" | "QuestionResponse" | "ApprovalRequestResolved" => story.returned(id("request_id"), at),
        "StepInterrupted" => story.ended(at, End::Interrupted),
        "TurnEnd" => story.ended(at, End::Stop),
        _ => story.wrote(at),
    }
}

/// Kimi Code: `{"type":"context.append_loop_event","event":{"type":"step.end",…},"time":…}`
fn step_event(step: &Value, at: i64, story: &mut Story) {
    let id = ["toolCallId", "id"]
        .into_iter()
        .find_map(|key| text(step, key))
        .unwrap_or_default();
    match text(step, "type").unwrap_or_default() {
        "tool.call" => {
            let name = text(step, "name").or(text(step, "toolName")).unwrap_or("tool");
            story.called(id, name, at, asks(name));
        }
        "tool.result" => story.returned(id, at),
        "step.end" if !story.has_calls() => {
            let reason = text(step, "finishReason").unwrap_or_default();
            match end_of(reason) {
                Some(End::ToolCalls) => story.replying(at),
                end => story.ended(at, end.unwrap_or(End::ToolCalls)),
            }
        }
        _ => story.replying(at),
    }
}

/// Grok: `{"method":"session/update","params":{"update":{"sessionUpdate":"tool_call","toolCallId":"c","title":"ls"}}}`
fn update_event(update: &Value, at: i64, story: &mut Story) {
    let id = text(update, "toolCallId").unwrap_or_default();
    match text(update, "sessionUpdate").unwrap_or_default() {
        "user_message_chunk" => story.prompted(at),
        "agent_message_chunk" | "agent_thought_chunk" => story.replying(at),
        "tool_call" => story.called(id, text(update, "title").unwrap_or("tool"), at, None),
        "tool_call_update" if matches!(text(update, "status"), Some("completed" | "failed")) => story.returned(id, at),
        "turn_completed" => {
            let reason = text(update, "stop_reason").unwrap_or_default();
            story.ended(at, end_of(reason).unwrap_or(End::Stop));
        }
        _ => story.wrote(at),
    }
}
