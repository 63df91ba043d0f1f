//! The events of a session as they are written.

use crate::agents::shared::lenient::{Count, Text, When};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    #[serde(borrow, default, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(default)]
    pub timestamp: When,
    /// Of a subagent.
    #[serde(borrow, default)]
    pub agent_id: Option<&'a RawValue>,
}

/// `{"sessionId":"…","startTime":"…","context":{"cwd":"…","gitRoot":"…","model":"…"}}`; resuming records only the context.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start<'a> {
    #[serde(borrow, default)]
    pub session_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub copilot_version: Option<&'a RawValue>,
    #[serde(default)]
    pub start_time: When,
    #[serde(borrow, default)]
    pub context: Option<Context<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Context<'a> {
    #[serde(borrow, default)]
    pub cwd: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub git_root: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub branch: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModelChange<'a> {
    #[serde(borrow, default)]
    pub new_model: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct UserMessage<'a> {
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply<'a> {
    #[serde(borrow, default)]
    pub message_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
    #[serde(default)]
    pub output_tokens: Count,
}

/// `{"modelMetrics":{"gpt-5.4":{…}},"totalNanoAiu":0}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shutdown<'a> {
    #[serde(borrow, default)]
    pub model_metrics: Option<BTreeMap<Text<'a>, &'a RawValue>>,
    #[serde(borrow, default)]
    pub total_nano_aiu: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub accounting_snapshot: Option<&'a RawValue>,
}

/// One request: `{"usage":{"model":"gpt-5.4","inputTokens":3122,…}}`, since 1.0.102.
#[derive(Deserialize)]
pub(super) struct UsageRecord<'a> {
    #[serde(borrow)]
    pub usage: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub api_call_id: Option<&'a RawValue>,
    /// A tool's request has this alone.
    #[serde(borrow, default)]
    pub request_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub accounting: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub parent_tool_call_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub is_byok: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub model_provider: Option<&'a RawValue>,
    #[serde(default)]
    pub request_count: Option<Count>,
}

/// `{"sourceSessionId":"…","sequence":1,"usageId":"…"}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accounting<'a> {
    #[serde(borrow, default)]
    pub source_session_id: Option<Text<'a>>,
}

/// What a tool used of a model: `{"toolUsage":{"requestId":"…","model":"gpt-image-2","inputTokens":120,…}}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolExecution<'a> {
    #[serde(borrow, default)]
    pub tool_usage: Option<&'a RawValue>,
}

/// `{"compactionTokensUsed":{"model":"gpt-5.4","requestCount":1,"inputTokens":6300,…}}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Compaction<'a> {
    #[serde(borrow, default)]
    pub compaction_tokens_used: Option<&'a RawValue>,
}
