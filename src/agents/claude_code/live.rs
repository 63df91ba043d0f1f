//! Claude Code's live sessions: its process registry, and the newest records of a transcript.

use crate::agents::Agent;
use crate::agents::shared::lenient::{Text, When, part};
use crate::agents::shared::live::content::{blocks, text_of};
use crate::agents::shared::live::messages::asks;
use crate::agents::shared::live::program::is_uuid;
use crate::agents::shared::live::story::Story;
use crate::agents::shared::live::transcripts::{Origin, Transcripts};
use crate::agents::shared::live::{Note, is_note_of};
use crate::agents::shared::source::Root;
use crate::core::process::{End, Message, Process, Role};
use crate::core::status::{Ask, Reported, ReportedStatus, StatusSource};
use crate::system::open::{self, Most};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// Claude Code while it runs.
pub(super) struct LiveClaudeCode;

impl Transcripts for LiveClaudeCode {
    fn agent(&self) -> &dyn Agent {
        &super::ClaudeCode
    }

    fn is_transcript(&self, path: &Path) -> bool {
        path.file_stem().and_then(|stem| stem.to_str()).is_some_and(is_uuid)
    }

    /// `projects/<folder with every odd character as ->/<session>.jsonl`: that name is ambiguous, the `cwd` of records is not, but
    /// moves with the agent.
    fn origin(&self, path: &Path, first: &str, folders: &[PathBuf]) -> Option<Origin> {
        let encoded = path.parent()?.file_name()?.to_str()?;
        let is_it = |folder: &Path| folder.to_str().is_some_and(|folder| encode(folder) == encoded);
        let recorded = first.lines().find_map(|line| {
            let cwd = serde_json::from_str::<Record>(line).ok()?.cwd?;
            Some(PathBuf::from(cwd.0.into_owned())).filter(|cwd| is_it(cwd))
        });
        let created_at = first
            .lines()
            .find_map(|line| serde_json::from_str::<Record>(line).ok()?.timestamp.0);
        Some(Origin {
            id: path.file_stem()?.to_str()?.to_owned(),
            folder: recorded.or_else(|| folders.iter().find(|folder| is_it(folder)).cloned()),
            created_at,
            is_run: false,
        })
    }

    fn tell(&self, record: &str, _: i64, story: &mut Story) {
        if let Ok(record) = serde_json::from_str::<Record>(record) {
            tell(&record, story);
        }
    }

    /// `~/.claude/sessions/<pid>.json`, which it keeps up to date:
    /// `{"pid":409825,"sessionId":"c3fb…","procStart":"20095994","version":"2.1.139","status":"busy","statusUpdatedAt":1778681861222}`
    fn note(&self, process: &Process, roots: &[Root]) -> Option<Note> {
        let name = format!("{}.json", process.pid);
        let homes = roots.iter().filter(|root| root.path.ends_with("projects"));
        let mut places = homes.filter_map(|root| Some(root.path.parent()?.join("sessions").join(&name)));
        let path = places.find(|path| is_note_of(path, process))?;
        let bytes = open::read(&path, Most::NOTE).ok()?;
        let entry: Entry = serde_json::from_slice(&bytes).ok()?;
        // On Linux the kernel's start mark, on other systems a date.
        let mark = entry.proc_start.and_then(|mark| mark.parse::<u64>().ok());
        if entry.pid != process.pid || cfg!(target_os = "linux") && mark.is_some_and(|mark| mark != process.start_mark)
        {
            return None;
        }
        let is_job = entry.kind.as_deref() == Some("bg");
        let state = entry.job_id.as_deref().and_then(|job| job_state(&path, job));
        // A job that has to be answered rests: its file distinguishes it from one that is done.
        let word = match (entry.status.as_deref(), state.as_deref()) {
            (None | Some("idle"), Some("blocked")) => Some("blocked"),
            (status, state) => status.or(state),
        };
        let reported = match word.unwrap_or_default() {
            "busy" | "working" | "running" => Some(Reported::Busy),
            // A background shell keeps running while the agent waits for the user.
            "idle" | "shell" | "done" | "completed" => Some(Reported::Idle),
            "blocked" => Some(Reported::Waiting(Ask::Question)),
            // `/model`, `/config`: its human opened the dialog and sits before it.
            "waiting" if entry.waiting_for.as_deref().is_some_and(|what| what.contains("dialog")) => {
                Some(Reported::Idle)
            }
            "waiting" => {
                let question = entry.waiting_for.as_deref().is_some_and(|what| {
                    let what = what.to_ascii_lowercase();
                    what.contains("input") || what.contains("question") || what.contains("answer")
                });
                Some(Reported::Waiting(if question {
                    Ask::Question
                } else {
                    Ask::Permission
                }))
            }
            _ => None,
        };
        Some(Note {
            session_id: entry.session_id.map(|id| id.0.into_owned()),
            word: reported.map(|reported| ReportedStatus {
                says: reported,
                since: entry.status_updated_at.0,
                source: StatusSource::Transcript,
            }),
            version: entry.version.map(|version| version.0.into_owned()),
            role: is_job.then_some(Role::Service),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    pid: u32,
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    proc_start: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    waiting_for: Option<Text<'a>>,
    /// `bg` for a background job.
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    job_id: Option<Text<'a>>,
    #[serde(default)]
    status_updated_at: When,
}

/// The state of a background job: `~/.claude/jobs/<id>/state.json`, beside the registry of processes.
fn job_state(entry: &Path, job: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Job<'a> {
        #[serde(borrow)]
        state: Option<Text<'a>>,
    }
    // The id names a folder, not a path.
    let is_name = !job.is_empty()
        && job
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let home = entry.parent()?.parent()?;
    let path = is_name.then(|| home.join("jobs").join(job).join("state.json"))?;
    let bytes = open::read(&path, Most::NOTE).ok()?;
    let state = serde_json::from_slice::<Job>(&bytes).ok()?.state;
    state.map(|state| state.0.into_owned())
}

/// `/home/dev/acme-api` → `-home-dev-acme-api`
fn encode(folder: &str) -> String {
    folder
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    subtype: Option<Text<'a>>,
    timestamp: When,
    is_meta: Option<bool>,
    is_sidechain: Option<bool>,
    is_compact_summary: Option<bool>,
    is_api_error_message: Option<bool>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    cwd: Option<Text<'a>>,
    #[serde(borrow)]
    operation: Option<Text<'a>>,
    retry_in_ms: Option<f64>,
    #[serde(borrow)]
    custom_title: Option<Text<'a>>,
    #[serde(borrow)]
    ai_title: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said<'a> {
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

fn tell(record: &Record, story: &mut Story) {
    if let Some(title) = record.custom_title.as_ref().or(record.ai_title.as_ref()) {
        story.about.title = Some(title.to_string());
    }
    let Some(at) = record.timestamp.0 else { return };
    if record.is_sidechain == Some(true) {
        // A subagent at work.
        return story.wrote(at);
    }
    if let Some(version) = &record.version {
        story.about.version = Some(version.to_string());
    }
    match record.kind.as_deref() {
        Some("user") => tell_user(record, at, story),
        Some("assistant") => tell_reply(record, at, story),
        Some("system") => match record.subtype.as_deref() {
            Some("api_error") => {
                story.replying(at);
                story.retry_at = record.retry_in_ms.map(|wait| at.saturating_add(wait as i64));
            }
            Some("turn_duration") if !story.has_calls() && story.end().is_none() => story.ended(at, End::Stop),
            _ => {}
        },
        Some("queue-operation") => {
            story.queued_since = (record.operation.as_deref() == Some("enqueue")).then_some(at);
        }
        _ => {}
    }
}

fn tell_user(record: &Record, at: i64, story: &mut Story) {
    let message: Said = part(record.message).unwrap_or_default();
    let blocks = blocks(message.content);
    let results: Vec<&str> = blocks.iter().filter_map(|block| block.tool_use_id.as_deref()).collect();
    let text = text_of(&blocks);
    for id in &results {
        story.returned(id, at);
    }
    if text.starts_with("[Request interrupted by user") {
        return story.ended(at, End::Interrupted);
    }
    if !results.is_empty() || record.is_meta == Some(true) || record.is_compact_summary == Some(true) || text.is_empty()
    {
        return;
    }
    // `/model` and the like are answered by the program itself; so is `!ls`.
    if text.starts_with("<local-command-") {
        return story.ended(at, End::Stop);
    }
    if text.starts_with("<command-name>") || text.starts_with("<bash-") {
        return story.wrote(at);
    }
    if text.starts_with("<task-notification>") {
        return story.asked(at);
    }
    story.queued_since = None;
    story.prompted(at);
    story.said(Message {
        role: "user".to_owned(),
        at: Some(at),
        text,
        ..Message::default()
    });
}

fn tell_reply(record: &Record, at: i64, story: &mut Story) {
    let message: Said = part(record.message).unwrap_or_default();
    let blocks = blocks(message.content);
    let model = message.model.as_deref().filter(|model| *model != "<synthetic>");
    if let Some(model) = model {
        story.about.model_id = Some(model.to_owned());
        story.about.provider_id = Some("anthropic".to_owned());
    }
    story.replying(at);
    for call in &blocks {
        if let (Some(id), Some(name)) = (&call.id, &call.name) {
            story.called(id, name, at, asks(name));
        }
    }
    // A reply is written block by block, and each carries how the whole ended, if that was known by then.
    let end = match message.stop_reason.as_deref() {
        _ if record.is_api_error_message == Some(true) => Some(End::Error),
        Some("end_turn" | "stop_sequence") => Some(End::Stop),
        Some("max_tokens" | "model_context_window_exceeded") => Some(End::Length),
        Some("refusal") => Some(End::Other),
        _ => None,
    };
    if let Some(end) = end {
        story.ended(at, end);
    }
    story.said(Message {
        role: "assistant".to_owned(),
        at: Some(at),
        provider_id: model.map(|_| "anthropic".to_owned()),
        model_id: model.map(str::to_owned),
        tokens: None,
        text: text_of(&blocks),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::process::Last;

    const USER: &str = r#"{"type":"user","timestamp":"2026-03-02T09:00:01Z","message":{"role":"user","content":"go"}}"#;
    const CALL: &str = r#"{"type":"assistant","version":"2.1.63","timestamp":"2026-03-02T09:00:02Z","message":{"model":"claude-opus-4-6","stop_reason":"tool_use","content":[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]}}"#;
    const RESULT: &str = r#"{"type":"user","timestamp":"2026-03-02T09:00:03Z","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"x"}]}}"#;
    const DONE: &str = r#"{"type":"assistant","timestamp":"2026-03-02T09:00:04Z","message":{"model":"claude-opus-4-6","stop_reason":"end_turn","content":[{"type":"text","text":"all done"}]}}"#;
    const START: i64 = 1_772_442_000_000;

    fn facts(records: &[&str]) -> crate::core::process::Facts {
        let mut story = Story::default();
        for record in records {
            LiveClaudeCode.tell(record, 0, &mut story);
        }
        story.into_facts()
    }

    #[test]
    fn follows_a_turn_record_by_record() {
        assert_eq!(facts(&[USER]).last, Some(Last::Asked { at: START + 1_000 }));
        let calling = facts(&[USER, CALL]);
        assert_eq!(calling.pending_tool.map(|tool| tool.name).as_deref(), Some("Bash"));
        assert_eq!(calling.about.version.as_deref(), Some("2.1.63"));
        assert_eq!(
            facts(&[USER, CALL, RESULT]).last,
            Some(Last::Asked { at: START + 3_000 })
        );
        let at = START + 4_000;
        let done = facts(&[USER, CALL, RESULT, DONE]);
        assert_eq!(done.last, Some(Last::Ended { at, how: End::Stop }));
        assert_eq!(done.about.model_id.as_deref(), Some("claude-opus-4-6"));
        assert_eq!(done.prompted_at, Some(START + 1_000));
    }

    #[test]
    fn questions_errors_and_interruptions_differ() {
        let question = CALL.replace("Bash", "AskUserQuestion");
        assert_eq!(
            facts(&[USER, &question]).pending_tool.and_then(|tool| tool.asks),
            Some(Ask::Question)
        );
        let stop = USER.replace("\"go\"", r#"[{"type":"text","text":"[Request interrupted by user]"}]"#);
        let how = |records: &[&str]| match facts(records).last {
            Some(Last::Ended { how, .. }) => Some(how),
            _ => None,
        };
        assert_eq!(how(&[USER, CALL, &stop]), Some(End::Interrupted));
        let failed = DONE.replace(
            "\"type\":\"assistant\"",
            "\"type\":\"assistant\",\"isApiErrorMessage\":true",
        );
        assert_eq!(how(&[USER, &failed]), Some(End::Error));
        assert_eq!(how(&[USER, &DONE.replace("end_turn", "max_tokens")]), Some(End::Length));
    }

    #[test]
    fn what_is_no_prompt_asks_for_nothing() {
        let command = USER.replace("\"go\"", "\"<local-command-stdout>Set model</local-command-stdout>\"");
        assert!(matches!(
            facts(&[DONE, &command]).last,
            Some(Last::Ended { how: End::Stop, .. })
        ));
        // `/clear` begins a transcript with itself, and its answer is no record of a user.
        let clear = USER.replace("\"go\"", "\"<command-name>/clear</command-name>\"");
        let answer = r#"{"type":"system","subtype":"local_command","content":"<local-command-stdout></local-command-stdout>","timestamp":"2026-03-02T09:00:05Z"}"#;
        for records in [&[clear.as_str()][..], &[&clear, answer]] {
            assert_eq!(facts(records).last, None);
        }
        for shell in ["<bash-input>ls</bash-input>", "<bash-stdout>x</bash-stdout>"] {
            let shell = USER.replace("go", shell);
            assert!(
                matches!(facts(&[DONE, &shell]).last, Some(Last::Ended { how: End::Stop, .. })),
                "{shell}"
            );
        }
        let meta = USER.replace("\"user\",\"t", "\"user\",\"isMeta\":true,\"t");
        assert!(matches!(facts(&[DONE, &meta]).last, Some(Last::Ended { .. })));
        let side = USER.replace("\"user\",\"t", "\"user\",\"isSidechain\":true,\"t");
        assert!(matches!(facts(&[DONE, &side]).last, Some(Last::Ended { .. })));
        assert_eq!(facts(&["{", "7", "{}"]).source, None);
    }

    #[test]
    fn a_folder_is_encoded_as_claude_code_does() {
        assert_eq!(encode("/home/dev/acme_api.x"), "-home-dev-acme-api-x");
    }
}
