//! Codex's live sessions: the rollout a process holds open, and its newest records.

use crate::agents::Agent;
use crate::agents::shared::lenient::{Text, When, part};
use crate::agents::shared::live::content::{blocks, text_of};
use crate::agents::shared::live::messages::asks;
use crate::agents::shared::live::story::Story;
use crate::agents::shared::live::transcripts::{Origin, Transcripts};
use crate::core::process::{End, Message};
use crate::core::status::Ask;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// Codex while it runs.
pub(super) struct LiveCodex;

impl Transcripts for LiveCodex {
    fn agent(&self) -> &dyn Agent {
        &super::Codex
    }

    fn is_transcript(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("rollout-") && name.ends_with(".jsonl")
    }

    /// The first record is the session's own description; threads of subagents belong to another.
    fn origin(&self, _: &Path, first: &str, _: &[PathBuf]) -> Option<Origin> {
        let record: Record = serde_json::from_str(first.lines().next()?).ok()?;
        let meta: Payload = part(record.payload)?;
        let is_subagent = meta.source.is_some_and(|source| source.get().contains("\"subagent\""));
        (!is_subagent).then(|| Origin {
            is_run: meta.source.is_some_and(|source| source.get() == "\"exec\""),
            id: meta.id.map(|id| id.0.into_owned()).unwrap_or_default(),
            folder: meta.cwd.map(|cwd| PathBuf::from(cwd.0.into_owned())),
            created_at: record.timestamp.0,
        })
    }

    fn tell(&self, record: &str, _: i64, story: &mut Story) {
        if let Ok(record) = serde_json::from_str::<Record>(record) {
            tell(&record, story);
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Record<'a> {
    timestamp: When,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    cwd: Option<Text<'a>>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    model_provider: Option<Text<'a>>,
    #[serde(borrow)]
    cli_version: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    call_id: Option<Text<'a>>,
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    approval_policy: Option<&'a RawValue>,
    #[serde(borrow)]
    approvals_reviewer: Option<Text<'a>>,
    #[serde(borrow)]
    thread_settings: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// `{"cmd":"touch /x","sandbox_permissions":"require_escalated"}`, `{"command":[…],"with_escalated_permissions":true}`
#[derive(Default, Deserialize)]
#[serde(default)]
struct Arguments<'a> {
    #[serde(borrow)]
    sandbox_permissions: Option<&'a RawValue>,
    with_escalated_permissions: Option<bool>,
}

fn tell(record: &Record, story: &mut Story) {
    let payload: Payload = part(record.payload).unwrap_or_default();
    let owned = |text: &Option<Text>| text.as_ref().map(|text| text.to_string());
    let about = &mut story.about;
    about.version = owned(&payload.cli_version).or(about.version.take());
    about.provider_id = owned(&payload.model_provider).or(about.provider_id.take());
    about.model_id = owned(&payload.model).or(about.model_id.take());
    settings(&payload, story);
    let Some(at) = record.timestamp.0 else { return };
    let call = payload.call_id.as_deref().unwrap_or_default();
    match (
        record.kind.as_deref().unwrap_or_default(),
        payload.kind.as_deref().unwrap_or_default(),
    ) {
        ("event_msg", "task_started") => {
            story.prompted(at);
            story.replying(at);
        }
        ("event_msg", "user_message") => story.prompted(at),
        // Before there were lifecycle events this was the nearest thing to an end; it may go on with a tool.
        ("event_msg", "agent_message") if story.end().is_none() && !story.has_calls() => {
            story.ended(at, End::ToolCalls)
        }
        ("event_msg", "task_complete" | "turn_complete") => {
            let has_failed = payload.error.is_some_and(|error| error.get() != "null");
            if has_failed {
                story.ended(at, End::Error);
            } else if story.end() != Some(End::Error) {
                story.ended(at, End::Stop);
            }
        }
        ("event_msg", "turn_aborted") => story.ended(at, End::Interrupted),
        ("event_msg", "error") => story.ended(at, End::Error),
        ("event_msg", "stream_error") => {
            story.replying(at);
            story.retry_at = Some(at);
        }
        ("response_item", "function_call" | "custom_tool_call" | "local_shell_call") => {
            let name = payload.name.as_deref().unwrap_or("shell");
            let escalates = || is_escalated(&payload) && story.asks_user == Some(true);
            let asks = asks(name).or_else(|| escalates().then_some(Ask::Permission));
            story.called(call, name, at, asks);
        }
        ("response_item", "function_call_output" | "custom_tool_call_output") => story.returned(call, at),
        ("response_item", "reasoning") => story.replying(at),
        ("response_item", "message") => tell_message(&payload, at, story),
        (_, _) => story.wrote(at),
    }
}

fn tell_message(payload: &Payload, at: i64, story: &mut Story) {
    let role = payload.role.as_deref().unwrap_or_default();
    let text = text_of(&blocks(payload.content));
    story.wrote(at);
    // Codex records its environment context as a user message.
    let is_spoken = role == "assistant" || role == "user" && !text.trim_start().starts_with('<');
    if is_spoken {
        story.said(Message {
            role: role.to_owned(),
            at: Some(at),
            provider_id: story.about.provider_id.clone().filter(|_| role == "assistant"),
            model_id: story.about.model_id.clone().filter(|_| role == "assistant"),
            tokens: None,
            text,
        });
    }
}

/// Who answers when a command wants to leave the sandbox: `approval_policy` `never` refuses at once, and a reviewer other than
/// `user` is no human.
fn settings(payload: &Payload, story: &mut Story) {
    let inner: Payload = part(payload.thread_settings).unwrap_or_default();
    for settings in [payload, &inner] {
        let Some(policy) = part::<Text>(settings.approval_policy) else {
            continue;
        };
        let is_user = settings
            .approvals_reviewer
            .as_deref()
            .is_none_or(|reviewer| reviewer == "user");
        story.asks_user = Some(is_user && matches!(&*policy, "on-request" | "untrusted" | "on-failure"));
    }
}

fn is_escalated(payload: &Payload) -> bool {
    let arguments = payload.arguments.as_deref().unwrap_or_default();
    let arguments: Arguments = serde_json::from_str(arguments).unwrap_or_default();
    let wanted = part::<Text>(arguments.sandbox_permissions);
    wanted.as_deref() == Some("require_escalated") || arguments.with_escalated_permissions == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::process::{Facts, Last};

    fn event(second: u32, kind: &str, payload: &str) -> String {
        format!(r#"{{"timestamp":"2026-03-02T09:00:{second:02}Z","type":"{kind}","payload":{{{payload}}}}}"#)
    }

    fn facts(records: &[String]) -> Facts {
        let mut story = Story::default();
        for record in records {
            LiveCodex.tell(record, 0, &mut story);
        }
        story.into_facts()
    }

    fn started() -> String {
        event(1, "event_msg", r#""type":"task_started","turn_id":"a""#)
    }

    fn call(name: &str) -> String {
        event(
            2,
            "response_item",
            &format!(r#""type":"custom_tool_call","name":"{name}","call_id":"c""#),
        )
    }

    fn how(records: &[String]) -> Option<End> {
        match facts(records).last {
            Some(Last::Ended { how, .. }) => Some(how),
            _ => None,
        }
    }

    #[test]
    fn a_turn_is_open_until_its_own_end() {
        assert!(matches!(facts(&[started()]).last, Some(Last::Open { .. })));
        let pending = facts(&[started(), call("exec_command")]);
        assert_eq!(
            pending.pending_tool.map(|tool| tool.name).as_deref(),
            Some("exec_command")
        );
        let returned = event(3, "response_item", r#""type":"custom_tool_call_output","call_id":"c""#);
        assert!(matches!(
            facts(&[started(), call("x"), returned]).last,
            Some(Last::Asked { .. })
        ));
        let done = event(4, "event_msg", r#""type":"task_complete","turn_id":"a""#);
        assert_eq!(how(&[started(), done.clone()]), Some(End::Stop));
        let failed = event(3, "event_msg", r#""type":"error","message":"x""#);
        assert_eq!(how(&[started(), failed, done]), Some(End::Error));
        let aborted = event(3, "event_msg", r#""type":"turn_aborted","reason":"interrupted""#);
        assert_eq!(how(&[started(), call("x"), aborted]), Some(End::Interrupted));
    }

    #[test]
    fn questions_wait_for_their_human() {
        let asks = |name| facts(&[started(), call(name)]).pending_tool.and_then(|tool| tool.asks);
        assert_eq!(asks("request_user_input"), Some(Ask::Question));
        assert_eq!(asks("request_permissions"), Some(Ask::Permission));
        assert_eq!(asks("exec_command"), None);
    }

    #[test]
    fn a_command_that_leaves_the_sandbox_waits_for_its_human_if_one_is_asked() {
        let context = |policy: &str, reviewer: &str| {
            event(
                1,
                "turn_context",
                &format!(r#""approval_policy":"{policy}","approvals_reviewer":"{reviewer}""#),
            )
        };
        let call = |arguments: &str| {
            let arguments = serde_json::Value::from(arguments);
            event(
                2,
                "response_item",
                &format!(r#""type":"function_call","name":"exec_command","call_id":"c","arguments":{arguments}"#),
            )
        };
        let asks = |context: String, arguments: &str| {
            facts(&[context, started(), call(arguments)])
                .pending_tool
                .and_then(|tool| tool.asks)
        };
        let escalated = r#"{"cmd":"touch /x","sandbox_permissions":"require_escalated"}"#;
        assert_eq!(asks(context("on-request", "user"), escalated), Some(Ask::Permission));
        assert_eq!(
            asks(context("on-request", "user"), r#"{"cmd":"echo require_escalated"}"#),
            None
        );
        assert_eq!(asks(context("never", "user"), escalated), None);
        assert_eq!(asks(context("on-request", "auto_review"), escalated), None);
        let settings = event(
            1,
            "event_msg",
            r#""type":"thread_settings_applied","thread_settings":{"approval_policy":"on-request"}"#,
        );
        assert_eq!(asks(settings, escalated), Some(Ask::Permission));
    }

    #[test]
    fn a_turn_that_failed_is_an_error() {
        let done = |error: &str| {
            event(
                4,
                "event_msg",
                &format!(r#""type":"task_complete","turn_id":"a","error":{error}"#),
            )
        };
        assert_eq!(
            how(&[started(), done(r#"{"message":"400","codex_error_info":"bad_request"}"#)]),
            Some(End::Error)
        );
        assert_eq!(how(&[started(), done("null")]), Some(End::Stop));
    }

    #[test]
    fn the_first_record_names_session_and_folder_but_not_of_subagents() {
        let meta = event(
            1,
            "session_meta",
            r#""id":"s1","cwd":"/w/api","source":"cli","cli_version":"0.169.0""#,
        );
        let origin = |first: &str| LiveCodex.origin(Path::new("x"), first, &[]);
        let found = origin(&meta).expect("an origin");
        assert_eq!((found.id.as_str(), found.folder), ("s1", Some(PathBuf::from("/w/api"))));
        assert_eq!(facts(&[meta]).about.version.as_deref(), Some("0.169.0"));
        assert_eq!(
            origin(&event(1, "session_meta", r#""id":"s2","source":{"subagent":{}}"#)),
            None
        );
    }
}
