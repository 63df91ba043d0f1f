//! Gemini CLI's live sessions: the newest records of a session.

use super::project;
use crate::agents::Agent;
use crate::agents::shared::lenient::{Text, When, part};
use crate::agents::shared::live::content::{blocks, text_of};
use crate::agents::shared::live::story::Story;
use crate::agents::shared::live::transcripts::{Origin, Transcripts};
use crate::core::process::{End, Message};
use crate::core::status::Ask;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// Gemini CLI while it runs.
pub(super) struct LiveGeminiCli;

impl Transcripts for LiveGeminiCli {
    fn agent(&self) -> &dyn Agent {
        &super::GeminiCli
    }

    fn is_transcript(&self, path: &Path) -> bool {
        project::parent_session(path).is_none()
    }

    fn origin(&self, path: &Path, first: &str, _: &[PathBuf]) -> Option<Origin> {
        let line = first
            .lines()
            .next()
            .filter(|_| path.extension().is_some_and(|ending| ending == "jsonl"));
        let head: Head = serde_json::from_str(line.unwrap_or(first)).ok()?;
        Some(Origin {
            folder: project::of(path, head.project_hash.as_deref()).map(PathBuf::from),
            id: head.session_id?.0.into_owned(),
            created_at: head.start_time.0,
            is_run: false,
        })
    }

    fn tell(&self, record: &str, _: i64, story: &mut Story) {
        if let Ok(record) = serde_json::from_str::<Record>(record) {
            tell(&record, story);
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    project_hash: Option<Text<'a>>,
    #[serde(default)]
    start_time: When,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Record<'a> {
    timestamp: When,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Call<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

fn tell(record: &Record, story: &mut Story) {
    let Some(at) = record.timestamp.0 else { return };
    let text = text_of(&blocks(record.content));
    match record.kind.as_deref() {
        // Results of tools and descriptions of the surroundings are written as messages of the user.
        Some("user") if text.is_empty() => story.asked(at),
        Some("user") if text.starts_with("<session_context>") => {}
        Some("user") => {
            story.prompted(at);
            say("user", at, text, record, story);
        }
        Some("gemini") => {
            tell_reply(record, at, story);
            say("assistant", at, text, record, story);
        }
        Some("error") => story.ended(at, End::Error),
        Some("info") if text.to_ascii_lowercase().contains("cancelled") => story.ended(at, End::Interrupted),
        _ => {}
    }
}

fn tell_reply(record: &Record, at: i64, story: &mut Story) {
    if let Some(model) = &record.model {
        story.about.model_id = Some(model.to_string());
        story.about.provider_id = Some("google".to_owned());
    }
    let calls: Vec<Call> = part(record.tool_calls).unwrap_or_default();
    if calls.is_empty() {
        return story.ended(at, End::Stop);
    }
    story.replying(at);
    for call in &calls {
        let (id, name) = (
            call.id.as_deref().unwrap_or_default(),
            call.name.as_deref().unwrap_or("tool"),
        );
        match call.status.as_deref() {
            Some("success" | "error" | "cancelled") => story.returned(id, at),
            Some("awaiting_approval") => story.called(id, name, at, Some(Ask::Permission)),
            _ => story.called(id, name, at, None),
        }
    }
    if calls.iter().all(|call| call.status.as_deref() == Some("cancelled")) {
        story.ended(at, End::Interrupted);
    }
}

fn say(role: &str, at: i64, text: String, record: &Record, story: &mut Story) {
    story.said(Message {
        role: role.to_owned(),
        at: Some(at),
        provider_id: record.model.as_ref().map(|_| "google".to_owned()),
        model_id: record.model.as_ref().map(|model| model.to_string()),
        tokens: None,
        text,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::process::{Facts, Last};

    fn facts(records: &[&str]) -> Facts {
        let mut story = Story::default();
        for record in records {
            LiveGeminiCli.tell(record, 0, &mut story);
        }
        story.into_facts()
    }

    const PROMPT: &str = r#"{"id":"a","timestamp":"2026-03-02T09:00:01Z","type":"user","content":[{"text":"go"}]}"#;
    const RESULT: &str =
        r#"{"id":"c","timestamp":"2026-03-02T09:00:03Z","type":"user","content":[{"functionResponse":{"id":"t"}}]}"#;
    const DONE: &str = r#"{"id":"d","timestamp":"2026-03-02T09:00:04Z","type":"gemini","content":"done","tokens":null,"model":"gemini-2.5-pro"}"#;

    fn call(status: &str) -> String {
        format!(
            r#"{{"id":"b","timestamp":"2026-03-02T09:00:02Z","type":"gemini","content":"","toolCalls":[{{"id":"t","name":"shell","status":"{status}"}}]}}"#
        )
    }

    #[test]
    fn follows_a_turn_record_by_record() {
        assert!(matches!(facts(&[PROMPT]).last, Some(Last::Asked { .. })));
        assert!(matches!(
            facts(&[PROMPT, &call("success"), RESULT]).last,
            Some(Last::Asked { .. })
        ));
        let done = facts(&[
            PROMPT,
            &call("success"),
            RESULT,
            r#"{"$set":{"lastUpdated":"x"}}"#,
            DONE,
        ]);
        assert!(matches!(done.last, Some(Last::Ended { how: End::Stop, .. })));
        assert_eq!(done.about.model_id.as_deref(), Some("gemini-2.5-pro"));
    }

    #[test]
    fn a_call_may_run_wait_for_approval_or_be_cancelled() {
        let tool = |status| facts(&[PROMPT, &call(status)]).pending_tool;
        assert_eq!(tool("executing").map(|tool| tool.asks), Some(None));
        assert_eq!(
            tool("awaiting_approval").and_then(|tool| tool.asks),
            Some(Ask::Permission)
        );
        assert_eq!(tool("success"), None);
        let cancelled = facts(&[PROMPT, &call("cancelled")]).last;
        assert!(matches!(
            cancelled,
            Some(Last::Ended {
                how: End::Interrupted,
                ..
            })
        ));
    }
}
