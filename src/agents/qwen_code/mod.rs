//! Qwen Code: one log per session, with usage in the words of the Gemini API whatever the backend.

mod find;
mod ledger;
mod program;
mod survey;

use super::{About, Agent, Batch, Bookmark, Found, Skip, Source};
use crate::agents::shared::json_file::read_description;
use crate::agents::shared::jsonl_reader::{self, Line};
use crate::agents::shared::lenient::{Count, Text, When, part, title};
use crate::agents::shared::live::program::Program;
use crate::agents::shared::nameless::{Nameless, Occurrences};
use crate::agents::shared::source::meta_path;
use crate::agents::shared::survey::Vocabulary;
use crate::agents::shared::words::first_words;
use crate::core::biller::biller_or;
use crate::core::numbers::Numbers;
use crate::core::tokens::{Bucket, Tokens};
use crate::core::turn::{EventKey, Origin, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use anyhow::Result;
use find::{LEDGER, SUBAGENT};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::Path;

const ID: &str = "qwen-code";
const RULES_VERSION: u32 = 10;

pub(super) struct QwenCode;

impl Agent for QwenCode {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Qwen Code"
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&program::PROGRAM)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: About::list(&["qwen"]),
            turns: "exact",
            limits: About::list(&[
                "the provider is derived from the model's name: chats do not record the backend",
                "if the total does not show whether output includes reasoning, ttop assumes it does",
                "reasoning that the provider does not report is estimated by Qwen Code",
                "cache writes of Claude models are included in input",
                "suggestions for the next prompt and aborted requests are not recorded",
                "a runtimeOutputDir that is relative or set for one project is not followed",
            ]),
            rules_version: RULES_VERSION,
        }
    }

    fn sources(&self, system: &System) -> Found {
        find::sources(system)
    }

    fn read(&self, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        if source.kind == LEDGER {
            return ledger::read(source, from, into);
        }
        let subagent = (source.kind == SUBAGENT).then(|| Subagent::of(&source.path, into));
        into.is_undescribed |= subagent.as_ref().is_some_and(|subagent| subagent.model.is_none());
        jsonl_reader::read(source, from, RULES_VERSION, into, |state, line, into| {
            record(state, line, &source.path, subagent.as_ref(), into)
        })
    }

    fn vocabulary(&self) -> Option<&'static Vocabulary> {
        Some(&survey::KNOWN)
    }
}

/// The state between reads.
#[derive(Default, Serialize, Deserialize)]
struct State {
    is_titled: bool,
    /// Time of the latest record.
    time: i64,
    #[serde(default)]
    numbers: Occurrences,
    #[serde(default)]
    nameless: Nameless,
}

/// The name under which a log and the list of all requests know a request: both count those that look alike. A subagent's
/// log does not name its model; the file beside it may be missing. Where a provider leaves counts out, the list has their
/// sums and the log zeros.
fn name(occurrences: &mut Occurrences, session: &str, is_main: bool, usage: &Usage) -> String {
    let [prompt, candidates, thoughts, cached, total] = usage.counts();
    let prompt = if prompt == 0 { cached } else { prompt };
    let total = if total == 0 {
        prompt + candidates + thoughts
    } else {
        total
    };
    let look = format!(
        "{session}\0{is_main}\0{:?}",
        [prompt, candidates, thoughts, cached, total]
    );
    let number = occurrences.number(&look);
    format!("{look}\0{number}")
}

/// `agent-….meta.json` beside the log of a subagent.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subagent {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    parent_session_id: Option<String>,
    #[serde(default)]
    agent_type: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

impl Subagent {
    fn of(path: &Path, into: &mut Batch) -> Self {
        read_description(&meta_path(path), into).unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow, default)]
    uuid: Option<Text<'a>>,
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
    #[serde(default)]
    timestamp: When,
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    cwd: Option<&'a RawValue>,
    #[serde(borrow, default)]
    git_branch: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(default)]
    usage_metadata: Option<Usage>,
    /// Of what a fork copied.
    #[serde(borrow, default)]
    forked_from: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ForkedFrom<'a> {
    #[serde(borrow)]
    session_id: Text<'a>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    prompt_token_count: Count,
    candidates_token_count: Count,
    thoughts_token_count: Count,
    cached_content_token_count: Count,
    tool_use_prompt_token_count: Count,
    total_token_count: Count,
}

impl Usage {
    fn counts(self) -> [u64; 5] {
        [
            self.prompt_token_count,
            self.candidates_token_count,
            self.thoughts_token_count,
            self.cached_content_token_count,
            self.total_token_count,
        ]
        .map(|count| count.0)
    }

    /// What identifies a request without an id, beside its time.
    fn content(self, model: &str) -> String {
        format!("{model}\0{:?}", self.counts())
    }

    /// The tokens of a reply by the model of a provider.
    fn tokens_by(self, provider: &str) -> Tokens {
        let tokens = self.tokens();
        match provider {
            _ if tokens.is_zero() && self.total_token_count.0 > 0 => Tokens::unreported(),
            // What was written to its cache is in the prompt, and how much is not kept.
            "anthropic" if !tokens.is_zero() => tokens.without(Bucket::CacheWrite),
            _ => tokens,
        }
    }

    /// Cached tokens are inside the prompt. Backends that speak OpenAI's language have the reasoning inside the
    /// candidates, Gemini's beside them; tool prompts are beside the prompt where the total contains them.
    fn tokens(self) -> Tokens {
        let [prompt, output, thoughts, cached, tool, total] = [
            self.prompt_token_count,
            self.candidates_token_count,
            self.thoughts_token_count,
            self.cached_content_token_count,
            self.tool_use_prompt_token_count,
            self.total_token_count,
        ]
        .map(|count| count.0);
        // Counts are at most 2^53, so that sums of a few stay far from overflow.
        let without = prompt + output;
        let is_inside = total == without || total == without + tool;
        let is_beside = !is_inside && (total == without + thoughts || total == without + thoughts + tool);
        let has_tool = tool > 0 && (total == without + tool || total == without + thoughts + tool);
        // More reasoning than output cannot be a part of it.
        let visible = if is_beside || thoughts > output {
            output
        } else {
            output - thoughts
        };
        let input = prompt.saturating_sub(cached) + if has_tool { tool } else { 0 };
        Tokens::new(input, visible, thoughts, cached, 0)
    }
}

fn record(
    state: &mut State,
    line: &Line,
    path: &Path,
    subagent: Option<&Subagent>,
    into: &mut Batch,
) -> serde_json::Result<()> {
    let entry: Entry = serde_json::from_str(line.text)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let parent = subagent.and_then(|subagent| subagent.parent_session_id.as_deref());
    let named = entry.session_id.as_deref().or(parent).filter(|id| !id.is_empty());
    let session = named.unwrap_or(stem);
    state.time = state.time.max(entry.timestamp.0.unwrap_or(0));
    let time = entry.timestamp.0.unwrap_or(state.time);
    let kind = entry.kind.as_deref().unwrap_or("");
    if !matches!(kind, "user" | "assistant") {
        // `system` records repeat the usage of replies as telemetry.
        return Ok(());
    }
    let cwd = part::<Text>(entry.cwd).filter(|cwd| !cwd.is_empty());
    let mut info = SessionInfo {
        project: cwd.map(|cwd| Project::folder(time, cwd.0.into_owned())),
        interactive: Some(true),
        forked_from: part::<ForkedFrom>(entry.forked_from).map(|from| from.session_id.0.into_owned()),
        started_at: entry.timestamp.0,
        updated_at: entry.timestamp.0,
        ..SessionInfo::new(session)
    };
    if kind == "user" && !state.is_titled && subagent.is_none() {
        info.title = title_of(entry.message).map(|text| Title::from_prompt(time, text));
        state.is_titled = info.title.is_some();
    }
    into.session(info);
    if kind == "assistant" {
        add(state, &entry, session, time, line.offset, subagent, into);
    }
    Ok(())
}

fn add(
    state: &mut State,
    entry: &Entry,
    session: &str,
    time: i64,
    place: u64,
    subagent: Option<&Subagent>,
    into: &mut Batch,
) {
    let usage = entry.usage_metadata.unwrap_or_default();
    let id = entry.uuid.as_deref().unwrap_or("");
    let named = entry.model.as_deref();
    let described = subagent.and_then(|subagent| subagent.model.as_deref());
    let model = named.or(described).unwrap_or("");
    let provider = biller_or("", model, "alibaba");
    let tokens = usage.tokens_by(provider);
    if tokens.is_zero() {
        return into.skip(Skip::Uncounted);
    }
    let key = match id {
        "" => state.nameless.key(session, time, &usage.content(named.unwrap_or(""))),
        id => id.to_owned(),
    };
    let name = name(&mut state.numbers, session, subagent.is_none(), &usage);
    let branch = part::<Text>(entry.git_branch).unwrap_or_default();
    let of_subagent = |text: fn(&Subagent) -> &Option<String>| subagent.and_then(|it| text(it).as_deref());
    into.turn(&Turn {
        session_id: session,
        message_id: id,
        record: RecordKey::of(&key),
        event: EventKey::of(ID, &key),
        // A fork copies records with their ids: they belong to the session that it was made from.
        rank: Rank(tokens.known_total(), u64::from(entry.forked_from.is_none())),
        // What the list of requests has of it.
        supersedes: Some(&name),
        provider_id: provider,
        model_id: model,
        origin: Origin {
            branch: &branch,
            subagent: of_subagent(|it| &it.agent_type).unwrap_or(""),
            task: of_subagent(|it| &it.description).unwrap_or(""),
        },
        numbers: Numbers::of(tokens, time),
        place,
        ..Turn::PLAIN
    });
}

/// The text of `{"role":"user","parts":[{"text":"…"}]}`.
fn title_of(message: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow, default)]
        parts: Option<&'a RawValue>,
    }
    title(&first_words(part::<Message>(message)?.parts)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::shared::testing::read_with_cuts;

    const FILE: &str = ".qwen/projects/-home-dev-acme/chats/q1.jsonl";
    const SESSION: &str = concat!(
        r#"{"uuid":"u1","parentUuid":null,"sessionId":"q1","timestamp":"2026-03-02T09:00:00Z","type":"user","cwd":"/home/dev/acme","message":{"role":"user","parts":[{"text":"Add \ud83d"}]}}"#,
        "\n",
        r#"{"uuid":"a1","parentUuid":"u1","sessionId":"q1","timestamp":"2026-03-02T09:00:02Z","type":"assistant","cwd":"/home/dev/acme/sub","model":"qwen3-coder-plus","message":{},"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":50,"thoughtsTokenCount":20,"cachedContentTokenCount":60,"totalTokenCount":150}}"#,
        "\n",
        r#"{"uuid":"t1","sessionId":"q1","timestamp":"2026-03-02T09:00:02Z","type":"system","subtype":"ui_telemetry","usageMetadata":{"promptTokenCount":100,"totalTokenCount":150}}"#,
        "\n",
        r#"{"uuid":"a2","sessionId":"q1","timestamp":"2026-03-02T09:00:05Z","type":"assistant","model":"glm-5","usageMetadata":null}"#,
        "\n",
        r#"{"uuid":"a3","sessionId":"q1","timestamp":"2026-03-02T09:00:09Z","type":"assistant","model":"coder-model","usageMetadata":{"promptTokenCount":7,"cachedContentTokenCount":null,"#,
    );

    #[test]
    fn counts_replies_and_not_their_telemetry() {
        let result = read_with_cuts(&QwenCode, FILE, SESSION);
        assert_eq!(result.turns, ["q1 a1 qwen3-coder-plus [40, 30, 20, 60, 0]"]);
        let session = &result.sessions["q1"];
        assert_eq!(session.project.as_ref().expect("a project").path, "/home/dev/acme");
        assert_eq!(
            session.title.as_ref().expect("a title").text,
            "Add \u{fffd}\u{fffd}\u{fffd}"
        );
        assert!(result.problems.is_empty());
    }

    #[test]
    fn the_total_shows_where_reasoning_and_tool_prompts_are() {
        let tokens = |usage: &str| {
            let usage: Usage = serde_json::from_str(usage).expect("usage");
            usage.tokens().counts()
        };
        let with = |total: &str, tool: &str| {
            let counts = r#""promptTokenCount":100,"candidatesTokenCount":50,"thoughtsTokenCount":20,"cachedContentTokenCount":60"#;
            tokens(&format!(
                r#"{{{counts},"toolUsePromptTokenCount":{tool},"totalTokenCount":{total}}}"#
            ))
        };
        assert_eq!(with("150", "0"), [40, 30, 20, 60, 0]);
        assert_eq!(with("170", "0"), [40, 50, 20, 60, 0]);
        assert_eq!(with("155", "5"), [45, 30, 20, 60, 0]);
        assert_eq!(with("175", "5"), [45, 50, 20, 60, 0]);
        assert_eq!(with("null", "5"), [40, 30, 20, 60, 0]);
        assert_eq!(
            tokens(r#"{"candidatesTokenCount":5,"thoughtsTokenCount":9,"promptTokenCount":-1}"#),
            [0, 5, 9, 0, 0]
        );
    }

    #[test]
    fn counts_that_are_not_there_are_unknown() {
        let usage = |usage: &str| -> Usage { serde_json::from_str(usage).expect("usage") };
        let counts = usage(r#"{"promptTokenCount":100,"candidatesTokenCount":50,"cachedContentTokenCount":60}"#);
        assert_eq!(counts.tokens_by("alibaba"), Tokens::new(40, 50, 0, 60, 0));
        let claude = counts.tokens_by("anthropic");
        assert_eq!((claude.input(), claude.cache_write()), (Some(40), None));
        assert!(Usage::default().tokens_by("anthropic").is_zero());
        let total = usage(r#"{"promptTokenCount":0,"totalTokenCount":150}"#);
        assert_eq!(total.tokens_by("alibaba"), Tokens::unreported());
    }

    #[test]
    fn a_log_and_the_list_name_a_request_alike_where_counts_are_missing() {
        let name_of = |usage: &str| {
            let usage = serde_json::from_str(usage).expect("usage");
            name(&mut Occurrences::default(), "q1", true, &usage)
        };
        let log = r#"{"promptTokenCount":100,"candidatesTokenCount":50,"thoughtsTokenCount":5,"totalTokenCount":0}"#;
        let list = r#"{"promptTokenCount":100,"candidatesTokenCount":50,"thoughtsTokenCount":5,"totalTokenCount":155}"#;
        assert_eq!(name_of(log), name_of(list));
        let log = r#"{"cachedContentTokenCount":60,"candidatesTokenCount":50,"totalTokenCount":0}"#;
        let list =
            r#"{"promptTokenCount":60,"cachedContentTokenCount":60,"candidatesTokenCount":50,"totalTokenCount":110}"#;
        assert_eq!(name_of(log), name_of(list));
    }
}
