//! Record types and fields of a usage that this reader does not know.

use crate::agents::shared::lenient::{Text, part};
use crate::agents::shared::survey::Survey;
use serde::Deserialize;
use serde_json::value::RawValue;

const TYPES: &[&str] = &[
    "agent-color",
    "agent-name",
    "agent-setting",
    "ai-title",
    "api-request",
    "api-request-blob",
    "api-request-shape",
    "assistant",
    "atis-latch",
    "attachment",
    "attribution-snapshot",
    "content-replacement",
    "continued-in",
    "cost-state",
    "custom-title",
    "file-history-delta",
    "file-history-snapshot",
    "last-prompt",
    "mode",
    "permission-mode",
    "pr-link",
    "progress",
    "queue-operation",
    "summary",
    "system",
    "tag",
    "task-summary",
    "tools-used",
    "user",
    "worktree-state",
];

const USAGE: &[&str] = &[
    "cache_creation",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "fallback_credit",
    "inference_geo",
    "input_tokens",
    "iterations",
    "output_tokens",
    "output_tokens_details",
    "server_tool_use",
    "service_tier",
    "speed",
];

/// Fetching pages is free.
const SERVER_TOOLS: &[&str] = &["web_fetch_requests", "web_search_requests"];

const ITERATIONS: &[&str] = &["advisor_message", "compaction", "fallback_message", "message"];

#[derive(Deserialize)]
struct RecordJson<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct MessageJson<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct UsageJson<'a> {
    #[serde(borrow)]
    server_tool_use: Option<&'a RawValue>,
    #[serde(borrow)]
    iterations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct IterationJson<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
}

/// Notes what is not known of a line.
pub(super) fn look(line: &[u8], survey: &mut Survey) {
    // What cannot be read is a problem elsewhere.
    let Ok(record) = serde_json::from_slice::<RecordJson<'_>>(line) else {
        return;
    };
    let version = record.version.as_deref();
    let kind = record.kind.as_deref().unwrap_or_default();
    if !TYPES.contains(&kind) {
        survey.note("record type", kind, version);
    }
    let message = part::<MessageJson<'_>>(record.message.filter(|_| kind == "assistant"));
    let usage = message.and_then(|message| message.usage);
    survey.note_fields("usage field", usage, USAGE, version);
    if let Some(usage) = part::<UsageJson<'_>>(usage) {
        survey.note_fields("server tool", usage.server_tool_use, SERVER_TOOLS, version);
        for iteration in part::<Vec<IterationJson<'_>>>(usage.iterations).unwrap_or_default() {
            let kind = iteration.kind.unwrap_or_default();
            if !ITERATIONS.contains(&&*kind) {
                survey.note("iteration type", &kind, version);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(line: &str) -> Vec<String> {
        let mut survey = Survey::default();
        look(line.as_bytes(), &mut survey);
        survey.into_counts().into_keys().collect()
    }

    #[test]
    fn what_is_new_in_a_record_is_named() {
        assert_eq!(
            noted(r#"{"type":"goal-update","version":"2.2.0","goal":"secret"}"#),
            ["record type goal-update (version 2.2.0)"]
        );
        let line = r#"{"type":"assistant","message":{"usage":{"input_tokens":1,"audio_tokens":7,
            "server_tool_use":{"web_search_requests":1,"code_execution_requests":2},"iterations":[{"type":"judge"}]}}}"#;
        assert_eq!(
            noted(line),
            [
                "iteration type judge",
                "server tool code_execution_requests",
                "usage field audio_tokens"
            ]
        );
        assert!(noted(r#"{"type":"user","message":{"usage":{"x":1}}}"#).is_empty());
        assert!(noted(r#"{"type":"assistant","message":{"usage":{"input_tokens":1,"iterations":[]}}}"#).is_empty());
    }
}
