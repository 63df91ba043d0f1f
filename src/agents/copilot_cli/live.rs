//! Copilot CLI's live sessions: the lock of a session, and its newest events.

use super::workspace;
use crate::agents::Agent;
use crate::agents::shared::lenient::{Text, When, part};
use crate::agents::shared::live::story::Story;
use crate::agents::shared::live::transcripts::{Origin, Transcripts};
use crate::agents::shared::live::{Note, is_note_of};
use crate::agents::shared::source::Root;
use crate::core::process::{End, Message, Process};
use crate::core::status::Ask;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// Copilot CLI while it runs.
pub(super) struct LiveCopilotCli;

impl Transcripts for LiveCopilotCli {
    fn agent(&self) -> &dyn Agent {
        &super::CopilotCli
    }

    fn is_transcript(&self, path: &Path) -> bool {
        path.extension().is_some_and(|ending| ending == "jsonl")
    }

    fn origin(&self, path: &Path, first: &str, _: &[PathBuf]) -> Option<Origin> {
        let record: Record = serde_json::from_str(first.lines().next()?).ok()?;
        let data: Payload = part(record.data)?;
        let context: Context = part(data.context).unwrap_or_default();
        // The description beside the events is newer than their first.
        let described = workspace::folder(&path.with_file_name("workspace.yaml"));
        let recorded = context.cwd.map(|cwd| cwd.0.into_owned());
        Some(Origin {
            id: data.session_id?.0.into_owned(),
            folder: described.or(recorded).map(PathBuf::from),
            created_at: record.timestamp.0,
            is_run: false,
        })
    }

    fn tell(&self, record: &str, _: i64, story: &mut Story) {
        if let Ok(record) = serde_json::from_str::<Record>(record) {
            tell(&record, story);
        }
    }

    /// `session-state/<session>/inuse.<pid>.lock`; locks of killed processes stay.
    fn note(&self, process: &Process, roots: &[Root]) -> Option<Note> {
        let name = format!("inuse.{}.lock", process.pid);
        let folders = roots
            .iter()
            .flat_map(|root| std::fs::read_dir(&root.path).into_iter().flatten().flatten());
        let mut locked = folders
            .map(|folder| folder.path())
            .filter(|folder| is_note_of(&folder.join(&name), process));
        Some(Note {
            session_id: Some(locked.next()?.file_name()?.to_str()?.to_owned()),
            ..Note::default()
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Record<'a> {
    timestamp: When,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Payload<'a> {
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    copilot_version: Option<Text<'a>>,
    #[serde(borrow)]
    context: Option<&'a RawValue>,
    #[serde(borrow)]
    new_model: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    tool_call_id: Option<Text<'a>>,
    #[serde(borrow)]
    tool_name: Option<Text<'a>>,
    #[serde(borrow)]
    request_id: Option<Text<'a>>,
    #[serde(borrow)]
    tool_requests: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Context<'a> {
    #[serde(borrow)]
    cwd: Option<Text<'a>>,
}

fn tell(record: &Record, story: &mut Story) {
    let data: Payload = part(record.data).unwrap_or_default();
    let Some(at) = record.timestamp.0 else { return };
    let call = data.tool_call_id.as_deref().unwrap_or_default();
    let request = data.request_id.as_deref().unwrap_or_default();
    match record.kind.as_deref().unwrap_or_default() {
        "session.start" => story.about.version = data.copilot_version.map(|version| version.to_string()),
        "session.model_change" => {
            story.about.model_id = data.new_model.map(|model| model.to_string());
            story.about.provider_id = Some("github-copilot".to_owned());
        }
        "user.message" => {
            story.prompted(at);
            say("user", &data, at, story);
        }
        "assistant.turn_start" => story.replying(at),
        "assistant.message" => {
            // What it asks for is started by events of their own; without any the reply is whole.
            if data.tool_requests.is_empty() {
                story.ended(at, End::Stop);
            } else {
                story.replying(at);
            }
            say("assistant", &data, at, story);
        }
        "tool.execution_start" => {
            let name = data.tool_name.as_deref().unwrap_or("tool");
            story.called(call, name, at, (name == "ask_user").then_some(Ask::Question));
        }
        "tool.execution_complete" => story.returned(call, at),
        "permission.requested" => story.called(request, "permission", at, Some(Ask::Permission)),
        "user_input.requested" | "elicitation.requested" => story.called(request, "question", at, Some(Ask::Question)),
        "permission.completed" | "user_input.completed" | "elicitation.completed" => story.returned(request, at),
        "abort" => story.ended(at, End::Interrupted),
        "session.error" => story.ended(at, End::Error),
        "session.task_complete" | "session.shutdown" if story.end().is_none() => story.ended(at, End::Stop),
        _ => story.wrote(at),
    }
}

fn say(role: &str, data: &Payload, at: i64, story: &mut Story) {
    let is_reply = role == "assistant";
    story.said(Message {
        role: role.to_owned(),
        at: Some(at),
        provider_id: is_reply.then(|| "github-copilot".to_owned()),
        model_id: story.about.model_id.clone().filter(|_| is_reply),
        tokens: None,
        text: data.content.as_ref().map(|text| text.to_string()).unwrap_or_default(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::process::{Facts, Last};

    fn event(second: u32, kind: &str, data: &str) -> String {
        format!(
            r#"{{"type":"{kind}","data":{{{data}}},"id":"x","timestamp":"2026-03-02T09:00:{second:02}Z","parentId":null}}"#
        )
    }

    fn facts(records: &[String]) -> Facts {
        let mut story = Story::default();
        for record in records {
            LiveCopilotCli.tell(record, 0, &mut story);
        }
        story.into_facts()
    }

    #[test]
    fn follows_a_turn_event_by_event() {
        let prompt = event(1, "user.message", r#""content":"go""#);
        let begins = event(2, "assistant.turn_start", r#""turnId":"0""#);
        let asks = event(
            3,
            "assistant.message",
            r#""content":"","toolRequests":[{"toolCallId":"t"}]"#,
        );
        let runs = |name: &str| {
            event(
                4,
                "tool.execution_start",
                &format!(r#""toolCallId":"t","toolName":"{name}""#),
            )
        };
        let ran = event(5, "tool.execution_complete", r#""toolCallId":"t""#);
        let reply = event(6, "assistant.message", r#""content":"done","toolRequests":[]"#);
        assert!(matches!(
            facts(std::slice::from_ref(&prompt)).last,
            Some(Last::Asked { .. })
        ));
        assert!(matches!(
            facts(&[prompt.clone(), begins.clone()]).last,
            Some(Last::Open { .. })
        ));
        let running = facts(&[prompt.clone(), begins.clone(), asks.clone(), runs("bash")]);
        assert_eq!(running.pending_tool.map(|tool| tool.name).as_deref(), Some("bash"));
        let asked = facts(&[prompt.clone(), asks.clone(), runs("ask_user")]);
        assert_eq!(asked.pending_tool.and_then(|tool| tool.asks), Some(Ask::Question));
        let done = facts(&[prompt, begins, asks, runs("bash"), ran, reply]);
        assert!(matches!(done.last, Some(Last::Ended { how: End::Stop, .. })));
    }

    #[test]
    fn permission_is_waited_for_until_it_is_given() {
        let asked = event(1, "permission.requested", r#""requestId":"r""#);
        let given = event(2, "permission.completed", r#""requestId":"r""#);
        let asks = |records: &[String]| facts(records).pending_tool.and_then(|tool| tool.asks);
        assert_eq!(asks(std::slice::from_ref(&asked)), Some(Ask::Permission));
        assert_eq!(asks(&[asked, given]), None);
    }
}
